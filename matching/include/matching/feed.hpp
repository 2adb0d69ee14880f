// matching/feed.hpp - what the book tells market data: fixed events in a bounded ring, no part of any digest.
// Room:   matching (pure); sees market.
// Units:  prices are grid indices; lots are slots (tokens) or thousandths of an accelerator (capacity).
// Rule:   offers and trades are told per instrument. The bid side is told per signature and flagged shared:
//         one order stands behind every instrument that its signature reaches, so a reader adds them up once
//         and conflates.
// Errors: a reader that falls a whole ring behind sees the gap in the sequence and reads the book again.
#pragma once

#include <cstdint>

#include "market/ids.hpp"
#include "market/price_grid.hpp"
#include "matching/fast/nodes.hpp"

namespace spillway {

enum class FeedKind : std::uint8_t {
  unset = 0,
  offer = 1,  // lots: what rests now at this price, shown; for an arrival, an amend, a return, a new display
  offer_gone = 2,  // lots: what was left
  trade = 3,       // lots at price: gone from the offer and from the order, whichever of them rested
  bid = 4,         // shared; lots: what is open now at this limit
  bid_gone = 5,    // shared; lots: what was left
};

/// Laid out as rows and commands are, so that telling costs a few stores; the accessors say what it means.
struct FeedEvent {
  std::uint64_t stamp;  // its place in the stream, in bytes: the sequence times the size of an event
  std::uint64_t id;     // on the bid side of the order, else of the offer
  fast::Key key;        // the price where it rests, over what the book ranks by
  std::uint32_t lots;
  std::uint32_t where;           // on the bid side the signature, else the instrument
  std::uint32_t party_and_kind;  // participant over feed_shared, feed_taker_is_buyer and the kind
  std::uint32_t spare;
  std::uint64_t traded;       // the order of a trade, without meaning in other events
  std::uint64_t reserved[2];  // room for discounts and unit factors

  [[nodiscard]] std::uint64_t sequence() const;  // from 1, without gaps
  [[nodiscard]] FeedKind kind() const { return static_cast<FeedKind>(party_and_kind & 0xf); }
  [[nodiscard]] bool shared() const;          // counts once, for every instrument of its signature
  [[nodiscard]] bool taker_is_buyer() const;  // of a trade
  [[nodiscard]] OrderId order() const {
    return OrderId{kind() == FeedKind::trade ? traded : shared() ? id : 0};
  }
  [[nodiscard]] OfferId offer() const { return OfferId{shared() ? 0 : id}; }
  [[nodiscard]] InstrumentId instrument() const { return InstrumentId{shared() ? 0 : where}; }
  [[nodiscard]] SignatureId signature() const { return SignatureId{shared() ? where : 0}; }
  [[nodiscard]] PriceIndex price() const {
    auto const rank = fast::rank_of(key);
    return PriceIndex{shared() ? fast::mirrored(rank) : rank};
  }
  [[nodiscard]] ParticipantId participant() const { return ParticipantId{party_and_kind >> 8}; }
};
inline constexpr std::uint32_t feed_shared = 1u << 4;
inline constexpr std::uint32_t feed_taker_is_buyer = 1u << 5;
static_assert(sizeof(FeedEvent) == 64);

inline std::uint64_t FeedEvent::sequence() const { return stamp / sizeof(FeedEvent); }
inline bool FeedEvent::shared() const { return (party_and_kind & feed_shared) != 0; }
inline bool FeedEvent::taker_is_buyer() const { return (party_and_kind & feed_taker_is_buyer) != 0; }

class FeedRing {
 public:
  /// 2^`size_log2` events; 13 is 512 KiB.
  explicit FeedRing(unsigned size_log2 = 13)
      : mask_((std::uint64_t{sizeof(FeedEvent)} << size_log2) - sizeof(FeedEvent)),
        events_(std::size_t{1} << size_log2) {}

  /// The next event to fill in; the oldest is overwritten.
  FeedEvent& next() {
    newest_ += sizeof(FeedEvent);
    auto& event = at_byte(newest_ & mask_);
    event.stamp = newest_;
    return event;
  }
  [[nodiscard]] std::uint64_t newest() const { return newest_ / sizeof(FeedEvent); }  // 0: none yet
  /// The event of a sequence number, or null when it was overwritten or has not happened.
  [[nodiscard]] FeedEvent const* at(std::uint64_t sequence) const {
    auto const& event =
        events_[static_cast<std::size_t>((sequence * sizeof(FeedEvent) & mask_) / sizeof(FeedEvent))];
    return sequence != 0 && event.sequence() == sequence ? &event : nullptr;
  }

 private:
  [[nodiscard]] FeedEvent& at_byte(std::uint64_t offset) {
    return *reinterpret_cast<FeedEvent*>(reinterpret_cast<unsigned char*>(&events_[0]) + offset);
  }

  std::uint64_t newest_{}, mask_;  // in bytes, which spares a shift in every event
  Arena<FeedEvent> events_;
};

}  // namespace spillway
