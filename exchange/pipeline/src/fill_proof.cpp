// exchange/src/fill_proof.cpp - finds the record, the seal behind its batch, and the seal's place in the
// tree.
#include "exchange/fill_proof.hpp"

#include <cstring>
#include <optional>

#include "exchange/receipt.hpp"
#include "journal/log_reader.hpp"
#include "journal/merkle.hpp"
#include "journal/tiled_tree.hpp"
#include "journal/tlog_proof.hpp"

namespace spillway {
namespace {

std::unexpected<NoFillProof> no_proof(std::string sentence) {
  return std::unexpected(NoFillProof{std::move(sentence)});
}

struct Streams {
  std::filesystem::path const& journal;
  std::filesystem::path const& archive;
};

/// Calls see(frame) for each frame of a stream until it returns false.
template <class See>
std::expected<void, NoFillProof> walk(Streams const& streams, StreamKind kind, See&& see) {
  auto reader = LogReader::open(streams.journal, kind, ReadMode::allow_torn_tail, streams.archive);
  if (!reader) return no_proof(reader.error().message);
  for (;;) {
    auto const frame = reader->next();
    if (!frame) return no_proof(to_string(frame.error()));
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
std::expected<Covering, NoFillProof> covering_seal(Streams const& streams, Seq seq, std::uint64_t covered) {
  std::optional<Covering> found;
  std::uint64_t leaf = 0;
  auto const read = walk(streams, StreamKind::entries, [&](FrameView const& frame) {
    auto const seal = frame.type == FrameType::seal ? parse_seal(frame.payload) : std::nullopt;
    if (seal && seal->outcome_count > 0 && seq < seal->first && seq.v + seal->outcome_count >= seal->first.v)
      found = Covering{*seal, leaf};
    return !found && ++leaf < covered;
  });
  if (!read) return std::unexpected(read.error());
  if (!found)
    return std::unexpected(
        NoFillProof{"the checkpoint does not cover the seal behind sequence " + std::to_string(seq.v) +
                        " yet; ask again after further entries, or when the exchange has stopped",
                    false, true});
  return *found;
}

std::expected<std::vector<Hash256>, NoFillProof> batch_leaves(Streams const& streams, Seal const& seal) {
  std::vector<Hash256> leaves;
  std::uint64_t const first = seal.first.v - seal.outcome_count;
  auto const read = walk(streams, StreamKind::records, [&](FrameView const& frame) {
    if (frame.seq.v >= first && frame.seq < seal.first) leaves.push_back(leaf_hash(frame.payload));
    return leaves.size() < seal.outcome_count;
  });
  if (!read) return std::unexpected(read.error());
  if (leaves.size() != seal.outcome_count)
    return no_proof("the stream of records ends before that batch does");
  return leaves;
}

}  // namespace

std::expected<std::string, NoFillProof> make_fill_proof(JournalDirectory const& directory, FillId fill,
                                                        std::uint64_t covered, std::string note,
                                                        std::filesystem::path const& archive) {
  Streams const streams{directory.path(), archive};
  Found found;
  auto const read = walk(streams, StreamKind::records,
                         [&](FrameView const& frame) { return !look_for(fill, frame, found); });
  if (!read) return std::unexpected(read.error());
  if (!found.seq.some())
    return std::unexpected(NoFillProof{"no record tells of a fill " + std::to_string(fill.v), true, false});
  auto const cover = covering_seal(streams, found.seq, covered);
  if (!cover) return std::unexpected(cover.error());
  auto const leaves = batch_leaves(streams, cover->seal);
  if (!leaves) return std::unexpected(leaves.error());
  FillReceipt receipt;
  receipt.record = found.record;
  receipt.seal = cover->seal;
  receipt.place = static_cast<std::uint32_t>(found.seq.v + cover->seal.outcome_count - cover->seal.first.v);
  receipt.hashes = inclusion_proof(*leaves, receipt.place);
  receipt.outcome = std::move(found.outcome);
  return make_fill_proof(directory.tiles(), {cover->leaf, encode_receipt(receipt)}, covered, std::move(note));
}

std::expected<std::string, NoFillProof> make_fill_proof(std::filesystem::path const& tiles,
                                                        ReceiptRow const& row, std::uint64_t covered,
                                                        std::string note) {
  TiledTree tree(TileFolder(tiles), covered);
  auto hashes = tree.inclusion(row.leaf);
  if (!hashes) return no_proof(hashes.error().message);
  return tlog_proof_text({row.receipt, row.leaf, std::move(*hashes), std::move(note)});
}

}  // namespace spillway
