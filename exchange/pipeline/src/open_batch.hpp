// exchange/src/open_batch.hpp - the batch that the core fills while the journal flushes the one before.
// Room:   exchange_pipeline, private. One producer (core), one consumer (journal).
// Rule:   one thread at a time is at the log: the journal's while it holds what it took, or the core's while
//         it has the turn. Batches reach the log in the order in which the core made them.
#pragma once

#include <condition_variable>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>

#include "exchange/pipeline.hpp"

namespace spillway {

/// Applied entries with the bytes that go to disk.
struct Batch {
  ReleasedBatch out;
  std::vector<std::byte> bytes;   // of all of them, one behind the other
  std::vector<std::size_t> ends;  // of each in `bytes`

  void clear() { out.clear(), bytes.clear(), ends.clear(); }
  void append(Batch& more) {
    auto const before = bytes.size();
    out.insert(out.end(), std::make_move_iterator(more.out.begin()), std::make_move_iterator(more.out.end()));
    bytes.insert(bytes.end(), more.bytes.begin(), more.bytes.end());
    for (auto const end : more.ends) ends.push_back(before + end);
  }
};

class OpenBatch {
 public:
  /// Leaves `part` empty. Waits while the batch is full: then the disk is the limit, and the inbox fills and
  /// refuses.
  void add(Batch& part) {
    if (part.out.empty()) return;
    std::unique_lock lock(mutex_);
    has_room_.wait(lock, [&] { return batch_.out.size() < batch_max; });
    if (batch_.out.empty())
      std::swap(batch_, part);
    else
      batch_.append(part);
    lock.unlock();
    has_work_.notify_one();
    part.clear();
  }
  /// The core's: true when nothing waits and nobody is at the log, which is its own until end_turn().
  [[nodiscard]] bool begin_turn() {
    std::lock_guard const lock(mutex_);
    if (at_log_ || !batch_.out.empty()) return false;
    return at_log_ = true;
  }
  /// Wakes nobody: while the core has the turn it adds nothing.
  void end_turn() {
    std::lock_guard const lock(mutex_);
    at_log_ = false;
  }
  /// The journal's: all that is there, waiting for some; false once closed and empty. It is at the log until
  /// it comes again. What `taken` held before is cleared, and its room is used again.
  [[nodiscard]] bool take(Batch& taken) {
    taken.clear();
    taken.out.reserve(taken_last_);  // the next one will be of that size
    std::unique_lock lock(mutex_);
    if (has_taken_) at_log_ = false;
    has_work_.wait(lock, [&] { return !at_log_ && (closed_ || !batch_.out.empty()); });
    at_log_ = has_taken_ = true;
    std::swap(taken, batch_);
    lock.unlock();
    has_room_.notify_one();
    taken_last_ = taken.out.size();
    return !taken.out.empty();
  }
  [[nodiscard]] bool empty() const {
    std::lock_guard const lock(mutex_);
    return batch_.out.empty();
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
  mutable std::mutex mutex_;
  std::condition_variable has_work_, has_room_;
  Batch batch_;
  bool closed_{}, at_log_{};
  bool has_taken_{};          // the consumer's: before its first time it is not at the log
  std::size_t taken_last_{};  // the consumer's
};

}  // namespace spillway
