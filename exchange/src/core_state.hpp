// exchange/src/core_state.hpp - the state behind ExchangeCore and the steps that change it; one source file
// per purpose.
// Room:   exchange_core (pure), internal.
// Rule:   every handler looks, computes, then commits: what it returns as a refusal has changed nothing.
#pragma once

#include <algorithm>
#include <expected>
#include <map>
#include <memory_resource>
#include <new>
#include <optional>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include "attest/registry.hpp"
#include "core_entities.hpp"
#include "core_index.hpp"
#include "core_memory.hpp"
#include "core_reply.hpp"
#include "core_table.hpp"
#include "core_timers.hpp"
#include "core_work.hpp"
#include "exchange/core.hpp"
#include "market/amounts.hpp"
#include "market/check.hpp"
#include "matching/row_index.hpp"
#include "settlement/fault_table.hpp"
#include "settlement/ledger.hpp"

namespace spillway {

namespace core {
class ArchiveWriter;
class ArchiveReader;
}  // namespace core

struct ExchangeCore::State {
  using Answer = core::Answer;
  using Reply = core::Reply;

  explicit State(CoreLimits const& sizes);
  [[nodiscard]] static BookLimits book_limits(CoreLimits const&);
  [[nodiscard]] static std::size_t memory_bytes(CoreLimits const&);
  [[nodiscard]] static std::size_t timers_most(CoreLimits const&);

  // ---- core.cpp: one entry ----
  void apply(Entry const& entry, Outcome& to);
  [[nodiscard]] static bool is_answered(Entry const& entry);
  Refusal execute(Entry const& entry, ParticipantId told);
  Refusal execute_when_due(Entry const& entry, ParticipantId told);
  void take_back_report();
  void list_touched(std::size_t from);
  void touch(InstrumentId id);
  void touch(core::Node const& node);
  /// The next record, to be filled in before another one begins. It is made where it stays, field by field:
  /// made elsewhere and copied in wide pieces, it would be read back before its narrow stores have left the
  /// processor, which then waits for all stores before them. It begins as zeroes, as each body does.
  template <class Body>
  Body& begin_record(std::uint16_t code = 0, ParticipantId first = {}, ParticipantId second = {});
  template <class Body>
  void emit(Body const& body, std::uint16_t code = 0, ParticipantId first = {}, ParticipantId second = {}) {
    begin_record<Body>(code, first, second) = body;
  }
  Record& next_record(RecordKind kind, std::uint16_t code);
  /// Records are numbered for their readers in the order in which they are written.
  void address(Addressee& to, ParticipantId who);

  // ---- core_admin.cpp: rules, halt, people ----
  Reply on(ParticipantId who, SetRules const&);
  Reply on(ParticipantId who, SetHalt const&);
  Reply on(ParticipantId who, AddParticipant const&);
  Reply on(ParticipantId who, AddKey const&);
  Reply on(ParticipantId who, Deposit const&);
  Reply on(ParticipantId who, SetRegister const&);
  Reply on(ParticipantId who, SessionStatement const&);
  Reply on(ParticipantId who, LogKeyChange const&);
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
  /// `asked`: why the node is to be drained, where its meter has just marked it.
  void show(core::Node const&, DrainReason asked = DrainReason::none);
  void show_unit(core::Node const&, std::uint16_t unit, UnitPhase phase, attest::UnitRecord const* proven,
                 std::uint16_t code);

  Reply on(ParticipantId who, StateDigest const&);

  // ---- core_census.cpp: epochs, and what their censuses find ----
  Reply on(ParticipantId who, EpochOpen const&);
  Reply on(ParticipantId who, EpochClose const&);
  Reply on(ParticipantId who, UnitChecked const&);
  [[nodiscard]] Refusal why_not(ParticipantId who, UnitChecked const&) const;
  /// The rules that know drains, and under which misses belong to a unit's place.
  static constexpr std::uint32_t with_drains = 4;
  Reply on(ParticipantId who, NodeDrain const&);
  [[nodiscard]] std::uint32_t sellable_units(NodeId node) const;
  /// What the book may use of it now.
  [[nodiscard]] std::uint32_t units_on_offer(core::Node const& node) const;
  /// The rules that know probes and the meter of token work.
  static constexpr std::uint32_t with_meters = 5;
  void freeze_earnings(ParticipantId provider);
  void show(CensusView const&, Bytes32 const& value);

