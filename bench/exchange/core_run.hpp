// bench/exchange/core_run.hpp - one core under one traffic: only Exchange::apply is timed.
// Room:   bench; sees market, exchange_core and the chain of outcomes.
// Units:  nanoseconds of this thread's CPU time.
#pragma once

#include <cstdint>
#include <string>

#include "exchange/core.hpp"
#include "sent.hpp"

namespace spillway::bench {

struct CorePlan {
  CoreLimits limits;
  std::uint64_t before{};    // commands that come before the timed ones
  std::uint64_t timed{};     // commands; fewer when the traffic ends
  bool book_beside = false;  // the book alone takes the same orders between the waves
  bool again = true;         // a new core applies the entries once more
};

struct Measured {
  std::uint64_t commands{}, refused{}, records{};
  std::int64_t cpu_ns{};
  std::uint64_t allocations{};  // calls of operator new while it was timed
  std::uint64_t book_commands{};
  std::int64_t book_cpu_ns{};  // of the book alone
  std::uint64_t entries{};     // applied again
  std::int64_t again_cpu_ns{};
  std::string digest;
};

[[nodiscard]] Measured measure_core(Commands&, CorePlan const&);

}  // namespace spillway::bench
