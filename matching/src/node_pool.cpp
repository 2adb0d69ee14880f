// matching/node_pool.cpp - what is in use on a node, and what may still be sold.
// Room:   matching (pure); sees market.
#include "matching/node_pool.hpp"

#include <algorithm>
#include <utility>

#include "market/check.hpp"

namespace spillway {

void NodePool::set_available(std::int32_t units) {
  sw_check(units >= 0, "a node has no less than no units");
  available_units_ = units;
}

void NodePool::occupy(Instrument const& instrument, Lots lots) {
  constexpr auto law = "leased units + units under jobs <= available units";
  sw_check(lots.v > 0, "something is taken");
  if (instrument.product == ProductKind::capacity) {
    sw_check(lots <= executable(instrument), law);
    leased_ += lots;
    return;
  }
  auto* jobs = const_cast<Jobs*>(find(instrument));
  if (jobs == nullptr) {
    auto const free = std::ranges::find(jobs_, 0, &Jobs::running);
    jobs = free != jobs_.end() ? &*free : &more_jobs_.emplace_back();
    *jobs = {instrument.model, instrument.tier, fit_of(instrument), 0, 0};
  }
  sw_check(jobs->fit.slots > 0, "what runs fits");
  start(*jobs, lots.v);
  sw_check(free_units() >= 0, law);
}

void NodePool::start(Jobs& jobs, std::int64_t lots) {
  jobs.running += lots;
  jobs.spare -= lots;
  if (jobs.spare >= 0) return;
  auto const more = (jobs.fit.slots - 1 - jobs.spare) / jobs.fit.slots;
  jobs.spare += more * jobs.fit.slots;
  units_under_jobs_ += more * jobs.fit.cards;
}

NodePool::Jobs const* NodePool::find(Instrument const& instrument) const {
  auto const same = [&](Jobs const& jobs) {
    return jobs.running > 0 && jobs.model == instrument.model && jobs.tier == instrument.tier;
  };
  if (auto const it = std::ranges::find_if(jobs_, same); it != jobs_.end()) return &*it;
  if (auto const it = std::ranges::find_if(more_jobs_, same); it != more_jobs_.end()) return &*it;
  return nullptr;
}

template <class Visit>
void NodePool::each(Visit visit) const {
  for (auto const& jobs : jobs_)
    if (jobs.running > 0) visit(jobs);
  for (auto const& jobs : more_jobs_) visit(jobs);
}

void NodePool::vacate(Instrument const& instrument, Lots lots) {
  sw_check(lots.v > 0, "something returns");
  if (instrument.product == ProductKind::capacity) {
    sw_check(lots <= leased_, "no more returns than was leased");
    leased_ -= lots;
    return;
  }
  auto* const jobs = const_cast<Jobs*>(find(instrument));
  sw_check(jobs != nullptr && lots.v <= jobs->running, "no more jobs end than run");
  jobs->running -= lots.v;
  jobs->spare += lots.v;
  if (jobs->spare >= jobs->fit.slots) {
    auto const fewer = jobs->spare / jobs->fit.slots;
    jobs->spare -= fewer * jobs->fit.slots;
    units_under_jobs_ -= fewer * jobs->fit.cards;
  }
  if (!more_jobs_.empty()) std::erase_if(more_jobs_, [](Jobs const& of) { return of.running == 0; });
}

Lots NodePool::executable(Instrument const& instrument) const {
  sw_check(instrument.klass == klass_ && instrument.place == place_,
           "an instrument of the node's class and place");
  return instrument.product == ProductKind::capacity ? executable_capacity() : executable_slots(instrument);
}

Lots NodePool::executable_slots(Instrument const& instrument) const {
  auto const free = free_units();
  if (free < 0) return Lots{};  // units were lost under work in progress: not even a spare slot is for sale
  auto const* const jobs = find(instrument);
  auto const fit = jobs == nullptr ? fit_of(instrument) : jobs->fit;
  if (fit.slots == 0) return Lots{};
  auto const spare = jobs == nullptr ? 0 : jobs->spare;
  auto const instances = fit.cards == 1 ? free : free / fit.cards;
  return Lots{spare + instances * fit.slots};
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

std::int64_t NodePool::free_units() const {
  return available_units_ - (leased_.v == 0 ? 0 : leased_units()) - units_under_jobs_;
}

std::int64_t NodePool::leased_units() const {
  return (leased_.v + milli_per_accelerator - 1) / milli_per_accelerator;
}

std::int64_t NodePool::running_jobs() const {
  std::int64_t running = 0;
  each([&](Jobs const& jobs) { running += jobs.running; });
  return running;
}

NodePool::Image NodePool::image() const {
  Image image{available_units_, leased_, {}};
  each([&](Jobs const& jobs) { image.jobs.push_back({jobs.model, jobs.tier, jobs.fit, jobs.running}); });
  std::ranges::sort(image.jobs, {}, [](auto const& jobs) { return std::pair{jobs.model, jobs.tier}; });
  return image;
}

void NodePool::restore(Image const& image) {
  constexpr std::int64_t running_most = 1'000'000'000;  // more than any pool has slots
  sw_check(leased_.v == 0 && running_jobs() == 0, "an empty pool is restored");
  available_units_ = image.available_units;
  leased_ = image.leased;
  for (std::size_t i = 0; i < image.jobs.size(); ++i) {
    auto const& [model, tier, fit, running] = image.jobs[i];
    auto& jobs = i < usual ? jobs_[i] : more_jobs_.emplace_back();
    jobs = {model, tier, fit, 0, 0};
    bool const whole = fit.slots > 0 && fit.cards > 0 && running > 0 && running <= running_most;
    if (whole) start(jobs, running);  // bytes may say anything
  }
}

void NodePool::check_invariants() const {
  sw_check(available_units_ >= 0 && leased_.v >= 0, "a pool counts from zero");
  std::int64_t units = 0;
  each([&](Jobs const& jobs) {
    sw_check(jobs.running > 0 && jobs.fit.slots > 0, "idle models are forgotten");
    sw_check(jobs.spare >= 0 && jobs.spare < jobs.fit.slots, "no unit runs nothing");
    units += (jobs.running + jobs.spare) / jobs.fit.slots * jobs.fit.cards;
    sw_check((jobs.running + jobs.spare) % jobs.fit.slots == 0, "slots come in whole instances");
  });
  sw_check(units == units_under_jobs_, "units under jobs are counted");
}

}  // namespace spillway
