// matching/book_types.hpp - what goes into the book and what comes out of it, as plain values.
// Room:   matching (pure); sees market.
// Units:  prices are grid indices; lots are slots (tokens) or thousandths of an accelerator (capacity);
// stamps are microseconds.
#pragma once

#include <cstdint>
#include <vector>

#include "market/command.hpp"
#include "market/ids.hpp"
#include "market/price_grid.hpp"
#include "market/refusal.hpp"
#include "market/units.hpp"

namespace spillway {

using ProviderListId = Id<struct ProviderListTag, std::uint32_t>;  // interned by the book, 0: no list

/// What happens when somebody would trade with itself or a related firm. The arriving side's mode rules.
enum class SelfTrade : std::uint8_t {
  allow = 0,
  newest = 1,  // what is left of the arriving one is cancelled
  oldest = 2,  // the resting one is cancelled, the arriving one goes on
  both = 3,
};

/// What a participant may do. Participants without a standing may do everything and belong to no firm.
struct Standing {
  FirmId firm{};                // related firms share one; 0: never a self-trade
  std::uint32_t resting_max{};  // orders that rest; 0: no limit
  bool buyer{true}, provider{true};
  friend bool operator==(Standing const&, Standing const&) = default;
};

struct BookOffer {
  OfferId id;  // orders and offers share one row of ids: an id that is live names one of them
  ParticipantId provider;
  NodeId node;
  InstrumentId instrument;
  PriceIndex price;
  Lots quantity;  // what it may fill in all at once; its rest at entry
  Lots fill_min;  // 0: none; when less is left, what is left is the minimum
  Lots fill_max;  // 0: none; bounds one fill: a larger order takes several fills of the same offer
  bool replenish{};
  bool post_only{};  // refused when it would trade at once
  SelfTrade self_trade{};
  Lots display{};  // 0: all is shown; else so much at a time, and what is shown anew is a new arrival
  SessionId session{};
  Stamp expires{};  // 0: until cancelled
};

struct BookOrder {
  OrderId id;
  ParticipantId buyer;
  SignatureId signature;
  PriceIndex limit;  // of a market order: its protection price
  Lots open;
  TimeInForce tif{};  // ioc and fok never rest
  bool prefer_near{};
  bool market{};     // ioc or fok only; its protection must be below the top of the grid
  bool post_only{};  // gtc or timed only; refused when it would trade at once
  SelfTrade self_trade{};
  ProviderListId providers{};
  Lots fill_min{};  // least quantity from one offer; 0: none; when less is open, what is open is the minimum
  SessionId session{};
  Stamp expires{};  // 0: until cancelled (the caller may keep timers of its own)
};

/// An order that may be shut out by what depends on one offer. It rests behind unconditional ones at its
/// limit, and one command looks at no more than `conditional_looks_max` of them.
[[nodiscard]] inline bool is_conditional(BookOrder const& o) {
  return o.fill_min.v > 1 || o.providers.some();
}
inline constexpr std::uint32_t conditional_looks_max = 64;

/// One trade. The price is the resting side's.
struct Match {
  OrderId order;
  OfferId offer;
  InstrumentId instrument;
  NodeId node;
  Lots lots;
  PriceIndex price;
  bool taker_is_buyer{};
  friend bool operator==(Match const&, Match const&) = default;
};

/// Why something left the book, or was cut, that neither traded nor was named by the command.
enum class EndReason : std::uint8_t { unset = 0, mass_cancelled = 1, expired = 2, self_trade = 3 };
struct Ended {
  OrderId order;  // exactly one of the two is some
  OfferId offer;
  Lots left;  // what it still wanted or offered, shown or not
  EndReason why{};
  friend bool operator==(Ended const&, Ended const&) = default;
};

struct Level {
  PriceIndex price;
  Lots lots;
  friend bool operator==(Level const&, Level const&) = default;
};

/// What the book may hold. What does not fit is refused with `capacity`, and changes nothing.
struct BookLimits {
  std::uint32_t orders{1'000'000};    // resting
  std::uint32_t offers{1'000'000};    // live
  std::uint32_t tranches{1'000'000};  // beyond the first of each offer; see Book::vacate
  std::uint32_t nodes{100'000};
  std::uint32_t participants{1'000'000};  // ids 1..participants
  std::uint32_t provider_lists{4'096};
  std::uint32_t instruments{131'072};
  std::uint32_t signatures{131'072};
  std::uint32_t edges{8'000'000};  // between signatures and the instruments that they accept
};
inline constexpr std::size_t provider_list_max = 16;                        // participants of one list
inline constexpr Lots book_lots_max{1'000'000'000};                         // of one order or offer
inline constexpr std::uint64_t book_id_max = (std::uint64_t{1} << 56) - 1;  // of orders and offers

/// Everything that must be the same in two implementations after the same commands, in an order of its own.
struct BookState {
  struct Order {  // by signature, unconditional first, then best limit, then place in the queue
    SignatureId signature;
    bool conditional{};
    PriceIndex limit;
    OrderId id;
    Lots open;
    friend bool operator==(Order const&, Order const&) = default;
  };
  struct Tranche {  // by instrument, best price, place in the queue
    InstrumentId instrument;
    PriceIndex price;
    OfferId offer;
    Lots lots;
    friend bool operator==(Tranche const&, Tranche const&) = default;
  };
  struct Offer {  // by id, with or without rest
    OfferId id;
    NodeId node;
    Lots hidden;
    friend bool operator==(Offer const&, Offer const&) = default;
  };
  struct Pool {  // by id
    NodeId node;
    std::int32_t available_units{};
    Lots leased;
    std::int64_t units_under_jobs{}, running_jobs{};
    friend bool operator==(Pool const&, Pool const&) = default;
  };
  std::vector<Order> orders;
  std::vector<Tranche> tranches;
  std::vector<Offer> offers;
  std::vector<Pool> pools;
  friend bool operator==(BookState const&, BookState const&) = default;
};

}  // namespace spillway
