// settlement/fault_table.hpp - the charge follows the fault: who pays what when a token job ends, as one pure
// function.
// Room:   settlement (pure); sees market.
// Units:  nano-units at the job's own price.
// Source: money.md, "The charge follows the fault"; buy-in and compensation come with bonds (a failed job is
//         a refund).
#pragma once

#include "market/command.hpp"
#include "market/units.hpp"

namespace spillway {

/// How far the job had come.
enum class JobStage : std::uint8_t {
  before_acknowledgement = 1,
  acknowledged = 2,
  streaming = 3,
  complete = 4
};

/// All that decides a cell of the table.
struct FaultCase {
  JobStage stage{};
  Fault fault{};
  FaultPolicy policy{};
  Nano input_due;      // I: the input work
  Nano delivered_due;  // I + O: input work and settled output so far
  Nano marked;         // posted at the last usage mark
  Nano claimed;        // worth of the provider's usage claim; 0 without one
  Nano mark_size;      // M: one usage mark
};

/// `provider` = `buyer` + `guarantee`, always.
struct FaultCharge {
  Nano buyer;
  Nano provider;
  Nano guarantee;
  friend bool operator==(FaultCharge const&, FaultCharge const&) = default;
};

[[nodiscard]] FaultCharge settle_fault(FaultCase const&);

/// What goes back to the buyer of a complete job whose first token came late; `rebate_milli` in [0, 1000].
[[nodiscard]] Nano late_rebate(Nano charge, std::int32_t rebate_milli);

}  // namespace spillway
