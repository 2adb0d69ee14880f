// matching/node_pool.cpp - what is in use on a node, and what may still be sold.
// Room:   matching (pure); sees market.
#include "matching/node_pool.hpp"

#include <algorithm>

#include "market/check.hpp"

namespace spillway {

void NodePool::set_available(std::int32_t units) {
  sw_check(units >= 0, "a node has no less than no units");
  available_units_ = units;
}

void NodePool::occupy(Instrument const& instrument, Lots lots) {
  sw_check(lots.v > 0 && lots <= executable(instrument),
           "leased units + units under jobs <= available units");
  if (instrument.product == ProductKind::capacity) {
    leased_ += lots;
    return;
  }
  jobs_.try_emplace({instrument.model, instrument.tier}, Jobs{fit_of(instrument), 0}).first->second.running +=
      lots.v;
}

void NodePool::vacate(Instrument const& instrument, Lots lots) {
  sw_check(lots.v > 0, "something returns");
  if (instrument.product == ProductKind::capacity) {
    sw_check(lots <= leased_, "no more returns than was leased");
    leased_ -= lots;
    return;
  }
  auto const jobs = jobs_.find({instrument.model, instrument.tier});
  sw_check(jobs != jobs_.end() && lots.v <= jobs->second.running, "no more jobs end than run");
  jobs->second.running -= lots.v;
  if (jobs->second.running == 0) jobs_.erase(jobs);
}

Lots NodePool::executable(Instrument const& instrument) const {
  sw_check(instrument.klass == klass_ && instrument.place == place_,
           "an instrument of the node's class and place");
  return instrument.product == ProductKind::capacity ? executable_capacity() : executable_slots(instrument);
}

Lots NodePool::executable_slots(Instrument const& instrument) const {
  auto const free_units = available_units_ - leased_units() - units_under_jobs();
  if (free_units < 0)
    return Lots{};  // units were lost under work in progress: not even a spare slot is for sale
  auto const jobs = jobs_.find({instrument.model, instrument.tier});
  auto const fit = jobs == jobs_.end() ? fit_of(instrument) : jobs->second.fit;
  if (fit.slots == 0) return Lots{};
  auto const spare = jobs == jobs_.end() ? 0 : jobs->second.instances() * fit.slots - jobs->second.running;
  return Lots{spare + free_units / fit.cards * fit.slots};
}

/// No slots when tables changed after the listing and the model fits no more.
Fit NodePool::fit_of(Instrument const& instrument) const {
  return reference_->fit(instrument.model, instrument.klass, instrument.tier).value_or(Fit{});
}

Lots NodePool::executable_capacity() const {
  auto const part = reference_->find(klass_)->smallest_part_milli;
  auto const free_milli = (available_units_ - units_under_jobs()) * milli_per_accelerator - leased_.v;
  return Lots{std::max<std::int64_t>(free_milli, 0) / part * part};
}

std::int64_t NodePool::leased_units() const {
  return (leased_.v + milli_per_accelerator - 1) / milli_per_accelerator;
}

std::int64_t NodePool::units_under_jobs() const {
  std::int64_t units = 0;
  for (auto const& [served, jobs] : jobs_) units += jobs.instances() * jobs.fit.cards;
  return units;
}

std::int64_t NodePool::running_jobs() const {
  std::int64_t running = 0;
  for (auto const& [served, jobs] : jobs_) running += jobs.running;
  return running;
}

void NodePool::check_invariants() const {
  sw_check(available_units_ >= 0 && leased_.v >= 0, "a pool counts from zero");
  for (auto const& [served, jobs] : jobs_)
    sw_check(jobs.running > 0 && jobs.fit.slots > 0, "idle models are forgotten");
}

}  // namespace spillway
