// exchange/src/core_jobs.cpp - the life of a token job: deadlines on the way, exactly one end, money by the
// fault table.
#include <limits>

#include "core_state.hpp"

namespace spillway {

using core::Job;
using core::refuse;

namespace {

/// A stream that neither ends nor is reported dead is ended by the core: four times the slowest promised
/// rate, and this.
constexpr Micros safety_margin{120 * micros_per_second};

bool not_negative(JobCompleted const& c) {
  return c.counted_output.v >= 0 && c.claimed_output.v >= 0 && c.claimed_input.v >= 0;
}
bool not_negative(JobFailed const& c) {
  return c.counted_output.v >= 0 && c.claimed_output.v >= 0 && c.claimed_input.v >= 0;
}
template <class Ended>
bool claims(Ended const& c) {
  return c.claimed_output.v > 0 || c.claimed_input.v > 0;
}
template <class Ended>
Tokens settled_input(Job const& job, Ended const& c) {
  return c.claimed_input.v > 0 ? std::min(job.input, c.claimed_input) : job.input;
}

JobStage stage_of(Job const& job) {
  switch (job.phase) {
    case JobPhase::dispatched:
      return JobStage::before_acknowledgement;
    case JobPhase::acknowledged:
      return JobStage::acknowledged;
    default:
      return JobStage::streaming;
  }
}

}  // namespace

/// The open job of a life-cycle command, when it stands between the two phases.
std::expected<Job*, Refusal> ExchangeCore::State::job_in(ParticipantId who, JobId id, JobPhase earliest,
                                                         JobPhase latest) {
  if (auto const why = not_exchange(who); core::no(why)) return refuse(why);
  auto* const job = at(jobs, id);
  if (!job) {
    bool const forgotten = id.some() && id.v <= last_fill.v && !leases.contains(LeaseId{id.v});
    return refuse(forgotten ? Refusal::job_finished : Refusal::unknown_id);
  }
  if (!core::open(*job)) return refuse(Refusal::job_finished);
  if (job->phase < earliest || job->phase > latest) return refuse(Refusal::job_wrong_state);
  return job;
}

// ---- what is allowed and what is owed ----

/// Between the relay and the provider's place.
Micros ExchangeCore::State::relay_trip(Job const& job) const {
  auto const trip = reference.round_trip(reference.relay(), book.instrument(job.instrument).place);
  return Micros{trip ? trip->rtt_us : -1};
}

/// What the provider answers for: the trip between relay and place, and its tier's promise for this input.
Micros ExchangeCore::State::allowed_first_token(Job const& job, Micros relay_trip) const {
  auto const* const tier = reference.find(book.instrument(job.instrument).tier);
  sw_check(tier != nullptr, "a listed instrument has a tier");
  return std::max(Micros{}, relay_trip) + Reference::promise(*tier, job.input);
}

Nano ExchangeCore::State::due(Job const& job, Tokens input, Tokens output) const {
  auto const* const model = reference.find(job.model);
  sw_check(model != nullptr, "a listed instrument has a model");
  return due_for_tokens(job.price, work_tokens(input, model->input_weight_milli, output));
}

/// The most that the count at the gateway lets a claim be.
Tokens ExchangeCore::State::tolerated(Job const& job, Tokens counted) const {
  auto const tolerance = reference.find(job.model)->count_tolerance_milli;
  auto const bounded = std::min(counted, job.output_max);
  return std::min(Tokens{bounded.v * (1'000 + tolerance) / 1'000}, job.output_max);
}

void ExchangeCore::State::wait(Job& job, Micros allowed) {
  if (job.timer.some())
    timers.move(job.timer, now + allowed);
  else
    job.timer = timers.add(now + allowed, core::TimerKind::job, job.id.v);
}

// ---- the way ----

core::Reply ExchangeCore::State::on(ParticipantId who, JobAcknowledged const& c) {
  auto const found = job_in(who, c.job, JobPhase::dispatched, JobPhase::dispatched);
  if (!found) return refuse(found.error());
  auto& job = **found;
  job.phase = JobPhase::acknowledged;
  wait(job, allowed_first_token(job, relay_trip(job)) + rules.first_token_slack);
  show(job);
  return Answer{c.job.v};
}

core::Reply ExchangeCore::State::on(ParticipantId who, JobFirstToken const& c) {
  if (c.latency.v < 0) return refuse(Refusal::malformed);
  auto const found = job_in(who, c.job, JobPhase::acknowledged, JobPhase::acknowledged);
  if (!found) return refuse(found.error());
  auto& job = **found;
  job.phase = JobPhase::streaming;
  job.latency = c.latency;
  // Nobody is late on a path whose length nobody knows.
  auto const trip = relay_trip(job);
  job.late = trip >= Micros{} && c.latency > allowed_first_token(job, trip);
  auto const rate = std::max(1, reference.find(book.instrument(job.instrument).tier)->output_rate_min);
  wait(job, Micros{job.output_max.v * 4 * micros_per_second / rate} + safety_margin);
  show(job);
  return Answer{c.job.v};
}

core::Reply ExchangeCore::State::on(ParticipantId who, JobMarked const& c) {
  if (c.output.v < 0) return refuse(Refusal::malformed);
  auto const found = job_in(who, c.job, JobPhase::streaming, JobPhase::streaming);
  if (!found) return refuse(found.error());
  auto& job = **found;
  // A running total: an older mark that comes late says nothing new.
  job.output = std::max(job.output, std::min(c.output, job.output_max));
  charge_to(job, std::max(job.charge, due(job, job.input, job.output)));
  show(job);
  return Answer{c.job.v};
}

// ---- the end ----

core::Reply ExchangeCore::State::on(ParticipantId who, JobCompleted const& c) {
  if (c.finish == FinishReason::unset || c.finish > FinishReason::length || !not_negative(c))
    return refuse(Refusal::malformed);
  auto const found = job_in(who, c.job, JobPhase::acknowledged, JobPhase::streaming);
  if (!found) return refuse(found.error());
  auto& job = **found;
  job.output = std::min(c.claimed_output, tolerated(job, c.counted_output));
  job.input = settled_input(job, c);
  FaultCase const all_well{JobStage::complete,
                           Fault::none,
                           job.policy,
                           due(job, job.input, Tokens{}),
                           due(job, job.input, job.output),
                           job.charge,
                           Nano{},
                           rules.usage_mark};
  job.phase = JobPhase::completed;
  job.finish = c.finish;
  end_job(job, settle_fault(all_well));
  return Answer{c.job.v};
}

core::Reply ExchangeCore::State::on(ParticipantId who, JobFailed const& c) {
  if (c.fault == Fault::unset || c.fault > Fault::none || c.code > FailCode::output_unread ||
      !not_negative(c))
    return refuse(Refusal::malformed);
  auto const found = job_in(who, c.job, JobPhase::dispatched, JobPhase::streaming);
  if (!found) return refuse(found.error());
  fail(**found, c);
  return Answer{c.job.v};
}

void ExchangeCore::State::job_overdue(Job& job) {
  auto const code = job.phase == JobPhase::dispatched     ? FailCode::not_acknowledged
                    : job.phase == JobPhase::acknowledged ? FailCode::first_token_late
                                                          : FailCode::stalled;
  fail(job, JobFailed{job.id, Fault::provider, code, job.output, {}, {}, {}});
}

void ExchangeCore::State::fail(Job& job, JobFailed const& c) {
  FaultCase ended{stage_of(job), c.fault, job.policy, {}, {}, job.charge, {}, rules.usage_mark};
  if (claims(c)) ended.claimed = due(job, settled_input(job, c), std::min(c.claimed_output, job.output_max));
  // A dead provider claims nothing; then the gateway's count stands.
  job.output = claims(c) ? std::min(c.claimed_output, tolerated(job, c.counted_output))
                         : std::min(c.counted_output, job.output_max);
  ended.input_due = due(job, job.input, Tokens{});
  ended.delivered_due = due(job, job.input, job.output);
  job.phase = JobPhase::failed;
  job.fault = c.fault;
  job.code = c.code;
  end_job(job, settle_fault(ended));
}

/// Money first, then the one record that says how the job ended, then the capacity that it leaves to others.
void ExchangeCore::State::end_job(Job& job, FaultCharge const& cost) {
  sw_check(!core::open(job), "every job ends once");
  open_jobs.leave(jobs, jobs.row_of(job), &core::Job::still_open);
  timers.cancel(job.timer);
  charge_to(job, cost.buyer);
  job.guarantee = cost.guarantee;
  pay_from_guarantee(job.provider, cost.guarantee, job.id.v);
  auto const fee = take_fees(job, cost.buyer);
  if (job.phase == JobPhase::completed && job.late) {
    auto const left = job.charge - (job.taker_is_buyer ? Nano{} : fee);
    auto const back = std::min(late_rebate(job.charge, rules.sla_rebate_milli), left);
    post({job.provider, AccountKind::earnings}, {job.buyer, AccountKind::funds}, back,
         TransferCode::sla_rebate, job.id.v);
  }
  release(job.buyer, job.held, job.held, job.id.v);
  keep_charge(job);
  the(nodes, job.node).jobs.leave(jobs, jobs.row_of(job), &core::Job::of_node);
  show(job);
  meter(job);
  return_capacity(job.node, job.instrument, core::one_job, job.offer);
}

void ExchangeCore::State::show(Job const& job) {
  auto const latency = std::min<std::int64_t>(job.latency.v, std::numeric_limits<std::int32_t>::max());
  auto& to = begin_record<record::JobState>(static_cast<std::uint16_t>(job.code), job.buyer, job.provider);
  to.job = job.id.v, to.order = job.order.v, to.input = job.input.v, to.output = job.output.v;
  to.charge_nano = job.charge.v, to.guarantee_nano = job.guarantee.v;
  to.latency_us = static_cast<std::int32_t>(latency), to.phase = static_cast<std::uint8_t>(job.phase);
  to.fault = static_cast<std::uint8_t>(job.fault), to.finish = static_cast<std::uint8_t>(job.finish);
  to.late = job.late;
}

}  // namespace spillway
