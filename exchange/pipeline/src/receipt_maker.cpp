// exchange/src/receipt_maker.cpp - one tree for all fills of a batch.
#include "receipt_maker.hpp"

#include <algorithm>
#include <cstring>

#include "exchange/receipt.hpp"
#include "journal/merkle.hpp"

namespace spillway {
namespace {

/// All nodes of the tree over a batch, level by level: the way up from any leaf without hashing again.
class BatchTree {
 public:
  explicit BatchTree(std::span<Hash256 const> leaves) {
    levels_.emplace_back(leaves.begin(), leaves.end());
    while (levels_.back().size() > 1) {
      auto const& below = levels_.back();
      std::vector<Hash256> above;
      for (std::size_t i = 0; i + 1 < below.size(); i += 2)
        above.push_back(node_hash(below[i], below[i + 1]));
      if (below.size() % 2 != 0) above.push_back(below.back());  // who has no sibling goes up as it is
      levels_.push_back(std::move(above));
    }
  }
  [[nodiscard]] std::vector<Hash256> path(std::size_t leaf) const {
    std::vector<Hash256> hashes;
    for (auto const& level : levels_) {
      if (auto const sibling = leaf ^ 1; sibling < level.size()) hashes.push_back(level[sibling]);
      leaf /= 2;
    }
    return hashes;
  }

 private:
  std::vector<std::vector<Hash256>> levels_;
};

bool is_fill(Record const& record) { return record.head.kind == RecordKind::fill; }

}  // namespace

void ReceiptMaker::add(Seq seq, std::vector<Record> const& records) {
  if (std::ranges::any_of(records, is_fill)) batch_.push_back({seq, records});
}

void ReceiptMaker::sealed(Seal const& seal, std::uint64_t leaf, std::span<Hash256 const> covered,
                          Made const& made) {
  if (made && !before_.empty()) {
    BatchTree const tree(covered);
    for (auto const& traded : before_) {
      FillReceipt receipt;
      receipt.seal = seal;
      receipt.place = static_cast<std::uint32_t>(traded.seq.v + seal.outcome_count - seal.first.v);
      receipt.hashes = tree.path(receipt.place);
      receipt.outcome = traded.outcome;
      for (std::size_t i = 0; i < traded.outcome.size(); ++i) {
        if (!is_fill(traded.outcome[i])) continue;
        receipt.record = static_cast<std::uint32_t>(i);
        made(FillId{traded.outcome[i].as<record::Fill>().fill}, {leaf, encode_receipt(receipt)});
      }
    }
  }
  before_ = std::move(batch_);
  batch_.clear();
}

// Of each command: u64 sequence, u64 number of records, the records.
std::vector<std::byte> ReceiptMaker::save() const {
  std::vector<std::byte> out;
  for (auto const& [seq, outcome] : before_) {
    std::uint64_t const head[] = {seq.v, outcome.size()};
    for (ByteView const bytes : {ByteView(std::as_bytes(std::span(head))), std::as_bytes(std::span(outcome))})
      out.insert(out.end(), bytes.begin(), bytes.end());
  }
  return out;
}

bool ReceiptMaker::load(ByteView bytes) {
  std::vector<Traded> read;
  while (!bytes.empty()) {
    std::uint64_t head[2];
    if (bytes.size() < sizeof head) return false;
    std::memcpy(head, bytes.data(), sizeof head);
    bytes = bytes.subspan(sizeof head);
    if (head[1] > bytes.size() / sizeof(Record)) return false;
    auto& traded = read.emplace_back(Traded{Seq{head[0]}, std::vector<Record>(head[1])});
    auto const size = head[1] * sizeof(Record);
    std::memcpy(static_cast<void*>(traded.outcome.data()), bytes.data(), size);
    bytes = bytes.subspan(size);
  }
  before_ = std::move(read);
  return true;
}

}  // namespace spillway
