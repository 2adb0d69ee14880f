// tests/apps/serve_config_test.cpp - the operator's numbers, read strictly, and what a new journal begins
// with. Covers serve_config.cpp, first_commands.cpp and operator_key.cpp.
#include "apps/serve/serve_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/serve/first_commands.hpp"
#include "apps/serve/operator_key.hpp"

namespace spillway {
namespace {

using ::testing::HasSubstr;

std::string refusal(std::string_view text) {
  auto const config = parse_serve_config(text, "market.toml");
  return config ? "it was taken" : config.error();
}

TEST(ServeConfig, WithoutAFileTheNumbersAreThoseOfTheRules) {
  auto const config = parse_serve_config("", "market.toml");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->rules, Rules{});
  EXPECT_EQ(config->server.challenge, attest::Cap1Params{});
  EXPECT_FALSE(config->server.census.on);
  EXPECT_EQ(config->server.census.full_every, Micros{86'400'000'000}) << "daily";
  EXPECT_EQ(config->server.door_price_cap, highest_price);
  EXPECT_FALSE(config->bytes_per_token_milli);
}

TEST(ServeConfig, EveryKeyIsRead) {
  auto const config = parse_serve_config(R"(
[rules]
acknowledgement_ms = 1
first_token_slack_ms = 2
silence_ms = 3
node_grace_ms = 4
lease_ready_slack_ms = 5
lease_slice_ms = 6000
usage_mark = "0.25"
attestation_validity_ms = 7
token_order_default_ms = 8
token_order_longest_ms = 9
taker_fee_bps = 30
maker_rebate_bps = 10
sla_rebate_milli = 12
class_scale = 1000000
[market]
relay = "azure:eastus"
guarantee_fund = "12.50"
bytes_per_token_milli = 2500
[journal]
segment_mib = 64
snapshot_entries = 5000
snapshot_every_s = 30
[memory]
resident_rows = 70000
[server]
names = ["market.example", "localhost"]
[door]
price_cap = "2.79"
buyer_place = "cn:beijing"
good_for_ms = 15000
[challenge]
n = 128
rounds = 4
retained = 4
passes = 2
openings = 8
at_once = 3
check_place = true
[census]
on = true
epoch_ms = 3000
window_from_ms = 100
window_to_ms = 2000
answer_within_ms = 500
again_after_ms = 250
late_after_ms = 75
full_every_s = 3600
drain_within_s = 60
keep_epochs = 12
n = 128
rounds = 2
openings = 16
workers = 2
[engine]
note = "stand-in"
)",
                                         "market.toml");
  ASSERT_TRUE(config) << config.error();
  Rules const expected{Rules{}.version,  // no file says it
                       Micros{1000},
                       Micros{2000},
                       Micros{3000},
                       Micros{4000},
                       Micros{5000},
                       Micros{6'000'000},
                       Nano{250'000'000},
                       Micros{7000},
                       Micros{8000},
                       Micros{9000},
                       30,
                       10,
                       12,
                       1'000'000,
                       Nano{5'000'000'000},
                       Micros{86'400'000'000}};
  EXPECT_EQ(config->rules, expected);
  EXPECT_EQ(config->relay, "azure:eastus");
  EXPECT_EQ(config->guarantee_fund, Nano{12'500'000'000});
  EXPECT_EQ(config->bytes_per_token_milli, 2500);
  EXPECT_EQ(config->snapshot_entries, 5'000u);
  EXPECT_EQ(config->resident_rows, 70'000u);
  EXPECT_THAT(config->server.server_names, ::testing::ElementsAre("market.example", "localhost"));
  EXPECT_EQ(price_of(config->server.door_price_cap), Nano{2'790'000'000});
  EXPECT_EQ(config->server.door_buyer_place, "cn:beijing");
  EXPECT_EQ(config->server.door_good_for, Micros{15'000'000});
  EXPECT_EQ(config->server.challenge, (attest::Cap1Params{128, 4, 4, 2, 8}));
  EXPECT_EQ(config->server.challenges_at_once, 3u);
  EXPECT_TRUE(config->server.check_place);
  auto const& census = config->server.census;
  EXPECT_TRUE(census.on);
  EXPECT_EQ(census.epoch, Micros{3'000'000});
  EXPECT_EQ(census.window_from, Micros{100'000});
  EXPECT_EQ(census.window_to, Micros{2'000'000});
  EXPECT_EQ(census.answer_within, Micros{500'000});
  EXPECT_EQ(census.again_after, Micros{250'000});
  EXPECT_EQ(census.late_after, Micros{75'000});
  EXPECT_EQ(census.full_every, Micros{3'600'000'000});
  EXPECT_EQ(census.drain_within, Micros{60'000'000});
  EXPECT_EQ(census.light, (attest::Cap1Params{128, 2, 0, 0, 16}));
  EXPECT_EQ(census.keep_epochs, 12u);
  EXPECT_EQ(census.workers, 2u);
  EXPECT_EQ(config->server.engine_note, "stand-in");
}

TEST(ServeConfig, AMistakeIsNamedWithFileAndLine) {
  EXPECT_THAT(refusal("[rules]\nsilence = 3"), HasSubstr("market.toml, line 2: \"silence\" is unknown here"));
  EXPECT_THAT(refusal("[rules]\n\nsilence_ms = \"3\""),
              HasSubstr("line 3: \"silence_ms\" must be a whole number"));
  EXPECT_THAT(refusal("[rules]\nsilence_ms = 0"), HasSubstr("from 1 to"));
  EXPECT_THAT(refusal("[rule]\n"), HasSubstr("line 1: \"rule\" is unknown here"));
  EXPECT_THAT(refusal("rules = 1"), HasSubstr("must be a section"));
  EXPECT_THAT(refusal("[census]\non = 1"), HasSubstr("must be true or false"));
  EXPECT_THAT(refusal("[census]\nwindow_from_ms = 9\nwindow_to_ms = 8"),
              HasSubstr("the window begins between"));
  EXPECT_THAT(refusal("[rules\n"), HasSubstr("market.toml, line "));
  EXPECT_THAT(refusal("[rules]\nusage_mark = 0.1"), HasSubstr("text in quotes"));
  EXPECT_THAT(refusal("[rules]\ntaker_fee_bps = 10\nmaker_rebate_bps = 20"), HasSubstr("maker's rebate"));
  EXPECT_THAT(refusal("[rules]\nlease_slice_ms = 1500"),
              HasSubstr("line 2: \"lease_slice_ms\" must be whole"));
  EXPECT_THAT(refusal("[rules]\ntoken_order_longest_ms = 5000"),
              HasSubstr("\"token_order_default_ms\" (10000)"));
  EXPECT_THAT(refusal("[rules]\nusage_mark = \"1000001\""), HasSubstr("line 2: \"usage_mark\""));
  EXPECT_THAT(load_serve_config("/tmp").error(), HasSubstr("/tmp is a directory"));
  EXPECT_THAT(refusal("[door]\nprice_cap = \"2.79999\""), HasSubstr("four significant digits"));
  EXPECT_THAT(refusal("[server]\nnames = []"), HasSubstr("\"names\""));
  EXPECT_THAT(refusal("[server]\nstatements = \"never\""), HasSubstr("\"asked\" or \"required\""));
  EXPECT_THAT(refusal("[challenge]\nn = 100"), HasSubstr("market.toml, line 1"));
  EXPECT_THAT(load_serve_config("/nowhere/market.toml").error(), HasSubstr("/nowhere/market.toml"));
}

TEST(FirstCommands, RulesComeFirstAndTheOperatorHasAKey) {
  ServeConfig config;
  config.rules.class_scale = 77;
  config.bytes_per_token_milli = 1234;
  Bytes32 key{};
  key[0] = std::byte{9};
  auto const first = first_commands(config, {}, key);
  ASSERT_TRUE(first) << first.error();
  ASSERT_TRUE(std::holds_alternative<SetRules>(first->commands.front()));
  EXPECT_EQ(std::get<SetRules>(first->commands.front()).rules.class_scale, 77);
  bool operator_has_key = false;
  for (auto const& command : first->commands) {
    if (auto const* const models = std::get_if<DefineModels>(&command)) {
      for (auto const& model : models->rows) EXPECT_EQ(model.bytes_per_token_milli, 1234);
    }
    if (auto const* const added = std::get_if<AddKey>(&command))
      operator_has_key = added->participant == the_operator && added->value == key;
  }
  EXPECT_TRUE(operator_has_key);
  EXPECT_TRUE(std::holds_alternative<FundGuarantee>(first->commands.back()));
}

TEST(FirstCommands, AnUnknownRelayOrDataDirectoryIsASentence) {
  ServeConfig config;
  EXPECT_THAT(first_commands(config, "/nowhere", {}).error(), HasSubstr("/nowhere"));
  config.relay = "atlantis";
  EXPECT_THAT(first_commands(config, {}, {}).error(), HasSubstr("atlantis"));
}

TEST(OperatorKey, IsMadeOnceAndReadableByItsOwnerAlone) {
  auto const folder = std::filesystem::temp_directory_path() / ("spillway-key-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  auto const file = folder / "operator.key";
  auto const made = operator_public_key(file);
  ASSERT_TRUE(made) << made.error();
  struct stat info {};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(*operator_public_key(file), *made);
  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  EXPECT_THAT(operator_public_key(file).error(), HasSubstr("chmod 600"));
  EXPECT_TRUE(journal_is_empty(folder));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace spillway
