// tests/exchange/pipeline/snapshot_test.cpp - snapshot_maker.cpp, snapshot_start.cpp, state_digest.cpp,
// pipeline.cpp, follower.cpp: a start from a snapshot gives what the whole journal gives, and one that is not
// in order is not used.
#include "journal/snapshot.hpp"

#include <gmock/gmock.h>

#include <random>

#include "journal/digest.hpp"
#include "pipeline_world.hpp"

namespace spillway {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;

/// A directory that is opened, traded on and closed, several times.
struct Restarted : testing::TestWithParam<std::uint32_t> {
  Folder folder;
  std::vector<std::string> lines;
  std::mutex lines_mutex;
  std::mt19937 random{GetParam()};
  std::uint64_t clients = 1;
  std::uint64_t every = 40, early = 1'000'000, at_stop = 1'000'000;  // entries
  NodeId node;
  World w;  // makes commands

  std::unique_ptr<Pipeline> open(Ear& ear, bool replay_all = false) {
    auto options = options_for(folder.path(), ear);
    options.segment_bytes = 64 << 10;  // several of them
    options.snapshot_entries = every;
    options.snapshot_early = early;
    options.snapshot_at_stop = at_stop;
    options.replay_all = replay_all;
    options.log = [this](std::string const& line) {
      std::lock_guard const lock(lines_mutex);
      lines.push_back(line);
    };
    auto pipeline = Pipeline::open(std::move(options));
    EXPECT_TRUE(pipeline) << (pipeline ? "" : pipeline.error().message);
    return pipeline ? std::move(*pipeline) : nullptr;
  }
  std::uint64_t roll(std::uint64_t n) { return random() % n; }

