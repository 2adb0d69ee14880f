// exchange/core.hpp - the exchange as one pure function: entries in, outcome records out.
// Room:   exchange_core (pure); sees market, matching, settlement (ledger), attest_registry.
// Rule:   no clock, no randomness, no I/O, no threads, no floating point. Live trading, restart, follower and
// audit are this
//         function applied to the same entries. Refusals are records; a broken invariant stops the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "market/account.hpp"
#include "market/command.hpp"
#include "market/record.hpp"
#include "matching/book.hpp"

namespace spillway {

/// Sizes of the tables; beyond them a command is refused with `capacity`. Address space for all of it is
/// taken when the core is made, and no command asks the heap for anything; memory is resident where it was
/// used, and where `resident` says so.
struct CoreLimits {
  std::uint32_t participants{10'000};
  std::uint32_t keys{100'000};  // of all participants
  std::uint32_t nodes{100'000};
  std::uint32_t units{1'000'000};        // keys of units that were ever proven
  std::uint32_t offers{1'000'000};       // live
  std::uint32_t offers_kept{4'000'000};  // with those that have ended and are remembered
  std::uint32_t orders_per_participant{100'000};
  std::uint32_t orders{1'000'000};          // resting
  std::uint32_t orders_kept{16'000'000};    // with those that have ended and are remembered
  std::uint32_t leases_kept{4'000'000};     // beyond them no new capacity order
  std::uint32_t lease_claims{16'000'000};   // what orders at rest may still become, at the smallest part
  std::uint32_t list_bytes{1'000'000'000};  // of long lists of models, classes and places in kept orders
  std::uint32_t steps{256};  // of one entry's follow-up work; part of the rules: other values are for tests
  /// So many nodes, offers, orders, jobs and leases, and what stands for them in the book, among the
  /// deadlines and the ids, find their memory there from the start. It decides no outcome.
  std::uint32_t resident{0};
  BookKind book{BookKind::fast};  // which implementation matches; the digest is the same
};

/// What one entry changed, in the order in which it happened. `touched` lists instruments whose book may look
/// different (ascending, each once); it is a hint for market data and no part of the digest.
struct Outcome {
  std::vector<Record> records;
  std::vector<InstrumentId> touched;
  std::uint32_t steps{};  // of follow-up work; under rules 2 at most 256 an entry. No part of the digest
  void clear() { records.clear(), touched.clear(), steps = 0; }
};

// Views of the state, for the follower's reads and for the gateway's knowledge of jobs. Plain values.
struct ParticipantView {
  ParticipantId id;
  FirmId firm;
  std::uint32_t roles{};
  std::uint64_t reports{};
};
struct LogKeyView {
  Seq changed;  // by which entry
  LogKeyChange said;
  Stamp until;  // both keys sign until an entry behind it is stamped at or after this
  bool over{};  // there is such an entry
};
struct KeyView {
  ParticipantId participant;
  KeyId key;
  KeyKind kind{};
  Bytes32 value{};
};
struct OrderView {
  OrderId id;
  ClientOrderId client;
  ParticipantId buyer;
  PlaceOrder terms;
  SignatureId signature;
  OrderPhase phase{};
  Lots open, filled;
  Nano held;
  Stamp placed, expires;  // expires 0: none
  PriceIndex limit;       // as amended; the terms say how it was placed
};
struct OfferView {
  OfferId id;
  ClientOrderId client;
  ParticipantId provider;
  NodeId node;
  InstrumentId instrument;
  PriceIndex price;
  Lots rest, executable, quantity;
  OfferPhase phase{};
  Stamp posted, end;
};
/// Accelerator time of token jobs that have ended: in which their slots were sold, and which the roofline
/// of the class needs for what they delivered.
struct MeteredSpan {
  Micros sold, worked;
  friend bool operator==(MeteredSpan const&, MeteredSpan const&) = default;
};
struct NodeView {
  NodeId id;
  ClientOrderId label;
  ParticipantId provider;
  PlaceId place;
  ClassId klass;
  std::uint16_t units_max{};
  std::int32_t units_attested{};
  std::int32_t units_missed{};  // of these, silent in the last census: not offered until they answer one
  NodePhase phase{};
  DrainReason drain{};  // why it takes no new work though it is heard
  MeteredSpan metered;  // since its meter was judged last
  MeteredSpan low;      // the last one that was too little for its class
  Stamp low_at;         // 0: none that a full challenge has not answered
};
struct JobView {
  JobId id;
  OrderId order;
  OfferId offer;
  ParticipantId buyer, provider;
  NodeId node;
  InstrumentId instrument;
  PriceIndex price;
  Tokens input, output_max, output;
  FaultPolicy policy{};
  JobPhase phase{};
  Fault fault{};
  FailCode code{};
  FinishReason finish{};
  Nano charge, guarantee;
  Micros latency;
  bool late{};
  Stamp matched, deadline;
};
struct LeaseView {
  LeaseId id;
  OrderId order;
  OfferId offer;
  ParticipantId buyer, provider;
  NodeId node;
  InstrumentId instrument;
  PriceIndex price;
  Lots lots;
  LeasePhase phase{};
  Fault fault{};
  Nano charge;
  Stamp matched, ready, ends;
  Micros used;
};
/// The last epoch, and what its census found so far.
struct CensusView {
  std::uint64_t epoch{};  // 0: there was none
  bool open{};
  Bytes32 commitment{}, beacon{};
  std::uint32_t passed{}, missed{}, failed{};
};
/// A node that is heard and whose proven units a census may ask. Units of a node are not told apart by what
/// runs on them: only `free` of them are idle, below 1 none.
struct CensusNode {
  struct Unit {
    std::uint16_t unit{};
    Bytes32 key{};
    bool missed{};  // the last census
  };
  NodeId node;
  ParticipantId provider;
  ClassId klass;
  std::int64_t free{};
  std::vector<Unit> units;  // all that are proven
};
/// The last proof of a unit, and what the last census that asked it found.
struct UnitView {
  std::uint16_t unit{};
  Bytes32 key{};
  Stamp expires;
  bool live{};
  bool failed{};                  // ended by a wrong answer
  std::uint64_t census{};         // 0: none asked it
  std::uint8_t missed{};          // running, of a live one
  std::uint16_t census_reason{};  // attest's RejectReason, of census or probe; 0: passed
  std::uint64_t probed{};         // the last epoch whose probe asked it; 0: none
  std::uint16_t probe_reason{};   // of that probe; 0: passed
  bool bonded{};                  // its bond is there, or none is asked for
};
struct BondView {
  NodeId node;
  std::uint16_t unit{};
  Nano amount;
  Stamp since;  // the hold before it can be taken begins here, or when the node's last job or lease ends
};
/// Of the proven units of one class in one place: how many, and the least that any of them has shown.
struct MeasuredView {
  std::int64_t units{};
  std::int64_t ops_per_s{}, bytes{}, bytes_per_s{};
};
struct AccountView {
  AccountKey key;
  Nano balance;
  Nano debits, credits;
};  // balance = credits - debits

class ExchangeCore {
 public:
  explicit ExchangeCore(CoreLimits limits = {});
  ~ExchangeCore();
  ExchangeCore(ExchangeCore const&) = delete;
  ExchangeCore& operator=(ExchangeCore const&) = delete;

  /// Applies one entry: first fires what is due up to its stamp in (deadline, creation) order, then the
  /// command. Entries come without gaps and with stamps that never go back (checked). `out` is appended to.
  void apply(Entry const& entry, Outcome& out);

  /// A hint that the entry will be applied soon: the memory that it will touch may come meanwhile.
  void expect(Entry const& entry) const;

  [[nodiscard]] Seq applied() const;
  [[nodiscard]] Stamp now() const;  // stamp of the last entry
  /// Earlier entries have left work: `Continue` entries come next, with the stamp `now()`, until there is
  /// none. Every other command is refused `busy` meanwhile, so nothing that waits for its end trades or
  /// changes.
  [[nodiscard]] bool unfinished() const;
  /// The earliest deadline that a Tick would fire; nothing when none waits. An entry whose own deadlines may
  /// be many comes after a Tick with the same stamp.
  [[nodiscard]] std::optional<Stamp> next_deadline() const;

  // -- reads; pointers and spans are not handed out, values are --
  [[nodiscard]] bool genesis_done() const;  // rules and all tables are there
  [[nodiscard]] Rules const& rules() const;
  [[nodiscard]] Reference const& reference() const;
  [[nodiscard]] Book const& book() const;
  [[nodiscard]] bool halted() const;
  /// The last change of the log's key; a sequence of 0 where there was none.
  [[nodiscard]] LogKeyView log_keys() const;
  [[nodiscard]] std::optional<ParticipantView> participant(ParticipantId) const;
  [[nodiscard]] std::vector<ParticipantView> participants() const;
  [[nodiscard]] std::vector<KeyView> keys() const;
  [[nodiscard]] std::optional<OrderView> order(OrderId) const;
  [[nodiscard]] std::optional<OrderId> order_with(ParticipantId,
                                                  ClientOrderId) const;  // by the client's own id
  /// What an order is taken to mean where it says nothing, and what it would hold, its fee included. Refused
  /// as the command would be for its own words; people, money and the book are not looked at.
  struct Terms {
    PlaceOrder order;
    Nano hold, fee;
  };
  [[nodiscard]] std::expected<Terms, Refusal> terms_of(PlaceOrder) const;
  [[nodiscard]] std::optional<OfferView> offer(OfferId) const;
  [[nodiscard]] std::optional<NodeView> node(NodeId) const;
  [[nodiscard]] std::optional<NodeId> node_labelled(ParticipantId, ClientOrderId label) const;
  [[nodiscard]] std::optional<JobView> job(JobId) const;
  [[nodiscard]] std::optional<LeaseView> lease(LeaseId) const;
  [[nodiscard]] std::vector<OrderView> orders_of(ParticipantId, std::size_t most) const;  // newest first
  [[nodiscard]] std::vector<OfferView> offers() const;
  [[nodiscard]] std::vector<NodeView> nodes() const;
  [[nodiscard]] std::vector<JobView> jobs_of(ParticipantId,
                                             std::size_t most) const;  // newest first, as buyer or provider
  [[nodiscard]] std::vector<JobView> open_jobs() const;
  [[nodiscard]] std::vector<LeaseView> leases_of(ParticipantId, std::size_t most) const;
  [[nodiscard]] std::vector<LeaseView> open_leases() const;
  [[nodiscard]] std::vector<AccountView> accounts_of(ParticipantId) const;
  [[nodiscard]] std::vector<AccountView> accounts() const;  // trial balance, by key

  [[nodiscard]] CensusView census() const;
  [[nodiscard]] std::vector<UnitView> units_of(NodeId) const;  // by key, those that ended as well
  [[nodiscard]] MeasuredView measured(ClassId klass, PlaceId place) const;
  [[nodiscard]] std::vector<BondView> bonds() const;  // by node and unit
  /// Nodes that are heard and have at least one proven unit, idle or not.
  [[nodiscard]] std::vector<CensusNode> census_nodes() const;

  // -- the whole state, for snapshots --
  /// The layout of what export_state writes; another one is another number.
  static constexpr std::uint32_t state_layout = 5;
  using Sink = std::function<void(std::span<std::byte const>)>;
  /// The tables stand still from the first listing or signature on; before that there is nothing to export.
  [[nodiscard]] bool can_export() const;
  /// Everything that applying further entries depends on, in one order, in pieces: cores that were given the
  /// same entries write the same bytes, whichever book they run on.
  void export_state(Sink const& to) const;
  /// What export_state wrote, into a core that has applied nothing. Errors: what is wrong with the bytes, or
  /// with the limits; the core is as it was then. `written_again`: what was read is written once more and
  /// compared, which takes as long again; for bytes that are known to be those that a core wrote, by their
  /// hash, `none` will do.
  enum class ImportCheck : std::uint8_t { written_again, none };
  [[nodiscard]] std::expected<void, std::string> import_state(std::span<std::byte const> bytes,
                                                              ImportCheck check = ImportCheck::written_again);

  /// Walks state and books: sums, law, holds, one phase per job. Stops the process when something is off.
  void check_invariants() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace spillway
