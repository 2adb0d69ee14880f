// exchange/src/core_timers.hpp - deadlines in (deadline, creation sequence) order.
// Room:   exchange_core (pure), internal.
// Rule:   a service deadline moves by the gap in which the exchange did not run; a calendar deadline does
// not.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "market/units.hpp"

namespace spillway::core {

enum class TimerKind : std::uint8_t {
  order_expiry = 1,
  offer_end = 2,  // calendar
  job = 3,
  lease_ready = 4,
  lease_slice = 5,
  unit_expiry = 6,
  node_grace = 7,  // service
};
[[nodiscard]] constexpr bool is_service(TimerKind kind) { return kind >= TimerKind::job; }

/// The place of one deadline in the queue. A creation number of 0 means none.
struct Timer {
  Stamp at;
  std::uint64_t created{};
  [[nodiscard]] bool some() const { return created != 0; }
  friend auto operator<=>(Timer const&, Timer const&) = default;
};

struct Due {
  TimerKind kind{};
  std::uint64_t about{};  // the id of what waits; a unit of a node as node << 16 | unit
  friend bool operator==(Due const&, Due const&) = default;
};

class Timers {
 public:
  Timer add(Stamp at, TimerKind kind, std::uint64_t about);
  /// Takes a waiting deadline off and clears the name; nothing happens when it names none.
  void cancel(Timer& timer);
  /// Takes off the first deadline not after `now`.
  std::optional<std::pair<Timer, Due>> pop_due(Stamp now);
  [[nodiscard]] std::optional<Stamp> next() const;
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }
  [[nodiscard]] Due const* find(Timer const& timer) const;

  /// All that wait, and how many were ever made: for a snapshot.
  [[nodiscard]] std::map<Timer, Due> const& waiting() const { return waiting_; }
  [[nodiscard]] std::uint64_t created() const { return created_; }
  void restore(std::map<Timer, Due> waiting, std::uint64_t created) {
    waiting_ = std::move(waiting);
    created_ = created;
  }

  /// Moves every service deadline by `gap`, keeping creation numbers; tells each owner its new name.
  template <class Tell>
  void move_service(Micros gap, Tell&& tell) {
    std::map<Timer, Due> moved;
    for (auto const& [timer, due] : waiting_) {
      auto const shifted = is_service(due.kind) ? Timer{timer.at + gap, timer.created} : timer;
      moved.emplace(shifted, due);
      if (shifted != timer) tell(due, shifted);
    }
    waiting_ = std::move(moved);
  }

 private:
  std::map<Timer, Due> waiting_;
  std::uint64_t created_{};
};

}  // namespace spillway::core
