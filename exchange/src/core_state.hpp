// exchange/src/core_state.hpp - the state behind ExchangeCore and the steps that change it; one source file
// per purpose.
// Room:   exchange_core (pure), internal.
// Rule:   every handler looks, computes, then commits: what it returns as a refusal has changed nothing.
#pragma once

#include <algorithm>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "attest/registry.hpp"
#include "core_entities.hpp"
#include "core_timers.hpp"
#include "exchange/core.hpp"
#include "market/amounts.hpp"
#include "market/check.hpp"
#include "settlement/fault_table.hpp"
#include "settlement/ledger.hpp"

namespace spillway {

namespace core {

/// What an applied command answers: the id that it made or concerned, and `exists` for a repeat.
struct Answer {
  std::uint64_t made{};
  Refusal code{Refusal::none};
};
using Reply = std::expected<Answer, Refusal>;

[[nodiscard]] inline auto refuse(Refusal why) { return std::unexpected(why); }
[[nodiscard]] inline bool no(Refusal why) { return why != Refusal::none; }

inline constexpr ParticipantId nobody{};
inline constexpr Lots one_job{1};
inline constexpr std::size_t offers_per_node_max = 16;
inline constexpr Lots capacity_lots_max{1'000'000};  // 1,000 accelerators
inline constexpr Lots slots_max{1'000'000};
inline constexpr Micros term_longest{30LL * 24 * micros_per_hour};
/// A lease without a term ends here; longer than that is another order.
inline constexpr Micros lease_longest{90LL * 24 * micros_per_hour};

}  // namespace core

namespace core {
class ArchiveWriter;
class ArchiveReader;
}  // namespace core

struct ExchangeCore::State {
  using Answer = core::Answer;
  using Reply = core::Reply;

  explicit State(CoreLimits const& sizes)
      : limits(sizes), own_book(make_book(sizes.book, reference, book_limits(sizes))), book(*own_book) {}
  [[nodiscard]] static BookLimits book_limits(CoreLimits const&);

  // ---- core.cpp: one entry ----
  void apply(Entry const& entry, Outcome& to);
  [[nodiscard]] static bool is_answered(Entry const& entry);
  void number_reports(std::size_t from);
  void list_touched();
  template <class Body>
  void emit(Body const& body, std::uint16_t code = 0, ParticipantId first = {}, ParticipantId second = {}) {
    auto record = Record::of(body, code);
    record.head.first.participant = first.v;
    record.head.second.participant = second == first ? 0 : second.v;
    out->records.push_back(record);
  }

  // ---- core_admin.cpp: rules, halt, people ----
  Reply on(ParticipantId who, SetRules const&);
  Reply on(ParticipantId who, SetHalt const&);
  Reply on(ParticipantId who, AddParticipant const&);
  Reply on(ParticipantId who, AddKey const&);
  Reply on(ParticipantId who, Deposit const&);
  Reply on(ParticipantId who, SetRegister const&);
  Reply on(ParticipantId who, SessionStatement const&);
  Reply on(ParticipantId who, FundGuarantee const&);
  [[nodiscard]] Refusal lacks(ParticipantId who, Role role) const;
  [[nodiscard]] Refusal not_operator(ParticipantId who) const;
  [[nodiscard]] Refusal not_exchange(ParticipantId who) const;
  void set_halted(bool to);

  // ---- core_reference.cpp: tables ----
  Reply on(ParticipantId who, DefinePlaces const&);
  Reply on(ParticipantId who, DefineRoundTrips const&);
  Reply on(ParticipantId who, DefineClasses const&);
  Reply on(ParticipantId who, DefineTiers const&);
  Reply on(ParticipantId who, DefineModels const&);
  Reply on(ParticipantId who, DefineRelay const&);
  template <class Set>
  Reply define(ParticipantId who, Set&& set);
  [[nodiscard]] bool genesis_done() const;

  // ---- core_nodes.cpp: nodes and their proven units ----
  Reply on(ParticipantId who, RegisterNode const&);
  Reply on(ParticipantId who, UnitAttested const&);
  Reply on(ParticipantId who, UnitRejected const&);
  Reply on(ParticipantId who, NodeLost const&);
  Reply on(ParticipantId who, NodeBack const&);
  Reply reregister(core::Node& node, RegisterNode const&);
  [[nodiscard]] Refusal why_not(ParticipantId who, RegisterNode const&) const;
  [[nodiscard]] Refusal why_not(ParticipantId who, UnitAttested const&) const;
  void lose(core::Node&);
  void restore(core::Node&);
  void bury(core::Node&);
  void unit_expired(NodeId node, std::uint16_t unit, Stamp deadline);
  void retire_unit(core::Node&, std::uint16_t unit, attest::EndReason why);
  void refresh(core::Node&);
  void show(core::Node const&);
  void show_unit(core::Node const&, std::uint16_t unit, UnitPhase phase, attest::UnitRecord const* proven,
                 std::uint16_t code);

