// exchange/src/core_timers.hpp - deadlines in (deadline, creation sequence) order.
// Room:   exchange_core (pure), internal.
// Rule:   a service deadline moves by the gap in which the exchange did not run; a calendar deadline does
//         not. They stand in two queues: moving all service deadlines is one addition. Most deadlines are one
//         of a few times away from now, so each queue has some lines in which they come and go at the cost of
//         a link; what fits no line stands in a heap of four branches. All in fixed arrays.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "core_table.hpp"
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

/// The name of one deadline that waits: a creation number, and the cell where it stands. 0: none.
struct Timer {
  std::uint64_t created{};
  Row cell{};
  [[nodiscard]] bool some() const { return created != 0; }
  friend bool operator==(Timer const&, Timer const&) = default;
};

struct Due {
  TimerKind kind{};
  std::uint64_t about{};  // the id of what waits; a unit of a node as node << 16 | unit
  friend bool operator==(Due const&, Due const&) = default;
};

/// A deadline that was taken off.
struct Fired {
  Stamp at;
  std::uint64_t created{};
  Due due;
};

class Timers {
 public:
  /// At most `most` deadlines wait at a time.
  explicit Timers(std::size_t most) : cells_(most + 1), free_(most + 1), service_(most), calendar_(most) {}

  void prefault(std::size_t deadlines) { cells_.prefault_first(deadlines + 1); }

  Timer add(Stamp at, TimerKind kind, std::uint64_t about);
  /// A deadline that waits under this name waits until `at` instead, as if it were made anew.
  void move(Timer& timer, Stamp at);
  /// Takes a waiting deadline off and clears the name; nothing happens when it names none.
  void cancel(Timer& timer);
  /// Takes off the first deadline not after `now`.
  std::optional<Fired> pop_due(Stamp now);
  [[nodiscard]] std::optional<Stamp> next() const {
    auto const* const first = earlier();
    return first == nullptr ? std::nullopt : std::optional{first_of(*first)};
  }
  /// Asks the memory for the deadline of this name: it will be moved or cancelled.
  void expect(Timer const& timer) const { ask_for(&cells_[timer.cell]); }
  /// Whether `pop_due` would find something. Every command asks, most get a no.
  [[nodiscard]] bool any_due(Stamp now) const {
    return (service_.size != 0 && first_of(service_) <= now) ||
           (calendar_.size != 0 && first_of(calendar_) <= now);
  }
  [[nodiscard]] std::size_t size() const { return service_.size + calendar_.size; }
  /// Null when nothing waits under this name.
  [[nodiscard]] Due const* find(Timer const& timer) const;
  /// When it is due; 0 for no deadline.
  [[nodiscard]] Stamp at(Timer const& timer) const;

  /// Moves every service deadline by `gap`, keeping creation numbers.
  void move_service(Micros gap) { moved_ = moved_ + gap; }

  /// All that wait, by creation, and how many were ever made: for a snapshot. Deadlines are as moved.
  struct Image {
    std::vector<Fired> waiting;
    std::uint64_t created{};
  };
  [[nodiscard]] Image image() const;
  /// No deadline twice, none from the future, and there is room for all.
  [[nodiscard]] bool fits(Image const& image) const;
  /// Of timers that never had a deadline; tells each owner the name.
  template <class Tell>
  void restore(Image const& image, Tell&& tell) {
    for (auto const& fired : image.waiting) tell(fired.due, put_in(fired));
    created_ = image.created;
  }

 private:
  struct alignas(64) Cell {
    std::uint64_t created;  // 0: free
    Stamp at;               // of service deadlines before all moves
    Due due;
    std::uint32_t place;  // in the heap, from 1; or which line, beside `in_line`
    Row before, after;    // in its line
  };
  static constexpr std::uint32_t in_line = 0x8000'0000;
  static constexpr std::size_t line_count = 8;
  struct Waiting {
    Stamp at;
    std::uint64_t created;
    Row cell;  // 0: nothing waits
    friend bool operator<(Waiting const& a, Waiting const& b) {
      return a.at != b.at ? a.at < b.at : a.created < b.created;
    }
  };
  struct Heap {
    explicit Heap(std::size_t most) : of(most + 2) {}
    Arena<Waiting> of;  // from 1
    std::uint32_t size{};
  };
  /// Deadlines that stand as they fire, each behind those before it.
  struct Line {
    Waiting first{};
    Row last{};
  };
  static constexpr Stamp nobody{std::numeric_limits<std::int64_t>::min()};
  struct Queue {
    explicit Queue(std::size_t most) : heap(most) { last_at.fill(nobody); }
    Waiting first{};
    std::size_t size{};
    std::array<Line, line_count> lines;
    std::array<Stamp, line_count> last_at;  // of each line: whoever enters looks at them all
    Heap heap;
  };

  [[nodiscard]] Queue& queue_of(Due const& due) { return is_service(due.kind) ? service_ : calendar_; }
  [[nodiscard]] Stamp stored(Stamp at, Due const& due) const {
    return is_service(due.kind) ? Stamp{at.v - moved_.v} : at;
  }
  Timer put_in(Fired const&);
  void enter(Queue&, Row cell);
  void leave(Queue&, Row cell);
  void take(Queue&, Row cell);
  void unlink(Queue&, std::size_t line, Cell const&);
  [[nodiscard]] static Waiting first_in(Queue const&);
  void put(Heap&, std::uint32_t place, Waiting const&);
  void settle(Heap&, std::uint32_t place, Waiting const&);
  void take_out(Heap&, std::uint32_t place);
  /// The queue whose first is the earlier; null when nothing waits.
  [[nodiscard]] Queue const* earlier() const {
    if (service_.size == 0) return calendar_.size == 0 ? nullptr : &calendar_;
    if (calendar_.size == 0) return &service_;
    auto const a = first_of(service_), b = first_of(calendar_);
    bool const service = a != b ? a < b : service_.first.created < calendar_.first.created;
    return service ? &service_ : &calendar_;
  }
  [[nodiscard]] Stamp first_of(Queue const& queue) const {
    return &queue == &service_ ? queue.first.at + moved_ : queue.first.at;
  }

  Arena<Cell> cells_;  // from 1
  Arena<Row> free_;    // a stack
  Queue service_, calendar_;
  Micros moved_{};
  std::uint64_t created_{};
  std::uint32_t free_count_{};
  Row highest_{};
};

}  // namespace spillway::core
