// apps/demo/src/socket_buyer.cpp - an order is over by a refusal, by its job's end, or by its expiry.
#include "socket_buyer.hpp"

namespace spillway::demo {

SocketBuyer::SocketBuyer(wire::executor where, ExchangeProcess const& exchange, Credentials credentials,
                         Tally& tally)
    : tally_(tally) {
  MarketSession::Events events;
  events.down = [this] { lose_all(); };
  events.message = [this](ServerMessage const& message) { on(message); };
  session_ = MarketSession::start(std::move(where), exchange, credentials, std::move(events));
}

void SocketBuyer::send(msg::PlaceOrder order) {
  ++tally_.sent;
  auto const request = session_->ask(std::move(order));
  if (!request) {
    ++tally_.unreached;
    return;
  }
  asked_.insert(*request);
  ++tally_.in_flight;
}

void SocketBuyer::on(ServerMessage const& message) {
  if (auto const* const answer = std::get_if<msg::Answer>(&message)) on_answer(*answer);
  if (auto const* const end = std::get_if<msg::JobEnd>(&message)) on_end(*end);
  if (auto const* const report = std::get_if<msg::Report>(&message)) on_report(report->record);
  if (std::holds_alternative<msg::ChunkToBuyer>(message)) ++tally_.pieces;
}

void SocketBuyer::on_answer(msg::Answer const& answer) {
  if (asked_.erase(answer.request) == 0) return;
  if (answer.refusal != Refusal::none) {
    ++tally_.refused, --tally_.in_flight;
    return;
  }
  if (early_.erase(OrderId{answer.id}) == 0) placed_.insert(OrderId{answer.id});
}

// Reports and answers of one entry may come in either order.
bool SocketBuyer::finish(OrderId order) {
  if (placed_.erase(order) == 0 && (asked_.empty() || !early_.insert(order).second)) return false;
  --tally_.in_flight;
  return true;
}

void SocketBuyer::on_end(msg::JobEnd const& end) {
  if (!finish(end.order)) return;
  ++(end.phase == JobPhase::completed ? tally_.completed : tally_.failed);
}

void SocketBuyer::on_report(Record const& record) {
  if (record.head.kind != RecordKind::order_state) return;
  auto const state = record.as<record::OrderState>();
  auto const phase = OrderPhase{state.phase};
  if (phase != OrderPhase::cancelled && phase != OrderPhase::expired) return;
  if (finish(OrderId{state.order})) ++tally_.unfilled;
}

void SocketBuyer::lose_all() {
  tally_.unreached += in_flight();
  tally_.in_flight -= in_flight();
  asked_.clear(), placed_.clear(), early_.clear();
}

}  // namespace spillway::demo
