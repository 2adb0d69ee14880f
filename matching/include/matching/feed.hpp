// matching/feed.hpp - what the book tells market data: fixed events in a bounded ring, no part of any digest.
// Room:   matching (pure); sees market.
// Units:  prices are grid indices; lots are slots (tokens) or thousandths of an accelerator (capacity).
// Rule:   offers and trades are told per instrument. The bid side is told per signature and flagged shared:
// one order stands behind every instrument that its signature reaches, so a reader adds them up once and
// conflates. Errors: a reader that falls a whole ring behind sees the gap in the sequence and reads the book
// again.
#pragma once

#include <cstdint>

#include "matching/fast/arena.hpp"

namespace spillway {

enum class FeedKind : std::uint8_t {
  unset = 0,
  offer = 1,  // lots: what rests now at this price, shown; for an arrival, an amend, a return, a new display
  offer_gone = 2,  // lots: what was left
  trade = 3,       // lots at price: gone from the offer and from the order, whichever of them rested
  bid = 4,         // shared; lots: what is open now at this limit
  bid_gone = 5,    // shared; lots: what was left
};

struct FeedEvent {
  std::uint64_t sequence;  // from 1, without gaps
  std::uint64_t order, offer;
  std::uint32_t instrument;  // 0 on the bid side
  std::uint32_t signature;   // 0 on the offer side
  std::uint32_t price, lots;
  std::uint32_t participant;
  std::uint32_t flags;        // the kind, and what is said below
  std::uint64_t reserved[2];  // room for discounts and unit factors

  [[nodiscard]] FeedKind kind() const { return static_cast<FeedKind>(flags & 0xff); }
};
inline constexpr std::uint32_t feed_shared = 1u << 8;  // counts once, for every instrument of its signature
inline constexpr std::uint32_t feed_taker_is_buyer = 1u << 9;
static_assert(sizeof(FeedEvent) == 64);

class FeedRing {
 public:
  /// 2^`size_log2` events; 13 is 512 KiB.
  explicit FeedRing(unsigned size_log2 = 13)
      : mask_((std::uint64_t{1} << size_log2) - 1), events_(static_cast<std::size_t>(mask_ + 1)) {}

  /// The next event to fill in; the oldest is overwritten.
  FeedEvent& next() {
    auto& event = events_[static_cast<std::size_t>(++newest_ & mask_)];
    event.sequence = newest_;
    return event;
  }
  [[nodiscard]] std::uint64_t newest() const { return newest_; }  // 0: none yet
  /// The event of a sequence number, or null when it was overwritten or has not happened.
  [[nodiscard]] FeedEvent const* at(std::uint64_t sequence) const {
    auto const& event = events_[static_cast<std::size_t>(sequence & mask_)];
    return sequence != 0 && event.sequence == sequence ? &event : nullptr;
  }

 private:
  std::uint64_t newest_{}, mask_;
  fast::Arena<FeedEvent> events_;
};

}  // namespace spillway
