// gateway/server/src/stated_session.hpp - what the exchange keeps of a session that states what it sent: the
// numbers of its requests, and both rolling hashes as far back as a statement may name them.
// Room:   gateway, target server, private. Pure but for the hash: time is handed in.
// Rule:   a statement is journalled only when it is right and says something new, so that it proves one thing
//         and costs no more than what it is about.
#pragma once

#include <deque>
#include <expected>

#include "exchange/inbox.hpp"
#include "market/message.hpp"
#include "market/session_chain.hpp"

namespace spillway {

class StatedSession {
 public:
  /// `had`: the last report that the client has at its login.
  StatedSession(SessionId session, Bytes32 const& nonce, std::uint64_t had);

  /// What the next request is called, if the exchange takes it: one refused at the door has no number.
  [[nodiscard]] Asked next() const { return {session_, taken_ + 1}; }
  void taken() { ++taken_; }
  void given_back() { --taken_; }  // the number of the last request, which was refused at the door after all
  /// A request was journalled as these bytes, and its answer says so.
  void answered(std::uint64_t number, std::span<std::byte const> entry, std::int64_t now_us);
  /// A report goes out.
  void reported(msg::Report const& report);

  /// What is to be journalled, if it is right and adds something; otherwise why not.
  [[nodiscard]] std::expected<SessionStatement, Refusal> check(msg::SessionStatement const& said, KeyId key,
                                                               Bytes32 const& public_key) const;
  /// What check() gave will be journalled: so far all is stated.
  void stated(SessionStatement const& statement);
  /// Whether a request that was answered so long ago, or longer, has not been stated.
  [[nodiscard]] bool behind(std::int64_t now_us, Micros within) const;
  /// So many answered requests are not stated that nothing more is taken: each is kept until it is.
  [[nodiscard]] bool far_behind() const;

 private:
  struct Mark {
    std::uint64_t number{};
    Bytes32 hash{};
    std::int64_t at_us{};
  };
  /// The mark of this number: the last stated one, or one after it.
  [[nodiscard]] static Mark const* find(std::deque<Mark> const& marks, std::uint64_t number);
  static void drop_before(std::deque<Mark>& marks, std::uint64_t number);

  SessionId session_;
  std::uint64_t taken_{};
  RequestChain requests_;
  ReportChain reports_;
  std::deque<Mark> request_marks_, report_marks_;  // from the last stated one on
  SessionStatement statement_;                     // the last one
};

}  // namespace spillway
