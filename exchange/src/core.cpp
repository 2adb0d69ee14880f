// exchange/src/core.cpp - one entry through the core: what is due, then the command, then what follows.
#include "exchange/core.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "core_state.hpp"

namespace spillway {
namespace {

/// The sender's own number for what it asked; 0 where a command has none.
std::uint64_t client_of(Command const& command) {
  return std::visit(
      [](auto const& c) -> std::uint64_t {
        if constexpr (requires { c.client; })
          return c.client.v;
        else if constexpr (requires { c.label; })
          return c.label.v;
        else
          return 0;
      },
      command);
}

/// What the command is about, where it names something that exists already.
std::uint64_t about_of(Command const& command) {
  return std::visit(
      [](auto const& c) -> std::uint64_t {
        if constexpr (requires { c.job; })
          return c.job.v;
        else if constexpr (requires { c.lease; })
          return c.lease.v;
        else if constexpr (requires { c.order; })
          return c.order.v;
        else if constexpr (requires { c.offer; })
          return c.offer.v;
        else if constexpr (requires { c.node; })
          return c.node.v;
        else if constexpr (requires { c.participant; })
          return c.participant.v;
        else
          return 0;
      },
      command);
}

std::uint16_t index_of(Command const& command) { return static_cast<std::uint16_t>(command.index()); }

template <class C>
constexpr bool by_effects() {
  return requires(C c) { c.job; }
  || requires(C c) { c.lease; }
  || std::is_same_v<C, Tick> || std::is_same_v<C, Resumed> || std::is_same_v<C, Continue> ||
      std::is_same_v<C, NodeLost> || std::is_same_v<C, NodeBack> || std::is_same_v<C, UnitAttested> ||
      std::is_same_v<C, UnitRejected> || std::is_same_v<C, EpochOpen> || std::is_same_v<C, EpochClose> ||
      std::is_same_v<C, UnitChecked> || std::is_same_v<C, StateDigest> || std::is_same_v<C, NodeDrain> ||
      std::is_same_v<C, CancelOrder>;
}
/// By the number of the command.
constexpr auto speaks_by_effects = []<class... C>(std::type_identity<std::variant<C...>>) {
  return std::array{by_effects<C>()...};
}(std::type_identity<Command>{});

/// Trades of one walk, ids of one list of an order: beyond them a command asks the heap for more.
constexpr std::size_t walk_most = std::size_t{1} << 17, list_most = std::size_t{1} << 15;

/// Orders that rest may become leases after the table was full for new ones.
std::size_t leases_most(CoreLimits const& sizes) {
  return std::size_t{sizes.leases_kept} + sizes.lease_claims;
}

}  // namespace

ExchangeCore::ExchangeCore(CoreLimits limits) : state_(std::make_unique<State>(limits)) {}
ExchangeCore::~ExchangeCore() = default;

BookLimits ExchangeCore::State::book_limits(CoreLimits const& sizes) {
  return {.orders = sizes.orders,
          .offers = sizes.offers,
          .nodes = sizes.nodes,
          .participants = sizes.participants};
}

/// Nodes of the maps by what the limits allow: keys and their values, labels, accounts and shares, units.
std::size_t ExchangeCore::State::memory_bytes(CoreLimits const& sizes) {
  return std::size_t{sizes.keys} * 256 + std::size_t{sizes.nodes} * 256 +
         std::size_t{sizes.participants} * 2'048 + std::size_t{sizes.units} * 1'024 + (std::size_t{1} << 20);
}

/// Whatever waits is one of these; open jobs are never more than kept orders.
std::size_t ExchangeCore::State::timers_most(CoreLimits const& sizes) {
  return std::size_t{sizes.orders_kept} + sizes.offers + leases_most(sizes) + sizes.units + sizes.nodes +
         sizes.orders;
}

ExchangeCore::State::State(CoreLimits const& sizes)
    : limits(sizes),
      own_book(make_book(sizes.book, reference, book_limits(sizes))),
      book(*own_book),
      memory(memory_bytes(sizes)),
      lists(sizes.list_bytes),
      timers(timers_most(sizes)),
      participants(sizes.participants),
      participants_by_id(sizes.participants),
      nodes(sizes.nodes),
      unit_expiries(sizes.units),
      bonds(sizes.units),
      offers(sizes.offers_kept),
      orders(sizes.orders_kept),
      jobs(sizes.orders_kept),
      leases(leases_most(sizes)),
      client_ids(std::size_t{sizes.orders_kept} + sizes.offers_kept),
      on_instrument(std::size_t{book_limits(sizes).instruments} + 1),
      owed(sizes.orders_kept + leases_most(sizes)),
      touched(std::size_t{book_limits(sizes).instruments} + 1) {
  matches.reserve(walk_most);
  changed_orders.reserve(walk_most);
  changed_offers.reserve(walk_most);
  node_offers.reserve(core::offers_per_node_max);
  full.predicate.models.reserve(list_most);
  full.predicate.classes.reserve(list_most);
  full.predicate.within.reserve(list_most);
  full.predicate.outside.reserve(list_most);
  // Zeroes are there already: it is the system that has to find them a place.
  if (auto const rows = limits.resident; rows > 0) {
    book.prefault(rows), nodes.prefault(rows), offers.prefault(rows), orders.prefault(rows);
    jobs.prefault(rows), leases.prefault(rows), client_ids.prefault(rows), timers.prefault(rows);
  }
}

void ExchangeCore::apply(Entry const& entry, Outcome& out) { state_->apply(entry, out); }
void ExchangeCore::expect(Entry const& entry) const { state_->expect(entry); }

/// People are always answered; of the exchange's own commands those of the operator are, the others speak by
/// their effects.
bool ExchangeCore::State::is_answered(Entry const& entry) {
  // A report of a statement would have to be stated in its turn.
  if (std::holds_alternative<SessionStatement>(entry.command)) return false;
  return entry.principal.some() || !speaks_by_effects[entry.command.index()];
}

/// Under rules 2 what follows from an entry is bounded: what is left over goes on with the next one, and
/// until it is done every command but `Continue` is refused `busy`. The sequencer sees to it that none comes.
void ExchangeCore::State::apply(Entry const& entry, Outcome& to) {
  sw_check(entry.seq.v == applied.v + 1, "entries come without gaps");
  sw_check(entry.stamp >= now, "stamps never go back");
  out = &to;
  entry_seq = entry.seq;
  auto const first_touched = out->touched.size();

  steps_left = limits.steps;
  auto const told = is_member(entry.principal) ? entry.principal : core::nobody;
  auto refusal = Refusal::busy;
  // Most entries find nothing begun and nothing due: then the command is all there is to do.
  if (work.empty() && !timers.any_due(entry.stamp) && !std::holds_alternative<Resumed>(entry.command)) {
    now = entry.stamp;
    refusal = execute(entry, told);
  } else {
    refusal = execute_when_due(entry, told);
  }
  if (core::no(refusal))
    emit(record::Refused{client_of(entry.command), about_of(entry.command), index_of(entry.command), {}},
         static_cast<std::uint16_t>(refusal), told);
  else if (!work.empty())
    work_on();
  if (!out->touched.empty()) list_touched(first_touched);
  applied = entry.seq;
  out = nullptr;
}

/// Of an entry that finds something begun or due, or comes after a gap.
[[gnu::noinline]] Refusal ExchangeCore::State::execute_when_due(Entry const& entry, ParticipantId told) {
  bool const ready = !unfinished() || catch_up();  // what earlier entries left, as of their stamp
  auto const* const resumed = std::get_if<Resumed>(&entry.command);
  bool const first_of_all = rules.version >= 2 && resumed != nullptr;
  bool was_run = false;
  auto refusal = Refusal::busy;
  auto const run = [&] {
    was_run = true;
    refusal = execute(entry, told);
  };
  if (ready) {
    // A gap moves the deadlines before they are looked at: nobody misses one while the exchange itself stood
    // still.
    if (resumed && !entry.principal.some())
      move_deadlines(std::clamp(resumed->gap, Micros{}, entry.stamp - now));
    now = entry.stamp;
    if (first_of_all) run();
    if (catch_up() && !first_of_all) run();
  }
  // Time itself is never refused: what it found due goes on with the next entry.
  bool const time =
      std::holds_alternative<Continue>(entry.command) || std::holds_alternative<Tick>(entry.command);
  if (!was_run && time) run();
  return refusal;
}

/// The command and its records. The answer leads them, under the first number of its reader; what it says is
/// known last.
Refusal ExchangeCore::State::execute(Entry const& entry, ParticipantId told) {
  bool const answered = is_answered(entry);
  auto const at = out->records.size();
  if (answered) {
    auto& answer = begin_record<record::Accepted>(0, told);
    answer.client = client_of(entry.command);
    answer.command = index_of(entry.command);
  }
  auto const begun = out->records.size();
  auto const reply = std::visit([&](auto const& c) { return on(entry.principal, c); }, entry.command);
  if (reply && answered) {
    auto& answer = out->records[at];
    std::memcpy(answer.body.data() + offsetof(record::Accepted, made), &reply->made, sizeof reply->made);
    answer.head.code = static_cast<std::uint16_t>(reply->code);
  }
  if (reply) return Refusal::none;
  sw_check(out->records.size() == begun, "what is refused changes nothing");
  if (answered) take_back_report();
  return reply.error();
}

/// The last record, an answer, as if it had never been written.
void ExchangeCore::State::take_back_report() {
  ParticipantId const told{out->records.back().head.first.participant};
  if (told.some()) --member(told).reports;
  out->records.pop_back();
}

void ExchangeCore::State::list_touched(std::size_t from) {
  for (auto i = from; i < out->touched.size(); ++i) touched[out->touched[i].v] = false;
  if (out->touched.size() == 1) return;
  std::sort(out->touched.begin(), out->touched.end());
  out->touched.erase(std::unique(out->touched.begin(), out->touched.end()), out->touched.end());
}

void ExchangeCore::State::touch(InstrumentId id) {
  if (std::exchange(touched[id.v], true)) return;
  out->touched.push_back(id);
}

void ExchangeCore::State::touch(core::Node const& node) {
  for (auto row = node.offers.first; row != 0; row = offers[row].of_node.after) touch(offers[row].instrument);
}

}  // namespace spillway
