// apps/demo/src/socket_buyer.hpp - a buyer on the WebSocket: token orders with prompts, content as it comes.
// Room:   apps, library demo; sees gateway client.
// Thread: the loop's.
#pragma once

#include <set>

#include "market_session.hpp"
#include "tally.hpp"

namespace spillway::demo {

class SocketBuyer {
 public:
  SocketBuyer(wire::executor where, ExchangeProcess const& exchange, Credentials credentials, Tally& tally);
  ~SocketBuyer() { session_->stop(); }
  SocketBuyer(SocketBuyer const&) = delete;
  SocketBuyer& operator=(SocketBuyer const&) = delete;

  [[nodiscard]] bool up() const { return session_->up(); }
  void send(msg::PlaceOrder order);
  [[nodiscard]] std::uint64_t in_flight() const { return asked_.size() + placed_.size(); }

 private:
  void on(ServerMessage const& message);
  void on_answer(msg::Answer const& answer);
  void on_end(msg::JobEnd const& end);
  void on_report(Record const& record);
  void lose_all();
  bool finish(OrderId order);

  Tally& tally_;
  std::set<msg::Request> asked_;  // not answered
  std::set<OrderId> placed_;      // accepted, not ended
  std::set<OrderId> early_;       // ended before their answer came
  std::shared_ptr<MarketSession> session_;
};

}  // namespace spillway::demo
