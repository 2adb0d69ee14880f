// exchange/src/core.cpp - one entry through the core: what is due, then the command, then its records
// numbered for their
// readers.
#include "exchange/core.hpp"

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

}  // namespace

ExchangeCore::ExchangeCore(CoreLimits limits) : state_(std::make_unique<State>(limits)) {}
ExchangeCore::~ExchangeCore() = default;

BookLimits ExchangeCore::State::book_limits(CoreLimits const& sizes) {
  return {.orders = sizes.orders,
          .offers = sizes.offers,
          .nodes = sizes.nodes,
          .participants = sizes.participants};
}

void ExchangeCore::apply(Entry const& entry, Outcome& out) { state_->apply(entry, out); }

/// People are always answered; of the exchange's own commands those of the operator are, the others speak by
/// their effects.
bool ExchangeCore::State::is_answered(Entry const& entry) {
  // A report of a statement would have to be stated in its turn.
  if (std::holds_alternative<SessionStatement>(entry.command)) return false;
  if (entry.principal.some()) return true;
  return std::visit(
      [](auto const& c) {
        using C = std::decay_t<decltype(c)>;
        return !requires { c.job; }
        &&!requires { c.lease; }
        &&!std::is_same_v<C, Tick> && !std::is_same_v<C, Resumed> && !std::is_same_v<C, NodeLost> &&
            !std::is_same_v<C, NodeBack> && !std::is_same_v<C, UnitAttested> &&
            !std::is_same_v<C, UnitRejected> && !std::is_same_v<C, CancelOrder>;
      },
      entry.command);
}

void ExchangeCore::State::apply(Entry const& entry, Outcome& to) {
  sw_check(entry.seq.v == applied.v + 1, "entries come without gaps");
  sw_check(entry.stamp >= now, "stamps never go back");
  out = &to;
  entry_seq = entry.seq;
  auto const first = out->records.size();

  // A gap moves the deadlines before they are looked at: nobody misses one while the exchange itself stood
  // still.
  if (auto const* resumed = std::get_if<Resumed>(&entry.command); resumed && !entry.principal.some())
    move_deadlines(std::clamp(resumed->gap, Micros{}, entry.stamp - now));
  now = entry.stamp;
  fire_due();

  auto const at = out->records.size();
  auto const reply = std::visit([&](auto const& c) { return on(entry.principal, c); }, entry.command);
  auto const told = participant_at(entry.principal) ? entry.principal : core::nobody;
  if (!reply) {
    sw_check(out->records.size() == at, "what is refused changes nothing");
    emit(record::Refused{client_of(entry.command), about_of(entry.command), index_of(entry.command), {}},
         static_cast<std::uint16_t>(reply.error()), told);
  } else if (is_answered(entry)) {
    emit(record::Accepted{client_of(entry.command), reply->made, index_of(entry.command), {}},
         static_cast<std::uint16_t>(reply->code), told);
    std::rotate(out->records.begin() + static_cast<std::ptrdiff_t>(at), out->records.end() - 1,
                out->records.end());
  }
  number_reports(first);
  list_touched();
  applied = entry.seq;
  out = nullptr;
}

/// Numbers are given last, so that they follow the order in which records are read.
void ExchangeCore::State::number_reports(std::size_t from) {
  for (auto i = from; i < out->records.size(); ++i) {
    auto& head = out->records[i].head;
    for (auto* to : {&head.first, &head.second})
      if (to->participant != 0) to->report = ++the(participants, ParticipantId{to->participant}).reports;
  }
}

void ExchangeCore::State::list_touched() {
  out->touched.insert(out->touched.end(), touched.begin(), touched.end());
  std::sort(out->touched.begin(), out->touched.end());
  out->touched.erase(std::unique(out->touched.begin(), out->touched.end()), out->touched.end());
  touched.clear();
}

void ExchangeCore::State::touch(core::Node const& node) {
  for (auto const id : book.offers_of(node.id)) touched.insert(the(offers, id).instrument);
}

}  // namespace spillway
