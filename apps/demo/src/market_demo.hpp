// apps/demo/src/market_demo.hpp - the story of one demonstration, from the first process to the auditor's
// verdict.
// Room:   apps, library demo.
// Thread: the loop's.
// Errors: a sentence; whatever was started ends with this object.
#pragma once

#include <memory>
#include <optional>

#include "capacity_buyer.hpp"
#include "operator_desk.hpp"
#include "providers.hpp"
#include "replay.hpp"
#include "summary.hpp"
#include "view.hpp"

namespace spillway::demo {

class MarketDemo {
 public:
  MarketDemo(wire::executor where, DemoOptions options, MarketInput input, RunDirectory run, bool live_view);
  MarketDemo(MarketDemo const&) = delete;
  MarketDemo& operator=(MarketDemo const&) = delete;

  /// Opens the market, keeps it open for its time, winds it down, has it audited.
  wire::awaitable<std::expected<Summary, std::string>> run();
  /// The market is open: a request to stop ends it in good order.
  [[nodiscard]] bool open() const { return opened_at_.has_value(); }
  void request_stop() { stopping_ = true; }

 private:
  using clock = std::chrono::steady_clock;
  using Step = std::expected<void, std::string>;

  void announce();
  wire::awaitable<Step> start_exchange();
  wire::awaitable<Step> admit_people();
  wire::awaitable<Step> start_supply();
  wire::awaitable<Step> wait_until_open();
  void start_buyers();
  wire::awaitable<Step> keep_open();
  wire::awaitable<Step> mind_exchange();
  wire::awaitable<void> look();
  wire::awaitable<void> wind_down();
  wire::awaitable<Summary> close();
  [[nodiscard]] std::vector<BusyInstrument> busiest(std::map<std::uint32_t, InstrumentRow> const& rows) const;
  [[nodiscard]] Figures totals() const { return together(gone_, now_); }

  wire::executor where_;
  DemoOptions options_;
  MarketInput input_;
  RunDirectory run_;
  Screen screen_;
  Plan plan_;
  std::vector<Credentials> provider_keys_;
  Credentials socket_key_, capacity_key_;
  std::string bearer_key_;

  // In the order in which they start; they end the other way round.
  ExchangeProcess exchange_;
  std::vector<Engine> engines_;
  Providers providers_;
  std::unique_ptr<OperatorDesk> desk_;
  Tally tally_;
  std::shared_ptr<DoorBuyer> door_;
  std::unique_ptr<SocketBuyer> socket_;
  std::unique_ptr<CapacityBuyer> capacity_;
  std::unique_ptr<Replay> replay_;

  std::optional<clock::time_point> opened_at_;
  std::int64_t open_for_s_{};
  Figures gone_, now_;  // of exchange processes that ended; of the one that runs
  std::int64_t places_most_{};
  std::int64_t tokens_before_{};
  clock::time_point looked_at_{};
  int restarts_{};
  bool stopping_{};
};

}  // namespace spillway::demo
