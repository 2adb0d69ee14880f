// exchange/src/open_batch.hpp - the batch that the core fills while the journal flushes the one before.
// Room:   exchange_pipeline, private. One producer (core), one consumer (journal).
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "exchange/pipeline.hpp"

namespace spillway {

/// An applied entry with the bytes that go to disk.
struct Applied {
  Released out;
  std::vector<std::byte> bytes;
};

class OpenBatch {
 public:
  /// Waits while the batch is full: then the disk is the limit, and the inbox fills and refuses.
  void add(Applied applied) {
    std::unique_lock lock(mutex_);
    has_room_.wait(lock, [&] { return batch_.size() < batch_max; });
    batch_.push_back(std::move(applied));
    lock.unlock();
    has_work_.notify_one();
  }
  /// All that is there, waiting for some; nothing once closed and empty.
  [[nodiscard]] std::optional<std::vector<Applied>> take() {
    std::unique_lock lock(mutex_);
    has_work_.wait(lock, [&] { return closed_ || !batch_.empty(); });
    if (batch_.empty()) return std::nullopt;
    std::vector<Applied> taken;
    taken.swap(batch_);
    lock.unlock();
    has_room_.notify_one();
    return taken;
  }
  void close() {
    {
      std::lock_guard const lock(mutex_);
      closed_ = true;
    }
    has_work_.notify_all();
  }

 private:
  static constexpr std::size_t batch_max = 4096;
  std::mutex mutex_;
  std::condition_variable has_work_, has_room_;
  std::vector<Applied> batch_;
  bool closed_{};
};

}  // namespace spillway
