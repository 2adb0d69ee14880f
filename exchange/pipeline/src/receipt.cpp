// exchange/src/receipt.cpp - the bytes of a receipt, and each step of the proof.
#include "exchange/receipt.hpp"

#include <algorithm>
#include <cstring>

#include "exchange/outcome_chain.hpp"
#include "journal/tlog_proof.hpp"

namespace spillway {
namespace {

constexpr std::string_view magic = "spillway-fill-v1";
constexpr std::size_t numbers_at = 16, seal_at = 32, hashes_at = seal_at + seal_bytes;
constexpr std::uint32_t most_hashes = 32;
constexpr std::uint32_t most_records = 50'000;

template <class T>
void put(std::vector<std::byte>& out, T const& value) {
  auto const bytes = std::as_bytes(std::span(&value, 1));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::unexpected<std::string> no(std::string sentence) { return std::unexpected(std::move(sentence)); }

}  // namespace

std::vector<std::byte> encode_receipt(FillReceipt const& receipt) {
  auto const text = as_byte_view(magic);
  std::vector<std::byte> out(text.begin(), text.end());
  put(out, receipt.record);
  put(out, receipt.place);
  put(out, static_cast<std::uint32_t>(receipt.hashes.size()));
  put(out, static_cast<std::uint32_t>(receipt.outcome.size()));
  put(out, encode_seal(receipt.seal));
  for (auto const& hash : receipt.hashes) put(out, hash);
  for (auto const& record : receipt.outcome) put(out, record);
  return out;
}

std::expected<FillReceipt, std::string> parse_receipt(ByteView bytes) {
  if (bytes.size() < hashes_at || !std::ranges::equal(bytes.first(magic.size()), as_byte_view(magic)))
    return no("the extra data is no receipt of a fill");
  std::uint32_t numbers[4];
  std::memcpy(numbers, bytes.data() + numbers_at, sizeof numbers);
  auto const [record, place, hashes, records] = numbers;
  if (hashes > most_hashes || records > most_records ||
      bytes.size() != hashes_at + hashes * sizeof(Hash256) + records * sizeof(Record))
    return no("the receipt has another length than it says");
  auto const seal = parse_seal(bytes.subspan(seal_at, seal_bytes));
  if (!seal) return no("the receipt holds no seal");
  if (place >= seal->outcome_count || seal->outcome_count >= seal->first.v)
    return no("the seal covers no such command");
  if (record >= records) return no("the record that the receipt names is no fill");
  FillReceipt receipt{record, place, *seal, std::vector<Hash256>(hashes), std::vector<Record>(records)};
  if (hashes > 0) std::memcpy(receipt.hashes.data(), bytes.data() + hashes_at, hashes * sizeof(Hash256));
  auto const outcome = bytes.subspan(hashes_at + hashes * sizeof(Hash256));
  std::memcpy(static_cast<void*>(receipt.outcome.data()), outcome.data(), outcome.size());
  if (receipt.outcome[record].head.kind != RecordKind::fill)
    return no("the record that the receipt names is no fill");
  if (!verify_inclusion(place, seal->outcome_count, leaf_hash(outcome), receipt.hashes, seal->outcome_root))
    return no("the hashes do not lead from the records to the seal");
  return receipt;
}

std::expected<ProvenFill, std::string> check_fill_proof(std::string_view text, NoteVerifier const* verifier) {
  auto const proof = parse_tlog_proof(text);
  if (!proof) return no(proof.error().reason);
  auto const receipt = parse_receipt(proof->extra);
  if (!receipt) return no(receipt.error());
  auto const checkpoint = check_tlog_proof(*proof, encode_seal(receipt->seal), verifier);
  if (!checkpoint) return no(checkpoint.error().reason);
  return ProvenFill{receipt->seq(), receipt->outcome[receipt->record], proof->index, *checkpoint};
}

}  // namespace spillway
