// tests/apps/agent_config_test.cpp - a provider's file: read strictly, and refused by file and line.
#include "apps/agent/agent_config.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <fstream>

namespace spillway {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// One setting a line: tests replace lines by number.
std::vector<std::string> const good = {
    "[exchange]",                                // 1
    "url = \"wss://127.0.0.1:7443/v1/stream\"",  // 2
    "trust = \"cert.pem\"",                      // 3
    "credentials = \"ada.key\"",                 // 4
    "[engine]",                                  // 5
    "url = \"http://127.0.0.1:8080/v1\"",        // 6
    "slots = 4",                                 // 7
    "note = \"stand-in\"",                       // 8
    "silence_ms = 900",                          // 9
    "[lease]",                                   // 10
    "start_hook = \"./start\"",                  // 11
    "end_hook = \"./end\"",                      // 12
    "[[node]]",                                  // 13
    "label = 1",                                 // 14
    "place = \"azure:westeurope\"",              // 15
    "class = \"L4\"",                            // 16
    "units = 2",                                 // 17
    "[[node.offer]]",                            // 18
    "product = \"tokens\"",                      // 19
    "model = \"deepseek-r1-distill-qwen-7b\"",   // 20
    "engine_model = \"known\"",                  // 21
    "tier = \"fast\"",                           // 22
    "price = \"0.55\"",                          // 23
    "slots = 3",                                 // 24
    "[[node.offer]]",                            // 25
    "product = \"capacity\"",                    // 26
    "tier = \"warm\"",                           // 27
    "price = \"2.79\"",                          // 28
    "units = \"1.5\"",                           // 29
    "[[node]]",                                  // 30
    "label = 2",                                 // 31
    "place = \"azure:northeurope\"",             // 32
    "class = \"T4\"",                            // 33
};

class AgentConfigFile : public testing::Test {
 protected:
  AgentConfigFile() {
    auto name = (fs::temp_directory_path() / "spillway-agent-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~AgentConfigFile() override { fs::remove_all(directory_); }
  std::expected<AgentConfig, std::string> load(std::vector<std::string> const& lines) {
    std::ofstream out(file());
    for (auto const& line : lines) out << line << "\n";
    out.close();
    return load_agent_config(file());
  }
  /// The good file with one line replaced.
  std::string refusal(std::size_t line, std::string text) {
    auto lines = good;
    lines.at(line - 1) = std::move(text);
    auto const loaded = load(lines);
    EXPECT_FALSE(loaded) << lines.at(line - 1);
    return loaded ? "" : loaded.error();
  }
  /// The same, and the refusal names file and line.
  std::string refusal_there(std::size_t line, std::string const& text) {
    auto const sentence = refusal(line, text);
    EXPECT_THAT(sentence, HasSubstr(file().string() + ", line " + std::to_string(line) + ": ")) << text;
    return sentence;
  }
  fs::path file() const { return directory_ / "agent.toml"; }
  fs::path directory_;
};

TEST_F(AgentConfigFile, IsReadWhole) {
  auto const c = load(good);
  ASSERT_TRUE(c) << c.error();
  EXPECT_EQ(c->exchange_url, "wss://127.0.0.1:7443/v1/stream");
  EXPECT_EQ(c->trust, "cert.pem");
  EXPECT_EQ(c->credentials, "ada.key");
  EXPECT_EQ(c->engine_url, "http://127.0.0.1:8080/v1");
  EXPECT_EQ(c->engine_slots, 4);
  EXPECT_EQ(c->engine_note, "stand-in");
  EXPECT_EQ(c->engine_silence_ms, 900);
  EXPECT_EQ(c->lease_start_hook, "./start");
  EXPECT_EQ(c->lease_end_hook, "./end");
  ASSERT_EQ(c->nodes.size(), 2u);
  EXPECT_EQ(c->nodes[0].units, 2);
  ASSERT_EQ(c->nodes[0].offers.size(), 2u);
  auto const& tokens = c->nodes[0].offers[0];
  EXPECT_EQ(tokens.product, ProductKind::tokens);
  EXPECT_EQ(tokens.engine_model, "known");
  EXPECT_EQ(price_of(tokens.price), Nano{550'000'000});
  EXPECT_EQ(tokens.slots, 3);
  auto const& capacity = c->nodes[0].offers[1];
  EXPECT_EQ(capacity.product, ProductKind::capacity);
  EXPECT_EQ(capacity.units_milli, 1'500);
  EXPECT_EQ(c->nodes[1].label, 2u);
  EXPECT_EQ(c->nodes[1].units, 1) << "one unit where nothing is said";
  EXPECT_TRUE(c->nodes[1].offers.empty());
}

TEST_F(AgentConfigFile, AKeyThatNobodyKnowsIsAMistakeOfItsLine) {
  EXPECT_THAT(refusal_there(3, "trsut = \"cert.pem\""), HasSubstr("\"trsut\""));
  EXPECT_THAT(refusal_there(8, "nota = \"x\""), HasSubstr("\"nota\""));
  EXPECT_THAT(refusal_there(12, "stop_hook = \"x\""), HasSubstr("\"stop_hook\""));
  EXPECT_THAT(refusal_there(17, "unit = 2"), HasSubstr("\"unit\""));
  EXPECT_THAT(refusal_there(24, "slot = 3"), HasSubstr("\"slot\""));
  EXPECT_THAT(refusal(1, "[exchnage]"), HasSubstr("\"exchnage\""));
}

TEST_F(AgentConfigFile, APriceIsTextOfFourDigitsThatCount) {
  for (auto const* const bad :
       {"\"cheap\"", "\"\"", "\"-1\"", "\"1.00001\"", "\"12345.5\"", "\"1,50\"", "\"1e3\""})
    EXPECT_THAT(refusal_there(23, std::string("price = ") + bad), HasSubstr("four significant digits"))
        << bad;
  EXPECT_THAT(refusal_there(23, "price = 0.55"), HasSubstr("quotes"));
}

TEST_F(AgentConfigFile, NumbersStayInTheirBounds) {
  EXPECT_THAT(refusal_there(7, "slots = -1"), HasSubstr("whole number"));
  EXPECT_THAT(refusal_there(7, "slots = \"four\""), HasSubstr("whole number"));
  EXPECT_THAT(refusal_there(9, "silence_ms = 1.5"), HasSubstr("whole number"));
  EXPECT_THAT(refusal_there(17, "units = 2000"), HasSubstr("1024"));
  EXPECT_THAT(refusal_there(29, "units = \"a few\""), HasSubstr("accelerators"));
  EXPECT_THAT(refusal(14, "label = 0"), HasSubstr("label"));
}

TEST_F(AgentConfigFile, WhatIsMissingIsNamed) {
  EXPECT_THAT(refusal(2, ""), HasSubstr("\"url\" is missing"));
  EXPECT_THAT(refusal(4, ""), HasSubstr("\"credentials\" is missing"));
  EXPECT_THAT(refusal(6, ""), HasSubstr("\"url\" is missing"));
  EXPECT_THAT(refusal(15, ""), HasSubstr("\"place\" is missing"));
  EXPECT_THAT(refusal(16, ""), HasSubstr("\"class\" is missing"));
  EXPECT_THAT(refusal(19, ""), HasSubstr("\"product\" is missing"));
  EXPECT_THAT(refusal(20, ""), HasSubstr("\"model\" is missing"));
  EXPECT_THAT(refusal(22, ""), HasSubstr("\"tier\" is missing"));
  EXPECT_THAT(refusal(28, ""), HasSubstr("\"price\" is missing"));
  EXPECT_THAT(refusal(29, ""), HasSubstr("\"units\" is missing"));
  EXPECT_THAT(refusal(19, "product = \"bananas\""), HasSubstr("\"tokens\" or \"capacity\""));
  EXPECT_THAT(
      *std::make_unique<std::string>(load({"[exchange]", "url = \"x\"", "credentials = \"y\""}).error()),
      HasSubstr("[[node]]"));
  EXPECT_THAT(load({}).error(), HasSubstr("[exchange]"));
}

TEST_F(AgentConfigFile, TwoNodesMayNotShareALabel) {
  EXPECT_THAT(refusal(31, "label = 1"), HasSubstr("label"));
}

TEST_F(AgentConfigFile, WhatIsNoTomlIsToldByItsLine) {
  EXPECT_THAT(refusal_there(7, "slots = = 4"), testing::Not(HasSubstr("\n")));
  fs::remove(file());
  auto const missing = load_agent_config(file());
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error(), HasSubstr(file().string() + " can't be read"));
}

}  // namespace
}  // namespace spillway
