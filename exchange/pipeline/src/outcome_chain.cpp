// exchange/src/outcome_chain.cpp - D and the outcome roots, the same arithmetic for writer and reader.
#include "exchange/outcome_chain.hpp"

#include "market/check.hpp"

namespace spillway {

ByteView outcome_bytes(std::span<Record const> records) { return std::as_bytes(records); }

void OutcomeChain::add(Seq seq, std::span<Record const> records) { (void)add(seq, {}, records); }

Hash256 OutcomeChain::add(Seq seq, ByteView entry, std::span<Record const> records) {
  sw_check(seq.v == last_.v + 1, "outcomes come in sequence");
  last_ = seq;
  auto const hashes = outcome_hashes(digest_, entry, outcome_bytes(records), along_);
  digest_ = hashes.digest;
  leaves_.push_back(hashes.outcome);
  return hashes.entry;
}

Seal OutcomeChain::seal() {
  Seal made;
  made.first = Seq{last_.v + 1 - leaves_.size()};
  made.last = last_;
  made.digest = digest_;
  made.outcome_count = static_cast<std::uint32_t>(before_.size());
  made.outcome_root = tree_root(before_);
  covered_ = std::move(before_);
  before_ = std::move(leaves_);
  leaves_.clear();
  return made;
}

std::expected<void, std::string> OutcomeChain::check(Seal const& read) {
  Seal const ours = seal();
  auto differs = [](std::string what, auto theirs, auto mine) {
    return std::unexpected(what + ": the journal says " + theirs + ", replay gives " + mine);
  };
  if (read.first != ours.first || read.last != ours.last)
    return differs("batch bounds", std::to_string(read.first.v) + ".." + std::to_string(read.last.v),
                   std::to_string(ours.first.v) + ".." + std::to_string(ours.last.v));
  if (read.digest != ours.digest) return differs("D", to_hex(read.digest), to_hex(ours.digest));
  if (read.outcome_count != ours.outcome_count || read.outcome_root != ours.outcome_root)
    return differs("outcome root of the batch before", to_hex(read.outcome_root), to_hex(ours.outcome_root));
  return {};
}

}  // namespace spillway
