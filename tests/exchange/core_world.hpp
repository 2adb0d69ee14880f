// tests/exchange/core_world.hpp - a small market for tests of the core: two places, two classes, two
// models, four tiers,
// five people. Every entry is kept, so that any test can be replayed; the core's invariants are walked after
// each.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "exchange/core.hpp"
#include "market/amounts.hpp"
#include "market/price_grid.hpp"

namespace spillway {

inline constexpr ParticipantId system_itself{0};
inline constexpr ParticipantId boss{1};
inline constexpr ParticipantId ada{10};   // provider
inline constexpr ParticipantId bert{11};  // provider
inline constexpr ParticipantId carl{20};  // buyer, 100 units
inline constexpr ParticipantId dora{21};  // buyer, 10 units
inline constexpr ParticipantId eve{30};   // buyer and provider

inline constexpr PlaceId here{2};   // the relay stands here
inline constexpr PlaceId there{3};  // 20 ms away
inline constexpr ClassId big{1};    // 80 GiB, whole accelerators only
inline constexpr ClassId small{2};  // 24 GiB, may be cut into quarters
inline constexpr ModelId seven{1};  // input weight 0.25
inline constexpr ModelId eight{2};  // input weight 0.5
inline constexpr TierId fast{1}, standard{2}, warm{3}, cold{4};

/// With the buyer's fee of 100 bps.
inline Nano with_fee(Nano n) { return n + fee_due(n, 100); }

inline std::vector<std::byte> exported(ExchangeCore const& core) {
  std::vector<std::byte> bytes;
  core.export_state(
      [&](std::span<std::byte const> piece) { bytes.insert(bytes.end(), piece.begin(), piece.end()); });
  return bytes;
}

inline constexpr Micros ms(std::int64_t n) { return Micros{n * 1'000}; }
inline constexpr Micros seconds(std::int64_t n) { return Micros{n * micros_per_second}; }
/// A whole number of currency units as a price step.
inline PriceIndex units(std::int64_t n) { return *exact_step(Nano{n * nano_per_unit}); }

struct World {
  CoreLimits limits;
  ExchangeCore core;
  Stamp now{1'700'000'000'000'000};
  std::vector<Entry> journal;
  std::vector<Record> records;  // all
  Outcome last;                 // of the last entry
  Seq sent;                     // of the last command
  std::uint64_t clients{};      // client ids given out
  std::uint32_t most_steps{};   // of one entry
  std::size_t check_every{1};   // entries between two walks of the invariants

  explicit World(CoreLimits const& sizes = {}) : limits(sizes), core(sizes) {
    tables();
    people();
  }
  World(World const&) = delete;
  World& operator=(World const&) = delete;

  ~World() { replay_on_the_plain_book(); }

  /// Whatever a test did, a core on the plain book gives the same records byte for byte, so the same digest.
  void replay_on_the_plain_book() const {
    auto plain = limits;
    plain.book = BookKind::plain;
    ExchangeCore twin{plain};
    Outcome all;
    for (auto const& entry : journal) twin.apply(entry, all);
    ASSERT_EQ(all.records.size(), records.size()) << "the two books answer alike";
    for (std::size_t i = 0; i < records.size(); ++i)
      ASSERT_EQ(std::memcmp(&all.records[i], &records[i], sizeof(Record)), 0) << "record " << i;
  }

  /// Sequences one command and returns its refusal, none when it was applied.
  Refusal send(ParticipantId who, Command command) {
    auto const due = core.next_deadline();
    bool const own = std::holds_alternative<Tick>(command) || std::holds_alternative<Resumed>(command);
    last.clear();
    if (due && *due <= now && !own && core.rules().version >= 2) enter(system_itself, Tick{});
    while (core.unfinished()) enter(system_itself, Continue{});
    enter(who, std::move(command));
    sent = journal.back().seq;
    while (core.unfinished()) enter(system_itself, Continue{});
    for (auto const& record : last.records)
      if (record.head.kind == RecordKind::refused) return static_cast<Refusal>(record.head.code);
    return Refusal::none;
  }
  /// One entry as it is, its records after those in `last`.
  void enter(ParticipantId who, Command command) {
    journal.push_back({Seq{journal.size() + 1}, now, who, std::move(command)});
    auto const first = last.records.size(), steps = std::size_t{last.steps};
    core.apply(journal.back(), last);
    most_steps = std::max(most_steps, last.steps - static_cast<std::uint32_t>(steps));
    records.insert(records.end(), last.records.begin() + static_cast<std::ptrdiff_t>(first),
                   last.records.end());
    if (journal.size() % check_every == 0) core.check_invariants();
  }
  void pass(Micros time) {
    now = now + time;
    EXPECT_EQ(send(system_itself, Tick{}), Refusal::none);
  }
  [[nodiscard]] std::uint64_t last_seq() const { return sent.v; }
  ClientOrderId client() { return ClientOrderId{++clients}; }

  // ---- what came of it ----

  template <class Body>
  [[nodiscard]] static std::vector<Body> of(std::vector<Record> const& from) {
    std::vector<Body> found;
    for (auto const& record : from)
      if (record.head.kind == record::kind_of<Body>) found.push_back(record.as<Body>());
    return found;
  }
  template <class Body>
  [[nodiscard]] std::vector<Body> seen() const {
    return of<Body>(last.records);
  }
  [[nodiscard]] std::vector<Record> postings(TransferCode code) const {
    std::vector<Record> found;
    for (auto const& r : last.records)
      if (r.head.kind == RecordKind::posting && r.head.code == static_cast<std::uint16_t>(code))
        found.push_back(r);
    return found;
  }
  [[nodiscard]] Nano balance(ParticipantId who, AccountKind kind) const {
    for (auto const& account : core.accounts_of(who))
      if (account.key.kind == kind) return account.balance;
    return {};
  }
  [[nodiscard]] Nano funds(ParticipantId who) const { return balance(who, AccountKind::funds); }
  [[nodiscard]] Nano escrow(ParticipantId who) const { return balance(who, AccountKind::escrow); }
  [[nodiscard]] Nano earnings(ParticipantId who) const { return balance(who, AccountKind::earnings); }
  [[nodiscard]] Nano fees() const { return balance(the_exchange, AccountKind::fees); }
  [[nodiscard]] Nano guarantee() const { return balance(the_exchange, AccountKind::guarantee); }

  // ---- supply ----

  NodeId add_node(ParticipantId provider, PlaceId place = here, ClassId klass = big,
                  std::uint16_t units_max = 4) {
    EXPECT_EQ(send(provider, RegisterNode{client(), place, klass, units_max}), Refusal::none);
    return NodeId{static_cast<std::uint32_t>(seen<record::Accepted>().at(0).made)};
  }
  static UnitAttested proof(NodeId node, std::uint16_t unit, ClassId klass = big) {
    UnitAttested c;
    c.node = node, c.unit = unit, c.klass = klass;
    c.unit_key[0] = std::byte(node.v), c.unit_key[1] = std::byte(unit), c.unit_key[31] = std::byte{1};
    c.ops_per_s = 1'000'000, c.bytes = 1'000'000, c.bytes_per_s = 1'000'000, c.evidence_level = 1;
    return c;
  }
  NodeId add_proven_node(ParticipantId provider, std::uint16_t count = 1, PlaceId place = here,
                         ClassId klass = big) {
    auto const node = add_node(provider, place, klass);
    for (std::uint16_t unit = 0; unit < count; ++unit)
      EXPECT_EQ(send(system_itself, proof(node, unit, klass)), Refusal::none);
    return node;
  }
  PostOffer token_offer(NodeId node, PriceIndex price, std::int64_t slots = 4) {
    PostOffer c;
    c.client = client(), c.node = node, c.product = ProductKind::tokens, c.model = seven, c.tier = fast;
    c.price = price, c.quantity = Lots{slots}, c.replenish = true;
    return c;
  }
  PostOffer capacity_offer(NodeId node, PriceIndex price, std::int64_t accelerators) {
    PostOffer c;
    c.client = client(), c.node = node, c.product = ProductKind::capacity, c.tier = warm;
    c.price = price, c.quantity = Lots{accelerators * milli_per_accelerator}, c.replenish = true;
    return c;
  }
  OfferId offer(ParticipantId provider, PostOffer const& c) {
    EXPECT_EQ(send(provider, c), Refusal::none);
    return OfferId{last_seq()};
  }

  // ---- demand ----

  PlaceOrder token_order(PriceIndex limit, TimeInForce tif = TimeInForce::timed) {
    PlaceOrder c;
    c.client = client(), c.tif = tif, c.limit = limit;
    c.predicate.product = ProductKind::tokens, c.predicate.models = {seven};
    c.input = Tokens{1'000}, c.output_max = Tokens{500}, c.policy = FaultPolicy::error_frame;
    return c;
  }
  PlaceOrder capacity_order(PriceIndex limit, std::int64_t accelerators, TimeInForce tif = TimeInForce::gtc) {
    PlaceOrder c;
    c.client = client(), c.tif = tif, c.limit = limit;
    c.predicate.product = ProductKind::capacity;
    c.quantity = Lots{accelerators * milli_per_accelerator};
    return c;
  }
  OrderId order(ParticipantId buyer, PlaceOrder const& c) {
    EXPECT_EQ(send(buyer, c), Refusal::none);
    return OrderId{last_seq()};
  }
  [[nodiscard]] JobId last_job() const { return JobId{of<record::Fill>(records).back().fill}; }
  [[nodiscard]] LeaseId last_lease() const { return LeaseId{of<record::Fill>(records).back().fill}; }
  /// A job that waits for its provider: ada sells at one unit, carl buys.
  JobId dispatched() {
    auto const node = add_proven_node(ada);
    offer(ada, token_offer(node, units(1)));
    order(carl, token_order(units(2)));
    return last_job();
  }
  JobId acknowledged() {
    auto const job = dispatched();
    EXPECT_EQ(send(system_itself, JobAcknowledged{job}), Refusal::none);
    return job;
  }
  JobId streaming(Micros latency = ms(100)) {
    auto const job = acknowledged();
    EXPECT_EQ(send(system_itself, JobFirstToken{job, latency}), Refusal::none);
    return job;
  }
  static JobCompleted completed(JobId job, std::int64_t counted, std::int64_t claimed) {
    return {job, FinishReason::stop, Tokens{counted}, Tokens{claimed}, Tokens{}, {}};
  }
  static JobFailed failed(JobId job, Fault fault, FailCode code, std::int64_t counted = 0,
                          std::int64_t claimed = 0) {
    return {job, fault, code, Tokens{counted}, Tokens{claimed}, Tokens{}, {}};
  }

  // ---- the market itself ----

  void tables() {
    DefinePlaces places;
    for (std::uint16_t id = 1; id <= 3; ++id) {
      Place place;
      place.id = PlaceId{id}, place.parent = PlaceId{static_cast<std::uint16_t>(id == 1 ? 0 : 1)};
      place.kind = id == 1 ? PlaceKind::country : PlaceKind::city;
      place.name = std::string("xx:") + static_cast<char>('a' + id), place.title = place.name,
      place.country = "XX";
      places.rows.push_back(place);
    }
    must(SetRules{rules()});
    must(places);
    for (std::uint16_t from = 1; from <= 3; ++from) {
      std::vector<RoundTrip> row(3);
      for (std::uint16_t to = 1; to <= 3; ++to) row[to - 1u].rtt_us = from == to ? 1'000 : 20'000;
      must(DefineRoundTrips{PlaceId{from}, row});
    }
    must(DefineClasses{{klass(big, "big", 81'920, 1'000), klass(small, "small", 24'576, 250)}});
    must(DefineTiers{{{fast, "fast", ProductKind::tokens, 300'000, 100'000, 20, 8'192, 2'048},
                      {standard, "standard", ProductKind::tokens, 1'000'000, 300'000, 5, 32'768, 4'096},
                      {warm, "warm", ProductKind::capacity, 10'000'000, 0, 0, 0, 0},
                      {cold, "cold", ProductKind::capacity, 300'000'000, 0, 0, 0, 0}}});
    must(DefineModels{{{seven, "seven", 7'000, 7'000, 16, 131'072, 250, 4'000, 50},
                       {eight, "eight", 8'000, 8'000, 16, 131'072, 500, 4'000, 50}}});
    must(DefineRelay{here});
  }
  /// Without bonds; core_bonds_test.cpp has some.
  static Rules rules() {
    Rules rules;
    rules.bond_per_unit = {};
    return rules;
  }
  void people() {
    auto const role = [](Role r) { return static_cast<std::uint32_t>(r); };
    must(AddParticipant{boss, FirmId{1}, role(Role::operator_)});
    for (auto const id : {ada, bert}) must(AddParticipant{id, FirmId{id.v}, role(Role::provider)});
    for (auto const id : {carl, dora}) must(AddParticipant{id, FirmId{id.v}, role(Role::buyer)});
    must(AddParticipant{eve, FirmId{eve.v}, role(Role::provider) | role(Role::buyer)});
    must(Deposit{carl, Nano{100 * nano_per_unit}});
    must(Deposit{dora, Nano{10 * nano_per_unit}});
    must(Deposit{eve, Nano{100 * nano_per_unit}});
    must(FundGuarantee{Nano{100 * nano_per_unit}});
  }
  void must(Command command) { EXPECT_EQ(send(system_itself, std::move(command)), Refusal::none); }
  static AcceleratorClass klass(ClassId id, char const* name, std::int32_t memory_mib, std::int32_t part) {
    AcceleratorClass row;
    row.id = id, row.name = name, row.maker = "maker", row.origin = Origin::us;
    row.memory_mib = memory_mib, row.bandwidth_mb_s = 1'000'000, row.fp16_gflops = 312'000,
    row.int8_gops = 624'000;
    row.smallest_part_milli = part, row.micro_degrees_per_hour = 1'000'000;
    return row;
  }
};

}  // namespace spillway
