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

// ---- writing and reading ----

/// What follows from the rest is not among them: see index_again.
template <class Archive, class Self>
void ExchangeCore::State::own_fields(Archive& archive, Self& self) {
  archive(self.applied, self.now, self.rules, self.rules_set, self.halted, self.participants, self.nodes,
          self.offers, self.orders, self.jobs, self.leases, self.last_fill);
}

void ExchangeCore::State::export_to(core::ArchiveWriter& to) const {
  to(ExchangeCore::state_layout, core::tables_of(reference));
  own_fields(to, *this);
  to(std::uint64_t{owed.size()});
  for (auto const& [provider, amount, about] : owed) to(provider, amount, about);
  to(registry.records(), ledger.image(), timers.waiting(), timers.created(), book.image());
}

std::expected<void, std::string> ExchangeCore::State::import_from(core::ArchiveReader& from) {
  auto const no = [](std::string why) { return std::unexpected(std::move(why)); };
  std::uint32_t layout = 0;
  from(layout);
  if (layout != ExchangeCore::state_layout)
    return no("the state has layout " + std::to_string(layout) + ", this program reads " +
              std::to_string(ExchangeCore::state_layout));
  core::Tables tables;
  from(tables);
  own_fields(from, *this);
  std::uint64_t debts = 0;
  from(debts);
  for (; debts > 0 && from.ok(); --debts) {
    auto& [provider, amount, about] = owed.emplace_back();
    from(provider, amount, about);
  }
  std::map<attest::UnitKey, attest::UnitRecord> records;
  Ledger::Image books;
  std::map<core::Timer, core::Due> waiting;
  std::uint64_t created = 0;
  BookImage image;
  from(records, books, waiting, created, image);
  if (!from.at_end()) return no("the bytes are no state of this layout");
  if (auto const wrong = core::set_tables(std::move(tables), reference)) return no("its tables: " + *wrong);
  registry.restore(std::move(records));
  ledger.restore(std::move(books));
  timers.restore(std::move(waiting), created);
  if (core::no(book.restore(image))) return no("it holds more than the limits of this exchange allow");
  index_again();
  return {};
}

void ExchangeCore::State::index_again() {
  for (auto const& [id, participant] : participants)
    for (auto const& [number, key] : participant.keys) key_values.insert(key.value);
  for (auto const& [id, node] : nodes) labels.emplace(std::pair{node.provider, node.label}, id);
  for (auto const& [id, order] : orders) {
    the(participants, order.buyer).orders.insert(id);
    if (order.phase == OrderPhase::resting) resting.insert(id);
  }
  for (auto const& [id, job] : jobs) {
    for (auto const who : {job.buyer, job.provider}) the(participants, who).jobs.insert(id);
    if (!core::open(job)) continue;
    open_jobs.insert(id);
    the(nodes, job.node).jobs.insert(id);
  }
  for (auto const& [id, lease] : leases) {
    for (auto const who : {lease.buyer, lease.provider}) the(participants, who).leases.insert(id);
    if (!core::open(lease)) continue;
    open_leases.insert(id);
    the(nodes, lease.node).leases.insert(id);
  }
  for (auto const& [id, offer] : offers) live_offers += offer.phase == OfferPhase::live ? 1 : 0;
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

std::expected<void, std::string> ExchangeCore::import_state(std::span<std::byte const> bytes) {
  sw_check(!state_->applied.some(), "a state is imported into a new core");
  auto fresh = std::make_unique<State>(state_->limits);
  core::ArchiveReader reader(bytes);
  if (auto done = fresh->import_from(reader); !done) return done;
  if (!writes(*fresh, bytes)) return std::unexpected("what was read is written in other bytes");
  state_ = std::move(fresh);
  return {};
}

}  // namespace spillway
