// apps/audit/src/audit.cpp - the pass: read, apply, compare, and stop at the first thing that is wrong.
#include "apps/audit/audit.hpp"

#include "checkpoint_seen.hpp"
#include "exchange/replay.hpp"
#include "heads_check.hpp"
#include "journal/log_reader.hpp"
#include "keys_check.hpp"
#include "market/check.hpp"
#include "progress.hpp"
#include "states_check.hpp"
#include "stopwatch.hpp"
#include "tiles_check.hpp"

namespace spillway {
namespace {

std::string where(TornTail const& tail) {
  return tail.segment + " at byte " + std::to_string(tail.offset) + ": " + tail.reason;
}

class Pass {
 public:
  Pass(AuditOptions const& options, std::filesystem::path directory, CheckpointSeen seen, HeadsCheck heads,
       StatesCheck states, LogReader entries, LogReader records)
      : options_(options),
        directory_(std::move(directory)),
        seen_(std::move(seen)),
        heads_(std::move(heads)),
        states_(std::move(states)),
        entries_(std::move(entries)),
        records_(std::move(records)),
        progress_(directory_, options.archive, options.progress),
        keys_(seen_.verifier, seen_.changes),
        tiles_(directory_ / "tiles", seen_.checkpoint ? seen_.checkpoint->size : 0),
        core_(CoreLimits{.book = options.book}),
        replayer_(core_, [this](Entry const& entry, Outcome const& outcome) { applied(entry, outcome); }) {}

  AuditReport run();

 private:
  void wrong(std::string reason) {
    if (!report_.finding) report_.finding = {position_, replayer_.chain().last(), std::move(reason)};
  }
  bool step();
  void applied(Entry const& entry, Outcome const& outcome);
  void compare_records(Seq seq, ByteView replayed);
  void look_at_size();
  void judge_checkpoint();
  void judge_heads();
  void judge_keys();
  void judge_end();
  void judge_records_end();
  void judge_records_ahead();
  void note_tiles(std::string const& wrong_there);
  void judge_tiles();
  [[nodiscard]] std::expected<Seq, std::string> last_entry_now() const;
  void fill_in();

