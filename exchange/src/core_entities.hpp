// exchange/src/core_entities.hpp - what the core remembers of people, nodes, offers, orders, jobs and leases:
// plain values.
// Room:   exchange_core (pure), internal.
// Units:  see the fields' types; `timer` names the waiting deadline of a thing, none when nothing waits.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <variant>

#include "core_timers.hpp"
#include "market/command.hpp"
#include "market/record.hpp"

namespace spillway::core {

/// A client id that was used: its content, to tell a repeat from a clash, and what it made.
struct Remembered {
  std::variant<PlaceOrder, PostOffer> content;
  std::uint64_t made{};
};

/// The client ids of one participant, within the window; the oldest leave first.
struct ClientIds {
  std::map<ClientOrderId, Remembered> known;
  std::deque<std::pair<Stamp, ClientOrderId>> by_age;
  ClientOrderId forgotten_highest;
};

struct Participant {
  ParticipantId id;
  FirmId firm;
  std::uint32_t roles{};
  std::uint64_t reports{};
  std::map<KeyId, AddKey> keys;
  ClientIds client_ids;
  std::set<OrderId> orders;
  std::set<JobId> jobs;      // as buyer or provider
  std::set<LeaseId> leases;  // as buyer or provider
  std::int64_t fills_day{};  // the UTC day that `fills_today` counts
  std::int64_t fills_today{};
};

struct Node {
  NodeId id;
  ClientOrderId label;
  ParticipantId provider;
  PlaceId place;
  ClassId klass;
  std::uint16_t units_max{};
  NodePhase phase{};
  Stamp lost_at;
  Timer timer;                                 // grace
  std::map<std::uint16_t, Timer> unit_expiry;  // by unit
  std::set<JobId> jobs;                        // open ones
  std::set<LeaseId> leases;                    // open ones
};

struct Offer {
  OfferId id;
  PostOffer terms;
  ParticipantId provider;
  InstrumentId instrument;
  PriceIndex price;
  Lots quantity;
  OfferPhase phase{};
  Stamp posted;
  Timer timer;  // its end
};

/// The numbers of the rules as they stood when the order came in: a hold never meets rates that it was not
/// made for.
struct Rates {
  std::int32_t taker_bps{};
  std::int32_t maker_bps{};
  Micros lease_slice;
};

struct Order {
  OrderId id;
  PlaceOrder terms;  // as accepted: defaults filled in
  ParticipantId buyer;
  SignatureId signature;
  PriceIndex limit;
  OrderPhase phase{};
  Lots open;
  Lots filled;
  Nano held;
  Rates rates;
  Stamp placed;
  Stamp expires;
  JobId job;    // what a token order became
  Timer timer;  // expiry
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
  Timer timer;
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
};

[[nodiscard]] inline bool open(Job const& job) { return job.phase < JobPhase::completed; }
[[nodiscard]] inline bool open(Lease const& lease) { return lease.phase < LeasePhase::ended; }

}  // namespace spillway::core
