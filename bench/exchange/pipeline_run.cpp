// bench/exchange/pipeline_run.cpp - waves in, releases out, four waves under way at most.
#include "pipeline_run.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace spillway::bench {
namespace {
constexpr std::size_t wave_commands = 2'048;
constexpr std::size_t outstanding_most = 4 * wave_commands;
constexpr std::uint64_t ours = 1;  // cookie: not the exchange's own entries
}  // namespace

PipelineRun::PipelineRun(std::filesystem::path const& directory, Traffic traffic, std::uint64_t segment_bytes,
                         std::uint64_t resting, std::uint64_t resident)
    : trader_(traffic, 0x9E3779B97F4A7C15, resting) {
  PipelineOptions options;
  options.directory = directory;
  options.segment_bytes = segment_bytes;
  options.limits.resident = static_cast<std::uint32_t>(resident);
  options.genesis = Trader::genesis(resting);
  options.released = [this](std::shared_ptr<ReleasedBatch const> batch) {
    {
      std::lock_guard const lock(mutex_);
      batches_.push_back(std::move(batch));
    }
    heard_.notify_one();
  };
  auto pipeline = Pipeline::open(std::move(options));
  if (!pipeline) {
    std::fprintf(stderr, "%s\n", pipeline.error().message.c_str());
    std::exit(1);
  }
  pipeline_ = std::move(*pipeline);
  if (!pipeline_->start().fresh) {
    std::fprintf(stderr, "%s holds a journal already; name a new directory\n", directory.c_str());
    std::exit(1);
  }
  for (auto& sent : trader_.supply()) {  // one after the other: each needs the one before
    submit({std::move(sent)});
    listen(0);
  }
}

void PipelineRun::send(std::uint64_t commands) {
  while (commands > 0) {
    auto wave = trader_.wave(std::min<std::uint64_t>(wave_commands, commands));
    commands -= wave.size();
    submit(std::move(wave));
    listen(outstanding_most - wave_commands);
  }
  listen(0);
}

void PipelineRun::submit(std::vector<Sent> wave) {
  for (auto& sent : wave) {
    for (;;) {
      auto const refusal = pipeline_->submit({sent.who, sent.command, {0, ours, 0}});
      if (refusal == Refusal::none) break;
      if (refusal != Refusal::busy) {
        std::fprintf(stderr, "a command is refused: %s\n", sentence(refusal));
        std::exit(1);
      }
      if (outstanding_ > 0)
        listen(outstanding_ - 1);
      else
        std::this_thread::sleep_for(
            std::chrono::milliseconds(1));  // the follower is behind: let it have the core
    }
    ++outstanding_;
  }
}

/// Waits until no more than so many commands have no answer yet.
void PipelineRun::listen(std::size_t most) {
  std::unique_lock lock(mutex_);
  while (outstanding_ > most) {
    heard_.wait(lock, [this] { return !batches_.empty(); });
    auto const batch = std::move(batches_.front());
    batches_.pop_front();
    lock.unlock();
    for (auto const& released : *batch) {
      if (released.cookie.request == ours) --outstanding_;
      trader_.told(released.entry, released.records);
    }
    lock.lock();
  }
}

}  // namespace spillway::bench
