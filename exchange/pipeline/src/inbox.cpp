// exchange/src/inbox.cpp - two lanes under one lock; senders never wait for the core.
#include "exchange/inbox.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace spillway {
namespace {

using std::chrono::steady_clock;

// To sleep and be woken takes as long as this: where the next command comes sooner, looking again is quicker.
constexpr auto looks_again_for = std::chrono::microseconds(50);

}  // namespace

Inbox::Inbox(std::size_t orders_max) : orders_max_(orders_max) { waiting_.reserve(orders_max / 4 * 3 + 3); }

bool Inbox::offer_order(Submission&& submission) {
  {
    std::lock_guard const lock(mutex_);
    if (closed_ || orders_waiting_ * 4 >= orders_max_ * 3) return false;
    auto& line = lines_[submission.principal.v];
    auto const place = place_for(std::move(submission));
    if (line.first == none) {
      line.first = place;
      stand_behind(line);
    } else {
      waiting_[line.last].next = place;
    }
    line.last = place;
    ++orders_waiting_;
    something_.store(true, std::memory_order_relaxed);
  }
  changed_.notify_one();
  return true;
}

/// Where it lies from now on: a place that was used before, or a new one.
std::uint32_t Inbox::place_for(Submission&& submission) {
  if (free_ == none) {
    waiting_.push_back({std::move(submission), none});
    return static_cast<std::uint32_t>(waiting_.size() - 1);
  }
  auto const place = std::exchange(free_, waiting_[free_].next);
  waiting_[place].submission = std::move(submission);
  waiting_[place].next = none;
  return place;
}

void Inbox::stand_behind(Line& line) {
  line.next = nullptr;
  (turn_ == nullptr ? turn_ : last_turn_->next) = &line;
  last_turn_ = &line;
}

void Inbox::put(Submission&& submission) {
  {
    std::lock_guard const lock(mutex_);
    control_.push_back(std::move(submission));
    something_.store(true, std::memory_order_relaxed);
  }
  changed_.notify_one();
}

/// Other threads that want the processor get it meanwhile.
void Inbox::look_again(steady_clock::time_point from) const {
  auto const until = from + looks_again_for;
  while (!something_.load(std::memory_order_relaxed) && steady_clock::now() < until)
    std::this_thread::yield();
}

std::vector<Submission> Inbox::take(steady_clock::time_point until, std::size_t most) {
  std::vector<Submission> out;
  auto const from = steady_clock::now();
  if (soon_) look_again(from);
  std::unique_lock lock(mutex_);
  auto const control = [this] { return control_.size() - control_taken_; };
  changed_.wait_until(lock, until, [&] { return closed_ || control() > 0 || orders_waiting_ > 0; });
  soon_ = steady_clock::now() - from < looks_again_for;
  out.reserve(std::min(most, control() + orders_waiting_));
  while (control() > 0 && out.size() < most) out.push_back(std::move(control_[control_taken_++]));
  if (2 * control_taken_ >= control_.size()) {
    control_.erase(control_.begin(), control_.begin() + static_cast<std::ptrdiff_t>(control_taken_));
    control_taken_ = 0;
  }
  take_orders(out, most);
  something_.store(closed_ || control() > 0 || orders_waiting_ > 0, std::memory_order_relaxed);
  return out;
}

void Inbox::take_orders(std::vector<Submission>& out, std::size_t most) {
  while (orders_waiting_ > 0 && out.size() < most) {
    auto& line = *turn_;
    turn_ = line.next;
    auto const place = line.first;
    auto& taken = waiting_[place];
    out.push_back(std::move(taken.submission));
    line.first = std::exchange(taken.next, free_);
    free_ = place;
    if (line.first != none) stand_behind(line);
    --orders_waiting_;
  }
}

void Inbox::close() {
  {
    std::lock_guard const lock(mutex_);
    closed_ = true;
    something_.store(true, std::memory_order_relaxed);
  }
  changed_.notify_all();
}

bool Inbox::closed() const { return closed_.load(); }

std::size_t Inbox::waiting() const {
  std::lock_guard const lock(mutex_);
  return control_.size() - control_taken_ + orders_waiting_;
}

}  // namespace spillway
