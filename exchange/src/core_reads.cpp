// exchange/src/core_reads.cpp - what the follower and the gateway may know: plain values, copied out.
#include "core_state.hpp"

namespace spillway {

namespace {

/// Newest first, at most `most`.
template <class View, class Ids, class Map, class See>
std::vector<View> newest(Ids const& ids, Map const& map, std::size_t most, See&& see) {
  std::vector<View> seen;
  for (auto id = ids.rbegin(); id != ids.rend() && seen.size() < most; ++id) seen.push_back(see(map.at(*id)));
  return seen;
}

AccountView view(AccountKey key, AccountTotals const& totals) {
  return {key, totals.balance(), totals.debits, totals.credits};
}

}  // namespace

// ---- one of each ----

OrderView ExchangeCore::State::view(core::Order const& o) const {
  return {o.id,   o.terms.client, o.buyer, o.terms,  o.signature, o.phase,
          o.open, o.filled,       o.held,  o.placed, o.expires,   o.limit};
}

OfferView ExchangeCore::State::view(core::Offer const& o) const {
  bool const live = o.phase == OfferPhase::live;
  return {o.id,
          o.terms.client,
          o.provider,
          o.terms.node,
          o.instrument,
          o.price,
          live ? book.rest_lots(o.id) : Lots{},
          live ? book.executable_lots(o.id) : Lots{},
          o.quantity,
          o.phase,
          o.posted,
          o.terms.end};
}

NodeView ExchangeCore::State::view(core::Node const& n) const {
  return {n.id,
          n.label,
          n.provider,
          n.place,
          n.klass,
          n.units_max,
          static_cast<std::int32_t>(registry.attested_units(n.id)),
          n.phase};
}

JobView ExchangeCore::State::view(core::Job const& j) const {
  return {j.id,     j.order,      j.offer,   j.buyer,  j.provider, j.node,    j.instrument, j.price,
          j.input,  j.output_max, j.output,  j.policy, j.phase,    j.fault,   j.code,       j.finish,
          j.charge, j.guarantee,  j.latency, j.late,   j.matched,  j.timer.at};
}

LeaseView ExchangeCore::State::view(core::Lease const& l) const {
  return {l.id,   l.order, l.offer, l.buyer,  l.provider, l.node,  l.instrument, l.price,
          l.lots, l.phase, l.fault, l.charge, l.matched,  l.ready, l.ends,       l.used};
}

// ---- the market ----

Seq ExchangeCore::applied() const { return state_->applied; }
Stamp ExchangeCore::now() const { return state_->now; }
std::optional<Stamp> ExchangeCore::next_deadline() const { return state_->timers.next(); }
bool ExchangeCore::genesis_done() const { return state_->genesis_done(); }
Rules const& ExchangeCore::rules() const { return state_->rules; }
Reference const& ExchangeCore::reference() const { return state_->reference; }
Book const& ExchangeCore::book() const { return state_->book; }
bool ExchangeCore::halted() const { return state_->halted; }

// ---- people and what is theirs ----

std::optional<ParticipantView> ExchangeCore::participant(ParticipantId id) const {
  auto const* const p = state_->participant_at(id);
  if (!p) return std::nullopt;
  return ParticipantView{p->id, p->firm, p->roles, p->reports};
}

std::vector<ParticipantView> ExchangeCore::participants() const {
  std::vector<ParticipantView> all;
  for (auto const& [id, p] : state_->participants) all.push_back({p.id, p.firm, p.roles, p.reports});
  return all;
}

std::vector<KeyView> ExchangeCore::keys() const {
  std::vector<KeyView> all;
  for (auto const& [id, p] : state_->participants)
    for (auto const& [key, added] : p.keys) all.push_back({id, key, added.kind, added.value});
  return all;
}

std::expected<ExchangeCore::Terms, Refusal> ExchangeCore::terms_of(PlaceOrder asked) const {
  return state_->terms_of(std::move(asked));
}

std::optional<OrderView> ExchangeCore::order(OrderId id) const {
  auto const* const found = State::at(state_->orders, id);
  return found ? std::optional{state_->view(*found)} : std::nullopt;
}

std::optional<OrderId> ExchangeCore::order_with(ParticipantId who, ClientOrderId client) const {
  auto const* const owner = State::at(state_->participants, who);
  if (!owner) return std::nullopt;
  auto const known = owner->client_ids.known.find(client);
  if (known == owner->client_ids.known.end() || !std::holds_alternative<PlaceOrder>(known->second.content))
    return std::nullopt;
  return OrderId{known->second.made};
}

std::optional<OfferView> ExchangeCore::offer(OfferId id) const {
  auto const* const found = State::at(state_->offers, id);
  return found ? std::optional{state_->view(*found)} : std::nullopt;
}

std::optional<NodeView> ExchangeCore::node(NodeId id) const {
  auto const* const found = State::at(state_->nodes, id);
  return found ? std::optional{state_->view(*found)} : std::nullopt;
}

std::optional<NodeId> ExchangeCore::node_labelled(ParticipantId who, ClientOrderId label) const {
  auto const found = state_->labels.find({who, label});
  return found == state_->labels.end() ? std::nullopt : std::optional{found->second};
}

std::optional<JobView> ExchangeCore::job(JobId id) const {
  auto const* const found = State::at(state_->jobs, id);
  return found ? std::optional{state_->view(*found)} : std::nullopt;
}

std::optional<LeaseView> ExchangeCore::lease(LeaseId id) const {
  auto const* const found = State::at(state_->leases, id);
  return found ? std::optional{state_->view(*found)} : std::nullopt;
}

std::vector<OrderView> ExchangeCore::orders_of(ParticipantId who, std::size_t most) const {
  auto const* const p = state_->participant_at(who);
  if (!p) return {};
  return newest<OrderView>(p->orders, state_->orders, most, [&](auto const& o) { return state_->view(o); });
}

std::vector<JobView> ExchangeCore::jobs_of(ParticipantId who, std::size_t most) const {
  auto const* const p = state_->participant_at(who);
  if (!p) return {};
  return newest<JobView>(p->jobs, state_->jobs, most, [&](auto const& j) { return state_->view(j); });
}

std::vector<LeaseView> ExchangeCore::leases_of(ParticipantId who, std::size_t most) const {
  auto const* const p = state_->participant_at(who);
  if (!p) return {};
  return newest<LeaseView>(p->leases, state_->leases, most, [&](auto const& l) { return state_->view(l); });
}

// ---- everything of a kind ----

std::vector<OfferView> ExchangeCore::offers() const {
  std::vector<OfferView> all;
  for (auto const& [id, offer] : state_->offers) all.push_back(state_->view(offer));
  return all;
}

std::vector<NodeView> ExchangeCore::nodes() const {
  std::vector<NodeView> all;
  for (auto const& [id, node] : state_->nodes) all.push_back(state_->view(node));
  return all;
}

std::vector<JobView> ExchangeCore::open_jobs() const {
  std::vector<JobView> all;
  for (auto const id : state_->open_jobs) all.push_back(state_->view(state_->jobs.at(id)));
  return all;
}

std::vector<LeaseView> ExchangeCore::open_leases() const {
  std::vector<LeaseView> all;
  for (auto const id : state_->open_leases) all.push_back(state_->view(state_->leases.at(id)));
  return all;
}

std::vector<AccountView> ExchangeCore::accounts_of(ParticipantId who) const {
  std::vector<AccountView> all;
  for (auto const& [key, totals] : state_->ledger.accounts())
    if (key.owner == who) all.push_back(view(key, totals));
  return all;
}

std::vector<AccountView> ExchangeCore::accounts() const {
  std::vector<AccountView> all;
  for (auto const& [key, totals] : state_->ledger.accounts()) all.push_back(view(key, totals));
  return all;
}

}  // namespace spillway
