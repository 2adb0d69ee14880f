// gateway/server/src/session_requests.cpp - each message of a logged-in client becomes a command, a read, or
// a no.
#include <utility>

#include "attester.hpp"
#include "census.hpp"
#include "exchange/reads.hpp"
#include "feed.hpp"
#include "metrics_page.hpp"
#include "names.hpp"
#include "session.hpp"
#include "steady_clock.hpp"

namespace spillway {

// A WebSocket buyer's side of one token order.
class Session::OrderSink final : public JobSink, public std::enable_shared_from_this<OrderSink> {
 public:
  OrderSink(Session& session, bool stream) : session_(&session), stream_(stream) {}
  void on_dispatched(JobId, ParticipantId, PriceIndex) override {}
  void on_content(OrderId order, JobId job, std::string_view utf8) override {
    auto const* const first = reinterpret_cast<std::byte const*>(utf8.data());
    if (stream_) return session_->send(msg::ChunkToBuyer{order, job, Bytes(first, first + utf8.size())});
    whole_.insert(whole_.end(), first, first + utf8.size());
  }
  void on_end(msg::JobEnd const& end) override {
    if (!whole_.empty()) session_->send(msg::ChunkToBuyer{end.order, end.job, std::move(whole_)});
    session_->send(end);
    session_->sinks_.erase(shared_from_this());
  }
  void on_unfilled(OrderId, OrderPhase, std::uint16_t) override {
    session_->sinks_.erase(shared_from_this());
  }

