// exchange/src/core_work.hpp - work that one entry may not finish: what it is, and how far it has come.
// Room:   exchange_core (pure), internal.
// Rule:   the last begun comes first; while there is any, nothing but `Continue` is applied, so what stands
//         on the list neither trades nor changes otherwise.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core_table.hpp"
#include "market/check.hpp"
#include "market/ids.hpp"

namespace spillway::core {

enum class WorkKind : std::uint8_t {
  bury,               // a node whose grace is over: its offers, leases and jobs
  lose_nodes,         // the relay is lost: nodes by number,
  break_jobs,         // then jobs,
  cancel_tokens,      // then token orders at rest
  cancel_orders,      // of a participant
  cancel_offers,      // of a participant; `only`: on this instrument
  cancel_node,        // offers of a node
  cancel_instrument,  // offers on an instrument
  pay_owed,           // what the guarantee account owes
  meet,               // offers of a node with resting orders
};

struct Work {
  WorkKind kind{};
  std::uint64_t about{};  // who or what, by the kind
  InstrumentId only;
  Row next{};  // how far a walk has come
};

/// Few at a time: one of a command, one of a deadline, one of a meeting.
class WorkList {
 public:
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] Work& top() { return items_[count_ - 1]; }
  [[nodiscard]] bool has(WorkKind kind) const {
    for (std::size_t i = 0; i < count_; ++i)
      if (items_[i].kind == kind) return true;
    return false;
  }
  void begin(Work const& work) {
    sw_check(count_ < items_.size(), "work begins where little is left");
    items_[count_++] = work;
  }
  /// The first begun first.
  [[nodiscard]] std::span<Work const> all() const { return std::span(items_).first(count_); }
  [[nodiscard]] bool full() const { return count_ == items_.size(); }
  /// The top is done; the work that `has begun` on top of it stays.
  void end() { --count_; }

 private:
  std::array<Work, 8> items_{};
  std::size_t count_{};
};

}  // namespace spillway::core
