// exchange/src/pipeline.cpp - opens the journal, replays it, and starts the threads in the order of the
// stages:
//   1. inbox: two lanes            (any thread)
//   2. sequencer: stamp and apply  (core thread)
//   3. flusher: write, seal, sync  (journal thread)
//   4. release: answers, reports   (callback)
//   5. follower: reads, projection (follower thread)
#include "exchange/pipeline.hpp"

#include <atomic>
#include <thread>

#include "exchange/follower.hpp"
#include "exchange/key_change.hpp"
#include "exchange/replay.hpp"
#include "exchange/stamp_clock.hpp"
#include "exchange/state_digest.hpp"
#include "flusher.hpp"
#include "journal/checkpoint.hpp"
#include "journal/directory.hpp"
#include "journal/log_reader.hpp"
#include "journal/tiles.hpp"
#include "market/check.hpp"
#include "market/refusal.hpp"
#include "sequencer.hpp"
#include "snapshot_start.hpp"
#include "thread_name.hpp"

namespace spillway {

struct Pipeline::Impl {
  explicit Impl(PipelineOptions&& o, JournalDirectory&& d)
      : options(std::move(o)),
        directory(std::move(d)),
        core(options.limits),
        inbox(options.orders_waiting_max) {}

  void enter_state(Seq seq, Hash256 const& digest);

