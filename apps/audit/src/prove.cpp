// apps/audit/src/prove.cpp - finds the record, the seal behind its batch, and the seal's place in the tree.
#include "apps/audit/prove.hpp"

#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include "checkpoint_seen.hpp"
#include "exchange/outcome_chain.hpp"
#include "journal/keys.hpp"
#include "journal/log_reader.hpp"
#include "journal/tiled_tree.hpp"
#include "journal/tlog_proof.hpp"

namespace spillway {
namespace {

std::unexpected<AuditError> no(std::string sentence) {
  return std::unexpected(AuditError{std::move(sentence)});
}

/// Calls see(frame) for each frame of a stream until it returns false.
template <class See>
std::expected<void, AuditError> walk(AuditOptions const& options, StreamKind kind, See&& see) {
  auto reader = LogReader::open(options.directory, kind, ReadMode::allow_torn_tail, options.archive);
  if (!reader) return no(reader.error().message);
  for (;;) {
    auto const frame = reader->next();
    if (!frame) return no(to_string(frame.error()));
    if (!*frame || !see(**frame)) return {};
  }
}

struct Found {
  Seq seq;
  std::uint32_t record = 0;
  std::vector<Record> outcome;
};

/// The fill among the records of one command.
bool look_for(FillId fill, FrameView const& frame, Found& found) {
  std::size_t const count = frame.payload.size() / sizeof(Record);
  for (std::size_t i = 0; i < count; ++i) {
    Record record;
    std::memcpy(static_cast<void*>(&record), frame.payload.data() + i * sizeof(Record), sizeof record);
    if (record.head.kind != RecordKind::fill || record.as<record::Fill>().fill != fill.v) continue;
    found = {frame.seq, static_cast<std::uint32_t>(i), std::vector<Record>(count)};
    std::memcpy(static_cast<void*>(found.outcome.data()), frame.payload.data(), count * sizeof(Record));
    return true;
  }
  return false;
}

struct Covering {
  Seal seal;
  std::uint64_t leaf = 0;
};

/// The seal whose outcome root is over the batch of `seq`: the one behind that batch's own.
std::expected<Covering, AuditError> covering_seal(AuditOptions const& options, Seq seq,
                                                  std::uint64_t covered) {
  std::optional<Covering> found;
  std::uint64_t leaf = 0;
  auto const read = walk(options, StreamKind::entries, [&](FrameView const& frame) {
    auto const seal = frame.type == FrameType::seal ? parse_seal(frame.payload) : std::nullopt;
    if (seal && seal->outcome_count > 0 && seq < seal->first && seq.v + seal->outcome_count >= seal->first.v)
      found = Covering{*seal, leaf};
    return !found && ++leaf < covered;
  });
  if (!read) return std::unexpected(read.error());
  if (!found)
    return no("the checkpoint does not cover the seal behind sequence " + std::to_string(seq.v) +
              " yet; ask again after further entries, or when the exchange has stopped");
  return *found;
}

std::expected<std::vector<Hash256>, AuditError> batch_leaves(AuditOptions const& options, Seal const& seal) {
  std::vector<Hash256> leaves;
  std::uint64_t const first = seal.first.v - seal.outcome_count;
  auto const read = walk(options, StreamKind::records, [&](FrameView const& frame) {
    if (frame.seq.v >= first && frame.seq < seal.first) leaves.push_back(leaf_hash(frame.payload));
    return leaves.size() < seal.outcome_count;
  });
  if (!read) return std::unexpected(read.error());
  if (leaves.size() != seal.outcome_count) return no("the stream of records ends before that batch does");
  return leaves;
}

std::expected<std::string, AuditError> proof_text(AuditOptions const& options,
                                                  JournalDirectory const& directory, FillId fill,
                                                  std::uint64_t covered, std::string note) {
  Found found;
  auto const read = walk(options, StreamKind::records,
                         [&](FrameView const& frame) { return !look_for(fill, frame, found); });
  if (!read) return std::unexpected(read.error());
  if (!found.seq.some()) return no("no record tells of a fill " + std::to_string(fill.v));
  auto const cover = covering_seal(options, found.seq, covered);
  if (!cover) return std::unexpected(cover.error());
  auto const leaves = batch_leaves(options, cover->seal);
  if (!leaves) return std::unexpected(leaves.error());
  FillReceipt receipt;
  receipt.record = found.record;
  receipt.seal = cover->seal;
  receipt.place = static_cast<std::uint32_t>(found.seq.v + cover->seal.outcome_count - cover->seal.first.v);
  receipt.hashes = inclusion_proof(*leaves, receipt.place);
  receipt.outcome = std::move(found.outcome);
  TiledTree tree(TileFolder(directory.tiles()), covered);
  auto hashes = tree.inclusion(cover->leaf);
  if (!hashes) return no(hashes.error().message);
  return tlog_proof_text({encode_receipt(receipt), cover->leaf, std::move(*hashes), std::move(note)});
}

}  // namespace

std::expected<FillProof, AuditError> prove_fill(AuditOptions const& options, FillId fill) {
  auto const directory = JournalDirectory::open(options.directory, DirectoryMode::read_only);
  if (!directory) return no(directory.error().message);
  auto const seen = see_checkpoint(*directory, options.vkey);
  if (!seen) return no(seen.error());
  if (!seen->wrong.empty()) return no(seen->wrong);
  if (!seen->checkpoint) return no("there is no checkpoint yet");
  auto text = proof_text(options, *directory, fill, seen->checkpoint->size, seen->note);
  if (!text) return std::unexpected(text.error());
  // What is handed out has been checked from its own bytes alone.
  auto const verifier = NoteVerifier::from_vkey(seen->signed_by);
  auto const checked = check_fill_proof(*text, verifier ? &*verifier : nullptr);
  if (!checked) return no("the journal does not prove this fill: " + checked.error() + "; run verify");
  return FillProof{std::move(*text), *checked, seen->signed_by};
}

std::expected<FillProof, AuditError> check_proof_file(std::filesystem::path const& file,
                                                      std::string const& vkey) {
  auto const verifier = NoteVerifier::from_vkey(vkey);
  if (!verifier) return no("--vkey must be <name>+<8 hex digits>+<base64>, as the exchange prints it");
  std::ifstream in(file, std::ios::binary);
  if (!in) return no("cannot read " + file.string());
  FillProof proof{std::string(largest_tlog_proof_bytes + 1, '\0'), {}, vkey};  // more is refused below
  in.read(proof.text.data(), static_cast<std::streamsize>(proof.text.size()));
  proof.text.resize(static_cast<std::size_t>(in.gcount()));
  auto const checked = check_fill_proof(proof.text, &*verifier);
  if (!checked) return no(file.string() + " proves nothing: " + checked.error());
  proof.fill = *checked;
  return proof;
}

}  // namespace spillway
