// exchange/receipt.hpp - the fill receipt: record -> seal -> tree -> checkpoint, in one tlog-proof file.
// Room:   exchange_pipeline; sees market and journal.
// Layout: the leaf is the seal behind the fill's batch; the proof's `extra` holds that seal and the way from
//         the record to it. 16 "spillway-fill-v1" | u32 record in the outcome | u32 outcome in the batch |
//         u32 hashes | u32 records | 88 seal | hashes | records of 96 bytes; little endian.
// Errors: a sentence that names the step which does not hold.
// Source: docs/formats/journal.md, https://c2sp.org/tlog-proof
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "journal/checkpoint.hpp"
#include "journal/seal.hpp"
#include "market/record.hpp"

namespace spillway {

/// From a record to the seal that covers its batch.
struct FillReceipt {
  std::uint32_t record = 0;     // which of `outcome` is the fill
  std::uint32_t place = 0;      // of the command in its batch
  Seal seal;                    // of the batch after: its outcome root covers the fill's batch
  std::vector<Hash256> hashes;  // from the outcome to seal.outcome_root
  std::vector<Record> outcome;  // all records of the command
  [[nodiscard]] Seq seq() const { return Seq{seal.first.v - seal.outcome_count + place}; }
};

[[nodiscard]] std::vector<std::byte> encode_receipt(FillReceipt const& receipt);
/// Refuses bytes that do not lead from a fill to the seal's outcome root.
[[nodiscard]] std::expected<FillReceipt, std::string> parse_receipt(ByteView bytes);

struct ProvenFill {
  Seq seq;               // of the entry that made the fill
  Record record;         // the fill itself
  std::uint64_t leaf{};  // the seal's index in the tree
  Checkpoint checkpoint;
};

/// All steps from the record to the signature. Without a verifier the signature stays unverified.
[[nodiscard]] std::expected<ProvenFill, std::string> check_fill_proof(std::string_view text,
                                                                      NoteVerifier const* verifier);

}  // namespace spillway