  // ---- core_bonds.cpp: what a unit's proof is backed with ----
  Reply on(ParticipantId who, BondPost const&);
  Reply on(ParticipantId who, BondTake const&);
  Reply on(ParticipantId who, FrozenSettle const&);
  static constexpr std::uint32_t with_bonds = 5;  // the rules that know them
  [[nodiscard]] bool asks_for_bonds() const;
  /// The unit may be challenged.
  [[nodiscard]] bool bonded(NodeId node, std::uint16_t unit) const;
  [[nodiscard]] Nano free_earnings(ParticipantId provider);
  [[nodiscard]] std::expected<core::Node const*, Refusal> own_node(ParticipantId who, NodeId id) const;
  void hold_bond(NodeId node, std::uint16_t unit);
  void lose_bond(core::Node const&, std::uint16_t unit);
  void lose_bond_if_failed(core::Node const&, std::uint16_t unit, std::uint16_t reason);
  void check_bonds() const;

  // ---- core_metering.cpp: what sold units deliver against their class ----
  /// A job has ended: its slot time and its work join its node's meter, which may be judged.
  void meter(core::Job const&);
  [[nodiscard]] std::optional<MeteredSpan> metered(core::Job const&) const;
  /// A unit of the node was fully challenged: where it is drained and idle, the mark has had its answer.
  void answer_meter(core::Node&) const;

  // ---- core_offers.cpp ----
  Reply on(ParticipantId who, PostOffer const&);
  Reply on(ParticipantId who, AmendOffer const&);
  Reply on(ParticipantId who, CancelOffer const&);
  [[nodiscard]] Refusal why_not(ParticipantId who, PostOffer const&) const;
  [[nodiscard]] Refusal why_not(ParticipantId who, AmendOffer const&) const;
  [[nodiscard]] static Refusal bad_quantity(PostOffer const&, Lots lot);
  [[nodiscard]] Lots lot_of(ProductKind product, ClassId klass) const;
  void end_offer(core::Offer&, OfferPhase phase, std::uint16_t code);
  void join_chains(core::Offer&);
  void leave_chains(core::Offer&);
  void show(core::Offer const&);
  /// `rest`: what the book has of it.
  void show(core::Offer const&, Lots rest, std::uint16_t code = 0);

  // ---- core_order_checks.cpp: what an order may be refused for ----
  [[nodiscard]] static bool well_formed(PlaceOrder const&);
  /// Fills in defaults: lifetime, largest output, tier, lots.
  [[nodiscard]] Refusal complete(PlaceOrder&) const;
  [[nodiscard]] Refusal complete_tokens(PlaceOrder&) const;
  [[nodiscard]] Refusal complete_capacity(PlaceOrder&) const;
  [[nodiscard]] Refusal no_room(core::Participant const& buyer, PlaceOrder const&);
  [[nodiscard]] Lots lot_of(Predicate const&) const;
  /// Says which signature the order has, `as`.
  [[nodiscard]] Refusal sign(core::Participant const& buyer, PlaceOrder const&, SignatureId& as);
  [[nodiscard]] Refusal why_unfunded(ParticipantId who, Nano worst) const;
  [[nodiscard]] std::size_t resting_max(core::Participant const&) const;

  // ---- core_orders.cpp ----
  Reply on(ParticipantId who, PlaceOrder const&);
  Reply on(ParticipantId who, AmendOrder const&);
  Reply on(ParticipantId who, CancelOrder const&);
  /// Of the order that `full` says, which may cost `worst`.
  [[nodiscard]] Refusal why_not(BookOrder const&, Nano worst);
  void place(core::Participant& buyer, core::Order& order, BookOrder const&, Nano worst);
  [[nodiscard]] bool fills_wholly(BookOrder const&);
  [[nodiscard]] std::expected<Lots, Refusal> amended_lots(ParticipantId who, AmendOrder const&) const;
  [[nodiscard]] Tokens work_cap(PlaceOrder const&) const;
  [[nodiscard]] std::expected<Terms, Refusal> terms_of(PlaceOrder) const;
  [[nodiscard]] static Nano worst_case(ProductKind, Tokens work, PriceIndex limit, Lots open,
                                       core::Rates const&);
  [[nodiscard]] static Nano worst_case(core::Order const& order, PriceIndex limit, Lots open) {
    return worst_case(order.terms.product, order.work, limit, open, order.rates);
  }
  void end_order(core::Order&, OrderPhase phase, std::uint16_t code);
  /// The most leases that so many lots of capacity become.
  [[nodiscard]] std::uint32_t leases_for(Lots) const;
  /// Keeps room for the leases that it may still become.
  void claim(core::Order&);
  void show(core::Order const&, std::uint16_t code = 0);

