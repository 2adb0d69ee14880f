// tests/apps/agent_lease_hook_test.cpp - a provider's own commands at the start and the end of a lease.
// Covers: lease_hook.cpp.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lease_hook.hpp"

namespace spillway {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class LeaseHook : public testing::Test {
 protected:
  LeaseHook() {
    auto name = (fs::temp_directory_path() / "spillway-hook-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~LeaseHook() override { fs::remove_all(directory_); }
  int status_of(std::string command, std::function<void()> const& meanwhile = {}) {
    std::optional<int> status;
    auto work = [](wire::executor where, std::string c, std::optional<int>& out) -> wire::awaitable<void> {
      auto const got = co_await run_lease_hook(where, std::move(c), LeaseId{12}, NodeId{3}, Lots{2'000});
      out = got;
    };
    wire::spawn(loop_.get_executor(), work(loop_.get_executor(), std::move(command), status));
    if (meanwhile) wire::post(loop_.get_executor(), meanwhile);
    auto const give_up = std::chrono::steady_clock::now() + 60s;
    while (!status && std::chrono::steady_clock::now() < give_up) {
      loop_.restart();
      loop_.run_one_for(100ms);
    }
    return status.value_or(-1);
  }
  boost::asio::io_context loop_{1};
  fs::path directory_;
};

TEST_F(LeaseHook, ItsStatusIsTheCommands) {
  EXPECT_EQ(status_of("true"), 0);
  EXPECT_EQ(status_of("exit 7"), 7);
  EXPECT_EQ(status_of("false && true"), 1);
  EXPECT_EQ(status_of("kill -9 $$"), 128 + 9);
  EXPECT_EQ(status_of((directory_ / "nothing here").string() + " 2>/dev/null"), 127);
}

TEST_F(LeaseHook, NoCommandIsSuccess) { EXPECT_EQ(status_of(""), 0); }

TEST_F(LeaseHook, KnowsTheLeaseFromItsEnvironmentAndTheRestFromOurs) {
  auto const file = directory_ / "said";
  EXPECT_EQ(
      status_of("echo $SPILLWAY_LEASE $SPILLWAY_NODE $SPILLWAY_LOTS ${PATH:+path} > '" + file.string() + "'"),
      0);
  std::stringstream said;
  said << std::ifstream(file).rdbuf();
  EXPECT_EQ(said.str(), "12 3 2000 path\n");
}

TEST_F(LeaseHook, TheLoopGoesOnWhileItRuns) {
  auto const file = directory_ / "signal";
  // The hook ends only when something else on the loop has made the file.
  EXPECT_EQ(status_of("while [ ! -e '" + file.string() + "' ]; do sleep 0.01; done; exit 5",
                      [&] { std::ofstream(file) << "go"; }),
            5);
}

TEST_F(LeaseHook, InheritsNoneOfOurSockets) {
  int const ours = ::socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_GE(ours, 3);
  EXPECT_EQ(status_of("test ! -e /proc/self/fd/" + std::to_string(ours)), 0);
  ::close(ours);
}

TEST_F(LeaseHook, IsAGroupOfItsOwn) {
  EXPECT_EQ(status_of("test $(ps -o pgid= -p $$ 2>/dev/null || cut -d' ' -f5 /proc/$$/stat) -eq $$"), 0);
}

}  // namespace
}  // namespace spillway
