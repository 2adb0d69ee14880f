// apps/audit/src/postings.cpp - reads entries for their hashes only, records for their postings.
#include "apps/audit/postings.hpp"

#include <cstring>
#include <limits>
#include <map>

#include "checkpoint_seen.hpp"
#include "exchange/outcome_chain.hpp"
#include "heads_check.hpp"
#include "journal/log_reader.hpp"
#include "keys_check.hpp"
#include "market/codec.hpp"
#include "progress.hpp"
#include "stopwatch.hpp"

namespace spillway {
namespace {

struct Sums {
  std::int64_t debits = 0, credits = 0;
};

/// False: the amount is not positive or the sum leaves 64 bits.
bool add(std::int64_t& sum, std::int64_t amount) {
  return amount > 0 && !__builtin_add_overflow(sum, amount, &sum);
}

class PostingsPass {
 public:
  PostingsPass(CheckpointSeen seen, HeadsCheck heads, LogReader entries, LogReader records,
               Progress& progress)
      : seen_(std::move(seen)),
        heads_(std::move(heads)),
        keys_(seen_.verifier, seen_.changes),
        entries_(std::move(entries)),
        records_(std::move(records)),
        progress_(progress) {}

  AuditReport run();

 private:
  void wrong(std::string reason) {
    if (!report_.finding) report_.finding = {position_, chain_.last(), std::move(reason)};
  }
  bool step();
  void look_at_size();
  void look_at_keys(ByteView entry);
  Hash256 outcome_of(FrameView const& entry);
  void post(Record const& record);
  void check_seal(FrameView const& frame);
  void judge_end();
  void fill_in();

