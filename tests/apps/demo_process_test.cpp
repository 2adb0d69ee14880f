// tests/apps/demo_process_test.cpp - real child processes: their first lines, their ends, and directories
// that stay. Sources: apps/demo/src/child_process.cpp, run_directory.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <boost/asio/io_context.hpp>

#include "../../apps/demo/src/child_process.hpp"
#include "../../apps/demo/src/run_directory.hpp"

namespace spillway::demo {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct DemoProcess : testing::Test {
  std::filesystem::path folder = testing::TempDir() + "demo-process-XXXXXX";
  DemoProcess() {
    auto pattern = folder.string();
    folder = ::mkdtemp(pattern.data());
  }
  ~DemoProcess() override { std::filesystem::remove_all(folder); }

  [[nodiscard]] ChildProcess shell(std::string const& script) const {
    auto child = ChildProcess::start({"the shell", {"sh", "-c", script}, folder / "out", folder / "log"});
    EXPECT_TRUE(child.has_value());
    return std::move(*child);
  }
  template <class T>
  T wait_for(wire::awaitable<T> work) {
    boost::asio::io_context loop(1);
    std::optional<T> got;
    auto story = [](wire::awaitable<T> w, std::optional<T>& into) -> wire::awaitable<void> {
      into = co_await std::move(w);
    };
    wire::spawn(loop.get_executor(), story(std::move(work), got));
    loop.run();
    return std::move(*got);
  }
};

TEST_F(DemoProcess, GivesTheFirstLineThatBeginsAsAsked) {
  auto child = shell("echo hello; echo '{\"listening\":1}'; exec tail -f /dev/null");
  auto const line = wait_for(child.line("{", 30s));
  ASSERT_TRUE(line.has_value()) << line.error();
  EXPECT_EQ(*line, "{\"listening\":1}");
  EXPECT_TRUE(child.running());
}

TEST_F(DemoProcess, TellsTheLastWordsOfAChildThatEndedTooEarly) {
  auto child = shell("echo the port is taken >&2; exit 3");
  auto const line = wait_for(child.line("{", 30s));
  ASSERT_FALSE(line.has_value());
  EXPECT_THAT(line.error(), HasSubstr("status 3"));
  EXPECT_THAT(line.error(), HasSubstr("the port is taken"));
}

TEST_F(DemoProcess, StopsAChildInGoodOrderOrElseByForce) {
  auto polite = shell("echo ready; exec tail -f /dev/null");
  EXPECT_TRUE(wait_for(polite.stop(30s)));
  EXPECT_EQ(polite.status(), 128 + SIGTERM);
  auto deaf = shell("trap '' TERM; echo ready; while :; do read -r line < /dev/zero; done");
  ASSERT_TRUE(wait_for(deaf.line("ready", 30s)).has_value());
  EXPECT_FALSE(wait_for(deaf.stop(200ms)));
  EXPECT_FALSE(deaf.running());
}

TEST_F(DemoProcess, LeavesNoChildBehind) {
  pid_t pid{};
  {
    auto child = shell("exec tail -f /dev/null");
    pid = child.pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST_F(DemoProcess, SaysThatAProgramIsMissing) {
  EXPECT_TRUE(find_program("sh").has_value());
  EXPECT_FALSE(find_program("no-such-program-anywhere").has_value());
}

TEST_F(DemoProcess, KeepsKeysBesideTheJournalAndFindsThemAgain) {
  auto const run = make_run_directory(folder / "journal");
  ASSERT_TRUE(run.has_value()) << run.error();
  EXPECT_FALSE(run->resumed);
  EXPECT_TRUE(std::filesystem::is_empty(run->journal));  // it is the exchange's alone
  auto const made = kept_credentials(run->keys() / "a.key", ParticipantId{5}, Role::buyer);
  auto const again = kept_credentials(run->keys() / "a.key", ParticipantId{5}, Role::buyer);
  ASSERT_TRUE(made.has_value() && again.has_value());
  EXPECT_EQ(made->public_key(), again->public_key());
}

TEST_F(DemoProcess, RefusesTheJournalOfAnotherMarket) {
  std::filesystem::create_directories(folder / "journal/segments");
  std::filesystem::create_directories(folder / "journal/segments/0");
  auto const run = make_run_directory(folder / "journal");
  ASSERT_FALSE(run.has_value());
  EXPECT_THAT(run.error(), HasSubstr("another market"));
}

}  // namespace
}  // namespace spillway::demo
