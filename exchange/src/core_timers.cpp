// exchange/src/core_timers.cpp - see core_timers.hpp.
#include "core_timers.hpp"

#include "market/check.hpp"

namespace spillway::core {

Timer Timers::add(Stamp at, TimerKind kind, std::uint64_t about) {
  Timer const timer{at, ++created_};
  waiting_.emplace(timer, Due{kind, about});
  return timer;
}

void Timers::cancel(Timer& timer) {
  if (!timer.some()) return;
  sw_check(waiting_.erase(timer) == 1, "a named deadline waits");
  timer = {};
}

std::optional<std::pair<Timer, Due>> Timers::pop_due(Stamp now) {
  if (waiting_.empty() || waiting_.begin()->first.at > now) return std::nullopt;
  auto const first = *waiting_.begin();
  waiting_.erase(waiting_.begin());
  return first;
}

std::optional<Stamp> Timers::next() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first.at;
}

Due const* Timers::find(Timer const& timer) const {
  auto const found = waiting_.find(timer);
  return found == waiting_.end() ? nullptr : &found->second;
}

}  // namespace spillway::core
