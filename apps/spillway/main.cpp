// apps/spillway/main.cpp - spillway: serve, provider, admin, trade, witness, demo.
// Room:   apps.
// Rule:   a process that may hold prompts and keys leaves no core dump behind.
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstring>

#include "command.hpp"
#ifdef SPILLWAY_HAS_DEMO
#include "apps/demo/demo_command.hpp"
#endif

namespace spillway {

int failed(std::string const& sentence, int status) {
  std::fprintf(stderr, "spillway: %s\n", sentence.c_str());
  return status;
}

namespace {

void prepare_process() {
  rlimit const none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
  std::signal(SIGPIPE, SIG_IGN);  // a peer that left is an error of one write
  std::signal(SIGXFSZ, SIG_IGN);  // so is a file that may not grow
}

int run_command_line(int argc, char** argv) {
  CLI::App app("spillway - an exchange for compute");
  app.require_subcommand(1);
  int status = exit_done;
  add_serve(app, status);
  add_provider(app, status);
  add_admin(app, status);
  add_trade(app, status);
  add_witness(app, status);
#ifdef SPILLWAY_HAS_DEMO
  app.add_subcommand("demo", "the whole market on this machine, as ./run starts it (demo --help)");
#endif
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& e) {
    return app.exit(e) == 0 ? exit_done : exit_misused;
  } catch (std::exception const& e) {
    return failed(e.what());
  }
  return status;
}

}  // namespace
}  // namespace spillway

int main(int argc, char** argv) {
  spillway::prepare_process();
#ifdef SPILLWAY_HAS_DEMO
  if (argc > 1 && std::strcmp(argv[1], "demo") == 0) return spillway::run_demo_command(argc - 1, argv + 1);
#endif
  return spillway::run_command_line(argc, argv);
}
