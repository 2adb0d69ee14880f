// exchange/outcome_chain.hpp - what seals say: D over every command's records, and a root over each batch's
// outcomes.
// Room:   exchange_pipeline; sees market and journal. The writer seals with it, every reader checks with it.
// Source: docs/formats/journal.md
#pragma once

#include <expected>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "journal/digest.hpp"
#include "journal/merkle.hpp"
#include "journal/seal.hpp"
#include "market/record.hpp"

namespace spillway {

/// The bytes of one command's outcome: its records one behind the other. The leaf and the input of D.
[[nodiscard]] ByteView outcome_bytes(std::span<Record const> records);

class OutcomeChain {
 public:
  OutcomeChain() = default;
  /// At the end of a batch: D after `last`, and the leaves of that batch.
  OutcomeChain(Hash256 const& digest, Seq last, std::vector<Hash256> batch)
      : digest_(digest), last_(last), before_(std::move(batch)) {}

  /// The outcome of the next command. Sequences come without gaps (checked).
  void add(Seq seq, std::span<Record const> records);
  /// The same; gives the leaf of the entry, which costs little beside it.
  Hash256 add(Seq seq, ByteView entry, std::span<Record const> records);
  /// Hashes that D takes along from now on; they outlive the chain.
  void take_along(std::vector<PendingHash*> hashes) { along_ = std::move(hashes); }
  /// Closes the batch: the seal over what was added since the last one. Its root is over the batch before.
  [[nodiscard]] Seal seal();
  /// Like seal(), for a reader: compares with a seal that was read; says what differs.
  [[nodiscard]] std::expected<void, std::string> check(Seal const& read);

  [[nodiscard]] Hash256 const& digest() const { return digest_; }  // D after the last command added
  [[nodiscard]] Seq last() const { return last_; }
  [[nodiscard]] bool open() const { return !leaves_.empty(); }  // commands wait for their seal
  /// Leaves of the last sealed batch, which the next seal covers.
  [[nodiscard]] std::vector<Hash256> const& sealed_batch() const { return before_; }
  /// Leaves under the outcome root of the last seal, until the next one.
  [[nodiscard]] std::span<Hash256 const> covered() const { return covered_; }

 private:
  Hash256 digest_ = first_digest();
  Seq last_{};
  std::vector<Hash256> leaves_;  // of the batch that is being filled
  std::vector<Hash256> before_;  // of the batch before, sealed by the next seal
  std::vector<Hash256> covered_;
  std::vector<PendingHash*> along_;
};

}  // namespace spillway
