// exchange/src/receipt_maker.hpp - gathers the fills of each batch and gives their receipts when the seal
// behind the batch comes.
// Room:   exchange_pipeline, private.
// Thread: the follower's.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "exchange/projection.hpp"
#include "journal/seal.hpp"

namespace spillway {

class ReceiptMaker {
 public:
  using Made = std::function<void(FillId, ReceiptRow const&)>;

  /// The outcome of the next command.
  void add(Seq seq, std::vector<Record> const& records);
  /// The seal of the batch that add() filled: it covers the batch before, whose receipts go to `made` (which
  /// may be empty). `leaf`: of the seal in the tree. `covered`: leaves under its outcome root.
  void sealed(Seal const& seal, std::uint64_t leaf, std::span<Hash256 const> covered, Made const& made);

  /// Between a seal and the next entry: the fills that the next seal covers, for a snapshot.
  [[nodiscard]] std::vector<std::byte> save() const;
  /// What save() gave. False: it did not.
  [[nodiscard]] bool load(ByteView bytes);

 private:
  struct Traded {
    Seq seq;
    std::vector<Record> outcome;
  };
  std::vector<Traded> batch_, before_;
};

}  // namespace spillway
