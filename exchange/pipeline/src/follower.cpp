// exchange/src/follower.cpp - one thread: apply what is durable, commit the projection, answer queries.
#include "exchange/follower.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "exchange/replay.hpp"
#include "journal/tail.hpp"
#include "market/check.hpp"
#include "projection_writer.hpp"
#include "receipt_maker.hpp"
#include "snapshot_maker.hpp"
#include "thread_name.hpp"

namespace spillway {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t rows_per_commit = 200'000;  // each commit syncs: few of them, and some 12 MiB of rows
constexpr auto commit_every = 1'000ms;
// Where batches come one after the other, it is woken once for some of them: each wake-up takes time of the
// thread that makes the next batch durable.
constexpr auto nap = 1ms;
constexpr std::uint64_t nap_entries = 256;

[[noreturn]] void stop_process(std::string const& why) {
  std::fprintf(stderr, "the follower stopped: %s\n", why.c_str());
  std::abort();
}

void cannot_write(std::string const& why) {
  stop_process("the projection cannot be written: " + why +
               "; make room on its disk or repair it and start again, the journal has everything");
}

std::int64_t steady_ns() { return std::chrono::nanoseconds(steady_clock::now().time_since_epoch()).count(); }

struct Waiting {
  Seq at_least;
  Follower::Query query;
};

}  // namespace

struct Follower::Impl {
  Impl(FollowerOptions&& o, Tail&& t, Projection&& p)
      : options(std::move(o)),
        tail(std::move(t)),
        projection(std::move(p)),
        own_core(options.core.core ? std::move(options.core)
                                   : CoreBeingRead{std::make_unique<ExchangeCore>(options.limits), {}}),
        core(*own_core.core),
        replayer(
            core, [this](Entry const& entry, Outcome const& outcome) { applied_one(entry, outcome); },
            [this](Seal const& seal, std::uint64_t leaf, std::span<Hash256 const> covered) {
              sealed(seal, leaf, covered);
            }),
        snapshots(options.snapshots.empty() ? std::nullopt : std::optional(SnapshotFolder(options.snapshots)),
                  {options.snapshot_entries, options.snapshot_every, options.snapshot_early,
                   options.snapshot_at_stop},
                  options.log, options.digested) {}

  FollowerOptions options;
  Tail tail;
  Projection projection;
  CoreBeingRead own_core;
  ExchangeCore& core;
  Replayer replayer;
  ReceiptMaker receipts;
  SnapshotMaker snapshots;
  ProjectionWriter writer{projection, cannot_write};
  std::set<InstrumentId> touched;
  steady_clock::time_point last_commit = steady_clock::now();

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::uint64_t durable_position{};
  std::vector<Waiting> queries;
  Seq applied;  // a batch or 256 entries at a time
  struct Mark {
    Seq seq;
    std::int64_t at_ns{};  // steady time at which this sequence became durable
  };
  std::deque<Mark> marks;  // of batches that are not applied
  bool stopping{};
  bool napping{};
  std::atomic<std::uint64_t> durable_seq{}, applied_seq{};
  std::atomic<std::int64_t> waiting_since_ns{};  // of the front mark; 0: none
  std::thread thread;

  void run();
  bool apply_some();
  [[nodiscard]] std::expected<void, std::string> resume(Snapshot const& from);
  void applied_one(Entry const&, Outcome const&);
  void show_applied();
  void make_snapshot();
  void sealed(Seal const&, std::uint64_t leaf, std::span<Hash256 const> covered);
  /// While it naps: somebody waits for what is durable, or it is much.
  [[nodiscard]] bool wanted() const {
    return stopping || !queries.empty() || durable_seq.load() >= applied.v + nap_entries;
  }
  void show_wait() { waiting_since_ns.store(marks.empty() ? 0 : marks.front().at_ns); }
  void commit_when_due();
  void begin_commit();
  void commit_if(bool due);
  void answer();
  void tell_touched();
};

std::expected<std::unique_ptr<Follower>, std::string> Follower::open(FollowerOptions options,
                                                                     Projection projection) {
  auto start = std::exchange(options.start, nullptr);
  auto tail = Tail::open(options.journal, StreamKind::entries, start ? start->position : 0, options.archive);
  if (!tail) return std::unexpected(tail.error().message);
  auto impl = std::make_unique<Impl>(std::move(options), std::move(*tail), std::move(projection));
  if (start)
    if (auto done = impl->resume(*start); !done)
      return std::unexpected("the follower cannot start from a snapshot: " + done.error());
  auto* const raw = impl.get();
  impl->thread = std::thread([raw] {
    name_this_thread("follower");
    raw->run();
  });
  return std::unique_ptr<Follower>(new Follower(std::move(impl)));
}

