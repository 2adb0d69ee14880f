// exchange/src/core_image.cpp - the whole state as bytes, and back.
#include <utility>

#include "core_fields.hpp"
#include "core_state.hpp"

namespace spillway {

namespace core {

/// The tables of the market. Of round trips what can be asked: the way back counts where only that is known.
struct Tables {
  std::vector<Place> places;
  std::vector<std::vector<RoundTrip>> round_trips;  // [from - 1][to - 1]
  std::vector<AcceleratorClass> classes;
  std::vector<Tier> tiers;
  std::vector<Model> models;
  PlaceId relay;
};
template <class A, Of<Tables> T>
void fields(A& archive, T& of) {
  auto& [places, round_trips, classes, tiers, models, relay] = of;
  archive(places, round_trips, classes, tiers, models, relay);
}

namespace {

Tables tables_of(Reference const& reference) {
  Tables tables{reference.places(), {}, reference.classes(), reference.tiers(), reference.models(),
                reference.relay()};
  for (auto const& from : tables.places) {
    auto& row = tables.round_trips.emplace_back();
    for (auto const& to : tables.places)
      row.push_back(reference.round_trip(from.id, to.id).value_or(RoundTrip{}));
  }
  return tables;
}

/// Nothing, or what is wrong with them.
std::optional<std::string> set_tables(Tables tables, Reference& reference) {
  auto wrong = reference.set_places(std::move(tables.places));
  for (std::size_t i = 0; i < tables.round_trips.size() && !wrong; ++i)
    wrong = reference.set_round_trips(PlaceId{static_cast<std::uint16_t>(i + 1)},
                                      std::move(tables.round_trips[i]));
  if (!wrong) wrong = reference.set_classes(std::move(tables.classes));
  if (!wrong) wrong = reference.set_tiers(std::move(tables.tiers));
  if (!wrong) wrong = reference.set_models(std::move(tables.models));
  if (!wrong) wrong = reference.set_relay(tables.relay);
  return wrong;
}

}  // namespace

}  // namespace core

// ---- writing ----

/// What follows from the rest is not among them: see index_again.
template <class Archive, class Self>
void ExchangeCore::State::own_fields(Archive& archive, Self& self) {
  archive(self.applied, self.now, self.rules, self.rules_set, self.halted, self.last_fill,
          self.log_key_changed, self.log_key_change, self.log_key_until, self.census, self.stood_still);
}

namespace {

template <class Thing>
void write(core::ArchiveWriter& to, core::Table<Thing> const& table) {
  to(std::uint64_t{table.size()});
  for (auto const row : table.rows_by_id()) to(table[row]);
}
void write(core::ArchiveWriter& to, core::Table<core::Order> const& orders, core::ListBlocks const& lists) {
  to(std::uint64_t{orders.size()});
  for (auto const row : orders.rows_by_id())
    to(orders[row], core::words(orders[row].terms, lists), orders[row].terms.asked);
}

/// False when the table is too small. Ids ascend: another order would be another text for the same.
template <class Thing, class Finish>
bool read(core::ArchiveReader& from, core::Table<Thing>& table, Finish finish) {
  std::uint64_t count = 0, before = 0;
  for (from(count); count > 0 && from.ok(); --count) {
    Thing thing{};
    from(thing);
    if (thing.id.v <= std::exchange(before, std::uint64_t{thing.id.v})) from.fail();
    if (!from.ok()) return true;
    if (table.full() || !finish(thing)) return false;
    if (from.ok()) table.add(thing.id) = thing;
  }
  return true;
}

constexpr auto as_it_is = [](auto const&) { return true; };

}  // namespace

void ExchangeCore::State::export_to(core::ArchiveWriter& to) const {
  to(ExchangeCore::state_layout, core::tables_of(reference));
  own_fields(to, *this);
  write(to, participants);
  to(keys);
  write(to, nodes);
  write(to, offers);
  write(to, orders, lists);
  write(to, jobs);
  write(to, leases);
  write(to, bonds);
  export_client_ids(to);
  export_work(to);
  to(std::uint64_t{owed.size()});
  for (std::size_t i = 0; i < owed.size(); ++i) {
    auto const& [provider, amount, about] = owed.behind_front(i);
    to(provider, amount, about);
  }
  to(registry.records(), ledger.image(), timers.image(), book.image());
}

/// Of each participant, oldest first. Their order is not that of their making: what still lives takes its
/// turn again.
void ExchangeCore::State::export_client_ids(core::ArchiveWriter& to) const {
  for (auto const row : participants.rows_by_id()) {
    auto const& ids = participants[row].client_ids;
    to(ids.count);
    for (auto made = ids.oldest; made.some();
         made = made.is_offer() ? offers[made.row()].younger : orders[made.row()].younger)
      to(made.is_offer(), made.is_offer() ? offers[made.row()].id.v : orders[made.row()].id.v);
  }
}

/// How far a walk has come is an id where it is a row.
void ExchangeCore::State::export_work(core::ArchiveWriter& to) const {
  to(std::uint64_t{work.all().size()});
  for (auto const& [kind, about, only, next] : work.all()) {
    auto at_id = std::uint64_t{next};
    if (next != 0 && kind == core::WorkKind::cancel_tokens) at_id = orders[next].id.v;
    if (next != 0 && kind == core::WorkKind::cancel_offers) at_id = offers[next].id.v;
    to(kind, about, only, at_id);
  }
}

// ---- reading ----

bool ExchangeCore::State::import_orders(core::ArchiveReader& from) {
  PlaceOrder meant, asked;  // their lists keep their memory from one order to the next
  return read(from, orders, [&](core::Order& order) {
    core::KeptOrder::Said said{};
    from(meant, said);
    if (!from.ok()) return true;
    asked = meant;
    asked.good_for = said.good_for, asked.output_max = said.output_max, asked.quantity = said.quantity;
    asked.policy = said.policy, asked.predicate.tier = said.tier;
    if (!lists.has_room(core::ids_to_keep(meant.predicate))) return false;
    core::keep(order.terms, asked, meant, lists);
    return true;
  });
}

bool ExchangeCore::State::import_tables(core::ArchiveReader& from) {
  if (!read(from, participants, as_it_is)) return false;
  std::ranges::copy(participants.rows_by_id(), &participants_by_id[0]);
  from(keys);
  return keys.size() <= limits.keys && read(from, nodes, as_it_is) && read(from, offers, as_it_is) &&
         import_orders(from) && read(from, jobs, as_it_is) && read(from, leases, as_it_is) &&
         read(from, bonds, as_it_is);
}

void ExchangeCore::State::import_client_ids(core::ArchiveReader& from) {
  for (auto const at_row : participants.rows_by_id()) {
    auto& ids = participants[at_row].client_ids;
    auto const who = participants[at_row].id;
    std::uint32_t count = 0;
    for (from(count); count > 0 && from.ok(); --count) {
      bool is_offer = false;
      std::uint64_t id = 0;
      from(is_offer, id);
      auto const row = is_offer ? offers.row(OfferId{id}) : orders.row(OrderId{id});
      core::Handle const made{row | (is_offer ? core::Handle::offer_bit : 0)};
      if (row == 0 || !is_of(made, who, client_id_of(made)) || remembered(who, client_id_of(made)).some())
        from.fail();
      if (from.ok()) chain_client_id(ids, who, made);
    }
  }
}

void ExchangeCore::State::import_work(core::ArchiveReader& from) {
  std::uint64_t count = 0;
  for (from(count); count > 0 && from.ok(); --count) {
    core::Work one{};
    std::uint64_t at_id = 0;
    from(one.kind, one.about, one.only, at_id);
    one.next = narrow(at_id);
    if (one.kind == core::WorkKind::cancel_tokens) one.next = orders.row(OrderId{at_id});
    if (one.kind == core::WorkKind::cancel_offers) one.next = offers.row(OfferId{at_id});
    if (one.kind > core::WorkKind::meet || work.full() || (one.next == 0) != (at_id == 0)) from.fail();
    if (from.ok()) work.begin(one);
  }
}

bool ExchangeCore::State::import_owed(core::ArchiveReader& from) {
  std::uint64_t count = 0;
  for (from(count); count > 0 && from.ok(); --count) {
    if (owed.full()) return false;
    core::Owed one;
    from(one.provider, one.amount, one.about);
    owed.push(one);
  }
  return true;
}

std::expected<void, std::string> ExchangeCore::State::import_from(core::ArchiveReader& from) {
  auto const no = [](std::string why) { return std::unexpected(std::move(why)); };
  std::string const too_large = "it holds more than the limits of this exchange allow";
  std::uint32_t layout = 0;
  from(layout);
  if (layout != ExchangeCore::state_layout)
    return no("the state has layout " + std::to_string(layout) + ", this program reads " +
              std::to_string(ExchangeCore::state_layout));
  core::Tables tables;
  from(tables);
  own_fields(from, *this);
  if (!import_tables(from)) return no(too_large);
  import_client_ids(from);
  import_work(from);
  if (!import_owed(from)) return no(too_large);
  attest::Registry::Records records;
  Ledger::Image books;
  core::Timers::Image waiting;
  BookImage image;
  from(records, books, waiting, image);
  if (!from.at_end() || !Ledger::sound(books)) return no("the bytes are no state of this layout");
  if (auto const wrong = core::set_tables(std::move(tables), reference)) return no("its tables: " + *wrong);
  if (records.size() > limits.units) return no(too_large);
  if (rules.version >= with_drains) registry.keep_misses();
  registry.restore(std::move(records));
  ledger.restore(books);
  if (core::no(book.restore(image))) return no(too_large);
  if (!restore_timers(waiting)) return no("its deadlines are not those of what waits");
  index_again();
  return {};
}

bool ExchangeCore::State::restore_timers(core::Timers::Image const& image) {
  if (!timers.fits(image)) return false;
  for (auto const& waiting : image.waiting) {
    auto const& due = waiting.due;
    if (due.kind == core::TimerKind::unit_expiry) {
      auto* const node = nodes.find(NodeId{narrow(due.about >> 16)});
      if (node == nullptr || unit_expiries.full() || unit_expiries.contains(core::UnitId{due.about}))
        return false;
      unit_expiries.add(core::UnitId{due.about});
      ++node->units_waiting;
    }
    if (timer_of(due) == nullptr) return false;
  }
  timers.restore(image, [&](core::Due const& due, core::Timer name) { *timer_of(due) = name; });
  return true;
}

/// Whatever is chained joined its chains in the order of its making, so by id.
void ExchangeCore::State::index_again() {
  for (auto const& [name, key] : keys) key_values.insert(key.value);
  nodes.for_each([&](core::Node const& node) {
    labels.emplace(std::pair{node.provider, node.label}, node.id);
  });
  for (auto const row : offers.rows_by_id())
    if (offers[row].phase == OfferPhase::live) join_chains(offers[row]);
  for (auto const row : orders.rows_by_id()) {
    auto& order = orders[row];
    auto& buyer = the(participants, order.buyer);
    buyer.orders.join(orders, row, &core::Order::of_buyer);
    order.rests = order.phase == OrderPhase::resting;
    if (!order.rests) continue;
    claim(order);
    resting.join(orders, row, &core::Order::at_rest);
    buyer.resting.join(orders, row, &core::Order::of_resting_buyer);
  }
  for (auto const row : jobs.rows_by_id()) {
    auto const& job = jobs[row];
    join_sides(jobs, job, &core::Participant::jobs);
    if (!core::open(job)) continue;
    open_jobs.join(jobs, row, &core::Job::still_open);
    the(nodes, job.node).jobs.join(jobs, row, &core::Job::of_node);
    the(participants, job.provider).unsettled += job.charge;
    ++the(offers, job.offer).deals;
  }
  for (auto const row : leases.rows_by_id()) {
    auto const& lease = leases[row];
    join_sides(leases, lease, &core::Participant::leases);
    auto* const order = orders.find(lease.order);  // rules 1 may have forgotten it
    if (order) order->leases.join(leases, row, &core::Lease::of_order);
    if (!core::open(lease)) continue;
    if (order) ++order->open_leases;
    open_leases.join(leases, row, &core::Lease::still_open);
    the(nodes, lease.node).leases.join(leases, row, &core::Lease::of_node);
    the(participants, lease.provider).unsettled += lease.charge;
    ++the(offers, lease.offer).deals;
  }
}

namespace {

/// Whether the state, written again, is these bytes: nothing of them was overlooked.
template <class State>
bool writes(State const& state, std::span<std::byte const> bytes) {
  bool same = true;
  core::ArchiveWriter::Sink const compare = [&](std::span<std::byte const> piece) {
    same = same && piece.size() <= bytes.size() && std::ranges::equal(piece, bytes.first(piece.size()));
    if (same) bytes = bytes.subspan(piece.size());
  };
  {
    core::ArchiveWriter writer(compare);
    state.export_to(writer);
  }
  return same && bytes.empty();
}

}  // namespace

// ---- the front door ----

bool ExchangeCore::can_export() const {
  auto const& eligibility = state_->book.eligibility();
  return genesis_done() && eligibility.instrument_count() + eligibility.signature_count() > 0;
}

void ExchangeCore::export_state(Sink const& to) const {
  sw_check(can_export(), "the tables stand still before the state is exported");
  core::ArchiveWriter writer(to);
  state_->export_to(writer);
}

std::expected<void, std::string> ExchangeCore::import_state(std::span<std::byte const> bytes,
                                                            ImportCheck check) {
  sw_check(!state_->applied.some(), "a state is imported into a new core");
  core::ArchiveReader reader(bytes);
  auto done = state_->import_from(reader);
  if (done && check == ImportCheck::written_again && !writes(*state_, bytes))
    done = std::unexpected("what was read is written in other bytes");
  if (done) return done;
  auto const limits = state_->limits;
  state_.reset();  // first: two of them may be more memory than there is
  state_ = std::make_unique<State>(limits);
  return done;
}

}  // namespace spillway