  AuditOptions const& options_;
  std::filesystem::path directory_;
  CheckpointSeen seen_;
  HeadsCheck heads_;
  StatesCheck states_;
  LogReader entries_, records_;
  Progress progress_;
  KeysCheck keys_;
  TilesCheck tiles_;
  ExchangeCore core_;
  Replayer replayer_;
  AuditReport report_;
  std::optional<Hash256> root_at_checkpoint_;
  std::optional<AuditFinding> tile_;  // the first that differs
  std::uint64_t position_{};          // of the frame that is being looked at
  ByteView payload_;                  // the same frame's
  bool records_ended_{};
  bool ends_with_closing_seal_{};
};

AuditReport Pass::run() {
  replayer_.chain().take_along({entries_.pending_hash(), records_.pending_hash()});
  if (!seen_.wrong.empty()) wrong(seen_.wrong);
  look_at_size();
  while (step()) look_at_size();
  if (report_.ok()) judge_checkpoint();
  if (report_.ok()) judge_tiles();
  if (report_.ok()) judge_heads();
  if (report_.ok()) judge_keys();
  if (report_.ok()) judge_end();
  if (report_.ok()) judge_records_end();
  if (report_.ok()) {
    note_tiles(tiles_.finish(report_.closed));
    judge_tiles();
  }
  if (auto const others = states_.of_other_layouts(); others > 0)
    report_.notes.push_back(std::to_string(others) +
                            " digests of states in another layout than this program's were not compared");
  if (!tiles_.any() && replayer_.entries() > 0)
    report_.notes.emplace_back("there are no tiles; the exchange writes them when it starts again");
  fill_in();
  return std::move(report_);
}

// A wrong checkpoint does not keep us from looking at the rest; anything else ends the pass.
bool Pass::step() {
  auto const frame = entries_.next();
  if (!frame) {
    position_ = entries_.position();
    wrong(to_string(frame.error()));
    return false;
  }
  if (!*frame) return false;
  position_ = (*frame)->position;
  payload_ = (*frame)->payload;
  progress_.at(position_);
  if (auto const fed = replayer_.feed(**frame); !fed) {
    wrong(fed.error().reason);
    return false;
  }
  note_tiles(tiles_.append(replayer_.leaf(), replayer_.tree().finished()));
  if ((*frame)->type == FrameType::seal) {
    auto const seal = parse_seal((*frame)->payload);
    ends_with_closing_seal_ = seal && seal->empty();
  } else {
    ends_with_closing_seal_ = false;
  }
  return report_.ok() || !seen_.wrong.empty();
}

void Pass::applied(Entry const& entry, Outcome const& outcome) {
  compare_records(entry.seq, outcome_bytes(outcome.records));
  keys_.saw(entry, outcome, replayer_.tree().size());
  if (auto const other = states_.at(core_); !other.empty()) wrong(other);
  if (options_.each) options_.each(entry, outcome);
  if (options_.each_entry) options_.each_entry(payload_, entry, outcome);
}

void Pass::compare_records(Seq seq, ByteView replayed) {
  if (records_ended_) return;
  auto const frame = records_.next();
  if (!frame) return wrong(to_string(frame.error()));
  if (!*frame) {
    records_ended_ = true;
    return;
  }
  if ((*frame)->seq != seq || !same_bytes((*frame)->payload, replayed))
    return wrong("the stream of records says another outcome for sequence " + std::to_string(seq.v) +
                 " than replay gives");
  ++report_.records_compared;
}

void Pass::look_at_size() {
  if (seen_.checkpoint && replayer_.tree().size() == seen_.checkpoint->size)
    root_at_checkpoint_ = replayer_.tree().root();
  heads_.at(replayer_.tree());
  keys_.at(replayer_.tree());
}

void Pass::judge_checkpoint() {
  position_ = entries_.position();
  auto const frames = replayer_.tree().size();
  if (!seen_.checkpoint) {
    // Who names a key expects something that it signed. Else a start that was cut off at once looks so.
    if (frames > 0 || !options_.vkey.empty())
      return wrong(
          "the file checkpoint is missing: nothing vouches for the length of this journal; bring it back "
          "from a copy, or look again in a second when the exchange has only just begun");
    report_.notes.emplace_back(
        "nothing is here, and nothing is signed: an exchange that never came so far as to "
        "begin, or all of a journal is gone; name the exchange's key with --vkey");
    return;
  }
  if (frames < seen_.checkpoint->size) {
    auto const& torn = entries_.torn_tail();
    return wrong("the checkpoint vouches for " + std::to_string(seen_.checkpoint->size) +
                 " entries and seals, the segments hold " + std::to_string(frames) +
                 (torn ? "; " + where(*torn) : std::string()));
  }
  sw_check(root_at_checkpoint_.has_value(), "the pass went by the checkpoint's size");
  if (*root_at_checkpoint_ != seen_.checkpoint->root)
    return wrong("the root over the first " + std::to_string(seen_.checkpoint->size) +
                 " entries and seals is " + to_hex(*root_at_checkpoint_) + ", the checkpoint says " +
                 to_hex(seen_.checkpoint->root) + ": an entry or a seal was changed" +
                 (tile_ ? ", at or before position " + std::to_string(tile_->position) +
                              ", where the tiles first differ from the log"
                        : std::string()));
  if (seen_.signed_by.empty())
    report_.notes.emplace_back(
        "the checkpoint's signature was not verified: no key at hand, give it with --vkey");
}

void Pass::judge_heads() {
  if (auto const reason = heads_.finish(replayer_.tree().size()); !reason.empty()) return wrong(reason);
  heads_.note(replayer_.tree().size(), report_.notes);
}

void Pass::judge_keys() {
  if (auto const reason = judge_signers(keys_, seen_, heads_); !reason.empty()) wrong(reason);
}

// A journal that was closed has nothing behind its closing seal; a new one has a checkpoint over nothing. An
// exchange that was cut off in the first write after a clean stop leaves what looks like a changed tail: it
// can't be told from one, and the next start cuts it.
void Pass::judge_end() {
  report_.closed =
      seen_.checkpoint && seen_.checkpoint->size == replayer_.tree().size() && ends_with_closing_seal_;
  auto const& torn = entries_.torn_tail();
  if (!torn) return;
  report_.torn_bytes = torn->bytes;
  if (report_.closed)
    return wrong(
        "bytes behind the closing seal: " + where(*torn) +
        "; either they were changed, or an exchange was cut off in its first write after a clean stop: "
        "its next start cuts them and says so");
  report_.notes.push_back("the last " + std::to_string(torn->bytes) + " bytes are unfinished (" +
                          where(*torn) + "): a crash, or an exchange at work");
}

// A tile that differs says that either was changed, it or the log. Which one, the checkpoint says.
void Pass::note_tiles(std::string const& wrong_there) {
  if (!wrong_there.empty() && !tile_) tile_ = AuditFinding{position_, replayer_.chain().last(), wrong_there};
}

void Pass::judge_tiles() {
  if (tile_) report_.finding = tile_;
}

// Where the entries end at this moment: beside an exchange at work, later than where they ended before.
std::expected<Seq, std::string> Pass::last_entry_now() const {
  auto entries =
      LogReader::open(directory_, StreamKind::entries, ReadMode::allow_torn_tail, options_.archive);
  if (!entries) return std::unexpected(entries.error().message);
  for (;;) {
    auto const frame = entries->next();
    if (!frame) return std::unexpected(to_string(frame.error()));
    if (!*frame) return entries->last_seq();
  }
}

// An entry is synced before its records are written: records of later ones say that entries were lost.
void Pass::judge_records_ahead() {
  for (auto more = records_.next();; more = records_.next()) {
    if (!more) return wrong(to_string(more.error()));
    if (!*more) break;
  }
  auto const ahead = records_.last_seq();
  if (ahead <= replayer_.chain().last()) return;
  auto const now = last_entry_now();
  if (!now) return wrong(now.error());
  if (ahead <= *now) return;
  auto const& torn = entries_.torn_tail();
  auto const end = entries_.end();
  wrong("the entries end at sequence " + std::to_string(now->v) + ", " +
        (torn ? where(*torn) : end.segment + " at byte " + std::to_string(end.offset)) +
        ", but records go on to sequence " + std::to_string(ahead.v) +
        ": entries were lost; restore the journal from a copy");
}

// Records are written without waiting for the disk: only a closed journal has them all.
void Pass::judge_records_end() {
  auto const& torn = records_.torn_tail();
  if (records_ended_ && report_.closed)
    return wrong("the stream of records ends at sequence " + std::to_string(report_.records_compared) +
                 " before the entries do" + (torn ? " (" + where(*torn) + ")" : std::string()) +
                 "; start the exchange once to make it again");
  if (records_ended_)
    report_.notes.push_back("the stream of records ends at sequence " +
                            std::to_string(report_.records_compared) + ", before the entries do");
  if (records_ended_) return;
  if (!report_.closed) return judge_records_ahead();
  auto const more = records_.next();
  if (!more) return wrong(to_string(more.error()));
  if (*more) return wrong("the stream of records goes on behind the last entry");
  if (auto const& behind = records_.torn_tail(); behind)
    wrong("bytes behind the last record: " + where(*behind));
}

void Pass::fill_in() {
  report_.entries = replayer_.entries();
  report_.tiles_compared = tiles_.compared();
  report_.states_compared = states_.compared();
  report_.seals = replayer_.seals();
  report_.last = replayer_.chain().last();
  report_.root = replayer_.tree().root();
  report_.digest = replayer_.chain().digest();
  report_.checkpoint_size = seen_.checkpoint ? seen_.checkpoint->size : 0;
  report_.signed_by = seen_.signed_by;
  report_.witnesses = heads_.report();
  report_.accounts = core_.accounts();
}

}  // namespace

std::expected<AuditReport, AuditError> audit_journal(AuditOptions const& options) {
  Stopwatch const watch;
  auto no = [](std::string sentence) { return std::unexpected(AuditError{std::move(sentence)}); };
  auto const directory = JournalDirectory::open(options.directory, DirectoryMode::read_only);
  if (!directory) return no(directory.error().message);
  // Before the frames: beside an exchange at work, what it vouches for is then there to be read.
  auto seen = see_checkpoint(*directory, options.vkey);
  if (!seen) return no(seen.error());
  auto heads = held_heads(options, *seen);
  if (!heads) return no(heads.error());
  auto states = options.states ? StatesCheck::read(options) : StatesCheck();
  if (!states) return std::unexpected(states.error());
  auto entries =
      LogReader::open(directory->path(), StreamKind::entries, ReadMode::allow_torn_tail, options.archive);
  if (!entries) return no(entries.error().message);
  auto records =
      LogReader::open(directory->path(), StreamKind::records, ReadMode::allow_torn_tail, options.archive);
  if (!records) return no(records.error().message);
  Pass pass(options, directory->path(), std::move(*seen), std::move(*heads), std::move(*states),
            std::move(*entries), std::move(*records));
  auto report = pass.run();
  report.took = watch.wall();
  report.computed = watch.cpu();
  return report;
}

}  // namespace spillway
