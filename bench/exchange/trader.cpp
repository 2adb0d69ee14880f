// bench/exchange/trader.cpp - two models, twenty providers, five hundred buyers.
#include "trader.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace spillway::bench {
namespace {

constexpr std::uint32_t providers = 20, usual_buyers = 500, resting_orders_of_one = 900;
constexpr std::uint32_t first_provider = 10, first_buyer = 100;
constexpr std::uint32_t ask_step = 4'000, steps_below = 400;  // asks stand on one price, bids below it
constexpr std::int64_t slots = 512;                           // of each offer
constexpr Micros long_rest{24 * micros_per_hour};
constexpr PlaceId home{2};
constexpr ClassId only_class{1};
constexpr TierId only_tier{1};

DefinePlaces places() {
  DefinePlaces table;
  for (std::uint16_t id = 1; id <= 2; ++id) {
    Place place;
    place.id = PlaceId{id}, place.parent = PlaceId{static_cast<std::uint16_t>(id - 1)};
    place.kind = id == 1 ? PlaceKind::country : PlaceKind::city;
    place.name = id == 1 ? "xx" : "xx:a", place.title = place.name, place.country = "XX";
    table.rows.push_back(place);
  }
  return table;
}

AcceleratorClass accelerator() {
  AcceleratorClass row;
  row.id = only_class, row.name = "big", row.maker = "maker", row.origin = Origin::us;
  row.memory_mib = 81'920, row.bandwidth_mb_s = 1'000'000, row.fp16_gflops = 312'000;
  row.int8_gops = 624'000, row.smallest_part_milli = 1'000, row.micro_degrees_per_hour = 1'000'000;
  return row;
}

Model model(std::uint16_t id) {
  return {ModelId{id}, "model" + std::to_string(id), 7'000, 7'000, 16, 131'072, 250, 4'000, 50};
}

}  // namespace

std::uint32_t Trader::buyers_for(std::uint64_t resting) {
  return std::max(usual_buyers, static_cast<std::uint32_t>(resting / resting_orders_of_one + 1));
}