  /// Some orders, offers and jobs, each answered; whatever is refused is refused.
  void trade(Pipeline& pipeline, Ear& ear, int commands) {
    std::uint64_t ticket = 500;
    auto const send = [&](ParticipantId who, Command command) {
      while (pipeline.submit({who, command, {0, ++ticket, 0}}) != Refusal::none) ::usleep(1'000);
      return ear.wait(ticket);
    };
    if (!node.some()) {
      auto const made = World::of<record::Accepted>(
          send(ada, RegisterNode{ClientOrderId{++clients}, here, big, 4}).records);
      node = NodeId{static_cast<std::uint32_t>(made.at(0).made)};
    }
    send(ada, RegisterNode{ClientOrderId{2}, here, big, 4});  // it is back
    for (std::uint16_t unit = 0; unit < 4; ++unit) send(system_itself, World::proof(node, unit));
    for (int i = 0; i < commands; ++i) {
      auto const price = units(static_cast<std::int64_t>(1 + roll(4)));
      ClientOrderId const client{++clients};
      switch (roll(6)) {
        case 0: {
          auto offer = w.token_offer(node, price);
          offer.client = client;
          send(ada, offer);
          break;
        }
        case 1: {
          auto offer = w.capacity_offer(node, price, 1);
          offer.client = client;
          send(ada, offer);
          break;
        }
        case 2:
        case 3: {
          auto order = w.capacity_order(price, static_cast<std::int64_t>(1 + roll(2)));
          order.client = client;
          send(carl, order);
          break;
        }
        case 4: {
          auto order = w.token_order(price);
          order.client = client;
          auto const placed = send(dora, order);
          for (auto const& fill : World::of<record::Fill>(placed.records))
            if (roll(3) != 0) send(system_itself, World::completed(JobId{fill.fill}, 300, 300));
          break;
        }
        default:
          send(carl, CancelOrder{OrderId{roll(400)}, CancelReason::asked});
      }
    }
  }
  std::vector<Seq> snapshots() const { return SnapshotFolder(folder.path() / "snapshots").list(); }

  /// The whole journal: D and state.
  std::pair<Hash256, Hash256> audited() const {
    ExchangeCore core;
    auto const digest = replay_into(core, folder.path()).digest();
    return {digest, state_of(core)};
  }
  static Hash256 state_of(ExchangeCore const& core) {
    RunningHash hash;
    core.export_state([&](std::span<std::byte const> piece) { hash.update(piece); });
    return hash.current();
  }
};

TEST_P(Restarted, FromASnapshotStateAndDAreThoseOfTheWholeJournal) {
  for (int run = 0; run < 4; ++run) {
    Ear ear;
    auto const pipeline = open(ear);
    ASSERT_TRUE(pipeline);
    if (run > 0) {
      EXPECT_TRUE(pipeline->start().snapshot.some());
      EXPECT_EQ(pipeline->start().entries, pipeline->start().snapshot.v + pipeline->start().replayed);
    }
    trade(*pipeline, ear, 60);
    auto const last = ear.all().back().entry.seq;
    auto const followed = ask(*pipeline, last, [](FollowerView const& view) {
      view.core.check_invariants();
      return std::pair{view.seq, state_of(view.core)};
    });
    auto const stopped = pipeline->stop();
    auto const [digest, state] = audited();
    EXPECT_EQ(stopped.digest, digest) << "run " << run;
    if (followed.first == stopped.last) {
      EXPECT_EQ(followed.second, state) << "run " << run;
    }
  }
  EXPECT_EQ(snapshots().size(), 2u);
  EXPECT_THAT(lines, Contains(HasSubstr("snapshot at sequence")));
  EXPECT_THAT(lines, testing::Not(Contains(HasSubstr("refused"))));
}

TEST_P(Restarted, TheDigestOfEachSnapshotStandsInTheJournal) {
  std::vector<Seq> entered;
  for (int run = 0; run < 3; ++run) {
    Ear ear;
    auto const pipeline = open(ear);
    ASSERT_TRUE(pipeline);
    trade(*pipeline, ear, 60);
    pipeline->stop();
  }
  ExchangeCore core;
  std::map<Seq, Hash256> states;  // after each entry
  replay_into(core, folder.path(), [&](Entry const& entry, Outcome const&) {
    if (auto const* const said = std::get_if<StateDigest>(&entry.command)) {
      EXPECT_EQ(said->layout, ExchangeCore::state_layout);
      ASSERT_TRUE(states.contains(said->seq));
      EXPECT_EQ(states.at(said->seq), said->digest) << "of sequence " << said->seq.v;
      entered.push_back(said->seq);
    }
    if (core.can_export()) states[entry.seq] = state_of(core);
  });
  EXPECT_GE(entered.size(), 3u);
  auto const last = entered.back();
  for (auto const& file : snapshots())
    if (file < last) {
      EXPECT_THAT(entered, Contains(file));
    }
}

// Made behind the closing seal, when no entry can follow: the next start enters its digest.
TEST_P(Restarted, BehindAStopNothingIsReplayedAndTheNextStartEntersTheDigestOfWhatItBelieved) {
  every = 1'000'000, at_stop = 1;
  std::vector<Seq> used;
  for (int run = 0; run < 3; ++run) {
    Ear ear;
    auto const pipeline = open(ear);
    ASSERT_TRUE(pipeline);
    EXPECT_EQ(pipeline->start().snapshot.v, pipeline->start().entries);
    EXPECT_EQ(pipeline->start().replayed, 0u);
    if (run > 0) used.push_back(pipeline->start().snapshot);
    trade(*pipeline, ear, 30);
    auto const stopped = pipeline->stop();
    EXPECT_EQ(snapshots().front(), stopped.last);
    EXPECT_EQ(stopped.digest, audited().first);
  }
  std::map<Seq, Hash256> entered;
  ExchangeCore core;
  replay_into(core, folder.path(), [&](Entry const& entry, Outcome const&) {
    if (auto const* const said = std::get_if<StateDigest>(&entry.command)) entered[said->seq] = said->digest;
  });
  ASSERT_EQ(entered.size(), used.size());
  SnapshotFolder const kept(folder.path() / "snapshots");
  EXPECT_TRUE(entered.contains(used.front()));
  EXPECT_EQ(entered.at(used.back()), kept.read(used.back())->state_digest);
}

TEST_P(Restarted, WhereTheyCostLittleTheyComeBeforeTheirTime) {
  every = 1'000'000, early = 20;
  {
    Ear ear;
    auto const pipeline = open(ear);
    ASSERT_TRUE(pipeline);
    trade(*pipeline, ear, 60);
    pipeline->stop();
  }
  auto const made = snapshots();
  ASSERT_FALSE(made.empty());
  EXPECT_GE(made.back().v, 20u);
  Ear ear;
  auto const pipeline = open(ear);
  ASSERT_TRUE(pipeline);
  EXPECT_EQ(pipeline->start().snapshot, made.front());
}

INSTANTIATE_TEST_SUITE_P(Seeds, Restarted, testing::Range(1u, 4u));

struct Kept : Restarted {
  void SetUp() override {
    run(200);
    while (snapshots().size() < 2u) run(50);  // how many are written on the way depends on the disk
  }
  void run(int commands) {
    Ear ear;
    auto const pipeline = open(ear);
    trade(*pipeline, ear, commands);
    pipeline->stop();
  }
  void change(Seq seq, std::size_t at) const {
    auto const file = SnapshotFolder(folder.path() / "snapshots").file(seq);
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(static_cast<std::streamoff>(at));
    auto const was = static_cast<char>(bytes.get());
    bytes.seekp(static_cast<std::streamoff>(at));
    bytes.put(static_cast<char>(was ^ 1));
  }
  /// What the exchange starts from, and that it then is what the auditor finds.
  StartReport started(bool replay_all = false) {
    Ear ear;
    auto const pipeline = open(ear, replay_all);
    if (!pipeline) return {};
    auto const start = pipeline->start();
    auto const digest = pipeline->stop().digest;
    EXPECT_EQ(to_hex(digest), to_hex(audited().first));
    return start;
  }
};

TEST_P(Kept, ADamagedSnapshotIsRefusedAndTheOneBeforeIsUsed) {
  auto const there = snapshots();
  change(there[0], 1'000);
  EXPECT_EQ(started().snapshot, there[1]);
  EXPECT_THAT(lines, Contains(HasSubstr("snapshot at sequence " + std::to_string(there[0].v) +
                                        " is refused: its bytes")));
}

TEST_P(Kept, WithoutAGoodSnapshotTheWholeJournalIsReplayed) {
  auto const there = snapshots();
  change(there[0], 50);
  fs::resize_file(SnapshotFolder(folder.path() / "snapshots").file(there[1]), 100);
  auto const start = started();
  EXPECT_FALSE(start.snapshot.some());
  EXPECT_EQ(start.replayed, start.entries);
  EXPECT_THAT(lines, Contains(HasSubstr("or the whole journal is used")));
}

// As after an upgrade: what the program before wrote is passed over, and the journal has it all.
TEST_P(Kept, SnapshotsOfAnEarlierLayoutArePassedOverWithALineAndTheWholeJournalIsReplayed) {
  SnapshotFolder const kept(folder.path() / "snapshots");
  for (auto const seq : snapshots()) {
    auto snapshot = kept.read(seq);
    ASSERT_TRUE(snapshot) << snapshot.error();
    snapshot->state_layout = ExchangeCore::state_layout - 1;
    ASSERT_TRUE(kept.write(*snapshot));
  }
  auto const start = started();
  EXPECT_FALSE(start.snapshot.some());
  EXPECT_EQ(start.replayed, start.entries);
  auto const now = ExchangeCore::state_layout;
  EXPECT_THAT(lines, Contains(HasSubstr("its state has layout " + std::to_string(now - 1) +
                                        ", this program reads " + std::to_string(now))));
}

TEST_P(Kept, TheWholeJournalIsReplayedWhenThatIsAskedFor) {
  auto const start = started(true);
  EXPECT_FALSE(start.snapshot.some());
  EXPECT_EQ(start.replayed, start.entries);
}

TEST_P(Kept, TablesThatAreGoneAreMadeAgainFromTheFirstEntryWhileTheCoreStartsFromTheSnapshot) {
  fs::remove_all(folder.path() / "projection");
  Ear ear;
  auto const pipeline = open(ear);
  ASSERT_TRUE(pipeline);
  EXPECT_TRUE(pipeline->start().snapshot.some());
  auto const rows = ask(*pipeline, Seq{pipeline->start().entries}, [](FollowerView const& view) {
    return view.projection().postings(carl, static_cast<std::uint16_t>(AccountKind::funds), 10'000).size();
  });
  EXPECT_GT(rows, 1u);
}

TEST_P(Kept, ASnapshotOfAnotherJournalOrBehindTheEndIsRefused) {
  auto const there = snapshots();
  auto const foreign = folder.path() / "foreign";
  fs::copy(folder.path() / "snapshots", foreign);
  for (char const* part : {"segments", "records", "snapshots", "projection", "tiles", "checkpoint"})
    fs::remove_all(folder.path() / part);
  random.seed(GetParam() + 1'000);
  node = {};
  clients = 1;
  {
    Ear ear;
    auto const pipeline = open(ear);
    ASSERT_TRUE(pipeline);
    trade(*pipeline, ear, 10);
    pipeline->stop();
  }
  fs::remove_all(folder.path() / "snapshots");
  fs::copy(foreign, folder.path() / "snapshots");
  auto const start = started();
  EXPECT_FALSE(start.snapshot.some());
  EXPECT_THAT(lines, Contains(testing::AnyOf(HasSubstr("of another journal"), HasSubstr("ends before it"))));
}

TEST_P(Kept, WithoutItsTilesOrRecordsASnapshotIsNotEnough) {
  // The one that stays has a full tile before it, wherever the disk let it be written.
  SnapshotFolder const made(folder.path() / "snapshots");
  while (made.read(snapshots().front())->tree.size() < tile_width) run(50);
  while (snapshots().size() > 1) fs::remove(made.file(snapshots().back()));
  fs::copy(folder.path() / "snapshots", folder.path() / "kept");
  fs::remove_all(folder.path() / "tiles");
  EXPECT_FALSE(started().snapshot.some());
  EXPECT_THAT(lines, Contains(HasSubstr("tiles of the tree before it are missing")));
  fs::remove_all(folder.path() / "snapshots");
  fs::copy(folder.path() / "kept", folder.path() / "snapshots");
  fs::remove_all(folder.path() / "records");
  EXPECT_FALSE(started().snapshot.some());
  EXPECT_THAT(lines, Contains(HasSubstr("records ends before it")));
}

INSTANTIATE_TEST_SUITE_P(One, Kept, testing::Values(5u));

}  // namespace
}  // namespace spillway
