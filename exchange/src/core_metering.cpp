// exchange/src/core_metering.cpp - what sold units deliver: each token job's slot time against the time that
// the roofline of its class needs for its work. No money moves; a node that delivers too little is marked.
// Units:  accelerator time: a slot is `cards` / `slots` of an instance of its model.
// Rules:  integers; each rounding and each doubt is in the provider's favour. A job that ends costs the same
//         work however many run.
#include "core_state.hpp"

namespace spillway {

namespace {

__extension__ using MeterWide = unsigned __int128;

/// So much of a node's accelerator time is judged at one time.
constexpr Micros meter_span{60 * micros_per_second};
/// Below one part in so many of the roofline a node's work is too little.
constexpr std::int64_t meter_share = 5;

MeterWide wide(std::int64_t v) { return static_cast<MeterWide>(std::max<std::int64_t>(v, 0)); }
MeterWide divided_up(MeterWide v, std::int64_t by) { return (v + wide(by) - 1) / wide(by); }

/// Bytes that memory must give for `output` tokens behind `input` read ones, when all slots are in use: of
/// the weights each slot pays its part, as of experts that no other slot shares; its own keys and values
/// are read for each token.
MeterWide bytes_read(Model const& model, Fit const& fit, Tokens input, Tokens output) {
  auto const weights_of = [&](std::int64_t millions) {
    return wide(millions) * 1'000'000 * wide(model.bits_per_parameter) / 8;
  };
  auto const weights = std::min(weights_of(model.active_millions),
                                divided_up(weights_of(model.parameters_millions), fit.slots));
  auto const out = wide(output.v);
  return out * weights + wide(model.kv_bytes_per_token) * (out * wide(input.v) + out * (out + 1) / 2);
}

}  // namespace

/// Nothing where it can't be said: a class without rates, or the exchange itself broke the job.
std::optional<MeteredSpan> ExchangeCore::State::metered(core::Job const& job) const {
  auto const& instrument = book.instrument(job.instrument);
  auto const* const model = reference.find(job.model);
  auto const* const klass = reference.find(instrument.klass);
  auto const fit = reference.fit(job.model, instrument.klass, instrument.tier);
  sw_check(model != nullptr && klass != nullptr, "a listed instrument has a model and a class");
  bool const known = fit && fit->slots > 0 && klass->bandwidth_mb_s > 0 && klass->fp16_gflops > 0;
  if (!known || job.fault == Fault::exchange) return std::nullopt;

  auto const ran = (now - job.matched) - (stood_still - job.stood_still);
  auto const sold = wide(ran.v) * wide(fit->cards) / wide(fit->slots);
  // Who gave nothing need not have read anything.
  auto const input = job.fault == Fault::provider && job.output.v == 0 ? Tokens{} : job.input;
  auto const scale = wide(rules.class_scale);
  // Per token two operations a parameter, at half of the rate; bytes / (MB/s) and 1,000 ops / GFLOPS are us.
  auto const operations = wide(input.v + job.output.v) * 4 * wide(model->active_millions) * 1'000;
  auto const worked = divided_up(bytes_read(*model, *fit, input, job.output) * scale, klass->bandwidth_mb_s) +
                      divided_up(operations * scale, klass->fp16_gflops);
  // Nobody works more than all the time: what a roofline allows no unit delivered, or an earlier one did.
  auto const counted = std::min(worked, sold);
  return MeteredSpan{Micros{static_cast<std::int64_t>(sold)}, Micros{static_cast<std::int64_t>(counted)}};
}

void ExchangeCore::State::meter(core::Job const& job) {
  if (rules.version < with_meters) return;
  auto const span = metered(job);
  if (!span) return;
  auto& node = the(nodes, job.node);
  auto& running = node.meter.running;
  running.sold += span->sold, running.worked += span->worked;
  if (running.sold < meter_span) return;
  auto const judged = std::exchange(running, {});
  if (judged.worked.v * meter_share >= judged.sold.v) return;
  node.meter.low = judged;
  node.meter.low_at = now;
  show(node, DrainReason::metered);
}

void ExchangeCore::State::answer_meter(core::Node& node) const {
  auto const& pool = book.pool(node.id);
  bool const idle = pool.leased_units() == 0 && pool.units_under_jobs() == 0;
  if (node.drain != DrainReason::none && idle) node.meter.low = {}, node.meter.low_at = {};
}

}  // namespace spillway
