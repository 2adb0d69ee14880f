// apps/demo/src/capacity_buyer.cpp - half of the orders name their term, the other half is released by hand.
#include "capacity_buyer.hpp"

#include <cmath>

namespace spillway::demo {
namespace {

using namespace std::chrono_literals;
constexpr auto patience = 15s;  // then an order that still rests is cancelled
constexpr auto longest_lease = 30s;

std::uint64_t wall_us() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

}  // namespace

CapacityBuyer::CapacityBuyer(wire::executor where, ExchangeProcess const& exchange, Credentials credentials,
                             MarketInput const& input, Plan const& plan)
    : input_(input), plan_(plan), random_(input.seed + 1), next_client_(wall_us()), next_at_(clock::now()) {
  MarketSession::Events events;
  events.message = [this](ServerMessage const& message) {
    if (auto const* const report = std::get_if<msg::Report>(&message)) on_report(report->record);
  };
  session_ = MarketSession::start(std::move(where), exchange, credentials, std::move(events));
}

std::optional<msg::PlaceOrder> CapacityBuyer::next_order() {
  auto const wish = sim::draw_capacity_wish(input_.overlay, random_);
  auto const classes = plan_.classes();
  auto const klass = classes[random_.below(classes.size())];
  bool const by_hand = random_.below(2) == 0, at_once = random_.below(3) == 0;
  auto const best = plan_.best_capacity(klass, wish.tier);
  auto const limit = best ? step_at_or_below(Nano{price_of(*best).v / 1000 * wish.cap_milli}) : std::nullopt;
  if (!limit) return std::nullopt;
  auto const term =
      std::min<std::chrono::microseconds>(std::chrono::microseconds(wish.term.v), longest_lease);
  msg::PlaceOrder order;
  order.client = ClientOrderId{next_client_++};
  order.wanted.product = ProductKind::capacity;
  order.wanted.classes = {input_.tables.classes.at(klass.v - 1u).name};
  if (wish.tier.some()) order.wanted.tier = input_.tables.tiers.at(wish.tier.v - 1u).name;
  order.wanted.buyer_place = input_.tables.places.at(wish.place.v - 1u).name;
  order.tif = at_once ? TimeInForce::ioc : TimeInForce::gtc;
  order.limit = *limit;
  order.quantity = Lots{wish.accelerators * milli_per_accelerator};
  order.term_us = by_hand ? Micros{} : Micros{term.count()};
  if (by_hand) terms_[order.client.v] = term;
  return order;
}

void CapacityBuyer::step() {
  auto const now = clock::now();
  auto const mean = std::chrono::microseconds(input_.overlay.capacity_every.v);
  if (mean.count() > 0 && now >= next_at_ && session_->up()) {
    auto const gap = -std::log(1.0 - random_.uniform()) * static_cast<double>(mean.count());
    next_at_ = now + std::chrono::microseconds(std::llround(gap));
    if (auto order = next_order()) {
      if (order->tif == TimeInForce::gtc) resting_[order->client.v] = now + patience;
      ++orders_;
      (void)session_->ask(std::move(*order));
    }
  }
  std::erase_if(resting_, [&](auto const& entry) {
    if (now >= entry.second) (void)session_->ask(msg::CancelOrder{0, {}, ClientOrderId{entry.first}});
    return now >= entry.second;
  });
  std::erase_if(leases_, [&](auto const& entry) {
    if (now >= entry.second) (void)session_->ask(msg::ReleaseLease{0, LeaseId{entry.first}});
    return now >= entry.second;
  });
}

void CapacityBuyer::on_report(Record const& record) {
  if (record.head.kind == RecordKind::order_state) {
    auto const order = record.as<record::OrderState>();
    client_of_[order.order] = order.client;
    if (OrderPhase{order.phase} != OrderPhase::resting) resting_.erase(order.client);
  }
  if (record.head.kind != RecordKind::lease_state) return;
  auto const lease = record.as<record::LeaseState>();
  auto const phase = LeasePhase{lease.phase};
  if (phase == LeasePhase::ended || phase == LeasePhase::failed) {
    leases_.erase(lease.lease);
    return;
  }
  if (phase != LeasePhase::running) return;
  auto const client = client_of_.find(lease.order);
  auto const term = client != client_of_.end() ? terms_.find(client->second) : terms_.end();
  // Those with a term end by themselves; ours is only for the end of the demonstration.
  leases_.try_emplace(lease.lease,
                      clock::now() + (term != terms_.end() ? term->second : std::chrono::microseconds(1h)));
}

void CapacityBuyer::stop() {
  next_at_ = clock::time_point::max();
  for (auto& [client, when] : resting_) when = {};
  for (auto& [lease, when] : leases_) when = {};
  step();
}

}  // namespace spillway::demo
