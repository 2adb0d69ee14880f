// exchange/inbox.hpp - the two lanes into the core: new orders and offers may be refused, the rest never is.
// Room:   exchange_pipeline; sees market.
// Thread: any number of senders, one taker.
// Rule:   orders are refused with `busy` when their lane is three quarters full; waiting orders are taken
//         round-robin by participant, so that a flood of one does not delay another.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "market/command.hpp"

namespace spillway {

/// Who waits for the answer: chosen by the gateway, returned with the release, never journalled.
struct Cookie {
  std::uint64_t session{};
  std::uint64_t request{};
  std::int64_t read_ns{};  // steady time at which the request's last byte was read
};

/// Which request of which session this is, where the session states what it sent: journalled.
struct Asked {
  SessionId session{};
  std::uint64_t number{};
};

struct Submission {
  ParticipantId principal;
  Command command;
  Cookie cookie;
  Asked asked{};
};

class Inbox {
 public:
  explicit Inbox(std::size_t orders_max);
  Inbox(Inbox const&) = delete;
  Inbox& operator=(Inbox const&) = delete;

  /// New orders and offers. False: the lane is three quarters full, and it was not taken; try again soon.
  [[nodiscard]] bool offer_order(Submission&& submission);
  /// Cancels, job life-cycle, verdicts, operator commands.
  void put(Submission&& submission);
  /// Waits until something is there, `until` has come or close() was called; then takes at most `most`. Where
  /// the last wait was short it looks again for a while before it sleeps.
  [[nodiscard]] std::vector<Submission> take(std::chrono::steady_clock::time_point until, std::size_t most);
  void close();
  [[nodiscard]] bool closed() const;
  [[nodiscard]] std::size_t waiting() const;

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  struct Waiting {
    Submission submission;
    std::uint32_t next{none};  // of the same participant, or the next free place
  };
  struct Line {  // of one participant
    std::uint32_t first{none}, last{none};
    Line* next{};  // whose turn comes then
  };

  void look_again(std::chrono::steady_clock::time_point from) const;
  void take_orders(std::vector<Submission>& out, std::size_t most);
  [[nodiscard]] std::uint32_t place_for(Submission&& submission);
  void stand_behind(Line& line);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Submission> control_;
  std::size_t control_taken_{};  // from the front
  std::vector<Waiting> waiting_;
  std::uint32_t free_{none};
  std::unordered_map<std::uint32_t, Line> lines_;  // everybody who ever had an order here
  Line* turn_{};                                   // lines with orders, in turn; none: null
  Line* last_turn_{};
  std::size_t orders_waiting_{};
  std::size_t orders_max_;
  std::atomic<bool> closed_{};
  std::atomic<bool> something_{};  // there is something to take, or it is closed
  bool soon_{};                    // the taker's: the last wait was short
};

}  // namespace spillway
