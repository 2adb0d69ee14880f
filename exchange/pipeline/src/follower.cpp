// exchange/src/follower.cpp - one thread: apply what is durable, commit the projection, answer queries.
#include "exchange/follower.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "exchange/replay.hpp"
#include "journal/tail.hpp"
#include "market/check.hpp"

namespace spillway {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t entries_per_commit = 4096;
constexpr auto commit_every = 200ms;

[[noreturn]] void stop_process(std::string const& why) {
  std::fprintf(stderr, "the follower stopped: %s\n", why.c_str());
  std::abort();
}

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
        core(options.limits),
        replayer(core, [this](Entry const& entry, Outcome const& outcome) { applied_one(entry, outcome); }) {}

  FollowerOptions options;
  Tail tail;
  Projection projection;
  ExchangeCore core;
  Replayer replayer;
  std::set<InstrumentId> touched;
  steady_clock::time_point last_commit = steady_clock::now();

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::uint64_t durable_position{};
  std::vector<Waiting> queries;
  Seq applied;
  bool stopping{};
  std::thread thread;

  void run();
  bool apply_some();
  void applied_one(Entry const&, Outcome const&);
  void commit_if(bool due);
  void answer();
  void tell_touched();
};

std::expected<std::unique_ptr<Follower>, std::string> Follower::open(FollowerOptions options,
                                                                     Projection projection) {
  auto tail = Tail::open(options.journal, StreamKind::entries, 0, options.archive);
  if (!tail) return std::unexpected(tail.error().message);
  auto impl = std::make_unique<Impl>(std::move(options), std::move(*tail), std::move(projection));
  auto* const raw = impl.get();
  impl->thread = std::thread([raw] { raw->run(); });
  return std::unique_ptr<Follower>(new Follower(std::move(impl)));
}

Follower::Follower(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Follower::~Follower() { stop(); }

void Follower::durable_to(std::uint64_t position, Seq) {
  {
    std::lock_guard const lock(impl_->mutex);
    impl_->durable_position = position;
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
  for (;;) {
    bool const more = apply_some();
    tell_touched();
    answer();
    commit_if(steady_clock::now() - last_commit >= commit_every ||
              projection.pending() >= entries_per_commit);
    if (more) continue;
    std::unique_lock lock(mutex);
    if (stopping && durable_position <= tail.position())
      break;  // what came since apply_some looked counts too
    auto const woken = [&] {
      return stopping || durable_position > tail.position() ||
             std::any_of(queries.begin(), queries.end(),
                         [&](auto const& q) { return q.at_least <= applied; });
    };
    changed.wait_until(lock, last_commit + commit_every, woken);
    if (!projection.pending()) last_commit = steady_clock::now();
  }
  commit_if(true);
}

// Applies at most one commit's worth of frames; true when more may be there.
bool Follower::Impl::apply_some() {
  std::uint64_t durable = 0;
  {
    std::lock_guard const lock(mutex);
    durable = durable_position;
  }
  for (std::size_t i = 0; i < 256; ++i) {
    auto frame = tail.next(durable);
    if (!frame) stop_process(to_string(frame.error()));
    if (!*frame) return false;
    if (auto const done = replayer.feed(**frame); !done)
      stop_process("sequence " + std::to_string(done.error().seq.v) + ": " + done.error().reason);
  }
  return true;
}

void Follower::Impl::applied_one(Entry const& entry, Outcome const& outcome) {
  if (entry.seq > projection.committed()) projection.add(entry, outcome.records);
  touched.insert(outcome.touched.begin(), outcome.touched.end());
  std::lock_guard const lock(mutex);
  applied = entry.seq;
}

void Follower::Impl::commit_if(bool due) {
  if (!due || projection.pending() == 0) return;
  if (auto done = projection.commit(replayer.chain().last(), replayer.chain().digest()); !done)
    stop_process("the projection cannot be written: " + done.error() +
                 "; make room on its disk or repair it and start again, the journal has everything");
  last_commit = steady_clock::now();
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
  commit_if(true);
  FollowerView const view{core.applied(), core.now(), core, projection};
  for (auto const& waiting : ready) waiting.query(view);
}

}  // namespace spillway
