// gateway/wire/src/http_parse.hpp - HTTP/1.1 messages out of bytes. Pure: no sockets, no time.
// Room:   gateway, target wire, its own sources only; the .cpp is one of the two files that include Beast.
// Errors: HttpFault; the parser is of no use after one.
// Source: RFC 9112.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/wire/http.hpp"

namespace spillway::wire {

enum class HttpFault : std::uint8_t { malformed, head_too_large, body_too_large, cut_short };

/// One request. Feed the bytes that are there; what was not consumed is fed again, with more behind it.
class RequestParser {
 public:
  RequestParser(std::uint32_t head_bytes, std::uint64_t body_bytes);
  ~RequestParser();
  RequestParser(RequestParser const&) = delete;
  RequestParser& operator=(RequestParser const&) = delete;

  /// Bytes consumed. Stops at the end of the head once, and at the end of the message.
  std::expected<std::size_t, HttpFault> feed(std::string_view bytes);
  [[nodiscard]] bool head_done() const;
  [[nodiscard]] bool done() const;

  /// Since head_done().
  [[nodiscard]] bool keep_alive() const;
  [[nodiscard]] bool upgrade() const;           // asks for a WebSocket
  [[nodiscard]] bool expects_continue() const;  // waits for "100 Continue" before it sends the body
  [[nodiscard]] bool http11() const;
  [[nodiscard]] RequestHead head() const;
  /// Since done(); the body is moved out.
  [[nodiscard]] std::string take_body();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One answer, its body handed out as it comes. Interim answers (1xx) are skipped.
class ResponseParser {
 public:
  /// `no_body`: the answer to a HEAD request.
  ResponseParser(std::uint32_t head_bytes, bool no_body);
  ~ResponseParser();
  ResponseParser(ResponseParser const&) = delete;
  ResponseParser& operator=(ResponseParser const&) = delete;

  std::expected<std::size_t, HttpFault> feed(std::string_view bytes);
  /// The other side ended the stream: the end of a body without a length, else {cut_short}.
  std::expected<void, HttpFault> feed_end();
  [[nodiscard]] bool head_done() const;
  [[nodiscard]] bool done() const;
  [[nodiscard]] int status() const;
  [[nodiscard]] Headers headers() const;
  /// What came of the body since the last call.
  [[nodiscard]] std::string take_body();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

[[nodiscard]] std::string_view reason_phrase(int status);

}  // namespace spillway::wire
