// exchange/pipeline/src/projection_writer.hpp - writes what the follower gathered while it gathers on: a
// commit waits for the disk.
// Room:   exchange_pipeline, private. Thread: one of its own; all calls come from the follower's.
// Errors: `failed` is called on its thread with what went wrong, and does not return.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "exchange/projection.hpp"

namespace spillway {

class ProjectionWriter {
 public:
  ProjectionWriter(Projection& projection, std::function<void(std::string const&)> failed);
  ~ProjectionWriter();  // after the commit that is under way
  ProjectionWriter(ProjectionWriter const&) = delete;
  ProjectionWriter& operator=(ProjectionWriter const&) = delete;

  /// Whether a commit is under way.
  [[nodiscard]] bool busy();
  /// Begins to commit what was gathered, after the commit that is under way.
  void begin(Seq seq, Hash256 const& digest);
  /// Waits until nothing is under way; then the projection can be read.
  void finish();

 private:
  enum class State : std::uint8_t { idle, wanted, written };
  void run();

  Projection& projection_;
  std::function<void(std::string const&)> failed_;
  std::mutex mutex_;
  std::condition_variable changed_;
  State state_{};
  bool stopping_{};
  std::thread thread_;  // last: it uses what is above
};

}  // namespace spillway