  // ---- core_offers.cpp ----
  Reply on(ParticipantId who, PostOffer const&);
  Reply on(ParticipantId who, AmendOffer const&);
  Reply on(ParticipantId who, CancelOffer const&);
  [[nodiscard]] Refusal why_not(ParticipantId who, PostOffer const&) const;
  [[nodiscard]] Refusal why_not(ParticipantId who, AmendOffer const&) const;
  [[nodiscard]] static Refusal bad_quantity(PostOffer const&, Lots lot);
  [[nodiscard]] Lots lot_of(ProductKind product, ClassId klass) const;
  void end_offer(core::Offer&, OfferPhase phase, std::uint16_t code);
  void show(core::Offer const&, std::uint16_t code = 0);

  // ---- core_order_checks.cpp: what an order may be refused for ----
  [[nodiscard]] static bool well_formed(PlaceOrder const&);
  /// Fills in defaults: lifetime, largest output, tier, lots.
  std::expected<PlaceOrder, Refusal> completed(PlaceOrder) const;
  std::expected<PlaceOrder, Refusal> completed_tokens(PlaceOrder) const;
  std::expected<PlaceOrder, Refusal> completed_capacity(PlaceOrder) const;
  [[nodiscard]] Lots lot_of(Predicate const&) const;
  [[nodiscard]] std::expected<SignatureId, Refusal> signature_for(ParticipantId who, PlaceOrder const&);
  [[nodiscard]] Refusal why_unfunded(ParticipantId who, Nano worst) const;
  [[nodiscard]] std::size_t resting_max(core::Participant const&) const;

  // ---- core_orders.cpp ----
  Reply on(ParticipantId who, PlaceOrder const&);
  Reply on(ParticipantId who, AmendOrder const&);
  Reply on(ParticipantId who, CancelOrder const&);
  Reply place(core::Order order);
  [[nodiscard]] bool fills_wholly(core::Order const&) const;
  [[nodiscard]] std::expected<Lots, Refusal> amended_lots(ParticipantId who, AmendOrder const&) const;
  [[nodiscard]] Tokens work_cap(PlaceOrder const&) const;
  [[nodiscard]] std::expected<Terms, Refusal> terms_of(PlaceOrder) const;
  [[nodiscard]] Nano worst_case(PlaceOrder const&, PriceIndex limit, Lots open, core::Rates const&) const;
  [[nodiscard]] static BookOrder in_book(core::Order const&);
  void end_order(core::Order&, OrderPhase phase, std::uint16_t code);
  void show(core::Order const&, std::uint16_t code = 0);

  // ---- core_repeat.cpp: client ids ----
  /// The first answer again, a clash, or nothing when the id is new.
  template <class Command>
  std::optional<Reply> repeated(ParticipantId who, Command const&);
  void remember(core::Participant&, ClientOrderId client, std::variant<PlaceOrder, PostOffer> content,
                std::uint64_t made);
  void forget_old(core::Participant&);
  void forget(core::Remembered const&);

  // ---- core_fills.cpp: trades become jobs and leases ----
  /// Settles trades in the order in which they happened, then shows each order and offer that changed once;
  /// `order` and `offer` are shown even when they traded nothing.
  void settle(std::vector<Match> const& matches, OrderId order = {}, OfferId offer = {});
  void fill(Match const&);
  void start_job(FillId id, core::Order&, core::Offer const&, Match const&);
  void show_after_trades(core::Order&);
  void show_after_trades(core::Offer&);
  void return_capacity(NodeId node, InstrumentId instrument, Lots lots, OfferId source);
  void count_fill(core::Participant&);

  // ---- core_jobs.cpp ----
  Reply on(ParticipantId who, JobAcknowledged const&);
  Reply on(ParticipantId who, JobFirstToken const&);
  Reply on(ParticipantId who, JobMarked const&);
  Reply on(ParticipantId who, JobCompleted const&);
  Reply on(ParticipantId who, JobFailed const&);
  std::expected<core::Job*, Refusal> job_in(ParticipantId who, JobId id, JobPhase earliest, JobPhase latest);
  [[nodiscard]] Micros allowed_first_token(core::Job const&) const;
  [[nodiscard]] std::optional<Micros> relay_trip(core::Job const&) const;
  [[nodiscard]] Nano due(core::Job const&, Tokens input, Tokens output) const;
  [[nodiscard]] Tokens tolerated(core::Job const&, Tokens counted) const;
  void wait(core::Job&, Micros allowed);
  void job_overdue(core::Job&);
  void fail(core::Job&, JobFailed const&);
  void end_job(core::Job&, FaultCharge const&);
  void show(core::Job const&);

