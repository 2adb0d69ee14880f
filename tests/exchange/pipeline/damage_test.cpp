// tests/exchange/pipeline/damage_test.cpp - pipeline.cpp, flusher.cpp, projection.cpp: files that were lost,
// cut or overwritten, and a beginning that would be refused.
#include <gmock/gmock.h>

#include <thread>

#include "journal/frame.hpp"
#include "journal/segment_file.hpp"
#include "pipeline_world.hpp"

namespace spillway {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

struct Lost : ::testing::Test {
  Folder folder;
  Ear ear;

  void written() {
    auto const pipeline = opened(folder.path(), ear);
    ASSERT_EQ(pipeline->submit({system_itself, Deposit{carl, Nano{1}}, {0, 7, 0}}), Refusal::none);
    (void)ear.wait(7);
    pipeline->stop();
  }
  std::string refusal() {
    auto const again = Pipeline::open(options_for(folder.path(), ear));
    return again ? "it started" : again.error().message;
  }
};

TEST_F(Lost, AGenesisThatWouldBeRefusedIsToldAndNothingIsWritten) {
  auto options = options_for(folder.path() / "journal", ear);
  Rules rules;
  rules.token_order_longest = Micros{5'000'000};  // below the default
  options.genesis.front() = SetRules{rules};
  auto const refused = Pipeline::open(std::move(options));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, PipelineErrc::genesis);
  EXPECT_THAT(refused.error().message, HasSubstr("the rules would be refused"));
  EXPECT_FALSE(fs::exists(folder.path() / "journal"));
}

TEST_F(Lost, AMissingOrEmptyCheckpointBesideEntriesIsDamage) {
  written();
  auto const file = folder.path() / "checkpoint";
  fs::resize_file(file, 0);
  EXPECT_THAT(refusal(), HasSubstr("checkpoint is empty; restore it"));
  fs::remove(file);
  EXPECT_THAT(refusal(), HasSubstr("checkpoint is missing beside entries"));
}

TEST_F(Lost, AMissingLogKeyIsNotMadeAgain) {
  written();
  auto const file = folder.path() / "keys" / "log.key";
  fs::remove(file);
  EXPECT_THAT(refusal(), HasSubstr("restore keys/log.key"));
  EXPECT_FALSE(fs::exists(file));
}

