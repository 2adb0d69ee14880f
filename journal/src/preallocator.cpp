// journal/src/preallocator.cpp - zero-filling in the background.
#include "preallocator.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace spillway {
namespace {
constexpr char const* spare_name = "next.spare";
constexpr std::size_t chunk_bytes = std::size_t{1} << 20;
}  // namespace

Preallocator::Preallocator(std::filesystem::path folder, std::uint64_t segment_bytes)
    : folder_(std::move(folder)), segment_bytes_(segment_bytes), thread_([this] { run(); }) {}

Preallocator::~Preallocator() {
  {
    std::lock_guard const lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
  clean(folder_);
}

void Preallocator::clean(std::filesystem::path const& folder) { ::unlink((folder / spare_name).c_str()); }

void Preallocator::run() {
  (void)::pthread_setname_np(::pthread_self(), "spare");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || state_ == State::wanted; });
    if (stop_) return;
    state_ = State::working;
    lock.unlock();
    auto made = make();
    lock.lock();
    state_ = made ? State::ready : State::failed;
    if (made) spare_ = std::move(*made);
    changed_.notify_all();
  }
}

bool Preallocator::stopping() const {
  std::lock_guard const lock(mutex_);
  return stop_;
}

std::expected<File, std::string> Preallocator::make() {
  auto file = File::open(folder_ / spare_name, O_RDWR | O_CREAT | O_TRUNC);
  if (!file) return file;
  std::vector<std::byte> const zeros(std::min<std::uint64_t>(chunk_bytes, segment_bytes_));
  for (std::uint64_t done = 0; done < segment_bytes_; done += zeros.size()) {
    if (stopping()) return std::unexpected("the journal is closing");
    std::size_t const bytes = std::min<std::uint64_t>(zeros.size(), segment_bytes_ - done);
    if (auto written = file->write_at(done, ByteView(zeros).first(bytes)); !written) {
      clean(folder_);  // gives the half-made file's room back
      return std::unexpected(written.error());
    }
  }
  if (auto synced = file->sync(); !synced) return std::unexpected(synced.error());
  return file;
}

std::expected<File, std::string> Preallocator::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return state_ != State::wanted && state_ != State::working; });
  State const found = state_;
  state_ = State::idle;
  if (found == State::ready) return std::move(spare_);
  lock.unlock();
  return make();
}

void Preallocator::make_next() {
  {
    std::lock_guard const lock(mutex_);
    state_ = State::wanted;
  }
  changed_.notify_all();
}

bool Preallocator::ready() const {
  std::lock_guard const lock(mutex_);
  return state_ == State::ready;
}

}  // namespace spillway
