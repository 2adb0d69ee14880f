// gateway/wire/src/http_parse.cpp - HTTP/1.1 by Beast's parser.
// Room:   gateway, target wire; one of its two files that include Beast.
#include "http_parse.hpp"

#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <optional>
#include <utility>

namespace spillway::wire {

namespace beast = boost::beast;
namespace http = beast::http;

namespace {

/// What the parser could not finish is fed to it again: a piece without an end would be kept for ever without
/// a bound.
constexpr std::size_t largest_unfinished = 64 * 1024;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

/// A body that grows with what came. Beast's own reserves what the other side merely claims to send.
struct GrowingBody {
  using value_type = std::string;
  class reader {
   public:
    template <bool is_request, class Fields>
    reader(http::header<is_request, Fields>&, value_type& body) : body_(body) {}
    void init(boost::optional<std::uint64_t> const&, boost::system::error_code& error) { error = {}; }
    template <class Buffers>
    std::size_t put(Buffers const& buffers, boost::system::error_code& error) {
      error = {};
      auto const before = body_.size();
      for (auto const piece : beast::buffers_range_ref(buffers)) {
        body_.append(static_cast<char const*>(piece.data()), piece.size());
      }
      return body_.size() - before;
    }
    void finish(boost::system::error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};

HttpFault fault_of(boost::system::error_code error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return HttpFault::head_too_large;
  if (error == http::error::body_limit) return HttpFault::body_too_large;
  if (error == http::error::partial_message || error == http::error::end_of_stream)
    return HttpFault::cut_short;
  return HttpFault::malformed;
}

template <class Fields>
Headers headers_of(Fields const& fields) {
  Headers out;
  for (auto const& field : fields) {
    out.push_back({std::string(view(field.name_string())), std::string(view(field.value()))});
  }
  return out;
}

/// The shortest thing that can follow once a chunk's header was cut ("0" CRLF CRLF). Beast 1.81 stops the
/// process by an assertion when it is asked again about a last chunk with fewer bytes; fuzz_http found it.
constexpr std::size_t shortest_after_cut = 5;

/// Feeds until the parser wants more than there is, the message ends, or `stop` says so. `cut` is kept
/// between calls.
template <class Parser, class Stop>
std::expected<std::size_t, HttpFault> feed_all(Parser& parser, bool& cut, std::string_view bytes, Stop stop) {
  std::size_t consumed = 0;
  while (consumed < bytes.size() && !parser.is_done() && !stop()) {
    auto const rest = bytes.substr(consumed);
    if (cut && rest.size() < shortest_after_cut) break;
    boost::system::error_code error;
    auto const size = parser.put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    consumed += size;
    cut = error == http::error::need_more && parser.is_header_done();
    if (error == http::error::need_more) {
      if (bytes.size() - consumed > largest_unfinished) return std::unexpected(HttpFault::malformed);
      break;
    }
    if (error) return std::unexpected(fault_of(error));
    if (size == 0) break;
  }
  return consumed;
}

}  // namespace

struct RequestParser::Impl {
  http::request_parser<GrowingBody> parser;
  bool begun = false;
  bool cut = false;
  bool head_seen = false;
};

RequestParser::RequestParser(std::uint32_t head_bytes, std::uint64_t body_bytes)
    : impl_(std::make_unique<Impl>()) {
  impl_->parser.header_limit(head_bytes);
  impl_->parser.body_limit(body_bytes);
}
RequestParser::~RequestParser() = default;

std::expected<std::size_t, HttpFault> RequestParser::feed(std::string_view bytes) {
  auto& parser = impl_->parser;
  // A request begins with its method; anything else (TLS on a plain port, noise) is told at once, not after a
  // time limit.
  if (!bytes.empty() && !std::exchange(impl_->begun, true) && (bytes.front() < 'A' || bytes.front() > 'z')) {
    return std::unexpected(HttpFault::malformed);
  }
  parser.eager(impl_->head_seen);
  auto consumed =
      feed_all(parser, impl_->cut, bytes, [&] { return !impl_->head_seen && parser.is_header_done(); });
  impl_->head_seen = parser.is_header_done();
  return consumed;
}

bool RequestParser::head_done() const { return impl_->parser.is_header_done(); }
bool RequestParser::done() const { return impl_->parser.is_done(); }
bool RequestParser::keep_alive() const { return impl_->parser.keep_alive(); }
bool RequestParser::upgrade() const { return beast::websocket::is_upgrade(impl_->parser.get()); }
bool RequestParser::expects_continue() const {
  return beast::iequals(impl_->parser.get()[http::field::expect], "100-continue");
}
bool RequestParser::http11() const { return impl_->parser.get().version() >= 11; }

RequestHead RequestParser::head() const {
  auto const& message = impl_->parser.get();
  RequestHead out;
  out.method = view(message.method_string());
  out.target = view(message.target());
  out.headers = headers_of(message);
  return out;
}

std::string RequestParser::take_body() { return std::move(impl_->parser.get().body()); }

struct ResponseParser::Impl {
  Impl(std::uint32_t head_limit, bool bodiless) : head_bytes(head_limit), no_body(bodiless) {}
  std::uint32_t head_bytes;
  bool no_body;
  bool cut = false;
  std::optional<http::response_parser<GrowingBody>> parser;

  void begin() {
    parser.emplace();
    cut = false;
    parser->header_limit(head_bytes);
    parser->body_limit(boost::none);
    parser->skip(no_body);
    parser->eager(true);
  }
};

ResponseParser::ResponseParser(std::uint32_t head_bytes, bool no_body)
    : impl_(std::make_unique<Impl>(head_bytes, no_body)) {
  impl_->begin();
}
ResponseParser::~ResponseParser() = default;

std::expected<std::size_t, HttpFault> ResponseParser::feed(std::string_view bytes) {
  std::size_t consumed = 0;
  for (;;) {
    auto const size = feed_all(*impl_->parser, impl_->cut, bytes.substr(consumed), [] { return false; });
    if (!size) return size;
    consumed += *size;
    auto const interim = impl_->parser->is_done() && status() >= 100 && status() < 200 && status() != 101;
    if (!interim) return consumed;
    impl_->begin();
  }
}

std::expected<void, HttpFault> ResponseParser::feed_end() {
  if (!impl_->parser->got_some()) return std::unexpected(HttpFault::cut_short);
  boost::system::error_code error;
  impl_->parser->put_eof(error);
  if (error || !impl_->parser->is_done()) return std::unexpected(HttpFault::cut_short);
  return {};
}

bool ResponseParser::head_done() const { return impl_->parser->is_header_done(); }
bool ResponseParser::done() const { return impl_->parser->is_done(); }
int ResponseParser::status() const { return static_cast<int>(impl_->parser->get().result_int()); }
Headers ResponseParser::headers() const { return headers_of(impl_->parser->get()); }
std::string ResponseParser::take_body() { return std::exchange(impl_->parser->get().body(), {}); }

std::string_view reason_phrase(int status) {
  return view(http::obsolete_reason(static_cast<http::status>(status)));
}

}  // namespace spillway::wire
