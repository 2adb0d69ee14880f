// exchange/pipeline/src/projection_writer.cpp - one commit at a time.
#include "projection_writer.hpp"

#include <utility>

#include "thread_name.hpp"

namespace spillway {

ProjectionWriter::ProjectionWriter(Projection& projection, std::function<void(std::string const&)> failed)
    : projection_(projection), failed_(std::move(failed)), thread_([this] { run(); }) {}

ProjectionWriter::~ProjectionWriter() {
  {
    std::lock_guard const lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ProjectionWriter::run() {
  name_this_thread("projection");
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || state_ == State::wanted; });
    if (state_ != State::wanted) return;
    lock.unlock();
    if (auto done = projection_.write_begun(); !done) failed_(done.error());
    lock.lock();
    state_ = State::written;
    changed_.notify_all();
  }
}

bool ProjectionWriter::busy() {
  std::lock_guard const lock(mutex_);
  return state_ == State::wanted;
}

void ProjectionWriter::begin(Seq seq, Hash256 const& digest) {
  finish();
  projection_.begin_commit(seq, digest);
  {
    std::lock_guard const lock(mutex_);
    state_ = State::wanted;
  }
  changed_.notify_all();
}

void ProjectionWriter::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return state_ != State::wanted; });
  if (std::exchange(state_, State::idle) == State::written) projection_.end_commit();
}

}  // namespace spillway
