// gateway/server/src/session.hpp - one WebSocket client: login, then requests in, answers and reports out.
// Room:   gateway, target server, private.
// Thread: the loop's.
// Rule:   everything is denied unless a role allows it. Requests are answered in order of the journal;
//         several may be in flight.
#pragma once

#include <deque>
#include <memory>
#include <set>

#include "gateway/wire/signal.hpp"
#include "gateway/wire/websocket.hpp"
#include "hub.hpp"
#include "market/json.hpp"
#include "relay.hpp"
#include "stated_session.hpp"

namespace spillway {

/// What may wait to be sent to somebody who has not logged in; much more to somebody who has.
inline constexpr std::size_t stranger_outbox_bytes = 64 * 1024;

class Session final : public Peer, public std::enable_shared_from_this<Session> {
 public:
  Session(Hub& hub, std::shared_ptr<wire::WebSocket> ws, SessionId id);
  ~Session() override;

  /// Runs until the client leaves or is sent away.
  static wire::awaitable<void> run(std::shared_ptr<Session> self);

  [[nodiscard]] SessionId id() const override { return id_; }
  [[nodiscard]] ParticipantId participant() const override { return participant_; }
  void send(ServerMessage const& message) override;

 private:
  class OrderSink;
  using Time = std::int64_t;  // steady nanoseconds at which the frame's last byte was read

  // session.cpp: the connection and the login
  wire::awaitable<void> serve(std::shared_ptr<Session> self);
  void hello();
  bool log_in(msg::Login const&);
  /// Awaits the login; without one in time the connection is closed.
  static wire::awaitable<void> expect_login(std::shared_ptr<Session> self);
  wire::awaitable<void> send_missed_reports(std::shared_ptr<Session> self, std::uint64_t sent);
  wire::awaitable<std::optional<std::vector<ReportRow>>> read_missed_reports(std::uint64_t after);
  void send_now(ServerMessage const& message);
  void handle(ClientMessage const&, Time read_ns);
  void say_closing(Refusal, std::string sentence);
  [[nodiscard]] bool allowed(ClientMessage const&) const;

  // session_requests.cpp: what a logged-in client may ask
  void on(msg::Login const&, Time);
  void on(msg::Logout const&, Time);
  void on(msg::Ping const&, Time);
  void on(msg::PlaceOrder const&, Time);
  void on(msg::AmendOrder const&, Time);
  void on(msg::CancelOrder const&, Time);
  void on(msg::ReleaseLease const&, Time);
  void on(msg::RegisterNode const&, Time);
  void on(msg::PostOffer const&, Time);
  void on(msg::AmendOffer const&, Time);
  void on(msg::CancelOffer const&, Time);
  void on(msg::CancelAll const&, Time);
  void on(msg::BondPost const&, Time);
  void on(msg::BondTake const&, Time);
  void on(msg::AttestFrame const&, Time);
  void on(msg::JobAck const&, Time);
  void on(msg::JobRefuse const&, Time);
  void on(msg::JobChunk const&, Time);
  void on(msg::JobDone const&, Time);
  void on(msg::JobFail const&, Time);
  void on(msg::LeaseReadyMsg const&, Time);
  void on(msg::LeaseEndedMsg const&, Time);
  void on(msg::Read const&, Time);
  void on(msg::Subscribe const&, Time);
  void on(msg::AdminParticipant const&, Time);
  void on(msg::AdminKey const&, Time);
  void on(msg::AdminDeposit const&, Time);
  void on(msg::AdminHalt const&, Time);
  void on(msg::AdminShutdown const&, Time);
  void on(msg::AdminRules const&, Time);
  void on(msg::AdminBonds const&, Time);
  void on(msg::AdminFrozen const&, Time);
  void on(msg::SessionStatement const&, Time);

  // session_register.cpp: names, by the operator
  void on(msg::AdminRegister const&, Time);
  void on(msg::AdminForget const&, Time);
  void on(msg::AdminLogKey const&, Time);
  void read_register(msg::Read const&);

  [[nodiscard]] bool must_wait(ClientMessage const&) const;
  void place_token_order(msg::PlaceOrder const&, PlaceOrder, Time);
  void with_order(msg::Request, OrderId, ClientOrderId, std::function<void(OrderId)> then);
  void submit(msg::Request, Command, Time, Hub::Done then = {}, Hub::Done if_left = {});
  void answer(msg::Request, Refusal, std::uint64_t id = 0, Seq seq = {}, bool repeat = false,
              Time read_ns = 0);
  void answer(msg::Request, Released const&, Time read_ns);
  void write(msg::Answer const&, Time read_ns);
  [[nodiscard]] bool must_state_first(Command const&) const;
  [[nodiscard]] bool claim_is_signed(JobId, Tokens input, Tokens output, Bytes64 const&) const;

  Hub& hub_;
  std::shared_ptr<wire::WebSocket> ws_;
  SessionId id_;
  bool json_;
  Bytes32 nonce_{};
  bool nonce_used_{};
  std::int64_t nonce_made_us_{};
  ParticipantId participant_;
  Role role_{};
  KeyView key_;
  std::optional<StatedSession> stated_;
  bool logged_in_{}, catching_up_{}, closed_{};
  static constexpr std::size_t reads_at_once = 4;
  std::size_t reads_{};
  Seq told_of_;                   // the last entry that this client had an answer to, or a report of
  bool looking_up_{};             // an order by its client's number; later requests wait
  std::deque<msg::Report> held_;  // the latest reports that came while missed ones are being read
  std::size_t unanswered_{};
  wire::Signal room_, known_;
  std::set<std::shared_ptr<JobSink>> sinks_;
};

}  // namespace spillway
