// apps/spillway/selftest.cpp - spillway provider selftest: what devices here would show an exchange.
// Room:   apps.
// Exit:   1 when a device is wrong, can't be measured or is absent; 2 for an unknown name.
#include "apps/selftest/selftest.hpp"

#include <chrono>
#include <cstdio>
#include <memory>

#include "command.hpp"

namespace spillway {
namespace {

int selftest(SelftestRequest request) {
  if (request.backends.empty()) request.backends = attest::own_backends();
  request.clock = [] {
    auto const now = std::chrono::steady_clock::now().time_since_epoch();
    return Micros{std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
  };
  auto const report = run_selftest(request);
  if (!report.wrong.empty()) return failed(report.wrong, exit_misused);
  std::fputs(text_of(report, request).c_str(), stdout);
  return passed(report) ? exit_done : exit_failed;
}

}  // namespace

void add_selftest(CLI::App& provider, int& status) {
  auto const request = std::make_shared<SelftestRequest>();
  auto* const sub = provider.add_subcommand(
      "selftest", "what this machine's devices would show an exchange; asks none, needs no file");
  sub->add_option("--backend", request->backend, "one back end; otherwise all that are present");
  sub->add_option("--backends", request->backends, "folder of NAME.so (beside the program: backends)");
  sub->add_option("--class", request->classes, "classes to be judged for; otherwise all of the table");
  sub->add_option("--class-scale", request->class_scale, "the exchange's class_scale")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000'000}));
  sub->callback([request, &status] { status = selftest(*request); });
}

}  // namespace spillway
