// tests/settlement/fault_table_test.cpp - every cell of the table of money.md ("The charge follows the
// fault") against
// settlement/src/fault_table.cpp.
#include "settlement/fault_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace spillway {
namespace {

constexpr std::int64_t input = 100;       // I
constexpr std::int64_t delivered = 1000;  // I + O
constexpr std::int64_t marked = 600;      // last mark
constexpr std::int64_t mark = 50;         // M

struct Cell {
  JobStage stage;
  Fault fault;
  FaultPolicy policy;
  std::int64_t claimed;
  std::int64_t buyer, provider, guarantee;
};

constexpr auto early = JobStage::before_acknowledgement;
constexpr auto acked = JobStage::acknowledged;
constexpr auto streaming = JobStage::streaming;
constexpr auto complete = JobStage::complete;
constexpr auto frame = FaultPolicy::error_frame;
constexpr auto rerun = FaultPolicy::re_run;

constexpr Cell table[] = {
    // stage, fault, policy, worth of the usage claim -> buyer pays, provider gets, guarantee pays
    {early, Fault::buyer, frame, 900, 0, 0, 0},
    {early, Fault::provider, frame, 900, 0, 0, 0},
    {early, Fault::exchange, frame, 900, 0, 0, 0},
    {early, Fault::none, frame, 900, 0, 0, 0},
    {early, Fault::buyer, rerun, 900, 0, 0, 0},
    {early, Fault::provider, rerun, 900, 0, 0, 0},
    {early, Fault::exchange, rerun, 900, 0, 0, 0},
    {early, Fault::none, rerun, 900, 0, 0, 0},

    {acked, Fault::buyer, frame, 0, input, input, 0},
    {acked, Fault::buyer, rerun, 0, input, input, 0},
    {acked, Fault::provider, frame, 900, 0, 0, 0},
    {acked, Fault::provider, rerun, 900, 0, 0, 0},
    {acked, Fault::exchange, frame, 0, 0, 0, 0},
    {acked, Fault::exchange, frame, 49, 0, 49, 49},
    {acked, Fault::exchange, frame, 50, 0, 50, 50},
    {acked, Fault::exchange, rerun, 51, 0, mark, mark},
    {acked, Fault::none, frame, 900, 0, 0, 0},
    {acked, Fault::none, rerun, 900, 0, 0, 0},

    {streaming, Fault::buyer, frame, 0, delivered, delivered, 0},
    {streaming, Fault::buyer, rerun, 0, delivered, delivered, 0},
    {streaming, Fault::provider, frame, 0, delivered, delivered, 0},
    {streaming, Fault::provider, rerun, 0, 0, 0, 0},
    {streaming, Fault::exchange, frame, 0, 0, marked, marked},
    {streaming, Fault::exchange, frame, 600, 0, marked, marked},
    {streaming, Fault::exchange, rerun, 649, 0, 649, 649},
    {streaming, Fault::exchange, frame, 650, 0, 650, 650},
    {streaming, Fault::exchange, frame, 900, 0, marked + mark, marked + mark},
    {streaming, Fault::none, frame, 0, delivered, delivered, 0},
    {streaming, Fault::none, rerun, 0, delivered, delivered, 0},

    {complete, Fault::buyer, frame, 0, delivered, delivered, 0},
    {complete, Fault::buyer, rerun, 0, delivered, delivered, 0},
    {complete, Fault::provider, frame, 0, delivered, delivered, 0},
    {complete, Fault::provider, rerun, 0, delivered, delivered, 0},
    {complete, Fault::exchange, frame, 900, 0, marked + mark, marked + mark},
    {complete, Fault::exchange, rerun, 0, 0, marked, marked},
    {complete, Fault::none, frame, 0, delivered, delivered, 0},
    {complete, Fault::none, rerun, 0, delivered, delivered, 0},
};

FaultCase case_of(Cell const& c) {
  return {c.stage,         c.fault,      c.policy,        Nano{input},
          Nano{delivered}, Nano{marked}, Nano{c.claimed}, Nano{mark}};
}

TEST(FaultTable, EveryCellIsAsWritten) {
  for (auto const& c : table) {
    FaultCharge const expected{Nano{c.buyer}, Nano{c.provider}, Nano{c.guarantee}};
    EXPECT_EQ(settle_fault(case_of(c)), expected) << "stage " << int(c.stage) << ", fault " << int(c.fault)
                                                  << ", policy " << int(c.policy) << ", claim " << c.claimed;
  }
}

TEST(FaultTable, TheTableHasEveryCell) {
  for (auto const stage : {early, acked, streaming, complete})
    for (auto const fault : {Fault::buyer, Fault::provider, Fault::exchange, Fault::none})
      for (auto const policy : {frame, rerun}) {
        auto const is_here = [&](Cell const& c) {
          return c.stage == stage && c.fault == fault && c.policy == policy;
        };
        EXPECT_TRUE(std::ranges::any_of(table, is_here))
            << int(stage) << " " << int(fault) << " " << int(policy);
      }
}

TEST(FaultTable, NobodyIsPaidOutOfNothingWhateverTheNumbers) {
  for (auto const& c : table)
    for (std::int64_t const claimed : {0, 1, 599, 600, 700, 5000})
      for (std::int64_t const already : {0, 100, 1000}) {
        auto varied = case_of(c);
        varied.claimed = Nano{claimed};
        varied.marked = Nano{already};
        auto const charge = settle_fault(varied);
        EXPECT_EQ(charge.provider, charge.buyer + charge.guarantee);
        EXPECT_LE(charge.buyer, varied.delivered_due);
        EXPECT_LE(charge.guarantee, varied.marked + varied.mark_size);
      }
}

TEST(FaultTable, ALateFirstTokenReturnsAShareOfTheJobsOwnCharge) {
  EXPECT_EQ(late_rebate(Nano{1000}, 200), Nano{200});
  EXPECT_EQ(late_rebate(Nano{4}, 200), Nano{0});
  EXPECT_EQ(late_rebate(Nano{1000}, 1000), Nano{1000});
  EXPECT_EQ(late_rebate(Nano{0}, 200), Nano{0});
}

}  // namespace
}  // namespace spillway
