// apps/demo/src/capacity_buyer.hpp - a buyer who rents a few accelerators now and then, and gives them back.
// Room:   apps, library demo; sees gateway client and sim import.
// Thread: the loop's.
#pragma once

#include <map>

#include "market_input.hpp"
#include "market_session.hpp"
#include "plan.hpp"
#include "sim/random.hpp"

namespace spillway::demo {

class CapacityBuyer {
 public:
  CapacityBuyer(wire::executor where, ExchangeProcess const& exchange, Credentials credentials,
                MarketInput const& input, Plan const& plan);
  ~CapacityBuyer() { session_->stop(); }
  CapacityBuyer(CapacityBuyer const&) = delete;
  CapacityBuyer& operator=(CapacityBuyer const&) = delete;

  /// Called a few times a second: places what is due, releases and cancels what has lasted long enough.
  void step();
  /// Places no more, gives everything back.
  void stop();
  [[nodiscard]] std::uint64_t orders() const { return orders_; }

 private:
  using clock = std::chrono::steady_clock;
  [[nodiscard]] std::optional<msg::PlaceOrder> next_order();
  void on_report(Record const& record);

  MarketInput const& input_;  // outlive the buyer
  Plan const& plan_;
  sim::Random random_;
  std::uint64_t next_client_;
  std::uint64_t orders_{};
  clock::time_point next_at_;
  std::map<std::uint64_t, clock::time_point> resting_;  // by client order id: when to cancel
  std::map<std::uint64_t, clock::time_point> leases_;   // when to release
  std::map<std::uint64_t, std::chrono::microseconds>
      terms_;                                         // of orders without a term of their own, by client id
  std::map<std::uint64_t, std::uint64_t> client_of_;  // by order id
  std::shared_ptr<MarketSession> session_;
};

}  // namespace spillway::demo