  PipelineOptions options;
  JournalDirectory directory;
  ExchangeCore core;
  Inbox inbox;
  OpenBatch batch;
  StartReport start;
  std::string vkey;
  std::unique_ptr<StampClock> clock;
  std::unique_ptr<Sequencer> sequencer;
  std::unique_ptr<Flusher> flusher;
  std::unique_ptr<Follower> follower;
  std::thread core_thread, journal_thread;
  std::atomic<std::uint64_t> refused_busy{};
  bool running{};
};

namespace {

std::unexpected<PipelineError> failed(PipelineErrc code, std::string message) {
  return std::unexpected(PipelineError{code, std::move(message)});
}

std::unexpected<PipelineError> failed(JournalError const& error) {
  return failed(error.code == JournalErrc::damaged ? PipelineErrc::damaged : PipelineErrc::journal,
                error.message);
}

// What cannot be read counts as well: it is no new journal, and recovery names the place.
bool has_entries(std::filesystem::path const& journal) {
  auto entries = LogReader::open(journal, StreamKind::entries, ReadMode::allow_torn_tail);
  if (!entries) return true;
  auto const first = entries->next();
  return !first || *first;
}

std::string about(Command const& command) {
  if (std::holds_alternative<SetRules>(command)) return "the rules";
  if (std::holds_alternative<DefinePlaces>(command)) return "the table of places";
  if (std::holds_alternative<DefineRoundTrips>(command)) return "the table of round trips";
  if (std::holds_alternative<DefineClasses>(command)) return "the table of accelerator classes";
  if (std::holds_alternative<DefineTiers>(command)) return "the table of tiers";
  if (std::holds_alternative<DefineModels>(command)) return "the table of models";
  if (std::holds_alternative<DefineRelay>(command)) return "the relay's place";
  if (std::holds_alternative<FundGuarantee>(command)) return "the guarantee fund";
  return "command " + std::to_string(command.index());
}

// A refused genesis would leave a market for good in which nothing can be traded, so it is tried first.
std::expected<void, PipelineError> try_genesis(PipelineOptions const& options) {
  auto limits = options.limits;
  limits.resident = 0;
  ExchangeCore core(limits);
  Outcome outcome;
  for (auto const& command : options.genesis) {
    outcome.clear();
    core.apply({Seq{core.applied().v + 1}, StampClock::wall(), {}, command}, outcome);
    for (auto const& record : outcome.records)
      if (record.head.kind == RecordKind::refused)
        return failed(PipelineErrc::genesis,
                      "a new market cannot begin: " + about(command) +
                          " would be refused: " + sentence(static_cast<Refusal>(record.head.code)) +
                          "; nothing was written, correct the configuration or the market data");
  }
  return {};
}

// Key and checkpoint are on disk before the first entry: entries without them say that files were lost.
std::expected<void, PipelineError> check_companions(JournalDirectory const& directory) {
  bool const entries = has_entries(directory.path());
  bool const checkpoint = std::filesystem::exists(directory.checkpoint());
  auto const key = directory.keys() / "log.key";
  if (checkpoint && std::filesystem::is_empty(directory.checkpoint()))
    return failed(PipelineErrc::damaged, "the file " + directory.checkpoint().string() +
                                             " is empty; restore it from a copy of the journal");
  if (entries && !checkpoint)
    return failed(PipelineErrc::damaged,
                  "the file " + directory.checkpoint().string() +
                      " is missing beside entries, and nothing else vouches for how many there were; restore "
                      "it from a copy of the journal");
  if ((entries || checkpoint) && !std::filesystem::exists(key))
    return failed(PipelineErrc::journal,
                  "the log key " + key.string() +
                      " is missing, and auditors know this journal by it; restore keys/log.key from a copy");
  return {};
}

// Frames that a checkpoint vouches for were synced: fewer on disk is damage, not a torn tail.
std::expected<std::uint64_t, PipelineError> synced_frames(JournalDirectory const& directory,
                                                          LogKey const& key) {
  // While a change of keys is under way the one that comes signs as well, at last alone.
  std::vector<NoteVerifier> keys{key.verifier()};
  if (auto const next = LogKey::load_next(directory.keys())) keys.push_back(next->verifier());
  auto const note = load_checkpoint(directory.checkpoint());
  if (!note) return failed(note.error());
  if (note->empty()) {  // a new journal: from here on there is a checkpoint, whenever the process ends
    auto const kept = persist_checkpoint(directory.checkpoint(), sign_checkpoint(0, Frontier().root(), key));
    if (!kept) return failed(kept.error());
    return 0;
  }
  auto const checkpoint = open_checkpoint(*note, keys);
  if (!checkpoint) return failed(PipelineErrc::damaged, "the file checkpoint: " + checkpoint.error().reason);
  return checkpoint->size;
}

struct Recovered {
  std::shared_ptr<Snapshot const> from;  // null: the whole journal was replayed
  CoreBeingRead follower;                // the state of `from`
  bool entered{};                        // whose digest is in the journal
  LogWriter entries, records;
  Projection projection;
  OutcomeChain chain;
  Frontier tree;
  TileWriter tiles;
};

// The tables name the sequence and D that they cover. When the journal has another D there, or ends before,
// they belong to another journal or another future of this one, and are made anew.
class ProjectionCheck {
 public:
  explicit ProjectionCheck(Projection& projection) : projection_(projection) {}
  void at(Seq seq, Hash256 const& digest) {
    if (seq == projection_.committed()) same_ = digest == projection_.committed_digest();
  }
  std::expected<void, std::string> finish() {
    if (same_ || !projection_.committed().some()) return {};
    return projection_.clear();
  }

 private:
  Projection& projection_;
  bool same_{};
};

// Outcome records are derivable: a records stream that lags behind the entries is brought up from replay.
class RecordsCatchUp {
 public:
  explicit RecordsCatchUp(LogWriter& records) : records_(records), have_(records.durable_seq()) {}
  void add(Seq seq, std::span<Record const> outcome) {
    if (seq <= have_) return;
    records_.append(FrameType::records, seq, outcome_bytes(outcome));
    if (++pending_ % 1024 == 0) records_.commit();
  }
  void finish() { records_.commit(); }

