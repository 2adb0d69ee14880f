// market/record.hpp - outcome records: what one command changed, in 96 bytes each, as hashed into D and the
// seals.
// Room:   market (vocabulary); sees the standard library only.
// Layout: little-endian, no padding left to chance; these structs are the format (docs/formats/records.md).
// Rule:   numbers of kinds and states never change meaning. Any change of a record for the same command is a
//         new rules version.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "market/ids.hpp"

namespace spillway {

static_assert(std::endian::native == std::endian::little, "records are stored as they lie in memory");

enum class RecordKind : std::uint16_t {
  unset = 0,
  refused = 1,
  accepted = 2,
  order_state = 3,
  offer_state = 4,
  fill = 5,
  job_state = 6,
  lease_state = 7,
  posting = 8,
  node_state = 9,
  unit_state = 10,
  participant_state = 11,
  instrument_listed = 12,
  market_state = 13,
  log_key_state = 14,
  epoch_state = 15,
};

/// Who is told: a report goes to at most two participants, each with its own unbroken report number.
struct Addressee {
  std::uint32_t participant{};  // 0: nobody
  std::uint32_t pad{};
  std::uint64_t report{};  // the participant's report number, from 1; 0 with participant 0
};

struct RecordHead {
  RecordKind kind{};
  std::uint16_t code{};  // Refusal, TransferCode, FailCode or CancelReason, by kind
  std::uint32_t pad{};
  Addressee first;
  Addressee second;
};
static_assert(sizeof(RecordHead) == 40);

enum class OrderPhase : std::uint8_t { unset = 0, resting = 1, filled = 2, cancelled = 3, expired = 4 };
enum class OfferPhase : std::uint8_t { unset = 0, live = 1, exhausted = 2, cancelled = 3, expired = 4 };
enum class JobPhase : std::uint8_t {
  unset = 0,
  dispatched = 1,
  acknowledged = 2,
  streaming = 3,
  completed = 4,
  failed = 5,  // 4 and 5 are terminal
};
enum class LeasePhase : std::uint8_t { unset = 0, starting = 1, running = 2, ended = 3, failed = 4 };
/// draining: heard, and takes no new work until it is challenged; only shown, never kept.
enum class NodePhase : std::uint8_t { unset = 0, up = 1, lost = 2, gone = 3, draining = 4 };
/// missed: proven, but silent in the last census, so its capacity is not offered. ended: so twice running.
enum class UnitPhase : std::uint8_t {
  unset = 0,
  attested = 1,
  rejected = 2,
  expired = 3,
  missed = 4,
  ended = 5
};
enum class EpochPhase : std::uint8_t { unset = 0, open = 1, closed = 2 };

namespace record {

struct Refused {
  std::uint64_t client{}, about{};
  std::uint16_t command{};
  std::uint16_t pad[3]{};
};  // command = variant index
struct Accepted {
  std::uint64_t client{}, made{};
  std::uint16_t command{};
  std::uint16_t pad[3]{};
};  // made: id, when one was made
struct OrderState {
  std::uint64_t order{}, client{};
  std::int64_t open_lots{}, filled_lots{}, held_nano{};
  std::uint32_t limit{}, signature{};
  std::uint8_t phase{}, tif{}, product{};
  std::uint8_t pad[5]{};
};
struct OfferState {
  std::uint64_t offer{}, client{};
  std::int64_t rest_lots{};
  std::uint32_t node{}, instrument{}, price{};
  std::uint8_t phase{};
  std::uint8_t pad[3]{};
  std::int64_t spare[2]{};
};
struct Fill {  // first = buyer, second = provider
  std::uint64_t fill{}, order{}, offer{};
  std::int64_t lots{};
  std::uint32_t price{}, instrument{}, node{};
  std::int32_t path_us{};
  std::uint8_t product{}, taker_is_buyer{};
  std::uint8_t pad[6]{};
};
struct JobState {  // first = buyer, second = provider; head.code = FailCode
  std::uint64_t job{}, order{};
  std::int64_t input{}, output{}, charge_nano{}, guarantee_nano{};
  std::int32_t latency_us{};
  std::uint8_t phase{}, fault{}, finish{}, late{};
};
struct LeaseState {  // first = buyer, second = provider; head.code = FailCode
  std::uint64_t lease{}, order{};
  std::int64_t lots{}, used_us{}, charge_nano{}, guarantee_nano{};
  std::uint8_t phase{}, fault{};
  std::uint8_t pad[6]{};
};
struct Posting {  // head.code = TransferCode
  std::uint64_t transfer{};
  std::uint32_t debit_owner{}, credit_owner{};
  std::uint16_t debit_kind{}, credit_kind{};
  std::uint32_t pad{};
  std::int64_t amount_nano{};
  std::uint64_t about{};  // about: order, job or lease id; 0 otherwise
  std::uint64_t spare[2]{};
};
struct NodeState {
  std::uint64_t label{};
  std::uint32_t node{}, attested_units{};
  std::uint16_t place{}, klass{};
  std::uint8_t phase{};
  std::uint8_t pad[3]{};
  std::uint64_t spare[4]{};
};
struct UnitState {  // head.code = reject reason
  std::uint32_t node{};
  std::uint16_t unit{}, klass{};
  std::int64_t ops_per_s{}, bytes{}, bytes_per_s{}, expires_us{};
  std::uint8_t phase{}, evidence_level{};
  std::uint8_t pad[6]{};
};
struct ParticipantState {
  std::uint32_t participant{}, roles{}, firm{}, keys{};
  std::uint64_t spare[5]{};
};
struct InstrumentListed {
  std::uint32_t instrument{};
  std::uint16_t model{}, klass{}, place{};
  std::uint8_t product{}, tier{};
  std::uint32_t pad{};
  std::uint64_t spare[5]{};
};
struct MarketState {
  std::uint8_t halted{};
  std::uint8_t pad[3]{};
  std::uint32_t rules_version{};
  std::uint64_t spare[6]{};
};
struct LogKeyState {
  std::uint32_t before_id{}, after_id{};  // both sign until an entry is stamped at or after `until_us`
  std::int64_t until_us{};
  std::uint64_t spare[5]{};
};

struct EpochState {
  std::uint64_t epoch{};
  std::array<std::byte, 32> value{};  // open: the commitment; closed: the seed
  std::uint8_t phase{};
  std::uint8_t pad[3]{};
  std::uint32_t passed{}, missed{}, failed{};  // units so far
};

template <class Body>
inline constexpr RecordKind kind_of = RecordKind::unset;
template <>
inline constexpr RecordKind kind_of<Refused> = RecordKind::refused;
template <>
inline constexpr RecordKind kind_of<Accepted> = RecordKind::accepted;
template <>
inline constexpr RecordKind kind_of<OrderState> = RecordKind::order_state;
template <>
inline constexpr RecordKind kind_of<OfferState> = RecordKind::offer_state;
template <>
inline constexpr RecordKind kind_of<Fill> = RecordKind::fill;
template <>
inline constexpr RecordKind kind_of<JobState> = RecordKind::job_state;
template <>
inline constexpr RecordKind kind_of<LeaseState> = RecordKind::lease_state;
template <>
inline constexpr RecordKind kind_of<Posting> = RecordKind::posting;
template <>
inline constexpr RecordKind kind_of<NodeState> = RecordKind::node_state;
template <>
inline constexpr RecordKind kind_of<UnitState> = RecordKind::unit_state;
template <>
inline constexpr RecordKind kind_of<ParticipantState> = RecordKind::participant_state;
template <>
inline constexpr RecordKind kind_of<InstrumentListed> = RecordKind::instrument_listed;
template <>
inline constexpr RecordKind kind_of<MarketState> = RecordKind::market_state;
template <>
inline constexpr RecordKind kind_of<LogKeyState> = RecordKind::log_key_state;
template <>
inline constexpr RecordKind kind_of<EpochState> = RecordKind::epoch_state;

}  // namespace record

/// One outcome record: a head and 56 bytes of body.
struct Record {
  RecordHead head;
  std::array<std::byte, 56> body{};

  template <class Body>
  [[nodiscard]] static Record of(Body const& b, std::uint16_t code = 0) {
    static_assert(sizeof(Body) <= 56 && std::has_unique_object_representations_v<Body>);
    Record r;
    r.head.kind = record::kind_of<Body>;
    r.head.code = code;
    std::memcpy(r.body.data(), &b, sizeof b);
    return r;
  }
  /// The body as what `head.kind` says it is; the caller has looked at the kind.
  template <class Body>
  [[nodiscard]] Body as() const {
    Body b;
    std::memcpy(&b, body.data(), sizeof b);
    return b;
  }
};
static_assert(sizeof(Record) == 96 && std::has_unique_object_representations_v<Record>);

}  // namespace spillway
