// exchange/outcome_chain.hpp - what seals say: D over every command's records, and a root over each batch's
// outcomes. Room:   exchange_pipeline; sees market and journal. The writer seals with it, every reader checks
// with it. Source: docs/formats/journal.md
#pragma once

#include <expected>
#include <span>
#include <string>
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
  /// The outcome of the next command. Sequences come without gaps (checked).
  void add(Seq seq, std::span<Record const> records);
  /// Closes the batch: the seal over what was added since the last one. Its root is over the batch before.
  [[nodiscard]] Seal seal();
  /// Like seal(), for a reader: compares with a seal that was read; says what differs.
  [[nodiscard]] std::expected<void, std::string> check(Seal const& read);

  [[nodiscard]] Hash256 const& digest() const { return digest_; }  // D after the last command added
  [[nodiscard]] Seq last() const { return last_; }
  [[nodiscard]] bool open() const { return !leaves_.empty(); }  // commands wait for their seal

 private:
  Hash256 digest_ = first_digest();
  Seq last_{};
  std::vector<Hash256> leaves_;  // of the batch that is being filled
  std::vector<Hash256> before_;  // of the batch before, sealed by the next seal
};

}  // namespace spillway