 private:
  LogWriter& records_;
  Seq have_;
  std::uint64_t pending_{};
};

std::expected<Recovered, PipelineError> recover(PipelineOptions const& options,
                                                JournalDirectory const& directory, LogKey const& key,
                                                ExchangeCore& core, StartReport& start) {
  auto const synced = synced_frames(directory, key);
  if (!synced) return std::unexpected(synced.error());
  std::shared_ptr<Snapshot const> from;
  CoreBeingRead follower;
  if (!options.replay_all)
    if (auto found =
            start_from_snapshot(directory.path(), options.archive, options.limits, core, options.log)) {
      from = std::make_shared<Snapshot const>(std::move(found->front));
      follower = std::move(found->follower);
    }
  auto const behind = from ? from->seq : Seq{};
  LogOptions records_options{.segment_bytes = options.segment_bytes,
                             .sync_each_commit = false,
                             .archive = options.archive,
                             .from = behind};
  auto records = LogWriter::open(directory.path(), StreamKind::records, records_options);
  if (!records) return failed(records.error());
  if (options.rebuild_projection)
    if (auto gone = Store::remove(directory.projection()); !gone)
      return failed(PipelineErrc::projection, gone.error().message);
  auto projection = Projection::open(directory.projection(), options.projection_map_bytes);
  if (!projection) return failed(PipelineErrc::projection, projection.error());
  if (options.log && (options.rebuild_projection || !projection->lost().empty()))
    options.log("the projection is made again from the journal: " +
                (options.rebuild_projection ? "that was asked for" : projection->lost()));
  ProjectionCheck projection_check(*projection);
  RecordsCatchUp catch_up(*records);
  bool entered = false;
  Replayer replayer(core, [&](Entry const& entry, Outcome const& outcome) {
    catch_up.add(entry.seq, outcome.records);
    auto const* const said = std::get_if<StateDigest>(&entry.command);
    entered |= said && from && said->seq == from->seq && said->layout == from->state_layout &&
               said->digest == from->state_digest;
  });
  TileWriter tiles(directory.tiles());
  if (from) {
    replayer.resume(OutcomeChain(from->digest, from->seq, from->batch), from->tree);
    tiles.resume(from->tiles);
    projection_check.at(from->seq, from->digest);
  }
  std::optional<JournalError> tiles_failed;
  std::optional<ReplayFault> fault;
  // Records are written behind the sync of their entries, so what they hold was in the entries.
  LogOptions entry_options{.segment_bytes = options.segment_bytes,
                           .synced_frames = *synced,
                           .synced_seq = records->durable_seq(),
                           .archive = options.archive,
                           .from = behind};
  entry_options.each_frame = [&](FrameView const& frame) {
    if (fault || tiles_failed || (from && frame.position < from->position)) return;
    if (auto done = replayer.feed(frame); !done) {
      fault = done.error();
      return;
    }
    if (auto done = tiles.recall(replayer.leaf(), replayer.tree().finished()); !done)
      tiles_failed = done.error();
    projection_check.at(replayer.chain().last(), replayer.chain().digest());
  };
  RecoveryReport report;
  auto entries = LogWriter::open(directory.path(), StreamKind::entries, entry_options, &report);
  if (!entries) return failed(entries.error());
  if (fault)
    return failed(PipelineErrc::replay, "replay stopped at sequence " + std::to_string(fault->seq.v) +
                                            ", position " + std::to_string(fault->position) + ": " +
                                            fault->reason + "; run spillway-audit verify on the directory");
  auto const recalled = tiles_failed ? std::unexpected(*tiles_failed) : tiles.recalled();
  if (!recalled) return failed(recalled.error());
  if (tiles.remade() > 0 && options.log)
    options.log(std::to_string(tiles.remade()) +
                " tiles of the tree were missing or wrong and are made again");
  catch_up.finish();
  if (auto done = projection_check.finish(); !done) return failed(PipelineErrc::projection, done.error());
  sw_check(records->durable_seq() <= core.applied(), "records never run ahead of entries");
  start.entries = core.applied().v;
  start.replayed = replayer.entries();
  start.snapshot = behind;
  start.torn_bytes = report.torn_bytes;
  start.fresh = start.entries == 0;
  return Recovered{std::move(from),     std::move(follower), entered,
                   std::move(*entries), std::move(*records), std::move(*projection),
                   replayer.chain(),    replayer.tree(),     std::move(tiles)};
}

}  // namespace

std::expected<std::unique_ptr<Pipeline>, PipelineError> Pipeline::open(PipelineOptions options) {
  if (!has_entries(options.directory))
    if (auto const fine = try_genesis(options); !fine) return std::unexpected(fine.error());
  auto directory = JournalDirectory::open(options.directory, DirectoryMode::write);
  if (!directory) return failed(directory.error());
  if (auto const whole = check_companions(*directory); !whole) return std::unexpected(whole.error());
  auto key = LogKey::load_or_make(directory->keys(), options.origin);
  if (!key) return failed(key.error());
  auto impl = std::make_unique<Impl>(std::move(options), std::move(*directory));
  auto recovered = recover(impl->options, impl->directory, *key, impl->core, impl->start);
  if (!recovered) return std::unexpected(recovered.error());
  impl->vkey = key->verifier().vkey();
  auto signer = LogSigner::open(impl->directory.path(), impl->options.archive, std::move(*key), impl->core);
  if (!signer) return failed(signer.error());
  auto const last = impl->core.now();
  impl->clock = std::make_unique<StampClock>(last);

  auto const from = recovered->from;
  // Tables that begin before the snapshot are made again from the first entry on.
  bool const tables_reach = recovered->from && recovered->projection.committed() >= recovered->from->seq;
  auto follower = Follower::open(
      {.journal = impl->directory.path(),
       .archive = impl->options.archive,
       .limits = impl->options.limits,
       .touched = impl->options.touched,
       .start = tables_reach ? from : nullptr,
       .core = tables_reach ? std::move(recovered->follower) : CoreBeingRead{},
       .snapshots = impl->directory.snapshots(),
       .snapshot_entries = impl->options.snapshot_entries,
       .snapshot_every = impl->options.snapshot_every,
       .snapshot_early = impl->options.snapshot_early,
       .snapshot_at_stop = impl->options.snapshot_at_stop,
       .log = impl->options.log,
       .digested = [raw = impl.get()](Seq seq, Hash256 const& digest) { raw->enter_state(seq, digest); }},
      std::move(recovered->projection));
  if (!follower) return failed(PipelineErrc::projection, follower.error());
  impl->follower = std::move(*follower);

  auto* const raw = impl.get();
  impl->flusher = std::make_unique<Flusher>(
      std::move(recovered->entries), std::move(recovered->records), std::move(recovered->chain),
      std::move(recovered->tree), std::move(recovered->tiles), std::move(*signer),
      impl->directory.checkpoint(), impl->options.released,
      [raw](Flusher::Durable durable) { raw->follower->durable_to(durable.position, durable.seq); },
      impl->options.log);
  impl->sequencer =
      std::make_unique<Sequencer>(impl->core, *impl->clock, impl->inbox, impl->batch, *impl->flusher);
  auto const found = impl->flusher->durable_now();
  impl->follower->durable_to(found.position, found.seq);

  impl->running = true;
  impl->journal_thread = std::thread([raw] {
    name_this_thread("journal");
    raw->flusher->run(raw->batch);
  });
  if (impl->start.fresh) {
    for (auto& command : impl->options.genesis) impl->sequencer->enter(std::move(command));
    impl->options.genesis.clear();
  } else {
    impl->start.gap = impl->clock->now() - last;
    impl->sequencer->enter(Resumed{impl->start.gap, true});
    // One that was made while the exchange stopped: whoever replays compares what this start believed.
    if (from && !recovered->entered && impl->core.rules().version >= with_state_digests)
      impl->sequencer->enter(StateDigest{from->seq, from->state_layout, from->state_digest});
  }
  impl->core_thread = std::thread([raw] {
    name_this_thread("core");
    raw->sequencer->run();
  });
  return std::unique_ptr<Pipeline>(new Pipeline(std::move(impl)));
}

Pipeline::Pipeline(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pipeline::~Pipeline() { stop(); }

Refusal Pipeline::submit(Submission submission) {
  if (impl_->inbox.closed()) return Refusal::server_stopping;
  auto const disk = impl_->flusher->disk();
  if (disk == DiskState::operator_only && !is_operators(submission.command)) return Refusal::capacity;
  if (!is_new_business(submission.command)) return impl_->inbox.put(std::move(submission)), Refusal::none;
  if (disk != DiskState::fine) return Refusal::capacity;
  auto const lag = impl_->follower->lag();
  bool const behind =
      lag.age > impl_->options.follower_lag_max && lag.entries >= impl_->options.follower_lag_entries;
  if (!behind && impl_->inbox.offer_order(std::move(submission))) return Refusal::none;
  impl_->refused_busy.fetch_add(1, std::memory_order_relaxed);
  return Refusal::busy;
}

Follower& Pipeline::follower() { return *impl_->follower; }
StartReport const& Pipeline::start() const { return impl_->start; }
std::string Pipeline::verifier_key() const { return impl_->vkey; }

std::expected<LogKeyChange, std::string> Pipeline::log_key_change(Bytes32 const& after,
                                                                  Micros overlap) const {
  auto const keys = impl_->directory.keys();
  auto const now = LogKey::load(keys), next = LogKey::load_next(keys);
  if (!now || !next) return std::unexpected((now ? next : now).error().message);
  auto const& from = now->verifier();
  auto const& to = next->verifier();
  if (to.public_key() != after)
    return std::unexpected("keys/log.next.key holds another key than the one named");
  if (to.name() != from.name()) return std::unexpected("keys/log.next.key is of " + to.name());
  if (std::filesystem::exists(key_change_file(keys, to.key_id())))
    return std::unexpected("this key was the log's before");
  return LogKeyChange{from.public_key(), after, from.key_id(), to.key_id(), overlap};
}

PipelineCounters Pipeline::counters() const {
  auto const durable = impl_->flusher->durable_now();
  auto const batches = impl_->flusher->batches();
  return {impl_->flusher->entries(),
          batches,
          batches,
          impl_->refused_busy.load(std::memory_order_relaxed),
          durable.seq,
          impl_->follower->applied(),
          impl_->follower->snapshot(),
          impl_->flusher->disk()};
}

Pipeline::Stopped Pipeline::stop() {
  if (impl_->running) {
    impl_->running = false;
    impl_->inbox.close();
    impl_->core_thread.join();
    impl_->batch.close();
    impl_->journal_thread.join();
    impl_->flusher->close();
    impl_->follower->stop();
  }
  return {impl_->flusher->chain().last(), impl_->flusher->chain().digest()};
}

/// A digest more or less changes nothing: on a full disk and at the end it is left out.
void Pipeline::Impl::enter_state(Seq seq, Hash256 const& digest) {
  if (inbox.closed() || flusher->disk() != DiskState::fine) return;
  inbox.put({ParticipantId{}, StateDigest{seq, ExchangeCore::state_layout, digest}, {}});
}

bool is_new_business(Command const& command) {
  return std::holds_alternative<PlaceOrder>(command) || std::holds_alternative<PostOffer>(command) ||
         std::holds_alternative<RegisterNode>(command) || std::holds_alternative<AmendOrder>(command) ||
         std::holds_alternative<AmendOffer>(command);
}

bool is_operators(Command const& command) {
  return command.index() <= Command(FundGuarantee{}).index() || std::holds_alternative<Tick>(command) ||
         std::holds_alternative<Resumed>(command) || std::holds_alternative<Continue>(command) ||
         std::holds_alternative<SetRegister>(command) || std::holds_alternative<LogKeyChange>(command);
}

}  // namespace spillway