std::vector<spillway::Command> Trader::genesis(std::uint64_t resting) {
  SetRules rules;
  rules.rules.bond_per_unit = {};
  if (resting > 0) rules.rules.token_order_longest = long_rest;
  std::vector<spillway::Command> out{rules, places()};
  for (std::uint16_t from = 1; from <= 2; ++from) {
    std::vector<RoundTrip> row(2);
    for (auto& to : row) to.rtt_us = 1'000;
    out.emplace_back(DefineRoundTrips{PlaceId{from}, row});
  }
  out.emplace_back(DefineClasses{{accelerator()}});
  out.emplace_back(
      DefineTiers{{{only_tier, "fast", ProductKind::tokens, 300'000, 100'000, 20, 8'192, 2'048}}});
  out.emplace_back(DefineModels{{model(1), model(2)}});
  out.emplace_back(DefineRelay{home});
  auto const role = [](Role r) { return static_cast<std::uint32_t>(r); };
  for (std::uint32_t i = 0; i < providers; ++i)
    out.emplace_back(
        AddParticipant{ParticipantId{first_provider + i}, FirmId{first_provider + i}, role(Role::provider)});
  for (std::uint32_t i = 0; i < buyers_for(resting); ++i) {
    ParticipantId const id{first_buyer + i};
    out.emplace_back(AddParticipant{id, FirmId{id.v}, role(Role::buyer)});
    out.emplace_back(Deposit{id, Nano{1'000'000 * nano_per_unit}});
  }
  out.emplace_back(FundGuarantee{Nano{1'000 * nano_per_unit}});
  return out;
}

std::vector<Sent> Trader::supply() const {
  std::vector<Sent> out;
  for (std::uint32_t i = 0; i < providers; ++i) {
    ParticipantId const who{first_provider + i};
    NodeId const node{i + 1};
    out.push_back({who, RegisterNode{ClientOrderId{1}, home, only_class, 1}});
    UnitAttested proof;
    proof.node = node, proof.klass = only_class, proof.evidence_level = 1;
    proof.unit_key[0] = static_cast<std::byte>(node.v), proof.unit_key[31] = std::byte{1};
    proof.ops_per_s = proof.bytes = proof.bytes_per_s = 1'000'000;
    out.push_back({{}, proof});
    PostOffer offer;
    offer.client = ClientOrderId{2}, offer.node = node, offer.product = ProductKind::tokens;
    offer.model = ModelId{static_cast<std::uint16_t>(1 + i % 2)}, offer.tier = only_tier;
    offer.price = PriceIndex{ask_step}, offer.quantity = Lots{slots}, offer.replenish = true;
    out.push_back({who, offer});
  }
  return out;
}

std::vector<Sent> Trader::market() const {
  std::vector<Sent> out;
  for (auto& command : genesis(resting_wanted_)) out.push_back({{}, std::move(command)});
  for (auto& sent : supply()) out.push_back(std::move(sent));
  return out;
}

std::uint64_t Trader::next() {
  state_ ^= state_ >> 12, state_ ^= state_ << 25, state_ ^= state_ >> 27;
  return state_ * 0x2545F4914F6CDD1D;
}

Sent Trader::order(bool crosses) {
  PlaceOrder c;
  c.client = ClientOrderId{++client_};
  c.predicate.product = ProductKind::tokens;
  c.predicate.models = {ModelId{static_cast<std::uint16_t>(1 + below(2))}};
  c.tif = crosses ? TimeInForce::ioc : TimeInForce::timed;
  c.limit = PriceIndex{crosses ? ask_step : ask_step - 1 - below(steps_below)};
  c.good_for = crosses ? Micros{} : Micros{120 * micros_per_second};
  if (!crosses && resting_wanted_ > 0) c.good_for = long_rest;
  c.input = Tokens{1'000}, c.output_max = Tokens{500}, c.policy = FaultPolicy::error_frame;
  return {ParticipantId{first_buyer + below(buyers_)}, c};
}

Trader::Resting Trader::take_resting() {
  std::swap(resting_[below(static_cast<std::uint32_t>(resting_.size()))], resting_.back());
  auto const taken = resting_.back();
  resting_.pop_back();
  return taken;
}

Sent Trader::market_step() {
  if (resting_.size() < resting_wanted_) return order(false);
  if (traffic_ == Traffic::jobs) return order(true);
  auto const kind = below(100);
  if (kind >= 95) return order(true);
  if (kind < 44 || resting_.empty()) return order(false);
  auto const it = take_resting();
  if (kind < 85) return {it.buyer, CancelOrder{it.id, CancelReason::asked}};
  resting_.push_back(it);
  return {it.buyer, AmendOrder{it.id, PriceIndex{ask_step - 1 - below(steps_below)}, Lots{1}}};
}

// Running jobs first, so that slots come free again.
std::vector<Sent> Trader::wave(std::size_t most) {
  std::vector<Sent> out;
  auto const taken = std::min(most, due_.size());
  out.assign(due_.begin(), due_.begin() + static_cast<std::ptrdiff_t>(taken));
  due_.erase(due_.begin(), due_.begin() + static_cast<std::ptrdiff_t>(taken));
  while (out.size() < most) out.push_back(market_step());
  return out;
}

void Trader::told(Entry const& entry, std::span<Record const> records) {
  for (auto const& record : records) {
    if (record.head.kind == RecordKind::refused) ++refused_;
    if (record.head.kind == RecordKind::order_state) {
      auto const order = record.as<record::OrderState>();
      if (order.order == entry.seq.v && order.phase == static_cast<std::uint8_t>(OrderPhase::resting))
        resting_.push_back({OrderId{order.order}, entry.principal});
    }
    if (record.head.kind != RecordKind::job_state) continue;
    auto const job = record.as<record::JobState>();
    JobId const id{job.job};
    switch (static_cast<JobPhase>(job.phase)) {
      case JobPhase::dispatched:
        due_.push_back({{}, JobAcknowledged{id}});
        break;
      case JobPhase::acknowledged:
        due_.push_back({{}, JobFirstToken{id, Micros{50'000}}});
        break;
      case JobPhase::streaming:
        due_.push_back(
            {{}, JobCompleted{id, FinishReason::stop, Tokens{400}, Tokens{400}, Tokens{1'000}, {}}});
        break;
      default:
        ++jobs_done_;
    }
  }
}

}  // namespace spillway::bench
