// tests/exchange/pipeline/pipeline_test.cpp - the pipeline as a whole: pipeline.cpp, sequencer.cpp,
// flusher.cpp, follower.cpp, replay.cpp, over real directories. A change of the log's key (log_signer.cpp,
// key_change.cpp) is looked at in whole in tests/apps/audit_keys_test.cpp.
#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <map>

#include "exchange/key_change.hpp"
#include "journal/checkpoint.hpp"
#include "journal/keys.hpp"
#include "journal/log_reader.hpp"
#include "pipeline_world.hpp"

namespace spillway {
namespace {

constexpr std::uint64_t ticket = 7;

Released submit_and_wait(Pipeline& pipeline, Ear& ear, ParticipantId who, Command command,
                         std::uint64_t t = ticket) {
  EXPECT_EQ(pipeline.submit({who, std::move(command), {0, t, 0}}), Refusal::none);
  return ear.wait(t);
}

/// What the journal gives from its first entry on.
OutcomeChain replayed(std::filesystem::path const& journal) {
  ExchangeCore core;
  return replay_into(core, journal);
}

TEST(Pipeline, ReleasesACommandWithItsRecordsOnceItIsDurable) {
  Folder folder;
  Ear ear;
  auto const pipeline = opened(folder.path(), ear);
  auto const released =
      submit_and_wait(*pipeline, ear, system_itself, Deposit{carl, Nano{5 * nano_per_unit}});
  ASSERT_FALSE(released.records.empty());
  EXPECT_GE(pipeline->counters().durable, released.entry.seq);
  auto const balance = ask(*pipeline, released.entry.seq, [](FollowerView const& view) {
    for (auto const& account : view.core.accounts_of(carl))
      if (account.key.kind == AccountKind::funds) return account.balance;
    return Nano{};
  });
  EXPECT_EQ(balance, Nano{105 * nano_per_unit});
}

TEST(Pipeline, GivesTheSameDigestWhenItsJournalIsReplayed) {
  Folder folder;
  Ear ear;
  auto pipeline = opened(folder.path(), ear);
  for (std::uint64_t i = 1; i <= 300; ++i)
    ASSERT_EQ(pipeline->submit({system_itself, Deposit{dora, Nano{static_cast<std::int64_t>(i)}}, {0, i, 0}}),
              Refusal::none);
  (void)ear.wait(300);
  auto const stopped = pipeline->stop();
  pipeline.reset();

  auto const chain = replayed(folder.path());
  EXPECT_EQ(chain.last(), stopped.last);
  EXPECT_EQ(chain.digest(), stopped.digest);
  EXPECT_FALSE(chain.open()) << "a clean stop leaves nothing unsealed";
}

TEST(Pipeline, SignsACheckpointOverTheWholeTreeWhenItStops) {
  Folder folder;
  Ear ear;
  auto pipeline = opened(folder.path(), ear);
  auto const vkey = NoteVerifier::from_vkey(pipeline->verifier_key());
  ASSERT_TRUE(vkey);
  pipeline->stop();
  pipeline.reset();
  auto const note = load_checkpoint(folder.path() / "checkpoint");
  ASSERT_TRUE(note);
  auto const checkpoint = open_checkpoint(*note, *vkey);
  ASSERT_TRUE(checkpoint);
  auto reader = LogReader::open(folder.path(), StreamKind::entries, ReadMode::strict);
  Frontier tree;
  for (auto frame = reader->next(); frame && *frame; frame = reader->next())
    tree.append(leaf_hash((*frame)->payload));
  EXPECT_EQ(checkpoint->size, tree.size());
  EXPECT_EQ(checkpoint->root, tree.root());
}

TEST(Pipeline, SignsWithBothKeysAfterAChangeAndKeepsItsProof) {
  Folder folder;
  Ear ear;
  auto pipeline = opened(folder.path(), ear);
  auto const keys = folder.path() / "keys";
  auto const old = LogKey::load(keys).value().verifier();
  auto const next = LogKey::load_or_make_next(keys, old.name()).value().verifier();
  auto const change = pipeline->log_key_change(next.public_key(), Micros{micros_per_hour});
  ASSERT_TRUE(change) << change.error();
  auto const entered = submit_and_wait(*pipeline, ear, system_itself, *change);
  pipeline->stop();
  auto const note = load_checkpoint(folder.path() / "checkpoint").value();
  EXPECT_TRUE(open_checkpoint(note, old));
  EXPECT_TRUE(open_checkpoint(note, next));
  auto const proof = load_checkpoint(key_change_file(keys, old.key_id())).value();
  auto const proven = check_key_change(proof, old);
  ASSERT_TRUE(proven) << proven.error();
  EXPECT_EQ(proven->seq, entered.entry.seq);
  EXPECT_EQ(proven->after.vkey(), next.vkey());
  EXPECT_FALSE(check_key_change(proof, next)) << "it is the old key's word";
  EXPECT_EQ(follow_key_changes(keys, old).value().size(), 1u);
  EXPECT_TRUE(follow_key_changes(keys, next).value().empty());
}

TEST(Pipeline, GoesOnAfterARestartWithOneResumedEntry) {
  Folder folder;
  Ear before, after;
  auto pipeline = opened(folder.path(), before);
  auto const deposit = submit_and_wait(*pipeline, before, system_itself, Deposit{carl, Nano{1}});
  auto const stopped = pipeline->stop();
  pipeline.reset();
  pipeline = opened(folder.path(), after);
  EXPECT_FALSE(pipeline->start().fresh);
  EXPECT_EQ(pipeline->start().entries, stopped.last.v);
  auto const next = submit_and_wait(*pipeline, after, system_itself, Deposit{carl, Nano{1}});
  EXPECT_EQ(next.entry.seq.v, stopped.last.v + 2);
  auto const resumed = after.all().front();
  EXPECT_TRUE(std::holds_alternative<Resumed>(resumed.entry.command));
  EXPECT_GE(resumed.entry.stamp, deposit.entry.stamp);
}

TEST(Pipeline, KeepsEveryReleasedCommandWhenTheProcessIsKilled) {
  Folder folder;
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  auto const child = ::fork();
  if (child == 0) {
    Ear ear;
    auto options = options_for(folder.path(), ear);
    options.released = [&](std::shared_ptr<ReleasedBatch const> batch) {
      for (auto const& one : *batch)
        if (::write(pipe_ends[1], &one.entry.seq.v, sizeof one.entry.seq.v) < 0) ::_exit(2);
    };
    auto pipeline = Pipeline::open(std::move(options));
    if (!pipeline) ::_exit(3);
    for (std::uint64_t i = 1;; ++i)
      (void)(*pipeline)->submit({system_itself, Deposit{carl, Nano{1}}, {0, i, 0}});
  }
  ::close(pipe_ends[1]);
  std::uint64_t last = 0, seq = 0;
  while (last < 2000 && ::read(pipe_ends[0], &seq, sizeof seq) == sizeof seq) last = seq;
  ::kill(child, SIGKILL);
  while (::read(pipe_ends[0], &seq, sizeof seq) == sizeof seq) last = seq;
  ::waitpid(child, nullptr, 0);
  ::close(pipe_ends[0]);
  ASSERT_GE(last, 2000u);

  Ear ear;
  auto const pipeline = opened(folder.path(), ear);
  ASSERT_TRUE(pipeline);
  EXPECT_GE(pipeline->start().entries, last) << "what was released is there";
  EXPECT_TRUE(ask(*pipeline, Seq{last}, [](FollowerView const& view) {
    view.core.check_invariants();
    return true;
  }));
}

// A few are quicker without waking another thread; of many the core gives the journal its part.
TEST(Pipeline, FewCommandsAreMadeDurableByTheCoreAndManyByTheJournalInOneOrder) {
  Folder folder;
  Ear ear;
  auto options = options_for(folder.path(), ear);
  constexpr std::uint64_t burst = 5'000, last = burst + 200;
  Pipeline* running = nullptr;
  std::mutex mutex;
  std::map<std::uint64_t, std::string> released_by;  // of each ticket
  auto const who_released = [&](std::uint64_t t) {
    std::lock_guard const lock(mutex);
    return released_by[t];
  };
  std::atomic<int> at_once{0};
  options.released = [&](std::shared_ptr<ReleasedBatch const> batch) {
    EXPECT_EQ(++at_once, 1);
    char name[16]{};
    ::pthread_getname_np(::pthread_self(), name, sizeof name);
    for (auto const& one : *batch) {
      {
        std::lock_guard const lock(mutex);
        released_by[one.cookie.request] = name;
      }
      if (one.cookie.request != burst) continue;
      for (auto t = burst + 1; t <= last; ++t)
        EXPECT_EQ(running->submit({system_itself, Deposit{carl, Nano{1}}, {0, t, 0}}), Refusal::none);
    }
    --at_once;
    ear.hear(*batch);
  };
  auto pipeline = Pipeline::open(std::move(options));
  ASSERT_TRUE(pipeline);
  running = pipeline->get();
  for (std::uint64_t t = 1; t == 1 || who_released(t - 1) != "core";
       ++t)  // the journal is at the first batch
    (void)submit_and_wait(*running, ear, system_itself, Deposit{carl, Nano{1}}, t);
  (void)submit_and_wait(*running, ear, system_itself, Deposit{carl, Nano{1}}, burst);
  (void)ear.wait(last);
  auto const stopped = running->stop();
  EXPECT_EQ(who_released(last), "journal");
  Seq before;
  for (auto const& one : ear.all()) EXPECT_EQ(one.entry.seq.v, std::exchange(before.v, one.entry.seq.v) + 1);
  EXPECT_EQ(before, stopped.last);
  pipeline->reset();
  EXPECT_EQ(replayed(folder.path()).digest(), stopped.digest);
}

// Whoever answered while the core waited for its disk was in time: deadlines move before its answer is taken.
TEST(Pipeline, AStallBehindTheCoresOwnFlushIsTheExchangesAndMovesDeadlines) {
  Folder folder;
  Ear ear;
  auto options = options_for(folder.path(), ear);
  std::atomic<bool> stalled{false};
  options.released = [&](std::shared_ptr<ReleasedBatch const> batch) {
    char name[16]{};
    ::pthread_getname_np(::pthread_self(), name, sizeof name);
    if (std::string_view(name) == "core" && !stalled.exchange(true))
      std::this_thread::sleep_for(std::chrono::milliseconds(400));
    ear.hear(*batch);
  };
  auto pipeline = Pipeline::open(std::move(options));
  ASSERT_TRUE(pipeline);
  std::uint64_t ticket = 0;
  while (!stalled) (void)submit_and_wait(**pipeline, ear, system_itself, Deposit{carl, Nano{1}}, ++ticket);
  (void)submit_and_wait(**pipeline, ear, system_itself, Deposit{carl, Nano{1}}, ++ticket);
  (void)(*pipeline)->stop();
  bool told = false;
  for (auto const& one : ear.all())
    if (auto const* const gap = std::get_if<Resumed>(&one.entry.command)) told |= gap->gap >= Micros{400'000};
  EXPECT_TRUE(told);
}

// 700 orders end in three entries: nothing comes between them, and a replay needs nobody to say Continue.
TEST(Pipeline, AMassCancelGoesOnInEntriesOfItsOwnBeforeAnythingElse) {
  Folder folder;
  Ear ear;
  auto pipeline = opened(folder.path(), ear);
  World w;  // makes commands
  for (std::uint64_t t = 1; t <= 700; ++t) {
    ASSERT_EQ(pipeline->submit({carl, w.capacity_order(PriceIndex{5}, 1), {0, t, 0}}), Refusal::none);
    if (t % 100 == 0) (void)ear.wait(t);
  }
  auto const cancelled = submit_and_wait(*pipeline, ear, carl, CancelAll{}, 1'000);
  auto const next = submit_and_wait(*pipeline, ear, carl, w.capacity_order(PriceIndex{5}, 1), 1'001);
  EXPECT_TRUE(World::of<record::Refused>(cancelled.records).empty());
  EXPECT_TRUE(World::of<record::Refused>(next.records).empty());
  std::size_t ended = 0;
  std::vector<std::uint64_t> behind;
  for (auto const& one : ear.all()) {
    for (auto const& state : World::of<record::OrderState>(one.records))
      ended += state.phase == static_cast<std::uint8_t>(OrderPhase::cancelled) ? 1 : 0;
    if (!std::holds_alternative<Continue>(one.entry.command)) continue;
    behind.push_back(one.entry.seq.v - cancelled.entry.seq.v);
    EXPECT_EQ(one.entry.stamp, cancelled.entry.stamp);
  }
  EXPECT_EQ(ended, 700u);
  EXPECT_EQ(behind, (std::vector<std::uint64_t>{1, 2}));
  auto const stopped = pipeline->stop();
  EXPECT_EQ(replayed(folder.path()).digest(), stopped.digest);
}

TEST(Pipeline, RefusesADirectoryThatIsInUse) {
  Folder folder;
  Ear ear;
  auto const first = opened(folder.path(), ear);
  auto const second = Pipeline::open(options_for(folder.path(), ear));
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos)
      << second.error().message;
}

TEST(Pipeline, NamesThePlaceOfDamageAndStartsNothing) {
  Folder folder;
  Ear ear;
  opened(folder.path(), ear)->stop();
  auto const segment = std::filesystem::directory_iterator(folder.path() / "segments")->path();
  {
    std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(5000);
    file.put('\x55');
  }
  auto const again = Pipeline::open(options_for(folder.path(), ear));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, PipelineErrc::damaged);
  EXPECT_NE(again.error().message.find(segment.filename().string()), std::string::npos)
      << again.error().message;
}

TEST(Pipeline, RebuildsAProjectionThatWasDeletedOrBelongsElsewhere) {
  Folder folder, other;
  Ear ear, ear_of_other;
  auto last = Seq{};
  {
    auto const pipeline = opened(folder.path(), ear);
    last = submit_and_wait(*pipeline, ear, system_itself, Deposit{carl, Nano{1}}).entry.seq;
  }
  {
    auto const pipeline = opened(other.path(), ear_of_other);
    (void)submit_and_wait(*pipeline, ear_of_other, system_itself, Deposit{dora, Nano{2}});
  }
  auto const postings = [&](std::filesystem::path const& directory) {
    Ear e;
    auto const pipeline = opened(directory, e);
    return ask(*pipeline, last, [](FollowerView const& view) {
      return view.projection().postings(carl, static_cast<std::uint16_t>(AccountKind::funds), 100).size();
    });
  };
  auto const whole = postings(folder.path());
  EXPECT_EQ(whole, 2u) << "the world's deposit and ours";
  std::filesystem::remove_all(folder.path() / "projection");
  EXPECT_EQ(postings(folder.path()), whole);
  std::filesystem::remove_all(folder.path() / "projection");
  std::filesystem::copy(other.path() / "projection", folder.path() / "projection");
  EXPECT_EQ(postings(folder.path()), whole);
}

TEST(Pipeline, FiresDeadlinesByTicksWhenNothingElseArrives) {
  Folder folder;
  Ear ear;
  auto const pipeline = opened(folder.path(), ear);
  PlaceOrder order;
  order.client = ClientOrderId{1};
  order.predicate.product = ProductKind::tokens;
  order.predicate.models = {seven};
  order.tif = TimeInForce::timed;
  order.good_for = ms(50);
  order.limit = units(1);
  order.input = Tokens{10};
  order.output_max = Tokens{10};
  auto const placed = submit_and_wait(*pipeline, ear, carl, order);
  ASSERT_NE(placed.records.front().head.kind, RecordKind::refused);
  for (;;) {  // the order expires by itself, or this test's time limit ends it
    auto const phase = ask(*pipeline, Seq{}, [&](FollowerView const& view) {
      auto const seen = view.core.order(OrderId{placed.entry.seq.v});
      return seen ? seen->phase : OrderPhase::unset;
    });
    if (phase == OrderPhase::expired) break;
    ::usleep(5'000);
  }
}

/// The follower stands in a query until it is let go.
class SlowRead {
 public:
  explicit SlowRead(Pipeline& pipeline) {
    pipeline.follower().query(Seq{}, [this](FollowerView const&) {
      reading_.set_value();
      go_on_.get_future().wait();
    });
    reading_.get_future().wait();
  }
  ~SlowRead() { let_go(); }
  SlowRead(SlowRead const&) = delete;
  SlowRead& operator=(SlowRead const&) = delete;
  void let_go() {
    if (!std::exchange(gone_, true)) go_on_.set_value();
  }

 private:
  std::promise<void> reading_, go_on_;
  bool gone_{};
};

TEST(Pipeline, RefusesNewBusinessWhileTheFollowerIsTooFarBehindAndNothingElse) {
  Folder folder;
  Ear ear;
  auto options = options_for(folder.path(), ear);
  options.follower_lag_max = std::chrono::milliseconds{20};
  options.follower_lag_entries = 10;
  auto const pipeline = *Pipeline::open(std::move(options));
  Trader trader(*pipeline, ear);
  SlowRead slow(*pipeline);
  auto last = Seq{};
  for (int i = 0; i < 12; ++i) last = trader.send(system_itself, Deposit{carl, Nano{1}}).entry.seq;
  ::usleep(30'000);
  auto const lag = pipeline->follower().lag();
  EXPECT_GE(lag.entries, 12u);
  EXPECT_GT(lag.age, std::chrono::milliseconds{20});
  EXPECT_EQ(pipeline->submit({carl, trader.order(units(1)), {0, 1, 0}}), Refusal::busy);
  EXPECT_EQ(pipeline->counters().orders_refused_busy, 1u);
  // The books of the core go on: what ends something, pays somebody or comes from the operator is taken.
  last = trader.send(carl, CancelOrder{OrderId{1}, CancelReason::asked}).entry.seq;

  slow.let_go();
  auto const seen = ask(*pipeline, last, [](FollowerView const& view) { return view.seq; });
  EXPECT_GE(seen, last) << "a read waits for the sequence that it names";
  EXPECT_EQ(pipeline->follower().lag().entries, 0u);
  EXPECT_EQ(pipeline->follower().lag().age.count(), 0);
  EXPECT_NE(trader.send(carl, trader.order(units(1))).records.front().head.kind, RecordKind::refused);
}

TEST(Pipeline, AFollowerThatIsOneShortStepBehindRefusesNobody) {
  Folder folder;
  Ear ear;
  auto options = options_for(folder.path(), ear);
  options.follower_lag_max = std::chrono::milliseconds{1};
  options.follower_lag_entries = 100;
  auto const pipeline = *Pipeline::open(std::move(options));
  Trader trader(*pipeline, ear);
  SlowRead const slow(*pipeline);
  trader.send(system_itself, Deposit{carl, Nano{1}});
  ::usleep(5'000);
  EXPECT_EQ(trader.send(carl, trader.order(units(1))).records.front().head.kind, RecordKind::accepted);
}

}  // namespace
}  // namespace spillway
