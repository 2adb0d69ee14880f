// exchange/src/core_repeat.cpp - client ids: the same id with the same content is the same command, whoever
// sends it
// again.
#include "core_state.hpp"

namespace spillway {

using core::refuse;
using core::Remembered;

namespace {

constexpr std::size_t window_ids = std::size_t{1} << 20;
constexpr Micros window_time{24 * micros_per_hour};

Refusal difference(PlaceOrder const& was, PlaceOrder const& is) {
  if (was.predicate.product != is.predicate.product) return Refusal::exists_with_different_product;
  if (!(was.predicate == is.predicate)) return Refusal::exists_with_different_predicate;
  if (was.limit != is.limit || was.market != is.market) return Refusal::exists_with_different_price;
  if (was.quantity != is.quantity || was.input != is.input || was.output_max != is.output_max)
    return Refusal::exists_with_different_quantity;
  bool const same = was.tif == is.tif && was.prefer_near == is.prefer_near && was.good_for == is.good_for &&
                    was.policy == is.policy && was.term == is.term;
  return same ? Refusal::exists : Refusal::exists_with_different_terms;
}

Refusal difference(PostOffer const& was, PostOffer const& is) {
  if (was.product != is.product || was.model != is.model || was.tier != is.tier || was.node != is.node)
    return Refusal::exists_with_different_product;
  if (was.price != is.price) return Refusal::exists_with_different_price;
  if (was.quantity != is.quantity) return Refusal::exists_with_different_quantity;
  bool const same = was.fill_min == is.fill_min && was.fill_max == is.fill_max &&
                    was.replenish == is.replenish && was.end == is.end;
  return same ? Refusal::exists : Refusal::exists_with_different_terms;
}

}  // namespace

template <class Command>
std::optional<core::Reply> ExchangeCore::State::repeated(ParticipantId who, Command const& c) {
  auto& ids = the(participants, who).client_ids;
  auto const found = ids.known.find(c.client);
  if (found == ids.known.end()) {
    if (c.client <= ids.forgotten_highest) return refuse(Refusal::id_too_old);
    return std::nullopt;
  }
  auto const* const before = std::get_if<Command>(&found->second.content);
  auto const verdict = before ? difference(*before, c) : Refusal::exists_with_different_product;
  if (verdict != Refusal::exists) return refuse(verdict);
  auto const made = found->second.made;
  if constexpr (std::is_same_v<Command, PlaceOrder>)
    show(the(orders, OrderId{made}));
  else
    show(the(offers, OfferId{made}));
  return Answer{made, Refusal::exists};
}
template std::optional<core::Reply> ExchangeCore::State::repeated(ParticipantId, PlaceOrder const&);
template std::optional<core::Reply> ExchangeCore::State::repeated(ParticipantId, PostOffer const&);

void ExchangeCore::State::remember(core::Participant& owner, ClientOrderId client,
                                   std::variant<PlaceOrder, PostOffer> content, std::uint64_t made) {
  auto& ids = owner.client_ids;
  ids.known.emplace(client, Remembered{std::move(content), made});
  ids.by_age.emplace_back(now, client);
  forget_old(owner);
}

void ExchangeCore::State::forget_old(core::Participant& owner) {
  auto& ids = owner.client_ids;
  while (ids.by_age.size() > window_ids || ids.by_age.front().first + window_time < now) {
    auto const client = ids.by_age.front().second;
    forget(ids.known.at(client));
    ids.known.erase(client);
    ids.forgotten_highest = std::max(ids.forgotten_highest, client);
    ids.by_age.pop_front();
  }
}

/// What has ended is only remembered for repeats and reads; what still lives stays.
void ExchangeCore::State::forget(Remembered const& old) {
  if (std::holds_alternative<PostOffer>(old.content)) return;  // fills point to their offers
  OrderId const id{old.made};
  auto* const order = at(orders, id);
  if (!order || order->phase == OrderPhase::resting) return;
  auto const* const job = at(jobs, order->job);
  if (job && core::open(*job)) return;
  if (job) {
    the(participants, job->buyer).jobs.erase(job->id);
    the(participants, job->provider).jobs.erase(job->id);
    jobs.erase(order->job);
  }
  the(participants, order->buyer).orders.erase(id);
  orders.erase(id);
}

}  // namespace spillway
