// market/command.hpp - everything that can be sequenced: the commands of the exchange as plain values.
// Room:   market (vocabulary); sees the standard library only.
// Units:  see the fields' types. `Entry::principal` is who asked; 0 is the exchange itself (gateway, clock,
//         genesis).
// Rule:   a command carries all that is unpredictable; applying the same entries gives the same outcome
//         records.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "market/ids.hpp"
#include "market/predicate.hpp"
#include "market/price_grid.hpp"
#include "market/reference.hpp"
#include "market/units.hpp"

namespace spillway {

using Bytes32 = std::array<std::byte, 32>;
using Bytes64 = std::array<std::byte, 64>;

// ---- rules, reference, people: by the operator ----

/// Versions 1 up to this one are known; a new journal begins with it.
inline constexpr std::uint32_t rules_newest = 5;

/// The numbers of the rules in force. Version 1: a command does all its work at once. Version 2: at most 256
/// steps, and the rest in `Continue` entries. Version 3: knows the commands that came with it, which older
/// rules refuse `rules_unknown` (docs/formats/journal.md). Version 4: knows `NodeDrain`; misses of censuses
/// belong to a unit's place. Version 5: bonds, and metered work and probes of sold units.
struct Rules {
  std::uint32_t version{rules_newest};
  Micros acknowledgement{2'000'000};
  Micros first_token_slack{5'000'000};  // beyond round trip + promise
  Micros silence{10'000'000};           // watched at the gateway
  Micros node_grace{15'000'000};
  Micros lease_ready_slack{20'000'000};  // beyond the tier's time to usable
  Micros lease_slice{10'000'000};
  Nano usage_mark{10'000'000};
  Micros attestation_validity{1'200'000'000};
  Micros token_order_default{10'000'000};
  Micros token_order_longest{120'000'000};
  std::int32_t taker_fee_bps{100};
  std::int32_t maker_rebate_bps{20};
  std::int32_t sla_rebate_milli{200};
  std::int64_t class_scale{1};               // attested floors = class floors / class_scale; 1 = unscaled
  Nano bond_per_unit{5 * nano_per_unit};     // from version 5 on: before a unit is challenged; 0: no bonds
  Micros bond_hold{24LL * micros_per_hour};  // after the last that it stands for has ended
  friend bool operator==(Rules const&, Rules const&) = default;
};

struct SetRules {
  Rules rules;
};
struct DefinePlaces {
  std::vector<Place> rows;
};  // rows are appended: a table longer than an entry comes in several
struct DefineRoundTrips {
  PlaceId from;
  std::vector<RoundTrip> to_each_place;
};
struct DefineClasses {
  std::vector<AcceleratorClass> rows;
};
struct DefineTiers {
  std::vector<Tier> rows;
};
struct DefineModels {
  std::vector<Model> rows;
};
struct DefineRelay {
  PlaceId place;
};
struct SetHalt {
  bool halted{};
};  // halted: new orders and offers are refused, everything else goes on

enum class Role : std::uint32_t { none = 0, provider = 1, buyer = 2, auditor = 4, operator_ = 8 };
struct AddParticipant {
  ParticipantId participant;
  FirmId firm;
  std::uint32_t roles{};
};  // roles: OR of Role
enum class KeyKind : std::uint8_t { unset = 0, ed25519 = 1, bearer_blake2b = 2 };
struct AddKey {
  ParticipantId participant;
  KeyId key;
  KeyKind kind{};
  Bytes32 value{};
};  // public key, or hash of a bearer key
struct Deposit {
  ParticipantId participant;
  Nano amount;
};
struct FundGuarantee {
  Nano amount;
};
/// Who a participant is stands outside the journal, in a register that can be erased; `row` is a keyed hash
/// of its row there. Zeros: the row was erased.
struct SetRegister {
  ParticipantId participant;
  Bytes32 row{};
};
/// From this entry on `after` signs the log's heads; `before` signs them too until an entry is stamped
/// `overlap` later (docs/decisions). Public Ed25519 keys, and their ids under the log's name, which the core
/// takes as they are.
struct LogKeyChange {
  Bytes32 before{};
  Bytes32 after{};
  std::uint32_t before_id{};
  std::uint32_t after_id{};
  Micros overlap{};
};

// ---- supply ----

/// A node is known by its provider's own label, so a reconnecting agent finds it again.
struct RegisterNode {
  ClientOrderId label;
  PlaceId place;
  ClassId klass;
  std::uint16_t units_max{};
};
/// Verdict of a full challenge, checked outside the core; principal is the exchange.
struct UnitAttested {
  NodeId node;
  std::uint16_t unit{};
  Bytes32 unit_key{};
  ClassId klass;
  std::int64_t ops_per_s{};
  std::int64_t bytes{};
  std::int64_t bytes_per_s{};
  std::uint8_t evidence_level{};
  Bytes32 transcript{};
};
/// `reason` is attest's RejectReason; the record ends, the unit's capacity leaves the book in this step.
struct UnitRejected {
  NodeId node;
  std::uint16_t unit{};
  std::uint16_t reason{};
};
struct NodeLost {
  NodeId node;
};
struct NodeBack {
  NodeId node;
};

struct PostOffer {
  ClientOrderId client;
  NodeId node;
  ProductKind product{};
  ModelId model;
  TierId tier;
  PriceIndex price;
  Lots quantity;
  Lots fill_min;
  Lots fill_max;  // 0: no bound of its own
  bool replenish{};
  Stamp end;  // 0: good until cancelled
};
struct AmendOffer {
  OfferId offer;
  PriceIndex price;
  Lots quantity;
};  // quantity = new total rest
struct CancelOffer {
  OfferId offer;
};

// ---- demand ----

enum class TimeInForce : std::uint8_t { unset = 0, ioc = 1, fok = 2, gtc = 3, timed = 4 };
/// After the first token a failed job either ends with an error frame and is paid, or counts as not
/// delivered.
enum class FaultPolicy : std::uint8_t { unset = 0, error_frame = 1, re_run = 2 };

struct PlaceOrder {
  ClientOrderId client;
  Predicate predicate;
  TimeInForce tif{};
  bool market{};  // market: `limit` is the protection
  PriceIndex limit;
  bool prefer_near{};
  Micros good_for{};  // timed only; 0 = the rules' default
  Tokens input;
  Tokens output_max;
  FaultPolicy policy{};  // tokens: one job
  Lots quantity;
  Micros term{};  // capacity; term 0: until released
};
struct AmendOrder {
  OrderId order;
  PriceIndex limit;
  Lots quantity;
};  // capacity: less keeps priority; tokens: price only
enum class CancelReason : std::uint8_t { unset = 0, asked = 1, disconnected = 2 };
struct CancelOrder {
  OrderId order;
  CancelReason reason{};
};
struct ReleaseLease {
  LeaseId lease;
};

// ---- jobs and leases: by the gateway (jobs) and the provider (leases) ----

struct JobAcknowledged {
  JobId job;
};
struct JobFirstToken {
  JobId job;
  Micros latency{};
};  // measured by the relay: last request byte to first content byte
struct JobMarked {
  JobId job;
  Tokens output;
};  // usage mark: counted output so far, a running total
enum class FinishReason : std::uint8_t { unset = 0, stop = 1, length = 2 };
/// The provider's signed usage claim beside the gateway's own count.
struct JobCompleted {
  JobId job;
  FinishReason finish{};
  Tokens counted_output;
  Tokens claimed_output;
  Tokens claimed_input;
  Bytes64 claim_signature{};
};
enum class Fault : std::uint8_t { unset = 0, buyer = 1, provider = 2, exchange = 3, none = 4 };
enum class FailCode : std::uint16_t {
  unset = 0,
  refused = 1,
  not_acknowledged = 2,
  first_token_late = 3,
  stalled = 4,
  engine_died = 5,
  engine_error = 6,
  node_lost = 7,
  buyer_left = 8,
  prompt_missing = 9,
  relay_died = 10,
  engine_refused_request = 11,
  output_unread = 12,
};
struct JobFailed {
  JobId job;
  Fault fault{};
  FailCode code{};
  Tokens counted_output;
  Tokens claimed_output;
  Tokens claimed_input;
  Bytes64 claim_signature{};
};
struct LeaseReady {
  LeaseId lease;
};
struct LeaseFailed {
  LeaseId lease;
  Fault fault{};
  FailCode code{};
};

// ---- time ----

struct Tick {};
/// The sequencer did not run for `gap`: deadlines in service move by it. `relay_lost`: a fresh process, token
/// jobs have lost their relay and their prompts, nodes must come back.
struct Resumed {
  Micros gap{};
  bool relay_lost{};
};

/// Goes on with the work that earlier entries left, as of their stamp; entered by the sequencer before
/// anything else while there is some.
struct Continue {};

/// A mass cancel of resting orders and live offers; at most one of the three is named. Participant: all of
/// its orders and offers. Node: the node's offers. Instrument: its offers, of the sender alone unless that is
/// the operator. None: all of the sender's own.
struct CancelAll {
  ParticipantId participant;
  NodeId node;
  InstrumentId instrument;
};

// ---- sessions ----

/// What the principal signs over its own session (docs/protocol.md): every request that it sent up to
/// `last_request`, and every report that it got after `reports_from` up to `last_report`.
struct SessionStatement {
  SessionId session;
  KeyId key;
  Bytes32 nonce{};
  std::uint64_t last_request{};
  Bytes32 requests{};
  std::uint64_t reports_from{};
  std::uint64_t last_report{};
  Bytes32 reports{};
  Bytes64 signature{};
};

// ---- censuses: by the exchange, from rules 3 on ----

/// Epoch E begins, from 1 without gaps: its seed is fixed by H("cap1-seed", seed) before anybody is asked.
struct EpochOpen {
  std::uint64_t epoch{};
  Bytes32 commitment{};
  Bytes32 beacon{};  // b_E
};
/// After the last verdict of the epoch: anybody can check its transcripts now, and forge others. Zeros: the
/// seed was lost.
struct EpochClose {
  std::uint64_t epoch{};
  Bytes32 seed{};
};
enum class CensusVerdict : std::uint8_t { unset = 0, passed = 1, missed = 2, failed = 3 };
/// census: in the common window of the epoch, of a unit with nothing else to do. probe (rules 5): at a
/// moment of its own, of a unit of a node that is at work; its rate counts for nothing.
enum class CheckKind : std::uint8_t { census = 0, probe = 1 };
/// What a light challenge of the open epoch found, checked outside the core. `reason` is attest's
/// RejectReason; 0 where it passed. `transcript`: hash of what was said.
struct UnitChecked {
  std::uint64_t epoch{};
  NodeId node;
  std::uint16_t unit{};
  Bytes32 unit_key{};
  CensusVerdict verdict{};
  std::uint16_t reason{};
  std::int64_t ops_per_s{};
  Bytes32 transcript{};
  CheckKind kind{};
};

// ---- snapshots: by the exchange, from rules 3 on ----

/// What the follower exported behind entry `seq`: BLAKE2b-256 over the canonical state, in this layout.
struct StateDigest {
  Seq seq;
  std::uint32_t layout{};
  Bytes32 digest{};
};

// ---- drains: by the exchange, from rules 4 on ----

/// Why a node takes no new work. none: it takes some. daily: its full challenge is due. unjudged: its units
/// were at work in three censuses running. metered (rules 5): its jobs delivered too little for its class.
enum class DrainReason : std::uint8_t { none = 0, daily = 1, unjudged = 2, metered = 3 };
/// Nothing new is matched to the node, what it works on goes on; its offers keep price and priority. With
/// `none` they are executable again.
struct NodeDrain {
  NodeId node;
  DrainReason reason{};
};

// ---- bonds: from rules 5 on ----

/// By the provider, from its funds: what the unit's bond lacks.
struct BondPost {
  NodeId node;
  std::uint16_t unit{};
};
/// By the provider: all of it goes back to its funds.
struct BondTake {
  NodeId node;
  std::uint16_t unit{};
};
enum class FrozenTo : std::uint8_t { unset = 0, earnings = 1, guarantee = 2 };
/// By the operator: the way out of a provider's frozen earnings.
struct FrozenSettle {
  ParticipantId participant;
  Nano amount;
  FrozenTo to{};
};

/// The order of members is fixed: journal and wire carry the index. New commands go to the end.
using Command =
    std::variant<SetRules, DefinePlaces, DefineRoundTrips, DefineClasses, DefineTiers, DefineModels,
                 DefineRelay, SetHalt, AddParticipant, AddKey, Deposit, FundGuarantee, RegisterNode,
                 UnitAttested, UnitRejected, NodeLost, NodeBack, PostOffer, AmendOffer, CancelOffer,
                 PlaceOrder, AmendOrder, CancelOrder, ReleaseLease, JobAcknowledged, JobFirstToken, JobMarked,
                 JobCompleted, JobFailed, LeaseReady, LeaseFailed, Tick, Resumed, Continue, CancelAll,
                 SetRegister, SessionStatement, LogKeyChange, EpochOpen, EpochClose, UnitChecked, StateDigest,
                 NodeDrain, BondPost, BondTake, FrozenSettle>;

/// One line of the journal.
struct Entry {
  Seq seq;
  Stamp stamp;
  ParticipantId principal;
  Command command;
  /// Of a session that states what it sent: which one, and the number of the request in it. 0: the exchange
  /// alone vouches for where this came from.
  SessionId session{};
  std::uint64_t request{};
};

}  // namespace spillway
