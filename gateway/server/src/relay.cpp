// gateway/server/src/relay.cpp - one job at a time: dispatch, acknowledge, first token, content, terminal
// event.
#include "relay.hpp"

#include <algorithm>
#include <utility>

#include "market/amounts.hpp"

namespace spillway {

Tokens count_tokens(Model const& model, std::uint64_t utf8_bytes) {
  if (utf8_bytes == 0) return Tokens{0};
  auto const per_token =
      static_cast<std::uint64_t>(model.bytes_per_token_milli > 0 ? model.bytes_per_token_milli : 4000);
  return Tokens{static_cast<std::int64_t>((utf8_bytes * 1000 + per_token - 1) / per_token)};
}

namespace {

bool refused(Released const& released) {
  return !released.records.empty() && released.records.front().head.kind == RecordKind::refused;
}

// What a provider may say of its own; the others are the exchange's to say.
FailCode by_provider(FailCode said, bool refused_request) {
  switch (said) {
    case FailCode::refused:
    case FailCode::stalled:
    case FailCode::engine_died:
      return said;
    case FailCode::engine_refused_request:
      return refused_request ? said : FailCode::engine_error;
    default:
      return FailCode::engine_error;
  }
}

bool repeated(Released const& released) {
  if (released.records.empty()) return false;
  auto const& head = released.records.front().head;
  return head.kind == RecordKind::accepted && head.code == static_cast<std::uint16_t>(Refusal::exists);
}

}  // namespace

// ---- the buyer's side ----

// A missing maximum becomes the smallest that a tier for this input has, as in the core, and is sent
// upstream, so that the bound is real.
Tokens JobRelay::output_bound(PlaceOrder const& order) const {
  if (order.output_max.v > 0) return order.output_max;
  std::int32_t least = 0;
  for (auto const& tier : hub_.reference().tiers()) {
    bool const meant = tier.product == ProductKind::tokens &&
                       (!order.predicate.tier.some() || order.predicate.tier == tier.id);
    if (!meant || order.input.v > tier.input_max) continue;
    least = least == 0 ? tier.output_max : std::min(least, tier.output_max);
  }
  return Tokens{least};
}

void JobRelay::place(ParticipantId buyer, PlaceOrder order, Bytes prompt, std::shared_ptr<JobSink> sink,
                     std::int64_t read_ns, Answered answered, Asked asked) {
  order.output_max = output_bound(order);
  auto waiting = std::make_shared<WaitingOrder>(
      WaitingOrder{buyer, std::move(prompt), std::move(sink), order.input, order.output_max, order.policy});
  auto on_released = [this, waiting, answered](Released const& released) {
    placing_.erase(waiting);
    if (!refused(released) && !repeated(released)) on_placed(std::move(*waiting), released);
    answered(Refusal::none, &released);
  };
  placing_.insert(waiting);
  auto const refusal = hub_.submit(buyer, std::move(order), read_ns, std::move(on_released), asked);
  if (refusal == Refusal::none) return;
  placing_.erase(waiting);
  answered(refusal, nullptr);
}

// A buyer may leave between sending an order and its being durable: then nobody waits for what it brings.
void JobRelay::on_placed(WaitingOrder placed, Released const& released) {
  OrderId const id{released.entry.seq.v};
  if (!placed.sink) hub_.enter(CancelOrder{id, CancelReason::disconnected});
  orders_.emplace(id, std::move(placed));
}

void JobRelay::abandon(JobSink const* sink) {
  for (auto const& placing : placing_)
    if (placing->sink.get() == sink) placing->sink.reset();
  for (auto& [id, order] : orders_)
    if (order.sink.get() == sink) {
      hub_.enter(CancelOrder{id, CancelReason::disconnected});
      order.sink.reset();
    }
  for (auto& [id, job] : jobs_)
    if (job.sink.get() == sink) {
      job.sink.reset();
      fail(id, job, Fault::buyer, FailCode::buyer_left);
    }
}

// ---- the provider's side ----

JobRelay::RunningJob* JobRelay::job_of(Peer& provider, JobId id) {
  auto const found = jobs_.find(id);
  if (found == jobs_.end() || found->second.session != provider.id()) return nullptr;
  found->second.last_heard = clock::now();
  return &found->second;
}

bool JobRelay::on_ack(Peer& provider, JobId id) {
  auto* const job = job_of(provider, id);
  if (!job || job->acknowledged) return false;
  job->acknowledged = true;
  hub_.enter(JobAcknowledged{id});
  return true;
}

bool JobRelay::on_refuse(Peer& provider, JobId id, FailCode code) {
  auto* const job = job_of(provider, id);
  if (!job) return false;
  fail(id, *job, Fault::provider, code == FailCode::unset ? FailCode::refused : code);
  return true;
}

bool JobRelay::on_chunk(Peer& provider, msg::JobChunk const& chunk) {
  auto* const job = job_of(provider, chunk.job);
  if (!job || !job->acknowledged) return false;
  if (job->ending || chunk.content.empty()) return true;
  if (job->content_bytes + chunk.content.size() > relay_output_max) {
    provider.send(msg::CancelJob{chunk.job, FailCode::engine_error});
    fail(chunk.job, *job, Fault::provider, FailCode::engine_error);
    return true;
  }
  first_token(chunk.job, *job);
  job->content_bytes += chunk.content.size();
  mark_if_due(chunk.job, *job);
  if (job->sink)
    job->sink->on_content(job->order, chunk.job,
                          {reinterpret_cast<char const*>(chunk.content.data()), chunk.content.size()});
  return true;
}

bool JobRelay::on_done(Peer& provider, msg::JobDone const& done) {
  auto* const job = job_of(provider, done.job);
  if (!job || !job->acknowledged) return false;
  if (std::exchange(job->ending, true)) return true;
  hub_.enter(JobCompleted{done.job, done.finish, counted(*job), done.claimed_output, done.claimed_input,
                          done.signature});
  return true;
}

bool JobRelay::on_fail(Peer& provider, msg::JobFail const& failed) {
  auto* const job = job_of(provider, failed.job);
  if (!job) return false;
  // An engine that answers 4xx to a request that we validated is nobody's fault; it can't once it has begun.
  bool const refused = failed.code == FailCode::engine_refused_request && !job->streaming;
  auto const fault = refused ? Fault::none : Fault::provider;
  fail(failed.job, *job, fault, by_provider(failed.code, refused), failed.claimed_output,
       failed.claimed_input, failed.signature);
  return true;
}

void JobRelay::provider_gone(Peer& provider) {
  for (auto& [id, job] : jobs_)
    if (job.session == provider.id()) {
      job.session = SessionId{};
      // What was streamed can't be resumed on another connection; what was not begun may still be paid back
      // at once.
      fail(id, job, Fault::provider, FailCode::node_lost);
    }
}

void JobRelay::first_token(JobId id, RunningJob& job) {
  if (std::exchange(job.streaming, true)) return;
  auto const latency =
      std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - job.dispatched_at);
  hub_.enter(JobFirstToken{id, Micros{latency.count()}});
}

