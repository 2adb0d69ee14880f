// gateway/client/src/session_diary.hpp - what a client keeps of its own session, so that it can sign for it:
// every entry in an answer is held against what was asked before it counts.
// Room:   gateway, target client, private.
// Errors: a sentence when the exchange says that something was asked which was not; nothing more is signed.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "gateway/client/credentials.hpp"
#include "market/message.hpp"
#include "market/session_chain.hpp"

namespace spillway {

class SessionDiary {
 public:
  SessionDiary(Credentials credentials, SessionId session, Bytes32 const& nonce, std::uint64_t had);

  /// Before it goes out. Requests are known by their numbers, which must differ.
  void sent(ClientMessage const& message);
  /// What is wrong with this answer; empty: nothing.
  [[nodiscard]] std::string answered(msg::Answer const& answer);
  void reported(msg::Report const& report);

  /// Whether a statement would say something new.
  [[nodiscard]] bool has_news() const;
  [[nodiscard]] msg::SessionStatement state(msg::Request request);
  /// The exchange did not take a statement: another may say the same.
  void not_taken() { stated_request_ = 0, stated_report_ = had_; }

 private:
  [[nodiscard]] std::string look_at(msg::Answer const& answer);

  Credentials credentials_;
  SessionId session_;
  RequestChain requests_;
  ReportChain reports_;
  std::map<msg::Request, ClientMessage> open_;  // without their prompts
  std::uint64_t stated_request_{}, stated_report_;
  std::uint64_t had_;
  bool honest_ = true;
};

/// Whether the exchange journals what this message asks for.
[[nodiscard]] bool becomes_command(ClientMessage const& message);
/// Whether this command is what the message asked for, as far as that can be seen without the tables that
/// turn names into numbers.
[[nodiscard]] bool says_the_same(ClientMessage const& asked, Command const& journalled);

}  // namespace spillway