  // ---- core_repeat.cpp: client ids ----
  /// A look at the sender alone: most number what they send upwards.
  [[nodiscard]] static bool may_be_known(core::ClientIds const& ids, ClientOrderId client) {
    return client <= ids.highest || client <= ids.forgotten_highest;
  }
  /// The first answer again, a clash, or nothing when the id is new.
  template <class Command>
  std::optional<Reply> repeated(ParticipantId who, Command const&);
  void remember(core::Participant&, core::Handle made);
  void chain_client_id(core::ClientIds&, ParticipantId who, core::Handle made);
  void set_oldest(core::ClientIds&, core::Handle made);
  void forget_old(core::Participant&, std::size_t most);
  void make_room(ParticipantId who);
  void put_by_id(core::Row participant);
  [[nodiscard]] bool still_needed(core::Handle old) const;
  void forget(core::Participant&, core::Order&);
  void forget_lease(core::Order&);
  [[nodiscard]] core::Handle remembered(ParticipantId who, ClientOrderId client) const;
  /// Asks the memory for the rows of an order that a command names, and for where a new id will stand.
  void expect(Entry const&) const;
  void expect(OrderId) const;
  void expect(OfferId) const;
  void expect(ParticipantId who, ClientOrderId client) const;
  void expect_neighbours(core::Order const&) const;
  void expect_deals(ParticipantId buyer, ParticipantId provider) const;
  [[nodiscard]] bool is_of(core::Handle made, ParticipantId who, ClientOrderId client) const;
  [[nodiscard]] ClientOrderId client_id_of(core::Handle made) const;
  [[nodiscard]] Stamp made_at(core::Handle made) const;
  core::Handle& younger_of(core::Handle made);

  // ---- core_fills.cpp: trades become jobs and leases ----
  /// Settles trades in the order in which they happened, then shows each order and offer that changed once;
  /// `order` and `offer` are shown even when they traded nothing.
  void settle(OrderId order = {}, OfferId offer = {});
  void list(core::Order&);
  void list(core::Offer&);
  void fill(core::Order&, core::Offer&, Match const&);
  void start_job(FillId id, core::Order&, core::Offer const&, Match const&);
  /// What the book has of it is `rest`.
  void show_resting(core::Order&, Lots rest);
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
  [[nodiscard]] Micros allowed_first_token(core::Job const&, Micros relay_trip) const;
  /// Below 0 when the table does not know.
  [[nodiscard]] Micros relay_trip(core::Job const&) const;
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
  void post_here(AccountKey debit, AccountKey credit, Nano amount, TransferCode code, std::uint64_t about);
  void hold(ParticipantId buyer, Nano& held, Nano amount, std::uint64_t about);
  void release(ParticipantId buyer, Nano& held, Nano amount, std::uint64_t about);
  /// Brings what `deal` (a job or lease) has been charged to `target`, forward or back.
  template <class Deal>
  void charge_to(Deal& deal, Nano target);
  /// The deal has ended: what it was charged stays with its provider.
  template <class Deal>
  void keep_charge(Deal const& deal);
  /// Taker fee and maker rebate for `charged` more; the fee is returned.
  template <class Deal>
  Nano take_fees(Deal& deal, Nano charged);
  void pay_from_guarantee(ParticipantId provider, Nano amount, std::uint64_t about);
  /// The oldest claim gets what there is; false when nobody waits or nothing is left.
  bool pay_one();
  [[nodiscard]] static Nano with_fee(Nano worst, core::Rates const&);

  // ---- core_time.cpp ----
  Reply on(ParticipantId who, Tick const&);
  Reply on(ParticipantId who, Resumed const&);
  void fire(core::Fired const&);
  void move_deadlines(Micros gap);
  [[nodiscard]] core::Timer* timer_of(core::Due const& due);
  void unname(core::Due const& due);

  // ---- core_work.cpp ----
  Reply on(ParticipantId who, Continue const&);
  Reply on(ParticipantId who, CancelAll const&);
  [[nodiscard]] Refusal why_not(ParticipantId who, CancelAll const&) const;
  /// Something is begun or due and not done, as of `now`.
  [[nodiscard]] bool unfinished() const;
  bool take_step();
  /// True when nothing is left; false when the steps of this entry are used up.
  bool work_on();
  bool catch_up();
  void step(core::Work&);
  void bury_step(core::Work&);
  void relay_step(core::Work&);
  void cancel(core::Order&, std::uint16_t code);
  void meet(NodeId node, OfferId refilled = {});
  [[nodiscard]] static std::uint32_t narrow(std::uint64_t id) { return static_cast<std::uint32_t>(id); }

  // ---- core_reads.cpp, core_invariants.cpp ----
  [[nodiscard]] OrderView view(core::Order const&) const;
  [[nodiscard]] OfferView view(core::Offer const&) const;
  [[nodiscard]] NodeView view(core::Node const&) const;
  [[nodiscard]] JobView view(core::Job const&) const;
  [[nodiscard]] LeaseView view(core::Lease const&) const;
  void check_invariants() const;
  void check_holds() const;
  void check_phases() const;
  void check_chains() const;
  void check_nodes() const;
  void check_meters() const;
  void check_timers() const;