Follower::Follower(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Follower::~Follower() { stop(); }

void Follower::durable_to(std::uint64_t position, Seq seq) {
  {
    std::lock_guard const lock(impl_->mutex);
    impl_->durable_position = position;
    impl_->durable_seq.store(seq.v);
    if (seq > impl_->applied) impl_->marks.push_back({seq, steady_ns()});
    impl_->show_wait();
    if (impl_->napping && !impl_->wanted()) return;
  }
  impl_->changed.notify_one();
}

void Follower::query(Seq at_least, Query query) {
  {
    std::lock_guard const lock(impl_->mutex);
    if (impl_->stopping) return;
    impl_->queries.push_back({at_least, std::move(query)});
  }
  impl_->changed.notify_one();
}

Seq Follower::applied() const {
  std::lock_guard const lock(impl_->mutex);
  return impl_->applied;
}

Seq Follower::snapshot() const { return impl_->snapshots.written(); }

Follower::Lag Follower::lag() const {
  auto const applied = impl_->applied_seq.load();
  auto const durable = impl_->durable_seq.load();
  auto const since = impl_->waiting_since_ns.load();
  return {durable > applied ? durable - applied : 0,
          std::chrono::nanoseconds(since == 0 ? 0 : std::max<std::int64_t>(steady_ns() - since, 0))};
}

void Follower::stop() {
  {
    std::lock_guard const lock(impl_->mutex);
    if (impl_->stopping) return;
    impl_->stopping = true;
  }
  impl_->changed.notify_one();
  impl_->thread.join();
}

void Follower::Impl::run() {
  if (own_core.read.valid()) {  // commands are taken meanwhile
    sw_check(own_core.read.get().has_value(), "two cores read the same bytes alike");
    sw_check(core.applied() == replayer.chain().last(), "a state is of the sequence that its snapshot names");
  }
  for (;;) {
    auto const before = tail.position();
    bool const more = apply_some();
    tell_touched();
    answer();
    commit_when_due();
    if (more) continue;
    auto const look_again = (writer.busy() ? steady_clock::now() : last_commit) + commit_every;
    std::unique_lock lock(mutex);
    napping = tail.position() != before;
    if (napping) changed.wait_for(lock, nap, [&] { return wanted(); });
    napping = false;
    if (stopping && durable_position <= tail.position())
      break;  // what came since apply_some looked counts too
    auto const woken = [&] {
      return stopping || durable_position > tail.position() ||
             std::any_of(queries.begin(), queries.end(),
                         [&](auto const& q) { return q.at_least <= applied; });
    };
    changed.wait_until(lock, look_again, woken);
    if (!projection.pending()) last_commit = steady_clock::now();
  }
  commit_if(projection.pending() > 0);
  if (!replayer.chain().open() && snapshots.due_at_stop(core)) make_snapshot();
  snapshots.finish();
  projection.leave();
}

std::expected<void, std::string> Follower::Impl::resume(Snapshot const& from) {
  if (!receipts.load(from.aside)) return std::unexpected("what it keeps for receipts is not in order");
  replayer.resume(OutcomeChain(from.digest, from.seq, from.batch), from.tree);
  snapshots.resume(from);
  applied = from.seq;
  applied_seq.store(applied.v);
  return {};
}

// Applies at most one commit's worth of frames; true when more may be there.
bool Follower::Impl::apply_some() {
  std::uint64_t durable = 0;
  {
    std::lock_guard const lock(mutex);
    durable = durable_position;
  }
  bool more = true;
  for (std::size_t i = 0; i < 256; ++i) {
    auto frame = tail.next(durable);
    if (!frame) stop_process(to_string(frame.error()));
    more = frame->has_value();
    if (!more) break;
    if (auto const done = replayer.feed(**frame); !done)
      stop_process("sequence " + std::to_string(done.error().seq.v) + ": " + done.error().reason);
    snapshots.leaf(replayer.leaf(), replayer.tree().finished());
    if ((*frame)->type != FrameType::seal) continue;
    show_applied();
    if (snapshots.due(core)) make_snapshot();
  }
  show_applied();
  return more;
}

void Follower::Impl::applied_one(Entry const& entry, Outcome const& outcome) {
  if (entry.seq > projection.committed()) projection.add(entry, outcome.records);
  receipts.add(entry.seq, outcome.records);
  touched.insert(outcome.touched.begin(), outcome.touched.end());
}

void Follower::Impl::show_applied() {
  std::lock_guard const lock(mutex);
  applied = replayer.chain().last();
  applied_seq.store(applied.v);
  while (!marks.empty() && marks.front().seq <= applied) marks.pop_front();
  show_wait();
}

// What was committed up to a sequence may lack the seal behind it; the same row again does no harm.
void Follower::Impl::sealed(Seal const& seal, std::uint64_t leaf, std::span<Hash256 const> covered) {
  ReceiptMaker::Made keep;
  if (seal.last >= projection.committed())
    keep = [this](FillId fill, ReceiptRow const& row) { projection.add(fill, row); };
  receipts.sealed(seal, leaf, covered, keep);
}

// The tables are never behind a snapshot, so a start from it can go on with them.
void Follower::Impl::make_snapshot() {
  writer.finish();
  commit_if(projection.committed() < core.applied());
  snapshots.make(core, replayer, tail.position(), receipts.save());
}

// While one commit waits for the disk, more is gathered, up to as much again.
void Follower::Impl::commit_when_due() {
  auto const rows = projection.pending();
  bool const due = rows >= rows_per_commit || (rows > 0 && steady_clock::now() - last_commit >= commit_every);
  if (due && (rows >= 2 * rows_per_commit || !writer.busy())) begin_commit();
}

void Follower::Impl::begin_commit() {
  writer.begin(replayer.chain().last(), replayer.chain().digest());
  last_commit = steady_clock::now();
}

/// Waits until it is on disk.
void Follower::Impl::commit_if(bool due) {
  if (due) begin_commit();
  writer.finish();
}

void Follower::Impl::tell_touched() {
  if (touched.empty()) return;
  if (options.touched) options.touched({touched.begin(), touched.end()});
  touched.clear();
}

void Follower::Impl::answer() {
  std::vector<Waiting> ready;
  {
    std::lock_guard const lock(mutex);
    auto const split = std::stable_partition(queries.begin(), queries.end(),
                                             [&](auto const& q) { return q.at_least > applied; });
    std::move(split, queries.end(), std::back_inserter(ready));
    queries.erase(split, queries.end());
  }
  if (ready.empty()) return;
  std::function<Projection const&()> const tables = [this]() -> Projection const& {
    commit_if(projection.pending() > 0);
    return projection;
  };
  FollowerView const view{core.applied(), core.now(), core, tables};
  for (auto const& waiting : ready) waiting.query(view);
}

}  // namespace spillway