// The checkpoint of the moment before: it vouches for less than what is damaged.
TEST_F(Lost, DamageInTheTailBehindTheCheckpointIsNamedAndLeftAsItIs) {
  written();
  auto const early = folder.path() / "early";
  fs::copy_file(folder.path() / "checkpoint", early);
  {
    auto const second = opened(folder.path(), ear);
    for (std::uint64_t i = 100; i < 150; ++i)
      ASSERT_EQ(second->submit({system_itself, Deposit{carl, Nano{1}}, {0, i, 0}}), Refusal::none);
    (void)ear.wait(149);
  }
  fs::rename(early, folder.path() / "checkpoint");

  auto const segment = folder.path() / "segments" / segment_name(Seq{1});
  std::ifstream in(segment, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  in.close();
  std::vector<std::size_t> starts;
  for (std::size_t at = segment_header_bytes;;) {
    auto const frame = parse_frame(std::as_bytes(std::span(bytes)).subspan(at));
    if (!frame) break;
    starts.push_back(at);
    at += frame_bytes(frame->payload.size());
  }
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(starts.at(starts.size() - 4)), bytes.end(), '\0');
  std::ofstream(segment, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  auto const said = refusal();
  EXPECT_THAT(said, HasSubstr("segments/" + segment_name(Seq{1})));
  EXPECT_THAT(said, HasSubstr("its outcome is in the records"));
  EXPECT_EQ(refusal(), said) << "and again: nothing was cut";
}

TEST_F(Lost, ADamagedProjectionIsMadeAgainWhereverItWasHit) {
  written();
  auto const file = folder.path() / "projection" / "data.mdb";
  std::ifstream in(file, std::ios::binary);
  std::string const whole(std::istreambuf_iterator<char>(in), {});
  auto const start_with = [&](std::string const& bytes) {
    std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    std::vector<std::string> lines;
    auto options = options_for(folder.path(), ear);
    options.log = [&](std::string const& line) { lines.push_back(line); };
    auto pipeline = Pipeline::open(std::move(options));
    EXPECT_TRUE(pipeline) << pipeline.error().message;
    if (!pipeline) return std::string();
    auto const postings = ask(
        **pipeline, (*pipeline)->start().entries ? Seq{(*pipeline)->start().entries} : Seq{},
        [](FollowerView const& view) {
          return view.projection().postings(carl, static_cast<std::uint16_t>(AccountKind::funds), 100).size();
        });
    EXPECT_EQ(postings, 2u) << "the world's deposit and ours";
    pipeline->reset();
    return lines.empty() ? std::string() : lines.front();
  };
  EXPECT_EQ(start_with(whole), "") << "a whole one is kept";
  for (auto const bytes : {whole.size() / 2, std::size_t{8192}, std::size_t{5000}, std::size_t{100}})
    EXPECT_THAT(start_with(whole.substr(0, bytes)), HasSubstr("made again")) << bytes;
  for (std::size_t page = 0; page < whole.size() / 4096; ++page) {
    auto flipped = whole;
    for (std::size_t i = 0; i < 24; ++i) flipped[page * 4096 + i] ^= '\x5a';
    (void)start_with(flipped);  // pages that are free are nobody's loss; what counts is that it starts, whole
  }
  EXPECT_THAT(start_with(std::string(whole.size(), '\x55')), HasSubstr("made again"));
}

TEST_F(Lost, ATileThatWasChangedIsMadeAgainAndThatIsSaid) {
  written();
  std::vector<fs::path> tiles;
  for (auto const& entry : fs::recursive_directory_iterator(folder.path() / "tiles"))
    if (entry.is_regular_file()) tiles.push_back(entry.path());
  ASSERT_FALSE(tiles.empty()) << "a checkpoint has its tiles beside it";
  auto const read = [&] {
    std::ifstream in(tiles.front(), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  auto const whole = read();
  std::ofstream(tiles.front(), std::ios::binary) << std::string(whole.size(), 'x');
  std::vector<std::string> lines;
  auto options = options_for(folder.path(), ear);
  options.log = [&](std::string const& line) { lines.push_back(line); };
  auto const pipeline = Pipeline::open(std::move(options));
  ASSERT_TRUE(pipeline) << pipeline.error().message;
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines.front(), HasSubstr("1 tiles of the tree were missing or wrong and are made again"));
  EXPECT_EQ(read(), whole);
}

TEST_F(Lost, ACheckpointThatCannotBeKeptStopsNothing) {
  std::vector<std::string> lines;
  auto options = options_for(folder.path(), ear);
  options.log = [&](std::string const& line) { lines.push_back(line); };
  auto pipeline = Pipeline::open(std::move(options));
  ASSERT_TRUE(pipeline) << pipeline.error().message;
  std::error_code busy;  // with the checkpoint over the first batch
  while (!fs::create_directory(folder.path() / "checkpoint.tmp", busy)) std::this_thread::yield();
  ASSERT_EQ((*pipeline)->submit({system_itself, Deposit{carl, Nano{1}}, {0, 7, 0}}), Refusal::none);
  (void)ear.wait(7);
  (*pipeline)->stop();
  pipeline->reset();
  ASSERT_EQ(lines.size(), 1u) << "said once";
  EXPECT_THAT(lines.front(), HasSubstr("the checkpoint or its tiles cannot be kept"));
  fs::remove_all(folder.path() / "checkpoint.tmp");
  EXPECT_EQ(refusal(), "it started");
}

}  // namespace
}  // namespace spillway
