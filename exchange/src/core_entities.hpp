// exchange/src/core_entities.hpp - what the core remembers of people, nodes, offers, orders, jobs and leases:
// plain values.
// Room:   exchange_core (pure), internal.
// Units:  see the fields' types; `timer` names the waiting deadline of a thing, none when nothing waits.
#pragma once

#include <array>
#include <cstdint>

#include "core_table.hpp"
#include "core_terms.hpp"
#include "core_timers.hpp"
#include "exchange/core.hpp"
#include "market/command.hpp"
#include "market/record.hpp"

namespace spillway::core {

/// Names an order's or an offer's row. 0: none.
struct Handle {
  std::uint32_t v{};
  static constexpr std::uint32_t offer_bit = 0x8000'0000;
  [[nodiscard]] bool some() const { return v != 0; }
  [[nodiscard]] bool is_offer() const { return (v & offer_bit) != 0; }
  [[nodiscard]] Row row() const { return v & ~offer_bit; }
};

/// The client ids of one participant within the window, oldest first: each names the next younger one.
struct ClientIds {
  Handle oldest, newest;
  std::uint32_t count{};
  ClientOrderId forgotten_highest;
  ClientOrderId highest;  // of all that were in the chain
  Stamp oldest_made;      // of the oldest: whether it is too old is asked with every new id
};

/// What every command of its own touches lies in the first line, and its orders in the second.
struct alignas(64) Participant {
  ParticipantId id;
  FirmId firm;
  std::uint32_t roles{};
  std::uint32_t keys{};
  std::uint64_t reports{};
  ClientIds client_ids;
  Chain orders;              // all that are kept
  Chain resting;             // those of them that wait in the book
  Chain offers;              // live ones
  Chain jobs;                // as buyer or provider
  Chain leases;              // as buyer or provider
  std::int64_t fills_day{};  // the UTC day that `fills_today` counts
  std::int64_t fills_today{};
  Nano unsettled;  // as provider: what open jobs and leases were charged
};

/// Of the token jobs of a node that have ended.
struct NodeMeter {
  MeteredSpan running;  // since it was judged last
  MeteredSpan low;      // as it was when it was too little
  Stamp low_at;         // 0: it is not marked
};

/// What an offer or a deal of it touches lies in the first cache line.
struct alignas(64) Node {
  NodeId id;
  ParticipantId provider;
  ClientOrderId label;
  PlaceId place;
  ClassId klass;
  std::uint16_t units_max{};
  NodePhase phase{};
  DrainReason drain{};
  std::uint32_t units_waiting{};  // proofs whose expiry waits
  Chain offers;                   // live ones
  Chain jobs;                     // open ones
  Chain leases;                   // open ones
  Stamp lost_at;
  Stamp deal_ended;  // its last job or lease
  NodeMeter meter;
  Timer timer;  // grace
};

/// A guarantee payment that waits for money.
struct Owed {
  ParticipantId provider;
  Nano amount;
  std::uint64_t about{};
};

/// A proven unit's deadline.
using UnitId = Id<struct UnitTag, std::uint64_t>;  // node << 16 | unit
[[nodiscard]] inline UnitId unit_id(NodeId node, std::uint16_t unit) {
  return UnitId{std::uint64_t{node.v} << 16 | unit};  // nodes count from 1
}
struct UnitExpiry {
  UnitId id;
  Timer timer;
};
struct Bond {
  UnitId id;
  Nano amount;
  Stamp since;  // posted; or the unit's last proof or challenge ended
};

/// What most commands of an offer touch lies in the first two cache lines, with the first words of its terms.
struct alignas(64) Offer {
  OfferId id;
  ParticipantId provider;
  InstrumentId instrument;
  PriceIndex price;
  std::uint32_t deals{};  // open jobs and leases of it
  Lots quantity;
  Timer timer;           // its end
  std::uint64_t told{};  // the settlement that lists it
  Handle younger;        // client id
  OfferPhase phase{};
  Link of_node, of_provider, on_instrument;  // while it is live; the second line begins here
  PostOffer terms;
  Stamp posted;
};

/// The numbers of the rules as they stood when the order came in: a hold never meets rates that it was not
/// made for.
struct Rates {
  std::int32_t taker_bps{};
  std::int32_t maker_bps{};
  Micros lease_slice;
};

/// What every command of an order touches lies in the first two cache lines, up to the first words of its
/// terms: most orders that a cancel names have long left the caches.
struct alignas(64) Order {
  OrderId id;
  ParticipantId buyer;
  SignatureId signature;
  PriceIndex limit;
  OrderPhase phase{};
  bool rests{};
  Lots open;
  Lots filled;
  Nano held;
  Timer timer;                     // expiry
  Link at_rest, of_resting_buyer;  // while it rests; the second line begins here (Table::expect_links)
  std::uint32_t claims{};          // leases that it may still become while it rests
  Handle younger;                  // client id
  Link of_buyer;                   // while it is kept
  KeptOrder terms;
  Tokens work;  // most work tokens that it may cost
  Rates rates;
  Stamp placed;
  Stamp expires;
  Lots lot;      // what its quantity is a multiple of
  JobId job;     // what a token order became
  Chain leases;  // what a capacity order became
  std::uint32_t open_leases{};
  std::uint64_t told{};  // the settlement that lists it
};

struct Job {
  JobId id;
  OrderId order;
  OfferId offer;
  ParticipantId buyer, provider;
  NodeId node;
  InstrumentId instrument;
  PriceIndex price;
  ModelId model;
  Tokens input, output_max, output;
  FaultPolicy policy{};
  bool taker_is_buyer{};
  Rates rates;
  JobPhase phase{};
  Fault fault{};
  FailCode code{};
  FinishReason finish{};
  Nano held, charge, guarantee;  // charge: posted to the provider so far
  Micros latency;
  bool late{};
  Stamp matched;
  Micros stood_still;  // the exchange, in all, when it was matched
  Timer timer;
  Link still_open, of_node;  // while it is open
  std::array<Link, 2> of{};  // of the buyer, of the provider when that is somebody else
};

struct Lease {
  LeaseId id;
  OrderId order;
  OfferId offer;
  ParticipantId buyer, provider;
  NodeId node;
  InstrumentId instrument;
  PriceIndex price;
  Lots lots;
  Micros term;  // 0: until released
  bool taker_is_buyer{};
  Rates rates;
  LeasePhase phase{};
  Fault fault{};
  FailCode code{};
  Nano held, charge, guarantee;
  bool unfunded{};             // the next slice could not be held: the running one is the last
  Stamp matched, ready, ends;  // ready and ends move with gaps; 0: not yet, no end
  Micros used;
  Timer timer;
  Link still_open, of_node;  // while it is open
  Link of_order;
  std::array<Link, 2> of{};  // of the buyer, of the provider when that is somebody else
};

[[nodiscard]] inline bool open(Job const& job) { return job.phase < JobPhase::completed; }
[[nodiscard]] inline bool open(Lease const& lease) { return lease.phase < LeasePhase::ended; }

}  // namespace spillway::core
