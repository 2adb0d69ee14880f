// bench/exchange/pipeline_run.hpp - the real pipeline over a real directory, fed by a Trader as fast as it
// goes.
// Room:   bench; sees exchange_pipeline.
// Errors: what the pipeline refuses to open ends the program with its sentence.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>

#include "exchange/pipeline.hpp"
#include "trader.hpp"

namespace spillway::bench {

class PipelineRun {
 public:
  /// `resident`: CoreLimits::resident, of both cores.
  PipelineRun(std::filesystem::path const& directory, Traffic traffic, std::uint64_t segment_bytes,
              std::uint64_t resting = 0, std::uint64_t resident = 0);

  /// Sends so many commands and waits until all are durable and released.
  void send(std::uint64_t commands);
  [[nodiscard]] Pipeline& pipeline() { return *pipeline_; }
  [[nodiscard]] Trader const& trader() const { return trader_; }

 private:
  void submit(std::vector<Sent> wave);
  void listen(std::size_t outstanding_most);

  Trader trader_;
  std::mutex mutex_;
  std::condition_variable heard_;
  std::deque<std::shared_ptr<ReleasedBatch const>> batches_;
  std::uint64_t outstanding_ = 0;
  std::unique_ptr<Pipeline> pipeline_;  // last: its threads call into what is above
};

}  // namespace spillway::bench