 private:
  Session* session_;  // outlives its sinks: it abandons them before it ends
  bool stream_;
  Bytes whole_;
};

void Session::submit(msg::Request request, Command command, Time read_ns, Hub::Done then, Hub::Done if_left) {
  ++unanswered_;
  auto done = [this, id = id_, &hub = hub_, request, read_ns, then = std::move(then),
               if_left = std::move(if_left)](Released const& released) {
    if (hub.peer(id) != this) return if_left ? if_left(released) : void();
    --unanswered_;
    room_.notify();
    answer(request, released, read_ns);
    if (then) then(released);
  };
  auto const refusal = must_state_first(command)
                           ? Refusal::statement_overdue
                           : hub_.submit(participant_, std::move(command), read_ns, std::move(done),
                                         stated_ ? stated_->next() : Asked{});
  if (refusal == Refusal::none) return stated_ ? stated_->taken() : void();
  --unanswered_;
  answer(request, refusal);
}

bool Session::must_state_first(Command const& command) const {
  if (!stated_) return false;
  return stated_->far_behind() ||
         (is_new_business(command) && stated_->behind(steady_ns() / 1000, hub_.config().statement_within));
}

void Session::on(msg::SessionStatement const& m, Time read_ns) {
  auto const statement =
      stated_ ? stated_->check(m, key_.key, key_.value) : std::unexpected(Refusal::statement_differs);
  if (!statement) return answer(m.request, statement.error());
  auto const refusal =
      hub_.submit(participant_, *statement, read_ns,
                  [this, id = id_, &hub = hub_, request = m.request](Released const& released) {
                    if (hub.peer(id) == this) answer(request, released, 0);
                  });
  if (refusal != Refusal::none) return answer(m.request, refusal);
  stated_->stated(*statement);
}

void Session::on(msg::Login const& m, Time) { answer(m.request, Refusal::login_failed); }
void Session::on(msg::Logout const& m, Time) {
  answer(m.request, Refusal::none);
  ws_->close(wire::CloseCode::normal, "logged out");
}
void Session::on(msg::Ping const& m, Time) { send(msg::Pong{m.request}); }

// ---- demand ----

void Session::on(msg::PlaceOrder const& m, Time read_ns) {
  auto order = resolve(hub_.reference(), m);
  if (!order) return answer(m.request, order.error());
  if (m.wanted.product == ProductKind::tokens) return place_token_order(m, std::move(*order), read_ns);
  submit(m.request, std::move(*order), read_ns);
}

void Session::place_token_order(msg::PlaceOrder const& m, PlaceOrder order, Time read_ns) {
  if (m.prompt.empty()) return answer(m.request, Refusal::prompt_missing);
  if (m.prompt.size() > largest_prompt_bytes) return answer(m.request, Refusal::prompt_too_large);
  if (must_state_first(order)) return answer(m.request, Refusal::statement_overdue);
  auto sink = std::make_shared<OrderSink>(*this, m.stream);
  sinks_.insert(sink);
  ++unanswered_;
  auto const asked = stated_ ? stated_->next() : Asked{};
  if (stated_) stated_->taken();
  auto answered = [this, id = id_, &hub = hub_, request = m.request, read_ns, weak = std::weak_ptr(sink)](
                      Refusal refusal, Released const* released) {
    if (hub.peer(id) != this) return;
    --unanswered_;
    room_.notify();
    if (!released) {
      if (stated_) stated_->given_back();
      return sinks_.erase(weak.lock()), answer(request, refusal);
    }
    if (released->records.empty() || released->records.front().head.kind == RecordKind::refused)
      sinks_.erase(weak.lock());
    answer(request, *released, read_ns);
  };
  hub_.relay().place(participant_, std::move(order), m.prompt, sink, read_ns, std::move(answered), asked);
}

// By order id, or by the client's own id through the follower.
void Session::with_order(msg::Request request, OrderId order, ClientOrderId client,
                         std::function<void(OrderId)> then) {
  if (order.some()) return then(order);
  auto const who = participant_;
  looking_up_ = true;
  hub_.query(
      hub_.pipeline().counters().durable,
      [who, client](FollowerView const& view) {
        auto const id = view.core.order_with(who, client);
        return std::to_string(id ? id->v : 0);
      },
      [this, id = id_, &hub = hub_, request, then = std::move(then)](std::string const& text, Seq) {
        if (hub.peer(id) != this) return;
        looking_up_ = false;
        room_.notify();
        OrderId const found{std::stoull(text)};
        if (!found.some()) return answer(request, Refusal::unknown_id);
        then(found);
      });
}

// The follower knows a client's number once the order is released; so these wait for what is in flight. Reads
// are answered by one thread for all: nobody has more than a few of them there.
bool Session::must_wait(ClientMessage const& message) const {
  if (looking_up_) return true;
  if (std::holds_alternative<msg::Read>(message) && reads_ >= reads_at_once) return true;
  // So that it ends what this session sent before; and one at a time, for it may be long.
  if (std::holds_alternative<msg::CancelAll>(message)) return unanswered_ > 0;
  auto const* const amend = std::get_if<msg::AmendOrder>(&message);
  auto const* const cancel = std::get_if<msg::CancelOrder>(&message);
  bool const by_client = (amend && !amend->order.some()) || (cancel && !cancel->order.some());
  return by_client && unanswered_ > 0;
}

void Session::on(msg::AmendOrder const& m, Time read_ns) {
  with_order(m.request, m.order, m.client, [this, m, read_ns](OrderId order) {
    submit(m.request, AmendOrder{order, m.limit, m.quantity}, read_ns);
  });
}
void Session::on(msg::CancelOrder const& m, Time read_ns) {
  with_order(m.request, m.order, m.client, [this, m, read_ns](OrderId order) {
    submit(m.request, CancelOrder{order, CancelReason::asked}, read_ns);
  });
}
void Session::on(msg::ReleaseLease const& m, Time read_ns) {
  submit(m.request, ReleaseLease{m.lease}, read_ns);
}

// ---- supply ----

void Session::on(msg::RegisterNode const& m, Time read_ns) {
  auto command = resolve(hub_.reference(), m);
  if (!command) return answer(m.request, command.error());
  auto each_made = [](Released const& released, auto const& then) {
    for (auto const& record : released.records)
      if (record.head.kind == RecordKind::accepted)
        then(NodeId{static_cast<std::uint32_t>(record.as<record::Accepted>().made)});
  };
  submit(
      m.request, *command, read_ns,
      [this, each_made](Released const& released) {
        each_made(released, [this](NodeId node) { hub_.speaks_for(node, *this); });
      },
      [&hub = hub_, each_made](Released const& released) {
        each_made(released, [&hub](NodeId node) { hub.registered_and_left(node); });
      });
}
void Session::on(msg::PostOffer const& m, Time read_ns) {
  auto command = resolve(hub_.reference(), m);
  if (!command) return answer(m.request, command.error());
  submit(m.request, *command, read_ns);
}
void Session::on(msg::AmendOffer const& m, Time read_ns) {
  submit(m.request, AmendOffer{m.offer, m.price, m.quantity}, read_ns);
}
void Session::on(msg::CancelOffer const& m, Time read_ns) {
  submit(m.request, CancelOffer{m.offer}, read_ns);
}
void Session::on(msg::CancelAll const& m, Time read_ns) {
  submit(m.request, CancelAll{m.participant, m.node, m.instrument}, read_ns);
}

void Session::on(msg::BondPost const& m, Time read_ns) {
  submit(m.request, BondPost{m.node, m.unit}, read_ns);
}
// Of challenges that are open the core does not know: a verdict is still to come.
void Session::on(msg::BondTake const& m, Time read_ns) {
  if (hub_.attester().has_open(participant_, {m.node, m.unit}))
    return answer(m.request, Refusal::bond_in_use);
  submit(m.request, BondTake{m.node, m.unit}, read_ns);
}

void Session::on(msg::AttestFrame const& m, Time read_ns) {
  if (m.epoch != 0) return hub_.census().on_frame(*this, m, read_ns / 1000);
  if (auto const no = hub_.attester().on_frame(*this, m, read_ns / 1000); no != Refusal::none)
    send(msg::AttestVerdict{m.node, m.unit, false, 0, sentence(no), 0, 0, 0, {}});
}

// ---- work ----

void Session::on(msg::JobAck const& m, Time) {
  if (!hub_.relay().on_ack(*this, m.job)) answer(m.request, Refusal::job_wrong_state);
}
void Session::on(msg::JobRefuse const& m, Time) {
  if (!hub_.relay().on_refuse(*this, m.job, m.code)) answer(m.request, Refusal::job_wrong_state);
}
void Session::on(msg::JobChunk const& m, Time) {
  if (!hub_.relay().on_chunk(*this, m)) answer(m.request, Refusal::job_wrong_state);
}
void Session::on(msg::JobDone const& m, Time) {
  bool const finished = m.finish == FinishReason::stop || m.finish == FinishReason::length;
  if (!finished || m.claimed_input.v < 0 || m.claimed_output.v < 0)
    return answer(m.request, Refusal::malformed);
  if (!claim_is_signed(m.job, m.claimed_input, m.claimed_output, m.signature))
    return answer(m.request, Refusal::malformed);
  if (!hub_.relay().on_done(*this, m)) answer(m.request, Refusal::job_wrong_state);
}
void Session::on(msg::JobFail const& m, Time) {
  auto checked = m;
  bool const claims = m.claimed_input.v >= 0 && m.claimed_output.v >= 0;
  if (!claims || !claim_is_signed(m.job, m.claimed_input, m.claimed_output, m.signature))
    checked.claimed_input = {}, checked.claimed_output = {},
    checked.signature = {};  // a failure without a claim is still one
  if (!hub_.relay().on_fail(*this, checked)) answer(m.request, Refusal::job_wrong_state);
}
void Session::on(msg::LeaseReadyMsg const& m, Time read_ns) {
  submit(m.request, LeaseReady{m.lease}, read_ns);
}
void Session::on(msg::LeaseEndedMsg const& m, Time read_ns) {
  submit(m.request, LeaseFailed{m.lease, Fault::provider, m.code}, read_ns);
}

// ---- reads and the feed ----

void Session::on(msg::Read const& m, Time) {
  if (m.kind == msg::ReadKind::registered) return read_register(m);
  bool const sees_all = role_ == Role::operator_ || role_ == Role::auditor;
  ReadRequest read{m.kind,    sees_all && m.participant.some() ? m.participant : participant_,
                   sees_all,  m.instrument,
                   m.order,   m.most == 0 ? 100u : std::min(m.most, 10'000u),
                   {},        AccountKind{m.account},
                   m.from_us, m.to_us};
  if (m.place_order) {
    auto order = resolve(hub_.reference(), *m.place_order);
    if (!order) return answer(m.request, order.error());
    read.preview = std::move(*order);
  }
  // What a client was told of is in what it reads, whether it asks for that or not.
  auto const at_least = std::min(std::max(m.wait_for_seq, told_of_), hub_.pipeline().counters().durable);
  ++reads_;
  hub_.query(
      at_least, [read](FollowerView const& view) { return answer_read(view, read); },
      [this, id = id_, &hub = hub_, request = m.request, kind = m.kind](std::string const& json, Seq seq) {
        if (hub.peer(id) != this) return;
        --reads_;
        room_.notify();
        // A status has two halves: what the books say, and what this process counted.
        auto const whole = kind == msg::ReadKind::status
                               ? R"({"market":)" + json + R"(,"server":)" + server_status(hub) + "}"
                               : json;
        send(msg::ReadResult{request, seq, whole});
      });
}

void Session::on(msg::Subscribe const& m, Time) {
  hub_.feed().subscribe(*this, m);
  answer(m.request, Refusal::none);
}

// ---- the operator ----

void Session::on(msg::AdminParticipant const& m, Time t) {
  submit(m.request, AddParticipant{m.participant, m.firm, m.roles}, t);
}
void Session::on(msg::AdminKey const& m, Time t) {
  submit(m.request, AddKey{m.participant, m.key, m.kind, m.value}, t);
}
void Session::on(msg::AdminDeposit const& m, Time t) {
  submit(m.request, Deposit{m.participant, m.amount_nano}, t);
}
void Session::on(msg::AdminLogKey const& m, Time t) {
  auto const change = hub_.pipeline().log_key_change(m.key, m.overlap);
  if (!change) return hub_.log("the log key: " + change.error()), answer(m.request, Refusal::key_unknown);
  submit(m.request, *change, t);
}
void Session::on(msg::AdminRules const& m, Time t) {
  auto later = hub_.rules();
  later.version = m.version;
  submit(m.request, SetRules{later}, t);
}
void Session::on(msg::AdminBonds const& m, Time t) {
  auto later = hub_.rules();
  if (later.version < 5) return answer(m.request, Refusal::rules_unknown);
  later.bond_per_unit = m.bond_per_unit_nano, later.bond_hold = m.bond_hold;
  submit(m.request, SetRules{later}, t);
}
void Session::on(msg::AdminFrozen const& m, Time t) {
  submit(m.request, FrozenSettle{m.participant, m.amount_nano, m.to}, t);
}
void Session::on(msg::AdminHalt const& m, Time t) { submit(m.request, SetHalt{m.halted}, t); }
void Session::on(msg::AdminShutdown const& m, Time) {
  answer(m.request, Refusal::none);
  hub_.log("the operator asked for a stop");
  if (hub_.on_shutdown_asked) hub_.on_shutdown_asked();
}

}  // namespace spillway
