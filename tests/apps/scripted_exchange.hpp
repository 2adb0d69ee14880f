// tests/apps/scripted_exchange.hpp - an exchange that says what a test wants it to say: it admits nobody,
// loses connections, keeps an answer back. The real one (gate_world.hpp) can't be made to do so on a word.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "gateway/wire/server.hpp"
#include "gateway/wire/url.hpp"
#include "market/message.hpp"

namespace spillway {

class ScriptedExchange {
 public:
  explicit ScriptedExchange(wire::executor where) {
    wire::ServerOptions options;
    options.plain_text = true;
    options.subprotocols = {subprotocol_binary};
    wire::ServerHandlers handlers;
    handlers.websocket = [this](std::shared_ptr<wire::WebSocket> ws, wire::RequestHead const&) {
      return serve(std::move(ws));
    };
    server_ = wire::Server::listen(std::move(where), std::move(options), std::move(handlers)).value();
  }
  [[nodiscard]] wire::Url url() const { return {"ws", "127.0.0.1", server_->port(), "/v1/stream"}; }

  void send(ServerMessage const& message) {
    if (session) (void)session->send(std::make_shared<Bytes const>(encode(message)), wire::FrameKind::binary);
  }
  template <class M>
  [[nodiscard]] std::size_t count() const {
    std::size_t n = 0;
    for (auto const& message : received) n += std::holds_alternative<M>(message) ? 1 : 0;
    return n;
  }

  /// What a proof gets: the first of these, then each is admitted. The number is a RejectReason.
  std::deque<std::uint16_t> rejections;
  std::deque<Refusal> bond_refusals;  // what a bond gets: the first of these, then each is taken
  bool confirms_leases = true;
  Rules rules = [] {
    Rules r;
    r.bond_per_unit = {};
    return r;
  }();
  int logins = 0;
  std::vector<ClientMessage> received;
  std::shared_ptr<wire::WebSocket> session;  // of the last login

 private:
  wire::awaitable<void> serve(std::shared_ptr<wire::WebSocket> ws) {
    session = ws;
    send(msg::ServerHello{{}, Stamp{1}, "scripted", "0"});
    for (;;) {
      auto const frame = co_await ws->read_frame();
      if (!frame) co_return;
      auto message = decode_client_message(std::as_bytes(frame->bytes));
      if (!message) co_return;
      received.push_back(std::move(*message));
      std::visit([this](auto const& m) { on(m); }, ClientMessage(received.back()));
    }
  }
  void on(msg::Login const& login) {
    ++logins;
    send(msg::Welcome{login.request, login.participant, login.role, SessionId{1}, 0, rules, Stamp{1}});
  }
  void on(msg::AttestFrame const& frame) {
    std::uint16_t reason = 0;
    if (!rejections.empty()) reason = rejections.front(), rejections.pop_front();
    send(msg::AttestVerdict{frame.node, frame.unit, reason == 0, reason, "scripted", 1, 1, 1, Stamp{2}});
  }
  void on(msg::BondPost const& bond) {
    if (bond_refusals.empty()) return answer(bond.request, 1);
    send(msg::Answer{bond.request, bond_refusals.front(), "scripted", 0, {}, false});
    bond_refusals.pop_front();
  }
  void on(msg::LeaseReadyMsg const& ready) {
    if (confirms_leases) answer(ready.request, ready.lease.v);
  }
  template <class M>
  void on(M const& message) {
    answer(message.request, 1);
  }
  void answer(msg::Request request, std::uint64_t id) {
    send(msg::Answer{request, Refusal::none, {}, id, Seq{1}, false});
  }

  std::unique_ptr<wire::Server> server_;
};

}  // namespace spillway