// What is delivered and not yet journalled stays below one mark.
void JobRelay::mark_if_due(JobId id, RunningJob& job) {
  auto const now = counted(job);
  if (due_for_tokens(job.price, now) - due_for_tokens(job.price, job.marked) < hub_.rules().usage_mark)
    return;
  job.marked = now;
  hub_.enter(JobMarked{id, now});
}

Tokens JobRelay::counted(RunningJob const& job) const {
  auto const* const instrument = hub_.instrument(job.instrument);
  auto const* const model = instrument ? hub_.reference().find(instrument->model) : nullptr;
  return model ? count_tokens(*model, job.content_bytes) : Tokens{0};
}

void JobRelay::fail(JobId id, RunningJob& job, Fault fault, FailCode code, Tokens claimed_output,
                    Tokens claimed_input, Bytes64 const& signature) {
  if (std::exchange(job.ending, true)) return;
  hub_.enter(JobFailed{id, fault, code, counted(job), claimed_output, claimed_input, signature});
  if (auto* const provider = hub_.peer(job.session); provider && fault != Fault::provider)
    provider->send(msg::CancelJob{id, code});
}

void JobRelay::sweep() {
  auto const silence = std::chrono::microseconds(hub_.rules().silence.v);
  auto const now = clock::now();
  for (auto& [id, job] : jobs_) {
    if (!job.streaming || job.ending || now - job.last_heard < silence) continue;
    if (auto* const provider = hub_.peer(job.session)) provider->send(msg::CancelJob{id, FailCode::stalled});
    fail(id, job, Fault::provider, FailCode::stalled);
  }
}

