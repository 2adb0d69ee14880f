// apps/trade/src/told.cpp - messages as sentences.
#include "apps/trade/told.hpp"

#include "apps/trade/price_text.hpp"
#include "market/decimal.hpp"
#include "market/fail_words.hpp"

namespace spillway {
namespace {

std::string level_text(std::optional<msg::Level> const& level) {
  return level ? price_text(level->price) + " x " + std::to_string(level->lots.v) : std::string("-");
}

std::string name_in(InstrumentNames const& names, InstrumentId id) {
  auto const found = names.find(id);
  return found == names.end() ? "instrument " + std::to_string(id.v) : found->second;
}

char const* fault_text(Fault fault) {
  switch (fault) {
    case Fault::buyer:
      return "the buyer's fault";
    case Fault::provider:
      return "the provider's fault";
    case Fault::exchange:
      return "the exchange's fault";
    case Fault::unset:
    case Fault::none:
      break;
  }
  return "nobody's fault";
}

std::optional<OrderEnd> end_of(record::OrderState const& state) {
  auto const filled = ", " + std::to_string(state.filled_lots) + " lots filled";
  bool const tokens = state.product == static_cast<std::uint8_t>(ProductKind::tokens);
  switch (static_cast<OrderPhase>(state.phase)) {
    case OrderPhase::filled:
      if (tokens) return std::nullopt;  // its job tells the end
      return OrderEnd{true, "order " + std::to_string(state.order) + " filled" + filled};
    case OrderPhase::cancelled:
      return OrderEnd{state.filled_lots > 0, "order " + std::to_string(state.order) + " cancelled" + filled};
    case OrderPhase::expired:
      return OrderEnd{state.filled_lots > 0, "order " + std::to_string(state.order) + " expired" + filled};
    case OrderPhase::resting:
    case OrderPhase::unset:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> feed_line(ServerMessage const& message, InstrumentNames const& names) {
  if (auto const* const top = std::get_if<msg::BookTop>(&message))
    return "top    " + name_in(names, top->instrument) + "  bid " + level_text(top->bid) + "  ask " +
           level_text(top->ask);
  if (auto const* const trade = std::get_if<msg::Trade>(&message))
    return "trade  " + name_in(names, trade->instrument) + "  " + price_text(trade->price) + " x " +
           std::to_string(trade->lots.v);
  return std::nullopt;
}

std::string job_line(msg::JobEnd const& end) {
  auto const job = "job " + std::to_string(end.job.v);
  auto const amounts = std::to_string(end.output.v) + " tokens out, " + std::to_string(end.input.v) +
                       " in, charge " + money_text(end.charge_nano);
  if (end.phase == JobPhase::completed)
    return job + " completed: " + amounts + ", first token after " + std::to_string(end.latency_us.v / 1000) +
           " ms";
  return job + " failed, " + fault_text(end.fault) + " (" + words(end.code) + "): " + amounts;
}

std::optional<OrderEnd> order_end(ServerMessage const& message, OrderId order) {
  if (auto const* const end = std::get_if<msg::JobEnd>(&message); end && end->order == order)
    return OrderEnd{end->phase == JobPhase::completed, job_line(*end)};
  auto const* const report = std::get_if<msg::Report>(&message);
  if (!report || report->record.head.kind != RecordKind::order_state) return std::nullopt;
  auto const state = report->record.as<record::OrderState>();
  if (state.order != order.v) return std::nullopt;
  return end_of(state);
}

}  // namespace spillway
