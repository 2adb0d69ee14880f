// gateway/server/src/session.cpp - the connection: hello, login, the read loop, and what is sent.
#include "session.hpp"

#include <sodium.h>

#include <chrono>

#include "gateway/wire/mailbox.hpp"
#include "market/codec.hpp"
#include "steady_clock.hpp"

namespace spillway {
namespace {

constexpr std::int64_t nonce_valid_us = 30 * micros_per_second;
constexpr std::size_t unanswered_max = 1024;
constexpr std::size_t outbox_bytes = std::size_t{32} << 20;
// Missed reports are sent by pages: the next is read when the outbox has nearly emptied.
constexpr std::size_t reports_a_page = 1'000, drained_bytes = std::size_t{1} << 20;
constexpr std::size_t held_reports_max = 4'096;
constexpr std::chrono::seconds page_patience{10};
constexpr std::chrono::milliseconds page_pause{20};

bool signed_by(Bytes32 const& public_key, Bytes const& text, Bytes64 const& signature) {
  return crypto_sign_verify_detached(reinterpret_cast<unsigned char const*>(signature.data()),
                                     reinterpret_cast<unsigned char const*>(text.data()), text.size(),
                                     reinterpret_cast<unsigned char const*>(public_key.data())) == 0;
}

template <class Message>
constexpr std::uint32_t roles_for = static_cast<std::uint32_t>(Role::buyer) |
                                    static_cast<std::uint32_t>(Role::provider) |
                                    static_cast<std::uint32_t>(Role::auditor) |
                                    static_cast<std::uint32_t>(Role::operator_);
template <>
constexpr std::uint32_t roles_for<msg::PlaceOrder> = static_cast<std::uint32_t>(Role::buyer);
template <>
constexpr std::uint32_t roles_for<msg::AmendOrder> = static_cast<std::uint32_t>(Role::buyer);
template <>
constexpr std::uint32_t roles_for<msg::CancelOrder> = static_cast<std::uint32_t>(Role::buyer);
template <>
constexpr std::uint32_t roles_for<msg::ReleaseLease> = static_cast<std::uint32_t>(Role::buyer);
template <>
constexpr std::uint32_t roles_for<msg::RegisterNode> = static_cast<std::uint32_t>(Role::provider);
template <>
constexpr std::uint32_t roles_for<msg::PostOffer> = static_cast<std::uint32_t>(Role::provider);
template <>
constexpr std::uint32_t roles_for<msg::AmendOffer> = static_cast<std::uint32_t>(Role::provider);
template <>
constexpr std::uint32_t roles_for<msg::CancelOffer> = static_cast<std::uint32_t>(Role::provider);
template <>
constexpr std::uint32_t roles_for<msg::CancelAll> = static_cast<std::uint32_t>(Role::buyer) |
                                                    static_cast<std::uint32_t>(Role::provider) |
                                                    static_cast<std::uint32_t>(Role::operator_);
template <>
constexpr std::uint32_t roles_for<msg::AttestFrame> = static_cast<std::uint32_t>(Role::provider);
template <>
constexpr std::uint32_t roles_for<msg::JobAck> = static_cast<std::uint32_t>(Role::provider);
template <>
constexpr std::uint32_t roles_for<msg::JobRefuse> = static_cast<std::uint32_t>(Role::provider);
template <>
constexpr std::uint32_t roles_for<msg::JobChunk> = static_cast<std::uint32_t>(Role::provider);
template <>
constexpr std::uint32_t roles_for<msg::JobDone> = static_cast<std::uint32_t>(Role::provider);
template <>
constexpr std::uint32_t roles_for<msg::JobFail> = static_cast<std::uint32_t>(Role::provider);
template <>
constexpr std::uint32_t roles_for<msg::LeaseReadyMsg> = static_cast<std::uint32_t>(Role::provider);
template <>
constexpr std::uint32_t roles_for<msg::LeaseEndedMsg> = static_cast<std::uint32_t>(Role::provider);
template <>
constexpr std::uint32_t roles_for<msg::AdminParticipant> = static_cast<std::uint32_t>(Role::operator_);
template <>
constexpr std::uint32_t roles_for<msg::AdminKey> = static_cast<std::uint32_t>(Role::operator_);
template <>
constexpr std::uint32_t roles_for<msg::AdminDeposit> = static_cast<std::uint32_t>(Role::operator_);
template <>
constexpr std::uint32_t roles_for<msg::AdminHalt> = static_cast<std::uint32_t>(Role::operator_);
template <>
constexpr std::uint32_t roles_for<msg::AdminShutdown> = static_cast<std::uint32_t>(Role::operator_);
template <>
constexpr std::uint32_t roles_for<msg::AdminRegister> = static_cast<std::uint32_t>(Role::operator_);
template <>
constexpr std::uint32_t roles_for<msg::AdminForget> = static_cast<std::uint32_t>(Role::operator_);
template <>
constexpr std::uint32_t roles_for<msg::AdminLogKey> = static_cast<std::uint32_t>(Role::operator_);
template <>
constexpr std::uint32_t roles_for<msg::AdminRules> = static_cast<std::uint32_t>(Role::operator_);
template <>
constexpr std::uint32_t roles_for<msg::BondPost> = static_cast<std::uint32_t>(Role::provider);
template <>
constexpr std::uint32_t roles_for<msg::BondTake> = static_cast<std::uint32_t>(Role::provider);
template <>
constexpr std::uint32_t roles_for<msg::AdminBonds> = static_cast<std::uint32_t>(Role::operator_);
template <>
constexpr std::uint32_t roles_for<msg::AdminFrozen> = static_cast<std::uint32_t>(Role::operator_);

}  // namespace

Session::Session(Hub& hub, std::shared_ptr<wire::WebSocket> ws, SessionId id)
    : hub_(hub),
      ws_(std::move(ws)),
      id_(id),
      json_(ws_->subprotocol() == subprotocol_json),
      room_(hub.where()),
      known_(hub.where()) {}

Session::~Session() = default;

wire::awaitable<void> Session::run(std::shared_ptr<Session> self) {
  wire::spawn(self->hub_.where(), expect_login(self));
  co_await self->serve(self);
  self->closed_ = true;
  self->known_.notify();
  if (!self->logged_in_) co_return;
  for (auto const& sink : self->sinks_) self->hub_.relay().abandon(sink.get());
  self->hub_.disconnect(*self);
}

wire::awaitable<void> Session::expect_login(std::shared_ptr<Session> self) {
  bool const settled =
      co_await self->known_.wait(std::chrono::microseconds(self->hub_.config().login_within.v));
  if (!settled && !self->logged_in_ && !self->closed_)
    self->say_closing(Refusal::login_required, "no login came in time; connect again and log in at once");
}

wire::awaitable<void> Session::serve(std::shared_ptr<Session>) {
  hello();
  while (!closed_) {
    while (unanswered_ >= unanswered_max && !closed_) co_await room_.wait();
    // Strangers are answered as fast as they read the answers, so that nothing piles up for them.
    if (!logged_in_) (void)co_await ws_->wait_until_queued_at_most(stranger_outbox_bytes / 4);
    auto const frame = co_await ws_->read_frame();
    if (!frame || closed_) co_return;
    auto const read_ns = steady_ns();
    auto const bytes = std::as_bytes(frame->bytes);
    auto const message = json_ ? client_message_from_json(frame->text()) : decode_client_message(bytes);
    if (!message) {
      ++hub_.meters().frames_bad;
      say_closing(Refusal::malformed, message.error().sentence);
      co_return;
    }
    while (!closed_ && must_wait(*message)) co_await room_.wait();
    if (closed_) co_return;
    handle(*message, read_ns);
  }
}

void Session::hello() {
  randombytes_buf(nonce_.data(), nonce_.size());
  nonce_made_us_ = steady_ns() / 1000;
  send(msg::ServerHello{nonce_, hub_.now(), hub_.config().server_names.front(), "spillway 0.1"});
}

void Session::handle(ClientMessage const& message, Time read_ns) {
  if (auto const* const login = std::get_if<msg::Login>(&message); login && !logged_in_) {
    if (!log_in(*login)) ++hub_.meters().logins_failed, closed_ = true;
    return;
  }
  if (!logged_in_) {
    if (auto const* const ping = std::get_if<msg::Ping>(&message)) return send(msg::Pong{ping->request});
    return answer(request_of(message), Refusal::login_required);
  }
  if (!allowed(message)) return answer(request_of(message), Refusal::role_missing);
  std::visit([&](auto const& m) { on(m, read_ns); }, message);
}

bool Session::allowed(ClientMessage const& message) const {
  return std::visit(
      [&]<class M>(M const&) { return (roles_for<M> & static_cast<std::uint32_t>(role_)) != 0; }, message);
}

// A failed login ends the connection: the nonce is good for one try.
bool Session::log_in(msg::Login const& login) {
  auto no = [&](std::string sentence) {
    answer(login.request, Refusal::login_failed);
    say_closing(Refusal::login_failed, std::move(sentence));
    return false;
  };
  if (std::exchange(nonce_used_, true) || steady_ns() / 1000 - nonce_made_us_ > nonce_valid_us)
    return no("the nonce is used or older than 30 s; connect again and log in at once");
  auto const& names = hub_.config().server_names;
  if (std::find(names.begin(), names.end(), login.server_name) == names.end())
    return no("the login names a server that this one is not; sign the name that you dialled");
  auto const* const member = hub_.member(login.participant);
  if (!member || !member->keys.contains(login.key))
    return no("no such participant and key; ask the operator to add them");
  auto const& key = member->keys.at(login.key);
  if (key.kind != KeyKind::ed25519) return no("this key cannot log in here; use an Ed25519 key");
  if ((member->roles & static_cast<std::uint32_t>(login.role)) == 0 || login.role == Role::none)
    return no("this participant has not the role that the login asks for");
  std::optional<Bytes32> exporter;
  if (login.exporter_used) {
    auto const material = ws_->tls_exporter();
    if (!material) return no("the login uses a TLS exporter, and this connection has no TLS");
    exporter.emplace();
    std::copy_n(reinterpret_cast<std::byte const*>(material->data()), exporter->size(), exporter->begin());
  }
  auto const text =
      login_bytes(nonce_, login.server_name, login.participant, login.key, login.role, exporter);
  if (!signed_by(key.value, text, login.signature)) return no("the signature does not match the key");
  logged_in_ = true;
  participant_ = login.participant;
  role_ = login.role;
  key_ = key;
  known_.notify();
  ws_->set_frame_bytes(largest_client_frame_bytes);
  ws_->set_outbox_bytes(outbox_bytes);
  hub_.connect(*this);
  ++hub_.meters().sessions;
  if (login.states || hub_.config().statements_required)
    stated_.emplace(id_, nonce_, std::min(login.last_report, member->reports));
  send(msg::Welcome{login.request, participant_, role_, id_, member->reports, hub_.rules(), hub_.now(),
                    stated_.has_value()});
  if (login.last_report < member->reports) {
    catching_up_ = true;
    wire::spawn(hub_.where(), send_missed_reports(shared_from_this(), login.last_report));
  }
  return true;
}

// Page by page, until those that are held follow on the last one sent: the client sees its numbers without a
// gap, however many it missed and however slowly it reads.
wire::awaitable<void> Session::send_missed_reports(std::shared_ptr<Session>, std::uint64_t sent) {
  for (;;) {
    bool const drained = co_await ws_->wait_until_queued_at_most(drained_bytes);
    if (!drained || closed_ || !ws_->open()) break;
    auto const rows = co_await read_missed_reports(sent);
    if (closed_ || !ws_->open()) break;
    auto const before = sent;
    if (rows)
      for (auto const& row : *rows)
        send_now(msg::Report{row.report, row.seq, row.stamp, row.record}), sent = row.report;
    while (!held_.empty() && held_.front().report <= sent) held_.pop_front();
    auto const* const member = hub_.member(participant_);
    if (held_.empty() ? member->reports <= sent : held_.front().report == sent + 1) break;
    if (sent == before) co_await wire::sleep_for(page_pause);
  }
  catching_up_ = false;
  for (auto const& held : std::exchange(held_, {})) send_now(held);
}

wire::awaitable<std::optional<std::vector<ReportRow>>> Session::read_missed_reports(std::uint64_t after) {
  using Rows = std::vector<ReportRow>;
  auto const rows = std::make_shared<Rows>();
  auto const pages = std::make_shared<wire::Mailbox<Rows>>(hub_.where(), 1);
  hub_.query(
      Seq{hub_.pipeline().counters().durable},
      [rows, who = participant_, after](FollowerView const& view) {
        *rows = view.projection().reports(who, after, reports_a_page);
        return std::string();
      },
      [rows, pages](std::string const&, Seq) { (void)pages->push(std::move(*rows)); });
  auto page = co_await pages->pop(page_patience);
  std::optional<Rows> out;
  if (page) out = std::move(*page);
  co_return out;
}

void Session::send(ServerMessage const& message) {
  auto const* const report = catching_up_ ? std::get_if<msg::Report>(&message) : nullptr;
  if (!report) return send_now(message);
  held_.push_back(*report);
  if (held_.size() > held_reports_max) held_.pop_front();  // those before are read from the projection
}

void Session::send_now(ServerMessage const& message) {
  if (auto const* const report = std::get_if<msg::Report>(&message)) {
    told_of_ = std::max(told_of_, report->seq);
    if (stated_) stated_->reported(*report);
  }
  bool taken = false;
  if (json_) {
    taken = ws_->send_text(json_text(message));
  } else {
    auto const bytes = std::make_shared<Bytes const>(encode(message));
    taken = ws_->send(bytes, wire::FrameKind::binary);
  }
  // A slow reader of its own reports is disconnected and resumes by report number.
  if (!taken && ws_->open())
    ws_->close(wire::CloseCode::try_again_later, "too slow a reader; log in again and resume");
}

void Session::say_closing(Refusal code, std::string sentence) {
  send(msg::Closing{code, sentence});
  ws_->close(wire::CloseCode::policy, name(code));
  closed_ = true;
}

void Session::answer(msg::Request request, Refusal refusal, std::uint64_t id, Seq seq, bool repeat,
                     Time read_ns) {
  if (closed_) return;
  write({request, refusal, refusal == Refusal::none ? "" : sentence(refusal), id, seq, repeat, 0, {}},
        read_ns);
}

void Session::write(msg::Answer const& message, Time read_ns) {
  if (read_ns == 0 || json_) return send(message);
  // The acknowledgement counts as written when the socket took it.
  auto const bytes = std::make_shared<Bytes const>(encode(ServerMessage(message)));
  auto* const meters = &hub_.meters();
  if (!ws_->send(bytes, wire::FrameKind::binary,
                 [meters, read_ns] { meters->ack_us.add((steady_ns() - read_ns) / 1000); }))
    send(message);
}

void Session::answer(msg::Request request, Released const& released, Time read_ns) {
  if (closed_) return;
  msg::Answer message;
  message.request = request;
  message.seq = released.entry.seq;
  told_of_ = std::max(told_of_, released.entry.seq);
  message.refusal = refusal_of(released);
  if (message.refusal != Refusal::none) {
    message.sentence = sentence(message.refusal);
  } else {
    for (auto const& record : released.records)
      if (record.head.kind == RecordKind::accepted) {
        message.id = record.as<record::Accepted>().made;
        message.repeat = record.head.code == static_cast<std::uint16_t>(Refusal::exists);
        break;
      }
  }
  if (stated_ && released.entry.session == id_ && released.entry.request != 0) {
    message.number = released.entry.request;
    message.entry = encode(released.entry);
    stated_->answered(message.number, message.entry, steady_ns() / 1000);
  }
  write(message, read_ns);
}

bool Session::claim_is_signed(JobId job, Tokens input, Tokens output, Bytes64 const& signature) const {
  return signed_by(key_.value, usage_claim_bytes(job, input, output), signature);
}

}  // namespace spillway
