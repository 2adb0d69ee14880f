// market/message.hpp - what clients and the exchange say to each other, as plain values (docs/protocol.md).
// Room:   market (vocabulary); sees the standard library only.
// Units:  last in the names; prices are steps of the grid; places, classes, models and tiers go by name.
// Errors: DecodeError from the decoders; encoding a message beyond its bounds is a broken invariant.
// Rule:   field names and order are those of market/schema/{client,server}.fbs; JSON uses the same names.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "market/command.hpp"
#include "market/decode_error.hpp"
#include "market/ids.hpp"
#include "market/message_admin.hpp"
#include "market/record.hpp"
#include "market/refusal.hpp"
#include "market/units.hpp"

namespace spillway {

using Bytes = std::vector<std::byte>;

inline constexpr char const* subprotocol_binary = "spillway.v1.fb";
inline constexpr char const* subprotocol_json = "spillway.v1.json";
inline constexpr std::size_t largest_prompt_bytes = 256 * 1024;
inline constexpr std::size_t largest_chunk_bytes = 64 * 1024;
inline constexpr std::size_t largest_attest_bytes = 1024 * 1024;        // openings of one challenge
inline constexpr std::size_t largest_client_frame_bytes = 1536 * 1024;  // JSON with openings in base64 fits
inline constexpr std::size_t largest_login_frame_bytes = 64 * 1024;     // before a client is known
inline constexpr std::size_t largest_read_bytes = 4 * 1024 * 1024;      // ReadResult::json
inline constexpr std::size_t largest_server_frame_bytes = 9 * 1024 * 1024;  // JSON may double what it escapes

namespace msg {

// ---- both ways ----

/// One CAP-1 message of the challenge of one unit, opaque here. Without bytes, from the exchange: the census
/// of `epoch` calls the unit, which opens at once.
struct AttestFrame {
  NodeId node;
  std::uint16_t unit{};
  Bytes bytes;
  std::uint64_t epoch{};  // whose census it is of; 0: a full challenge
};

// ---- from clients: session ----

struct Login {
  Request request{};
  ParticipantId participant;
  KeyId key;
  Role role{};
  std::string server_name;
  bool exporter_used{};
  Bytes64 signature{};          // over login_bytes()
  std::uint64_t last_report{};  // reports after this one are sent again
  bool cancel_on_disconnect{};
  bool states{};  // will sign SessionStatements
};
struct Logout {
  Request request{};
};
struct Ping {
  Request request{};
};
/// Signed over statement_bytes(): what this session sent and got so far.
struct SessionStatement {
  Request request{};
  std::uint64_t last_request{};  // Answer::number
  Bytes32 requests{};
  std::uint64_t last_report{};
  Bytes32 reports{};
  Bytes64 signature{};
};

// ---- from clients: demand ----

/// The predicate by names; an empty list or text, 0 or unset: no limit.
struct Wanted {
  ProductKind product{};
  std::vector<std::string> models, classes, within, outside;
  std::string tier;
  Origin origin{};
  std::int32_t pue_max_milli{};
  std::int32_t green_min_milli{};
  std::string buyer_place;
  Micros network_us;
  Micros ready_us;
};
struct PlaceOrder {
  Request request{};
  ClientOrderId client;
  Wanted wanted;
  TimeInForce tif{};
  bool market{};
  PriceIndex limit;
  bool prefer_near{};
  Micros good_for_us;
  Tokens input;
  Tokens output_max;
  FaultPolicy policy{};
  Lots quantity;
  Micros term_us;
  bool stream{};  // tokens: content as it comes (ChunkToBuyer); else one chunk at the end
  Bytes prompt;   // an OpenAI chat-completions body; never journalled
};
struct AmendOrder {
  Request request{};
  OrderId order;
  ClientOrderId client;
  PriceIndex limit;
  Lots quantity;
};  // order, or else client
struct CancelOrder {
  Request request{};
  OrderId order;
  ClientOrderId client;
};  // order, or else client
struct ReleaseLease {
  Request request{};
  LeaseId lease;
};

// ---- from clients: supply ----

struct RegisterNode {
  Request request{};
  ClientOrderId label;
  std::string place;
  std::string klass;
  std::uint16_t units{};
};
struct PostOffer {
  Request request{};
  ClientOrderId client;
  NodeId node;
  ProductKind product{};
  std::string model;
  std::string tier;
  PriceIndex price;
  Lots quantity;
  Lots fill_min;
  Lots fill_max;
  bool replenish{};
  Stamp end_us;
};
struct AmendOffer {
  Request request{};
  OfferId offer;
  PriceIndex price;
  Lots quantity;
};
struct CancelOffer {
  Request request{};
  OfferId offer;
};
/// At most one of the three is named (market/command.hpp); none: all orders and offers of the sender.
struct CancelAll {
  Request request{};
  ParticipantId participant;
  NodeId node;
  InstrumentId instrument;
};
/// From the sender's funds, then from its earnings: what the unit's bond lacks.
struct BondPost {
  Request request{};
  NodeId node;
  std::uint16_t unit{};
};
struct BondTake {
  Request request{};
  NodeId node;
  std::uint16_t unit{};
};

// ---- from clients: work; answered only when refused ----

struct JobAck {
  Request request{};
  JobId job;
};
struct JobRefuse {
  Request request{};
  JobId job;
  FailCode code{};
};
struct JobChunk {
  Request request{};
  JobId job;
  Bytes content, raw;
};  // UTF-8 delta; the engine's SSE data, if kept
struct JobDone {
  Request request{};
  JobId job;
  FinishReason finish{};
  Tokens claimed_output, claimed_input;
  Bytes64 signature{};
};
struct JobFail {
  Request request{};
  JobId job;
  FailCode code{};
  Tokens claimed_output, claimed_input;
  Bytes64 signature{};
};
struct LeaseReadyMsg {
  Request request{};
  LeaseId lease;
};
struct LeaseEndedMsg {
  Request request{};
  LeaseId lease;
  FailCode code{};
};

// ---- from clients: reads and the feed ----

enum class ReadKind : std::uint8_t {
  unset = 0,
  instruments = 1,
  book = 2,
  orders = 3,
  jobs = 4,
  leases = 5,
  balances = 6,
  why = 7,
  preview = 8,
  status = 9,
  registered = 10,  // operators: a participant's row of the register
  postings = 11,    // of one account, by time
};
/// `participant`: for operators and auditors, whose; 0: the asker. `wait_for_seq`: answer not before this
/// entry is seen. `account`, `from_us` and `to_us` are for postings: stamps in [from, to), 0 as `to`: no end.
struct Read {
  Request request{};
  ReadKind kind{};
  InstrumentId instrument;
  OrderId order;
  std::uint32_t most{};
  Seq wait_for_seq;
  ParticipantId participant;
  std::optional<PlaceOrder> place_order;  // preview only
  std::uint16_t account{};                // AccountKind
  Stamp from_us, to_us;
};
inline constexpr std::uint32_t topic_top = 1;     // BookTop
inline constexpr std::uint32_t topic_trades = 2;  // Trade
/// Replaces the subscription of this session; no instruments: all of them.
struct Subscribe {
  Request request{};
  std::uint32_t topics{};
  std::vector<InstrumentId> instruments;
};

// ---- from the exchange: session ----

/// First on every connection; the nonce is good for one login.
struct ServerHello {
  Bytes32 nonce{};
  Stamp server_time_us;
  std::string server_name;
  std::string version;
};
struct Welcome {
  Request request{};
  ParticipantId participant;
  Role role{};
  SessionId session;
  std::uint64_t reports_have{};  // the participant's last report number
  Rules rules;
  Stamp stamp_us;
  bool states{};  // statements are expected; answers carry entries
};
/// The one answer to what is not a read. `id`: what was made or touched. `repeat`: the first answer again.
struct Answer {
  Request request{};
  Refusal refusal{};
  std::string sentence;
  std::uint64_t id{};
  Seq seq;
  bool repeat{};
  std::uint64_t number{};  // of the request within a session that states what it sent; 0: it has none
  Bytes entry{};           // such a request as it was journalled
};
struct Report {
  std::uint64_t report{};
  Seq seq;
  Stamp stamp_us;
  Record record;
};
struct Throttle {
  Refusal code{};
  std::string sentence;
  Micros retry_after_us;
};
struct Closing {
  Refusal code{};
  std::string sentence;
};
struct Pong {
  Request request{};
};

// ---- from the exchange: to providers ----

struct Dispatch {
  JobId job;
  OrderId order;
  NodeId node;
  std::string model;
  InstrumentId instrument;
  PriceIndex price;
  Tokens input;
  Tokens output_max;
  FaultPolicy policy{};
  Bytes prompt;
  Stamp first_token_deadline_us;
};
struct CancelJob {
  JobId job;
  FailCode code{};
};
struct LeaseStart {
  LeaseId lease;
  NodeId node;
  Lots lots;
  ParticipantId buyer;
  Micros term_us;
};
struct LeaseStop {
  LeaseId lease;
  FailCode code{};
};
struct AttestVerdict {
  NodeId node;
  std::uint16_t unit{};
  bool admitted{};
  std::uint16_t reason{};
  std::string sentence;
  std::int64_t ops_per_s{}, bytes{}, bytes_per_s{};
  Stamp expires_us;
};

// ---- from the exchange: to buyers, and the feed ----

struct ChunkToBuyer {
  OrderId order;
  JobId job;
  Bytes content;
};
struct JobEnd {
  OrderId order;
  JobId job;
  JobPhase phase{};
  Fault fault{};
  FailCode code{};
  FinishReason finish{};
  Tokens input, output;
  Nano charge_nano;
  Micros latency_us;
};
struct Level {
  PriceIndex price;
  Lots lots;
};
struct BookTop {
  InstrumentId instrument;
  Seq seq;
  std::optional<Level> ask, bid;
};
struct Trade {
  InstrumentId instrument;
  Seq seq;
  PriceIndex price;
  Lots lots;
  Stamp stamp_us;
};
struct ReadResult {
  Request request{};
  Seq seq;
  std::string json;  // reflects `seq`
};

}  // namespace msg

/// The order is that of the unions in the schema; new messages go to the end.
using ClientMessage =
    std::variant<msg::Login, msg::Logout, msg::Ping, msg::PlaceOrder, msg::AmendOrder, msg::CancelOrder,
                 msg::ReleaseLease, msg::RegisterNode, msg::PostOffer, msg::AmendOffer, msg::CancelOffer,
                 msg::AttestFrame, msg::JobAck, msg::JobRefuse, msg::JobChunk, msg::JobDone, msg::JobFail,
                 msg::LeaseReadyMsg, msg::LeaseEndedMsg, msg::Read, msg::Subscribe, msg::AdminParticipant,
                 msg::AdminKey, msg::AdminDeposit, msg::AdminHalt, msg::AdminShutdown, msg::SessionStatement,
                 msg::AdminRegister, msg::AdminForget, msg::AdminLogKey, msg::CancelAll, msg::AdminRules,
                 msg::BondPost, msg::BondTake, msg::AdminBonds, msg::AdminFrozen>;
using ServerMessage = std::variant<msg::ServerHello, msg::Welcome, msg::Answer, msg::Report, msg::Throttle,
                                   msg::Closing, msg::Pong, msg::Dispatch, msg::CancelJob, msg::LeaseStart,
                                   msg::LeaseStop, msg::AttestFrame, msg::AttestVerdict, msg::ChunkToBuyer,
                                   msg::JobEnd, msg::BookTop, msg::Trade, msg::ReadResult>;

/// 0 for AttestFrame, which has none.
[[nodiscard]] msg::Request request_of(ClientMessage const& message);
/// The message's name in the schema, "PlaceOrder".
[[nodiscard]] char const* type_name(ClientMessage const& message);
[[nodiscard]] char const* type_name(ServerMessage const& message);

// FlatBuffers, for the subprotocol `spillway.v1.fb`. JSON is in market/json.hpp.
[[nodiscard]] Bytes encode(ClientMessage const& message);
[[nodiscard]] Bytes encode(ServerMessage const& message);
/// Safe on any bytes; what is returned is inside the bounds of the schema (enums known, texts UTF-8, sizes).
[[nodiscard]] std::expected<ClientMessage, DecodeError> decode_client_message(
    std::span<std::byte const> bytes);
[[nodiscard]] std::expected<ServerMessage, DecodeError> decode_server_message(
    std::span<std::byte const> bytes);

/// What a login signs; `exporter`: 32 bytes of the TLS exporter, or nothing.
[[nodiscard]] Bytes login_bytes(Bytes32 const& nonce, std::string_view server_name, ParticipantId participant,
                                KeyId key, Role role, std::optional<Bytes32> const& exporter);
/// What a provider signs with JobDone and JobFail: running totals of tokens.
[[nodiscard]] Bytes usage_claim_bytes(JobId job, Tokens input, Tokens output);

}  // namespace spillway
