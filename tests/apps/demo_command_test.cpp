// tests/apps/demo_command_test.cpp - the whole demonstration as its users start it, small: real processes,
// real engines, generated data, the auditor's verdict. The timing decides nothing but how many requests there
// are. Sources: apps/demo/src/demo_command.cpp, market_demo.cpp, engines.cpp, exchange_process.cpp,
// providers.cpp, market_session.cpp, operator_desk.cpp, replay.cpp, door_buyer.cpp, socket_buyer.cpp,
// capacity_buyer.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using testing::HasSubstr;

struct DemoCommand : testing::Test {
  fs::path folder;
  DemoCommand() {
    auto pattern = testing::TempDir() + "demo-command-XXXXXX";
    folder = ::mkdtemp(pattern.data());
    fs::create_directory(folder / "no-data");
  }
  ~DemoCommand() override { fs::remove_all(folder); }

  struct Ended {
    int status{};
    std::string said;
  };
  /// With generated data, unless the flags say otherwise.
  [[nodiscard]] Ended demo(std::string const& flags) const {
    auto const log = (folder / "log").string();
    auto const command = std::string(SPILLWAY_BIN_DIR) + "/spillway demo --no-view --market-data " +
                         (folder / "no-data").string() + " " + flags + " > " + log + " 2>&1";
    auto const status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text(log)};
  }
  [[nodiscard]] static std::string text(fs::path const& file) {
    std::ostringstream out;
    out << std::ifstream(file).rdbuf();
    return out.str();
  }
  fs::path write(char const* name, std::string const& content) const {
    std::ofstream(folder / name) << content;
    return folder / name;
  }
};

TEST_F(DemoCommand, OpensAMarketTradesAndIsFoundRightByTheAuditor) {
  if (!fs::exists(fs::path(SPILLWAY_SOURCE_DIR) / "apps/engine/node_modules/node-llama-cpp"))
    GTEST_SKIP() << "the engine's packages are not installed: use ./test, or npm ci in apps/engine";
  // Two requests a second, so that every one of a slow machine's jobs ends.
  std::string trace = "arrival_us,prompt_tokens,generated_tokens\n";
  for (int i = 0; i < 40; ++i) trace += std::to_string(i * 500'000) + "," + std::to_string(300 + i) + ",64\n";
  auto const ended =
      demo("--for 10 --nodes 6 --agents 3 --speed 1 --journal " + (folder / "j").string() + " --json " +
           (folder / "s.json").string() + " --trace " + write("trace.csv", trace).string());
  ASSERT_EQ(ended.status, 0) << ended.said;
  auto const summary = json::parse(text(folder / "s.json")).as_object();
  EXPECT_EQ(summary.at("audit").as_string(), "ok");
  EXPECT_TRUE(summary.at("books_balance").as_bool());
  EXPECT_EQ(summary.at("data").as_string(), "generated");
  EXPECT_GE(summary.at("offers").as_int64(), 20);
  EXPECT_EQ(summary.at("places").as_int64(), 6);
  EXPECT_GE(summary.at("requests").as_int64(), 1);
  EXPECT_GE(summary.at("jobs_completed").as_int64(), 1);
  EXPECT_GE(summary.at("tokens").as_int64(), 2 * summary.at("jobs_completed").as_int64());
  EXPECT_EQ(summary.at("digest").as_string().size(), 64U);
  EXPECT_THAT(ended.said, HasSubstr("token_scale 32"));
}

TEST_F(DemoCommand, NamesTheBrokenRowOfATraceBeforeAnythingStarts) {
  auto const trace = write("broken.csv", "arrival_us,prompt_tokens,generated_tokens\n0,10,10\n5,ten,10\n");
  auto const ended = demo("--for 1 --trace " + trace.string());
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.said, HasSubstr("broken.csv:3"));
  EXPECT_THAT(ended.said, testing::Not(HasSubstr("exchange: process")));
}

TEST_F(DemoCommand, RefusesATraceThatIsOverAndADirectoryThatIsMissing) {
  auto const trace = write("short.csv", "arrival_us,prompt_tokens,generated_tokens\n0,10,10\n");
  EXPECT_THAT(demo("--for 1 --trace-start 60 --trace " + trace.string()).said, HasSubstr("--trace-start"));
  fs::remove(folder / "no-data");
  EXPECT_THAT(demo("--for 1").said, HasSubstr("does not exist"));
  EXPECT_EQ(demo("--agents 99").status, 2);
}

}  // namespace