// ---- what the core decided ----

void JobRelay::on_released(Released const& released) {
  for (auto const& record : released.records) {
    if (record.head.kind == RecordKind::fill) on_fill(released, record);
    if (record.head.kind == RecordKind::order_state) on_order_state(record);
    if (record.head.kind == RecordKind::job_state) on_job_state(record);
  }
}

void JobRelay::on_fill(Released const&, Record const& record) {
  auto const fill = record.as<record::Fill>();
  if (ProductKind{fill.product} != ProductKind::tokens) return;
  auto const order = orders_.extract(OrderId{fill.order});
  JobId const id{fill.fill};
  RunningJob job;
  job.order = OrderId{fill.order};
  job.buyer = ParticipantId{record.head.first.participant};
  job.provider = ParticipantId{record.head.second.participant};
  job.node = NodeId{fill.node};
  job.instrument = InstrumentId{fill.instrument};
  job.price = PriceIndex{fill.price};
  job.dispatched_at = job.last_heard = clock::now();
  auto& placed = jobs_.emplace(id, std::move(job)).first->second;
  if (order.empty()) return fail(id, placed, Fault::exchange, FailCode::prompt_missing);
  auto const& waiting = order.mapped();
  placed.sink = waiting.sink;
  placed.input = waiting.input;
  placed.output_max = waiting.output_max;
  if (!waiting.sink) return fail(id, placed, Fault::buyer, FailCode::buyer_left);
  dispatch(id, placed, waiting);
}

void JobRelay::dispatch(JobId id, RunningJob& job, WaitingOrder const& waiting) {
  auto const* const node = hub_.node(job.node);
  auto const* const instrument = hub_.instrument(job.instrument);
  if (!node || !node->peer || !instrument) return fail(id, job, Fault::provider, FailCode::node_lost);
  job.session = node->peer->id();
  auto const* const tier = hub_.reference().find(instrument->tier);
  auto const path = hub_.reference().round_trip(hub_.reference().relay(), instrument->place);
  auto const allowed =
      Micros{(tier ? Reference::promise(*tier, waiting.input).v : 0) + (path ? path->rtt_us : 0)} +
      hub_.rules().first_token_slack;
  node->peer->send(msg::Dispatch{id, job.order, job.node, hub_.reference().find(instrument->model)->name,
                                 job.instrument, job.price, waiting.input, waiting.output_max, waiting.policy,
                                 waiting.prompt, hub_.now() + allowed});
  job.sink->on_dispatched(id, job.provider, job.price);
}

void JobRelay::on_order_state(Record const& record) {
  auto const state = record.as<record::OrderState>();
  auto const phase = OrderPhase{state.phase};
  if (phase != OrderPhase::cancelled && phase != OrderPhase::expired) return;
  auto const order = orders_.extract(OrderId{state.order});
  if (!order.empty() && order.mapped().sink)
    order.mapped().sink->on_unfilled(OrderId{state.order}, phase, record.head.code);
}

void JobRelay::on_job_state(Record const& record) {
  auto const state = record.as<record::JobState>();
  auto const phase = JobPhase{state.phase};
  if (phase != JobPhase::completed && phase != JobPhase::failed) return;
  auto const job = jobs_.extract(JobId{state.job});
  if (job.empty()) return;
  // The core's own deadlines end jobs too; then the provider still works on it.
  if (auto* const provider = hub_.peer(job.mapped().session); provider && phase == JobPhase::failed)
    provider->send(msg::CancelJob{JobId{state.job}, FailCode{record.head.code}});
  if (job.mapped().sink)
    job.mapped().sink->on_end({OrderId{state.order}, JobId{state.job}, phase, Fault{state.fault},
                               FailCode{record.head.code}, FinishReason{state.finish}, Tokens{state.input},
                               Tokens{state.output}, Nano{state.charge_nano}, Micros{state.latency_us}});
}

}  // namespace spillway