  // ---- core_leases.cpp ----
  Reply on(ParticipantId who, ReleaseLease const&);
  Reply on(ParticipantId who, LeaseReady const&);
  Reply on(ParticipantId who, LeaseFailed const&);
  void start_lease(FillId id, core::Order&, core::Offer const&, Match const&);
  [[nodiscard]] Nano lease_target(core::Lease const&, Micros elapsed) const;
  [[nodiscard]] Micros metered(core::Lease const&, Stamp until) const;
  void charge_lease(core::Lease&, Stamp until);
  void lease_overdue(core::Lease&);
  void slice_ended(core::Lease&, Stamp deadline);
  void await_slice(core::Lease&, Stamp from);
  /// Ends an open lease that was used until `until`.
  void end_lease(core::Lease&, LeasePhase phase, Fault fault, FailCode code, Stamp until);
  void show(core::Lease const&);

  // ---- core_money.cpp ----
  void post(AccountKey debit, AccountKey credit, Nano amount, TransferCode code, std::uint64_t about);
  void hold(ParticipantId buyer, Nano& held, Nano amount, std::uint64_t about);
  void release(ParticipantId buyer, Nano& held, Nano amount, std::uint64_t about);
  /// Brings what `deal` (a job or lease) has been charged to `target`, forward or back.
  template <class Deal>
  void charge_to(Deal& deal, Nano target);
  /// Taker fee and maker rebate for `charged` more; the fee is returned.
  template <class Deal>
  Nano take_fees(Deal& deal, Nano charged);
  void pay_from_guarantee(ParticipantId provider, Nano amount, std::uint64_t about);
  void pay_owed();
  [[nodiscard]] static Nano with_fee(Nano worst, core::Rates const&);

  // ---- core_time.cpp ----
  Reply on(ParticipantId who, Tick const&);
  Reply on(ParticipantId who, Resumed const&);
  void fire_due();
  void fire(core::Timer const& timer, core::Due const& due);
  void move_deadlines(Micros gap);
  void renamed(core::Due const& due, core::Timer const& timer);

  // ---- core_reads.cpp, core_invariants.cpp ----
  [[nodiscard]] OrderView view(core::Order const&) const;
  [[nodiscard]] OfferView view(core::Offer const&) const;
  [[nodiscard]] NodeView view(core::Node const&) const;
  [[nodiscard]] JobView view(core::Job const&) const;
  [[nodiscard]] LeaseView view(core::Lease const&) const;
  void check_invariants() const;
  void check_holds() const;
  void check_phases() const;
  void check_nodes() const;
  void check_timers() const;

  // ---- core_image.cpp ----
  /// What `Archive` writes or reads of `self`, beside the parts that write and read themselves.
  template <class Archive, class Self>
  static void own_fields(Archive& archive, Self& self);
  void export_to(core::ArchiveWriter& to) const;
  std::expected<void, std::string> import_from(core::ArchiveReader& from);
  /// Sets that follow from the rest.
  void index_again();

  // ---- lookups: null when there is none; `the` where there must be one ----
  core::Participant* participant_at(ParticipantId id) { return at(participants, id); }
  core::Node* node_at(NodeId id) { return at(nodes, id); }
  template <class Map, class Key>
  static auto at(Map& map, Key key) -> decltype(&map.find(key)->second) {
    auto const found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
  }
  template <class Map, class Key>
  static auto& the(Map& map, Key key) {
    auto* const found = at(map, key);
    sw_check(found != nullptr, "what the core refers to is there");
    return *found;
  }
  void touch(InstrumentId id) { touched.insert(id); }
  void touch(core::Node const& node);

  CoreLimits limits;
  Seq applied;
  Stamp now;
  Rules rules;
  bool rules_set{};
  bool halted{};
  Reference reference;
  std::unique_ptr<Book> own_book;
  Book& book;
  attest::Registry registry;
  Ledger ledger;
  core::Timers timers;

  std::map<ParticipantId, core::Participant> participants;
  std::set<Bytes32> key_values;
  std::map<NodeId, core::Node> nodes;
  std::map<std::pair<ParticipantId, ClientOrderId>, NodeId> labels;
  std::map<OfferId, core::Offer> offers;
  std::map<OrderId, core::Order> orders;
  std::map<JobId, core::Job> jobs;
  std::map<LeaseId, core::Lease> leases;
  std::set<OrderId> resting;  // orders that wait in the book
  std::set<JobId> open_jobs;
  std::set<LeaseId> open_leases;
  std::size_t live_offers{};
  FillId last_fill;

  struct Owed {
    ParticipantId provider;
    Nano amount;
    std::uint64_t about{};
  };
  std::vector<Owed> owed;  // guarantee payments that wait for money, oldest first

  // of the entry that is being applied
  Outcome* out{};
  Seq entry_seq;
  std::set<InstrumentId> touched;
};

}  // namespace spillway
