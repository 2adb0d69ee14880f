// gateway/wire/http.hpp - a request as a door sees it, and the hand that answers it.
// Room:   gateway, target wire.
// Thread: the loop's.
// Errors: WireError from every write; {gone} and {cancelled} mean that nobody reads the answer any more.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/wire/loop.hpp"

namespace spillway::wire {

struct Header {
  std::string name;
  std::string value;
};
using Headers = std::vector<Header>;

/// The first value of that name, compared without case; empty when absent.
[[nodiscard]] std::string_view find_header(Headers const& headers, std::string_view name);
[[nodiscard]] bool same_header_name(std::string_view a, std::string_view b);

struct Peer {
  std::string address;
  std::uint16_t port = 0;
};

struct RequestHead {
  std::string method;  // upper case as sent: GET, POST, ...
  std::string target;  // as sent: path and query
  Headers headers;
  Peer peer;
  bool secure = false;  // came over TLS

  [[nodiscard]] std::string_view header(std::string_view name) const { return find_header(headers, name); }
  [[nodiscard]] std::string_view path() const;   // before "?"
  [[nodiscard]] std::string_view query() const;  // after "?", or empty
};

struct HttpRequest : RequestHead {
  std::string body;  // whole; bounded by ServerLimits::body_bytes
};

/// One header, Content-Type: application/json. (g++ 12 can't compile a braced list of headers inside a
/// co_await expression: name them first.)
[[nodiscard]] Headers json_headers();
/// {"error":{"message":...,"type":...,"param":null,"code":...}}, the shape that OpenAI clients read.
[[nodiscard]] std::string error_body(std::string_view message, std::string_view type, std::string_view code);

/// Answers one request, either whole (send) or in pieces (start, write..., finish). It lives until the
/// handler returns. One call at a time: await each before the next. A handler that answers nothing gets a
/// 500; a stream left without finish() is cut, so that the client sees it as broken.
class HttpResponder {
 public:
  class Impl;
  explicit HttpResponder(Impl& impl) : impl_(impl) {}
  HttpResponder(HttpResponder const&) = delete;
  HttpResponder& operator=(HttpResponder const&) = delete;

  /// Content-Length, Date and Connection are added. CR and LF in header values become spaces.
  awaitable<result<void>> send(int status, Headers headers, std::string body);
  awaitable<result<void>> start(int status, Headers headers);
  /// One piece, handed to the socket before this returns; waits while the client reads slowly. Empty pieces
  /// are skipped.
  awaitable<result<void>> write(std::string bytes);
  awaitable<result<void>> finish();

  [[nodiscard]] bool started() const;
  /// The client went away, or the server stops. Noticed without writing.
  [[nodiscard]] bool cancelled() const;
  /// Calls back once when that happens (soon, when it has happened), on the loop; forgotten when the handler
  /// returns.
  void on_client_gone(std::function<void()> call);

 private:
  Impl& impl_;
};

}  // namespace spillway::wire