  CheckpointSeen seen_;
  HeadsCheck heads_;
  KeysCheck keys_;
  LogReader entries_, records_;
  Progress& progress_;
  OutcomeChain chain_;
  Frontier tree_;
  std::optional<Hash256> root_at_checkpoint_;
  std::map<AccountKey, Sums> books_;
  std::uint64_t transfers_ = 0;
  Outcome outcome_;
  std::optional<std::uint64_t> tree_when_records_ended_;
  bool closing_ = false;
  std::uint64_t position_ = 0;
  AuditReport report_;
};

AuditReport PostingsPass::run() {
  chain_.take_along({entries_.pending_hash(), records_.pending_hash()});
  if (!seen_.wrong.empty()) wrong(seen_.wrong);
  look_at_size();
  while (step()) look_at_size();
  if (report_.ok()) judge_end();
  if (report_.ok())
    if (auto const reason = heads_.finish(tree_.size()); !reason.empty()) wrong(reason);
  if (report_.ok())
    if (auto const reason = judge_signers(keys_, seen_, heads_); !reason.empty()) wrong(reason);
  if (report_.ok()) heads_.note(tree_.size(), report_.notes);
  fill_in();
  return std::move(report_);
}

bool PostingsPass::step() {
  auto const frame = entries_.next();
  if (!frame) {
    position_ = entries_.position();
    wrong(to_string(frame.error()));
    return false;
  }
  if (!*frame) return false;
  position_ = (*frame)->position;
  progress_.at(position_);
  if ((*frame)->type == FrameType::entry) {
    auto const leaf = outcome_of(**frame);
    look_at_keys((*frame)->payload);
    if (report_.ok()) tree_.append(leaf);
  } else {
    if (!tree_when_records_ended_) check_seal(**frame);
    if (report_.ok()) tree_.append(leaf_hash((*frame)->payload));
  }
  return report_.ok();
}

void PostingsPass::look_at_size() {
  if (seen_.checkpoint && tree_.size() == seen_.checkpoint->size) root_at_checkpoint_ = tree_.root();
  heads_.at(tree_);
  keys_.at(tree_);
}

// Behind the end of the records nobody says that a change of keys was refused.
void PostingsPass::look_at_keys(ByteView bytes) {
  static auto const wanted = Command(LogKeyChange{}).index();
  if (!keys_.waits() && command_index(bytes) != wanted) return;
  auto const entry = decode_entry(bytes);
  if (!entry) return wrong("the entry cannot be decoded: " + entry.error().sentence);
  if (tree_when_records_ended_) outcome_.records.clear();
  keys_.saw(*entry, outcome_, tree_.size());
}

/// The entry's leaf, which costs least beside its outcome's.
Hash256 PostingsPass::outcome_of(FrameView const& entry) {
  closing_ = false;
  auto const alone = [&] { return leaf_hash(entry.payload); };
  if (tree_when_records_ended_) return alone();
  auto const frame = records_.next();
  if (!frame) {
    wrong(to_string(frame.error()));
    return alone();
  }
  if (!*frame) {
    tree_when_records_ended_ = tree_.size();
    return alone();
  }
  auto const bytes = (*frame)->payload;
  if ((*frame)->seq != entry.seq || bytes.size() % sizeof(Record) != 0) {
    wrong("the stream of records has no outcome of sequence " + std::to_string(entry.seq.v));
    return alone();
  }
  auto& records = outcome_.records;
  records.resize(bytes.size() / sizeof(Record));
  if (!bytes.empty()) std::memcpy(static_cast<void*>(records.data()), bytes.data(), bytes.size());
  auto const leaf = chain_.add(entry.seq, entry.payload, records);
  ++report_.entries;
  for (auto const& record : records)
    if (record.head.kind == RecordKind::posting) post(record);
  return leaf;
}

void PostingsPass::post(Record const& record) {
  auto const posting = record.as<record::Posting>();
  if (posting.transfer != ++transfers_)
    return wrong("transfer " + std::to_string(posting.transfer) + " where " + std::to_string(transfers_) +
                 " must come");
  AccountKey const debit{ParticipantId{posting.debit_owner}, static_cast<AccountKind>(posting.debit_kind)};
  AccountKey const credit{ParticipantId{posting.credit_owner}, static_cast<AccountKind>(posting.credit_kind)};
  if (debit == credit || !add(books_[debit].debits, posting.amount_nano) ||
      !add(books_[credit].credits, posting.amount_nano))
    wrong("transfer " + std::to_string(posting.transfer) + " moves no possible amount between two accounts");
}

void PostingsPass::check_seal(FrameView const& frame) {
  auto const seal = parse_seal(frame.payload);
  if (!seal) return wrong("the seal has not the form of a seal");
  closing_ = seal->empty();
  if (auto const same = chain_.check(*seal); !same)
    return wrong("the seal does not fit the records: " + same.error());
  report_.records_compared = chain_.last().v;
  ++report_.seals;
}

void PostingsPass::judge_end() {
  position_ = entries_.position();
  if (!seen_.checkpoint) return wrong("the file checkpoint is missing: nothing vouches for these records");
  if (!root_at_checkpoint_)
    return wrong("the checkpoint vouches for " + std::to_string(seen_.checkpoint->size) +
                 " entries and seals, the segments hold " + std::to_string(tree_.size()));
  if (*root_at_checkpoint_ != seen_.checkpoint->root)
    return wrong("the root over the first " + std::to_string(seen_.checkpoint->size) +
                 " entries and seals is not the one that the checkpoint says");
  if (tree_when_records_ended_) {
    auto const ends = "the stream of records ends at sequence " + std::to_string(chain_.last().v);
    if (*tree_when_records_ended_ < seen_.checkpoint->size)
      return wrong(ends +
                   ", before what the checkpoint vouches for; an exchange that starts on this "
                   "directory makes records again, and so does replay");
    report_.notes.push_back(ends + ", before the entries do; the sums are those of that moment");
  }
  if (chain_.last().v > report_.records_compared)
    report_.notes.push_back("no seal vouches yet for the records behind sequence " +
                            std::to_string(report_.records_compared));
  if (seen_.signed_by.empty())
    report_.notes.emplace_back(
        "the checkpoint's signature was not verified: no key at hand, give it with --vkey");
  report_.closed = closing_ && seen_.checkpoint->size == tree_.size();
}

void PostingsPass::fill_in() {
  report_.last = chain_.last();
  report_.root = tree_.root();
  report_.digest = chain_.digest();
  report_.checkpoint_size = seen_.checkpoint ? seen_.checkpoint->size : 0;
  report_.signed_by = seen_.signed_by;
  report_.witnesses = heads_.report();
  for (auto const& [key, sums] : books_)
    report_.accounts.push_back(
        {key, Nano{sums.credits} - Nano{sums.debits}, Nano{sums.debits}, Nano{sums.credits}});
}

}  // namespace

std::expected<AuditReport, AuditError> sum_postings(AuditOptions const& options) {
  Stopwatch const watch;
  auto no = [](std::string sentence) { return std::unexpected(AuditError{std::move(sentence)}); };
  auto const directory = JournalDirectory::open(options.directory, DirectoryMode::read_only);
  if (!directory) return no(directory.error().message);
  auto seen = see_checkpoint(*directory, options.vkey);
  if (!seen) return no(seen.error());
  auto heads = held_heads(options, *seen);
  if (!heads) return no(heads.error());
  auto entries =
      LogReader::open(directory->path(), StreamKind::entries, ReadMode::allow_torn_tail, options.archive);
  if (!entries) return no(entries.error().message);
  auto records =
      LogReader::open(directory->path(), StreamKind::records, ReadMode::allow_torn_tail, options.archive);
  if (!records) return no(records.error().message);
  Progress progress(directory->path(), options.archive, options.progress);
  PostingsPass pass(std::move(*seen), std::move(*heads), std::move(*entries), std::move(*records), progress);
  auto report = pass.run();
  report.took = watch.wall();
  report.computed = watch.cpu();
  return report;
}

}  // namespace spillway