  // ---- core_image.cpp ----
  /// What `Archive` writes or reads of `self`, beside the parts that write and read themselves.
  template <class Archive, class Self>
  static void own_fields(Archive& archive, Self& self);
  void export_to(core::ArchiveWriter& to) const;
  void export_client_ids(core::ArchiveWriter& to) const;
  void export_work(core::ArchiveWriter& to) const;
  std::expected<void, std::string> import_from(core::ArchiveReader& from);
  /// False when the limits do not allow so much; what can't be meant fails the reader.
  bool import_tables(core::ArchiveReader& from);
  bool import_orders(core::ArchiveReader& from);
  bool import_owed(core::ArchiveReader& from);
  void import_client_ids(core::ArchiveReader& from);
  void import_work(core::ArchiveReader& from);
  /// Every deadline gets its owner; false when one has none.
  bool restore_timers(core::Timers::Image const& image);
  /// Chains and sets that follow from the rest.
  void index_again();

  // ---- lookups: null when there is none; `the` where there must be one ----
  /// One who is there. Most records of an entry speak of the one who sent it.
  core::Participant& member(ParticipantId who);
  [[nodiscard]] bool is_member(ParticipantId who);
  template <class Table, class Key>
  static auto* at(Table& table, Key key) {
    return table.find(key);
  }
  template <class Table, class Key>
  static auto& the(Table& table, Key key) {
    auto* const found = table.find(key);
    sw_check(found != nullptr, "what the core refers to is there");
    return *found;
  }
  /// Which of the two sides of a deal a participant's chain goes by.
  template <class Deal>
  static std::size_t side_of(Deal const& deal, ParticipantId who) {
    return deal.buyer == who ? 0 : 1;
  }

  // ---- core_fills.cpp: a deal is known to its node and to its two sides ----
  template <class Deals, class Deal>
  void join_sides(Deals& deals, Deal const& deal, core::Chain core::Participant::*chain);
  template <class Deals, class Deal>
  void leave_sides(Deals& deals, Deal const& deal, core::Chain core::Participant::*chain);

  CoreLimits limits;
  Seq applied;
  Stamp now;
  Rules rules;
  bool rules_set{};
  bool halted{};
  Seq log_key_changed;  // the last change of the log's key; 0: none
  LogKeyChange log_key_change;
  Stamp log_key_until;  // of its overlap
  CensusView census;
  Micros stood_still;  // gaps of the exchange itself, in all
  Reference reference;
  std::unique_ptr<Book> own_book;
  Book& book;
  core::Memory memory;     // of the tables below that are no Table
  core::ListBlocks lists;  // of kept orders
  attest::Registry registry{&memory};
  Ledger ledger{&memory};
  core::Timers timers;

  core::Table<core::Participant> participants;
  Arena<core::Row> participants_by_id;  // the first participants.size()
  std::pmr::map<std::pair<ParticipantId, KeyId>, AddKey> keys{&memory};
  std::pmr::set<Bytes32> key_values{&memory};
  core::Table<core::Node> nodes;
  core::Table<core::UnitExpiry> unit_expiries;
  core::Table<core::Bond> bonds;
  std::pmr::map<std::pair<ParticipantId, ClientOrderId>, NodeId> labels{&memory};
  core::Table<core::Offer> offers;
  core::Table<core::Order> orders;
  core::Table<core::Job> jobs;
  core::Table<core::Lease> leases;
  core::GrowingIndex client_ids;  // orders and offers by their senders' ids
  core::Chain resting;            // orders that wait in the book
  core::Chain open_jobs;
  core::Chain open_leases;
  std::uint64_t lease_claims{};      // of all orders that wait
  Arena<core::Chain> on_instrument;  // live offers
  std::size_t live_offers{};
  FillId last_fill;

  core::WorkList work;          // what earlier entries left, the last begun on top
  core::Ring<core::Owed> owed;  // guarantee payments that wait for money, oldest first

  // of the entry that is being applied
  Outcome* out{};
  Seq entry_seq;
  std::uint32_t steps_left{};
  Arena<bool> touched;                          // by instrument
  core::Participant* lately{&participants[0]};  // who was looked up last; row 0 is nobody's

  // scratch: empty between uses
  std::vector<Match> matches;
  std::vector<core::Row> changed_orders, changed_offers;
  std::uint64_t settlements{};
  std::vector<OfferId> node_offers;
  PlaceOrder full;  // the order that is being looked at, defaults filled in
};

}  // namespace spillway

#include "core_steps.hpp"
