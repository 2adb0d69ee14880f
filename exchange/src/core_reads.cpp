// exchange/src/core_reads.cpp - what the follower and the gateway may know: plain values, copied out.
#include "core_state.hpp"

namespace spillway {

namespace {

/// Newest first, at most `most`.
template <class View, class Table, class LinkOf, class See>
std::vector<View> newest(core::Chain const& chain, Table const& table, std::size_t most, LinkOf link,
                         See see) {
  std::vector<View> seen;
  for (auto row = chain.last; row != 0 && seen.size() < most; row = link(table[row]).before)
    seen.push_back(see(table[row]));
  return seen;
}

/// By id.
template <class View, class Table, class See>
std::vector<View> everything(Table const& table, See see) {
  std::vector<View> seen;
  table.for_each([&](auto const& thing) { seen.push_back(see(thing)); });
  std::sort(seen.begin(), seen.end(), [](View const& a, View const& b) { return a.id < b.id; });
  return seen;
}

template <class View, class Table, class See>
std::vector<View> still_open(core::Chain const& chain, Table const& table, See see) {
  std::vector<View> seen;
  for (auto row = chain.first; row != 0; row = table[row].still_open.after) seen.push_back(see(table[row]));
  return seen;
}

AccountView view(AccountKey key, AccountTotals const& totals) {
  return {key, totals.balance(), totals.debits, totals.credits};
}

}  // namespace

// ---- one of each ----

OrderView ExchangeCore::State::view(core::Order const& o) const {
  return {o.id,        o.terms.client, o.buyer,   core::words(o.terms, lists),
          o.signature, o.phase,        o.open,    o.filled,
          o.held,      o.placed,       o.expires, o.limit};
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
          static_cast<std::int32_t>(registry.missed_units(n.id)),
          n.phase,
          n.drain,
          n.meter.running,
          n.meter.low,
          n.meter.low_at};
}

JobView ExchangeCore::State::view(core::Job const& j) const {
  return {j.id,         j.order, j.offer,   j.buyer,           j.provider, j.node,
          j.instrument, j.price, j.input,   j.output_max,      j.output,   j.policy,
          j.phase,      j.fault, j.code,    j.finish,          j.charge,   j.guarantee,
          j.latency,    j.late,  j.matched, timers.at(j.timer)};
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
bool ExchangeCore::unfinished() const { return state_->unfinished(); }
bool ExchangeCore::halted() const { return state_->halted; }
LogKeyView ExchangeCore::log_keys() const {
  auto const& s = *state_;
  bool const over = s.applied > s.log_key_changed && s.now >= s.log_key_until;
  return {s.log_key_changed, s.log_key_change, s.log_key_until, over};
}

// ---- people and what is theirs ----

std::optional<ParticipantView> ExchangeCore::participant(ParticipantId id) const {
  auto const* const p = state_->participants.find(id);
  if (!p) return std::nullopt;
  return ParticipantView{p->id, p->firm, p->roles, p->reports};
}

std::vector<ParticipantView> ExchangeCore::participants() const {
  return everything<ParticipantView>(state_->participants, [](core::Participant const& p) {
    return ParticipantView{p.id, p.firm, p.roles, p.reports};
  });
}

std::vector<KeyView> ExchangeCore::keys() const {
  std::vector<KeyView> all;
  for (auto const& [key, added] : state_->keys)
    all.push_back({key.first, key.second, added.kind, added.value});
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
  auto const made = state_->remembered(who, client);
  return made.some() && !made.is_offer() ? std::optional{state_->orders[made.row()].id} : std::nullopt;
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
  auto const* const p = state_->participants.find(who);
  if (!p) return {};
  auto const link = [](core::Order const& o) { return o.of_buyer; };
  return newest<OrderView>(p->orders, state_->orders, most, link,
                           [&](auto const& o) { return state_->view(o); });
}

std::vector<JobView> ExchangeCore::jobs_of(ParticipantId who, std::size_t most) const {
  auto const* const p = state_->participants.find(who);
  if (!p) return {};
  auto const link = [&](core::Job const& j) { return j.of[State::side_of(j, who)]; };
  return newest<JobView>(p->jobs, state_->jobs, most, link, [&](auto const& j) { return state_->view(j); });
}

std::vector<LeaseView> ExchangeCore::leases_of(ParticipantId who, std::size_t most) const {
  auto const* const p = state_->participants.find(who);
  if (!p) return {};
  auto const link = [&](core::Lease const& l) { return l.of[State::side_of(l, who)]; };
  return newest<LeaseView>(p->leases, state_->leases, most, link,
                           [&](auto const& l) { return state_->view(l); });
}

// ---- everything of a kind ----

std::vector<OfferView> ExchangeCore::offers() const {
  return everything<OfferView>(state_->offers, [&](auto const& o) { return state_->view(o); });
}

std::vector<NodeView> ExchangeCore::nodes() const {
  return everything<NodeView>(state_->nodes, [&](auto const& n) { return state_->view(n); });
}

std::vector<JobView> ExchangeCore::open_jobs() const {
  return still_open<JobView>(state_->open_jobs, state_->jobs, [&](auto const& j) { return state_->view(j); });
}

std::vector<LeaseView> ExchangeCore::open_leases() const {
  return still_open<LeaseView>(state_->open_leases, state_->leases,
                               [&](auto const& l) { return state_->view(l); });
}

std::vector<AccountView> ExchangeCore::accounts_of(ParticipantId who) const {
  std::vector<AccountView> all;
  for (auto const& [key, totals] : state_->ledger.accounts_of(who)) all.push_back(view(key, totals));
  return all;
}

std::vector<AccountView> ExchangeCore::accounts() const {
  std::vector<AccountView> all;
  for (auto const& [key, totals] : state_->ledger.accounts()) all.push_back(view(key, totals));
  return all;
}

}  // namespace spillway
