// apps/agent/src/lease_hook.cpp - a child process, polled: hooks are rare and short.
#include "lease_hook.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <vector>

extern char** environ;

namespace spillway {
namespace {

using namespace std::chrono_literals;
constexpr auto longest = 120s;

std::vector<std::string> environment(LeaseId lease, NodeId node, Lots lots) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry; ++entry) out.emplace_back(*entry);
  out.push_back("SPILLWAY_LEASE=" + std::to_string(lease.v));
  out.push_back("SPILLWAY_NODE=" + std::to_string(node.v));
  out.push_back("SPILLWAY_LOTS=" + std::to_string(lots.v));
  return out;
}

// Our sockets are not made close-on-exec by Asio: a hook that leaves a process behind would keep a connection
// open that we have closed. A group of its own is not interrupted by what is meant for us, and ends as a
// whole.
int start(pid_t* child, char* const* arguments, char* const* env) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  int const failed = ::posix_spawn(child, arguments[0], &files, &attributes, arguments, env);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  return failed;
}

}  // namespace

wire::awaitable<int> run_lease_hook(wire::executor, std::string command, LeaseId lease, NodeId node,
                                    Lots lots) {
  if (command.empty()) co_return 0;
  auto texts = environment(lease, node, lots);
  std::vector<char*> env;
  for (auto& text : texts) env.push_back(text.data());
  env.push_back(nullptr);
  std::string shell = "/bin/sh", flag = "-c";
  std::array<char*, 4> arguments{shell.data(), flag.data(), command.data(), nullptr};
  pid_t child = 0;
  if (start(&child, arguments.data(), env.data()) != 0) co_return 127;
  auto const until = std::chrono::steady_clock::now() + longest;
  for (;;) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child)
      co_return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (std::chrono::steady_clock::now() > until) break;
    co_await wire::sleep_for(20ms);
  }
  ::kill(-child, SIGKILL);  // and whatever it had started
  ::waitpid(child, nullptr, 0);
  co_return 124;
}

}  // namespace spillway
