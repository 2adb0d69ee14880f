// exchange/src/core_repeat.cpp - client ids: the same id with the same content is the same command, whoever
// sends it
// again.
#include "core_state.hpp"

namespace spillway {

using core::Handle;
using core::refuse;

namespace {

constexpr std::size_t window_ids = std::size_t{1} << 20;
constexpr std::size_t forgotten_at_once = 16;
constexpr Micros window_time{24 * micros_per_hour};

std::uint64_t hash_of(ParticipantId who, ClientOrderId client) {
  return RowIndex::mix(RowIndex::mix(0, who.v), client.v);
}

}  // namespace

// ---- what a handle names ----

ClientOrderId ExchangeCore::State::client_id_of(Handle made) const {
  return made.is_offer() ? offers[made.row()].terms.client : orders[made.row()].terms.client;
}

Stamp ExchangeCore::State::made_at(Handle made) const {
  return made.is_offer() ? offers[made.row()].posted : orders[made.row()].placed;
}

bool ExchangeCore::State::is_of(Handle made, ParticipantId who, ClientOrderId client) const {
  auto const owner = made.is_offer() ? offers[made.row()].provider : orders[made.row()].buyer;
  return owner == who && client_id_of(made) == client;
}

Handle& ExchangeCore::State::younger_of(Handle made) {
  return made.is_offer() ? offers[made.row()].younger : orders[made.row()].younger;
}

Handle ExchangeCore::State::remembered(ParticipantId who, ClientOrderId client) const {
  return Handle{client_ids.find(hash_of(who, client),
                                [&](std::uint32_t row) { return is_of(Handle{row}, who, client); })};
}

void ExchangeCore::State::expect(ParticipantId who, ClientOrderId client) const {
  client_ids.expect(hash_of(who, client));
  // The youngest of the sender will name the one that is made.
  auto const* const sender = at(participants, who);
  if (sender == nullptr) return;
  auto const newest = sender->client_ids.newest;
  newest.is_offer() ? offers.expect_row(newest.row()) : orders.expect_row(newest.row());
}

// ---- repeats ----

template <class Command>
std::optional<core::Reply> ExchangeCore::State::repeated(ParticipantId who, Command const& c) {
  auto const made = remembered(who, c.client);
  if (!made.some()) {
    if (c.client <= the(participants, who).client_ids.forgotten_highest) return refuse(Refusal::id_too_old);
    return std::nullopt;
  }
  constexpr bool is_offer = std::is_same_v<Command, PostOffer>;
  if (made.is_offer() != is_offer) return refuse(Refusal::exists_with_different_product);
  auto& before = [&]() -> auto& {
    if constexpr (is_offer)
      return offers[made.row()];
    else
      return orders[made.row()];
  }
  ();
  auto const verdict = [&] {
    if constexpr (is_offer)
      return core::difference(before.terms, c);
    else
      return core::difference(before.terms, c, lists);
  }();
  if (verdict != Refusal::exists) return refuse(verdict);
  show(before);
  return Answer{before.id.v, Refusal::exists};
}
template std::optional<core::Reply> ExchangeCore::State::repeated(ParticipantId, PlaceOrder const&);
template std::optional<core::Reply> ExchangeCore::State::repeated(ParticipantId, PostOffer const&);

void ExchangeCore::State::remember(core::Participant& owner, Handle made) {
  chain_client_id(owner.client_ids, owner.id, made);
  forget_old(owner, forgotten_at_once);
}

/// It is the youngest now.
void ExchangeCore::State::chain_client_id(core::ClientIds& ids, ParticipantId who, Handle made) {
  client_ids.insert(hash_of(who, client_id_of(made)), made.v);
  if (ids.newest.some())
    younger_of(ids.newest) = made;
  else
    set_oldest(ids, made);
  ids.newest = made;
  ids.highest = std::max(ids.highest, client_id_of(made));
  ++ids.count;
}

void ExchangeCore::State::set_oldest(core::ClientIds& ids, Handle made) {
  ids.oldest = made;
  ids.oldest_made = made.some() ? made_at(made) : Stamp{};
}

// ---- what is too old ----

/// Rules 1: all at once, and what still lives is kept for ever. Rules 2: a few with each new id; what still
/// lives stays known and takes its turn again.
void ExchangeCore::State::forget_old(core::Participant& owner, std::size_t most) {
  auto& ids = owner.client_ids;
  bool const bounded = rules.version >= 2;
  while (ids.count > 0 && (ids.count > window_ids || ids.oldest_made + window_time < now)) {
    if (bounded && most-- == 0) return;
    auto const old = ids.oldest;
    if (bounded && still_needed(old)) {
      if (ids.count == 1) return;
      set_oldest(ids, std::exchange(younger_of(old), {}));
      younger_of(std::exchange(ids.newest, old)) = old;
      continue;
    }
    if (bounded && !old.is_offer() && !orders[old.row()].leases.empty()) {
      forget_lease(orders[old.row()]);
      continue;
    }
    auto const client = client_id_of(old);
    client_ids.erase(hash_of(owner.id, client), old.v);
    ids.forgotten_highest = std::max(ids.forgotten_highest, client);
    set_oldest(ids, std::exchange(younger_of(old), {}));
    if (--ids.count == 0) ids.newest = {};
    if (!bounded && still_needed(old)) continue;
    if (!old.is_offer())
      forget(owner, orders[old.row()]);
    else if (bounded)
      offers.erase(old.row());
  }
}

/// Own old rows go first, then those of the participant whose turn it is by the number of the entry: who is
/// silent keeps nobody out.
void ExchangeCore::State::make_room(ParticipantId who) {
  forget_old(the(participants, who), limits.steps);
  auto& other = participants[participants_by_id[entry_seq.v % participants.size()]];
  if (other.id != who) forget_old(other, limits.steps);
}

/// Something of it is open.
bool ExchangeCore::State::still_needed(Handle old) const {
  if (old.is_offer()) {
    auto const& offer = offers[old.row()];
    return offer.phase == OfferPhase::live || offer.deals > 0;
  }
  auto const& order = orders[old.row()];
  if (order.phase == OrderPhase::resting || (order.open_leases > 0 && rules.version >= 2)) return true;
  auto const* const job = at(jobs, order.job);
  return job && core::open(*job);
}

/// What has ended is only remembered for repeats and reads.
void ExchangeCore::State::forget(core::Participant& owner, core::Order& order) {
  if (auto* const job = at(jobs, order.job)) {
    leave_sides(jobs, *job, &core::Participant::jobs);
    jobs.erase(jobs.row_of(*job));
  }
  auto const row = orders.row_of(order);
  owner.orders.leave(orders, row, &core::Order::of_buyer);
  core::give_back(order.terms, lists);
  orders.erase(row);
}

void ExchangeCore::State::forget_lease(core::Order& order) {
  auto const row = order.leases.first;
  leave_sides(leases, leases[row], &core::Participant::leases);
  order.leases.leave(leases, row, &core::Lease::of_order);
  leases.erase(row);
}

}  // namespace spillway
