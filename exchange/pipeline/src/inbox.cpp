// exchange/src/inbox.cpp - two lanes under one lock; senders never wait for the core.
#include "exchange/inbox.hpp"

namespace spillway {

bool Inbox::offer_order(Submission submission) {
  {
    std::lock_guard const lock(mutex_);
    if (closed_ || orders_waiting_ * 4 >= orders_max_ * 3) return false;
    auto const who = submission.principal;
    orders_[who].push_back(std::move(submission));
    ++orders_waiting_;
  }
  changed_.notify_one();
  return true;
}

void Inbox::put(Submission submission) {
  {
    std::lock_guard const lock(mutex_);
    control_.push_back(std::move(submission));
  }
  changed_.notify_one();
}

std::vector<Submission> Inbox::take(std::chrono::steady_clock::time_point until, std::size_t most) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, until, [&] { return closed_ || !control_.empty() || orders_waiting_ > 0; });
  std::vector<Submission> out;
  while (!control_.empty() && out.size() < most) {
    out.push_back(std::move(control_.front()));
    control_.pop_front();
  }
  take_orders(out, most);
  return out;
}

void Inbox::take_orders(std::vector<Submission>& out, std::size_t most) {
  while (orders_waiting_ > 0 && out.size() < most) {
    auto next = orders_.upper_bound(last_served_);
    if (next == orders_.end()) next = orders_.begin();
    last_served_ = next->first;
    out.push_back(std::move(next->second.front()));
    next->second.pop_front();
    --orders_waiting_;
    if (next->second.empty()) orders_.erase(next);
  }
}

void Inbox::close() {
  {
    std::lock_guard const lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

bool Inbox::closed() const {
  std::lock_guard const lock(mutex_);
  return closed_;
}

std::size_t Inbox::waiting() const {
  std::lock_guard const lock(mutex_);
  return control_.size() + orders_waiting_;
}

}  // namespace spillway
