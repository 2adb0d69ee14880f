// exchange/replay.hpp - frames of a journal applied to a core, every seal checked: restart, follower and
// audit alike.
// Room:   exchange_pipeline; sees market, journal, exchange_core.
// Errors: ReplayFault names the first frame where the journal and this program disagree; nothing is applied
//         after it.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <utility>

#include "exchange/core.hpp"
#include "exchange/outcome_chain.hpp"
#include "journal/frame.hpp"

namespace spillway {

struct ReplayFault {
  std::uint64_t position{};  // of the frame in the stream of entries
  Seq seq;
  std::string reason;
};

class Replayer {
 public:
  /// Called after each entry; the outcome is valid during the call.
  using OnApplied = std::function<void(Entry const&, Outcome const&)>;

  /// Called after each seal that was found right: its index in the tree, and the leaves under its outcome
  /// root.
  using OnSealed = std::function<void(Seal const&, std::uint64_t leaf, std::span<Hash256 const> covered)>;

  explicit Replayer(ExchangeCore& core, OnApplied on_applied = {}, OnSealed on_sealed = {});

  /// Before the first frame: goes on behind a batch, with a core that has applied it.
  void resume(OutcomeChain chain, Frontier tree) { chain_ = std::move(chain), tree_ = std::move(tree); }
  [[nodiscard]] std::expected<void, ReplayFault> feed(FrameView const& frame);

  [[nodiscard]] OutcomeChain& chain() { return chain_; }
  [[nodiscard]] OutcomeChain const& chain() const { return chain_; }
  [[nodiscard]] Frontier& tree() { return tree_; }  // over entries and seals so far
  [[nodiscard]] Frontier const& tree() const { return tree_; }
  [[nodiscard]] Hash256 const& leaf() const { return leaf_; }  // of the last frame that was fed
  [[nodiscard]] std::uint64_t entries() const { return entries_; }
  [[nodiscard]] std::uint64_t seals() const { return seals_; }

 private:
  std::expected<void, ReplayFault> apply_entry(FrameView const&);
  std::expected<void, ReplayFault> check_seal(FrameView const&);

  ExchangeCore& core_;
  OnApplied on_applied_;
  OnSealed on_sealed_;
  OutcomeChain chain_;
  Frontier tree_;
  Hash256 leaf_{};
  Outcome outcome_;
  std::uint64_t entries_{}, seals_{};
};

}  // namespace spillway
