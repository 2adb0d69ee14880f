// gateway/wire/src/responder.cpp - writes answers: whole, or chunk by chunk.
// Room:   gateway, target wire.
// Source: RFC 9112 sections 4, 6 and 7.
#include <array>
#include <charconv>
#include <ctime>

#include "connection.hpp"
#include "market/check.hpp"

namespace spillway::wire {
namespace {

std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\r' || c == '\n' || c == '\0') c = ' ';
  }
  return text;
}

std::string http_date() {
  std::time_t const now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 40> text{};
  auto const size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {text.data(), size};
}

}  // namespace

std::string HttpResponder::Impl::head(int status, Headers const& headers, std::string_view framing) const {
  std::string out = "HTTP/1.1 " + std::to_string(status) + " ";
  out.append(reason_phrase(status)).append("\r\nDate: ").append(http_date()).append("\r\n");
  for (auto const& [name, value] : headers) out += one_line(name) + ": " + one_line(value) + "\r\n";
  out.append(framing).append(keep_alive_ ? "" : "Connection: close\r\n");
  if (keep_alive_ && !http11_) out += "Connection: keep-alive\r\n";
  out += "\r\n";
  return out;
}

awaitable<result<void>> HttpResponder::Impl::send(int status, Headers headers, std::string body) {
  sw_check(phase_ == Phase::waiting, "a request is answered once");
  phase_ = Phase::complete;
  bool const bodiless = status == 204 || status == 304;
  auto const framing = bodiless ? std::string() : "Content-Length: " + std::to_string(body.size()) + "\r\n";
  if (no_body_ || bodiless) body.clear();
  auto const text = head(status, headers, framing);
  co_return co_await connection_.write(text, body);
}

awaitable<result<void>> HttpResponder::Impl::start(int status, Headers headers) {
  sw_check(phase_ == Phase::waiting, "a request is answered once");
  phase_ = Phase::streaming;
  if (!http11_)
    keep_alive_ = false;  // HTTP/1.0 knows no chunks: the end of the stream is the end of the body
  auto const text = head(status, headers, http11_ ? "Transfer-Encoding: chunked\r\n" : "");
  co_return co_await connection_.write(text, {});
}

awaitable<result<void>> HttpResponder::Impl::write(std::string bytes) {
  sw_check(phase_ == Phase::streaming, "pieces are written between start and finish");
  if (bytes.empty() || no_body_) co_return result<void>{};
  if (!http11_) co_return co_await connection_.write(bytes, {});
  std::array<char, 20> size{};
  auto const end = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16).ptr;
  std::string const framed_size = std::string(size.data(), end) + "\r\n";
  bytes += "\r\n";
  co_return co_await connection_.write(framed_size, bytes);
}

awaitable<result<void>> HttpResponder::Impl::finish() {
  sw_check(phase_ == Phase::streaming, "only a started answer is finished");
  phase_ = Phase::complete;
  if (!http11_ || no_body_) co_return result<void>{};
  co_return co_await connection_.write("0\r\n\r\n", {});
}

awaitable<result<void>> HttpResponder::send(int status, Headers headers, std::string body) {
  return impl_.send(status, std::move(headers), std::move(body));
}
awaitable<result<void>> HttpResponder::start(int status, Headers headers) {
  return impl_.start(status, std::move(headers));
}
awaitable<result<void>> HttpResponder::write(std::string bytes) { return impl_.write(std::move(bytes)); }
awaitable<result<void>> HttpResponder::finish() { return impl_.finish(); }
bool HttpResponder::started() const { return impl_.started(); }
bool HttpResponder::cancelled() const { return impl_.connection().client_gone(); }
void HttpResponder::on_client_gone(std::function<void()> call) {
  impl_.connection().on_client_gone(std::move(call));
}

}  // namespace spillway::wire
