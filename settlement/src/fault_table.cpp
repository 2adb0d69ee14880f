// settlement/src/fault_table.cpp - see settlement/fault_table.hpp. Read it beside the table in money.md:
// one function a row.
#include "settlement/fault_table.hpp"

#include <algorithm>

#include "market/amounts.hpp"
#include "market/check.hpp"

namespace spillway {
namespace {

FaultCharge nobody_pays() { return {}; }
FaultCharge buyer_pays(Nano amount) { return {amount, amount, Nano{}}; }
FaultCharge guarantee_pays(Nano amount) { return {Nano{}, amount, amount}; }

FaultCharge acknowledged(FaultCase const& c) {
  switch (c.fault) {
    case Fault::buyer:
      return buyer_pays(c.input_due);
    case Fault::exchange:
      return guarantee_pays(std::min(c.claimed, c.mark_size));
    default:
      return nobody_pays();
  }
}

/// x = last mark + min(usage claim beyond it, one mark): what a provider can lose to our fault is bounded,
/// and so is what an unwitnessed claim can win.
Nano witnessed(FaultCase const& c) {
  auto const beyond = std::max(Nano{}, c.claimed - c.marked);
  return c.marked + std::min(beyond, c.mark_size);
}

FaultCharge streaming(FaultCase const& c) {
  switch (c.fault) {
    case Fault::exchange:
      return guarantee_pays(witnessed(c));
    case Fault::provider:
      return c.policy == FaultPolicy::re_run ? nobody_pays() : buyer_pays(c.delivered_due);
    default:
      return buyer_pays(c.delivered_due);
  }
}

FaultCharge complete(FaultCase const& c) {
  return c.fault == Fault::exchange ? guarantee_pays(witnessed(c)) : buyer_pays(c.delivered_due);
}

FaultCharge cell(FaultCase const& c) {
  switch (c.stage) {
    case JobStage::before_acknowledgement:
      return nobody_pays();
    case JobStage::acknowledged:
      return acknowledged(c);
    case JobStage::streaming:
      return streaming(c);
    case JobStage::complete:
      return complete(c);
  }
  sw_check(false, "a job ends in one of four stages");
}

}  // namespace

FaultCharge settle_fault(FaultCase const& c) {
  sw_check(c.fault != Fault::unset, "whoever ends a job says whose fault it was");
  sw_check(c.input_due <= c.delivered_due, "delivered work contains the input work");
  auto const charge = cell(c);
  sw_check(charge.provider == charge.buyer + charge.guarantee, "nobody is paid out of nothing");
  return charge;
}

Nano late_rebate(Nano charge, std::int32_t rebate_milli) { return fee_due(charge, rebate_milli * 10); }

}  // namespace spillway
