// gateway/wire/src/link.cpp - sockets, TLS handshakes and their time limits.
// Room:   gateway, target wire.
#include "link.hpp"

#include <openssl/ssl.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "any_stream.hpp"
#include "tls_impl.hpp"

namespace spillway::wire {
namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t drained_bytes = 256 * 1024;

/// Closes the stream when time is up. A limit that fires in the same turn as the operation's end does
/// nothing.
class TimeLimit {
 public:
  TimeLimit(AnyStream& stream, std::optional<duration> limit) : fired_(std::make_shared<Fired>()) {
    if (!limit) return;
    timer_.emplace(stream.get_executor(), *limit);
    timer_->async_wait([stream, fired = fired_](boost::system::error_code stopped) mutable {
      if (stopped || fired->over) return;
      fired->yes = true;
      stream.close();
    });
  }
  ~TimeLimit() { fired_->over = true; }
  TimeLimit(TimeLimit const&) = delete;
  TimeLimit& operator=(TimeLimit const&) = delete;

  [[nodiscard]] WireError error(boost::system::error_code of, std::string_view waiting_for) const {
    if (fired_->yes) return {WireFault::timed_out, "no answer in time: " + std::string(waiting_for), 0};
    return wire_error_of(of);
  }

 private:
  struct Fired {
    bool yes = false, over = false;
  };
  std::shared_ptr<Fired> fired_;
  std::optional<asio::steady_timer> timer_;
};

void no_delay(tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
}

bool is_address(std::string const& host) {
  boost::system::error_code failed;
  asio::ip::make_address(host, failed);
  return !failed;
}

}  // namespace

WireError wire_error_of(boost::system::error_code error) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated ||
      error == asio::error::connection_reset || error == asio::error::broken_pipe) {
    return {WireFault::gone, "the other side closed the connection", 0};
  }
  if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) {
    return {WireFault::cancelled, "we closed the connection", 0};
  }
  if (error.category() == asio::error::get_netdb_category() ||
      error.category() == asio::error::get_addrinfo_category()) {
    return {WireFault::unresolved, "the host name has no address: " + error.message(), 0};
  }
  if (error.category() == asio::error::get_ssl_category()) {
    return {WireFault::tls, "TLS failed: " + error.message(), 0};
  }
  if (error == asio::error::no_descriptors) return {WireFault::local, "no file descriptors are left", 0};
  return {WireFault::gone, error.message(), 0};
}

struct Link::Impl {
  explicit Impl(AnyStream s)
      : stream(std::move(s)), resolver(std::make_shared<tcp::resolver>(stream.get_executor())) {}
  AnyStream stream;
  std::shared_ptr<tcp::resolver> resolver;  // shared with the timer that cancels it
  asio::cancellation_signal read_cancel;
  Peer peer;
  bool released = false;

  void name_peer() {
    boost::system::error_code failed;
    auto const endpoint = stream.next_layer().remote_endpoint(failed);
    if (!failed) peer = {endpoint.address().to_string(), endpoint.port()};
  }
};

Link::Link(executor where) : impl_(std::make_unique<Impl>(AnyStream(tcp::socket(std::move(where))))) {}
Link::Link(AnyStream accepted) : impl_(std::make_unique<Impl>(std::move(accepted))) {
  no_delay(impl_->stream.next_layer());
  impl_->name_peer();
}
Link::~Link() { abort(); }

awaitable<result<void>> Link::connect(Url url, std::optional<TlsClient> tls, duration limit) {
  AnyStream stream = impl_->stream;
  TimeLimit const time(stream, limit);
  // The limit closes the socket, which does not stop a resolver: it has a turn of its own to be cancelled.
  asio::steady_timer resolve_limit(stream.get_executor(), limit);
  resolve_limit.async_wait([resolver = impl_->resolver](boost::system::error_code stopped) {
    if (!stopped) resolver->cancel();
  });
  auto const [unresolved, endpoints] =
      co_await impl_->resolver->async_resolve(url.host, std::to_string(url.port), as_result);
  resolve_limit.cancel();
  if (unresolved) co_return std::unexpected(time.error(unresolved, "the name " + url.host));

  auto const [unconnected, endpoint] =
      co_await asio::async_connect(stream.next_layer(), endpoints, as_result);
  if (unconnected) {
    auto error = time.error(unconnected, "a connection to " + url.authority());
    if (error.fault == WireFault::gone)
      error.text = "can't connect to " + url.authority() + ": " + unconnected.message();
    co_return std::unexpected(std::move(error));
  }
  no_delay(stream.next_layer());
  impl_->name_peer();
  if (!url.secure()) co_return result<void>{};

  if (!tls) {
    auto system = TlsClient::system();
    if (!system) co_return std::unexpected(system.error());
    tls = *system;
  }
  stream.use_tls(tls->impl().context);
  if (!is_address(url.host)) SSL_set_tlsext_host_name(stream.tls().native_handle(), url.host.c_str());
  stream.tls().set_verify_mode(asio::ssl::verify_peer);
  stream.tls().set_verify_callback(asio::ssl::host_name_verification(url.host));
  auto const [untrusted] = co_await stream.tls().async_handshake(asio::ssl::stream_base::client, as_result);
  if (untrusted) {
    auto error = time.error(untrusted, "the TLS handshake with " + url.authority());
    if (error.fault == WireFault::gone || error.fault == WireFault::tls) {
      error = {WireFault::tls, "TLS with " + url.authority() + " failed: " + untrusted.message(), 0};
    }
    co_return std::unexpected(std::move(error));
  }
  co_return result<void>{};
}

awaitable<result<void>> Link::accept_tls(TlsServer tls, duration limit) {
  AnyStream stream = impl_->stream;
  TimeLimit const time(stream, limit);
  stream.use_tls(tls.impl().context);
  auto const [failed] = co_await stream.tls().async_handshake(asio::ssl::stream_base::server, as_result);
  if (failed) co_return std::unexpected(time.error(failed, "the TLS handshake"));
  co_return result<void>{};
}

awaitable<result<std::size_t>> Link::read_some(std::span<char> into, std::optional<duration> limit,
                                               std::string_view waiting_for) {
  AnyStream stream = impl_->stream;
  TimeLimit const time(stream, limit);
  auto const [error, size] =
      co_await stream.async_read_some(asio::buffer(into.data(), into.size()),
                                      asio::bind_cancellation_slot(impl_->read_cancel.slot(), as_result));
  if (error) co_return std::unexpected(time.error(error, waiting_for));
  co_return size;
}

awaitable<result<void>> Link::write(std::string_view head, std::string_view body, duration limit) {
  AnyStream stream = impl_->stream;
  TimeLimit const time(stream, limit);
  std::array<asio::const_buffer, 2> const pieces{asio::buffer(head), asio::buffer(body)};
  auto const [error, size] = co_await asio::async_write(stream, pieces, as_result);
  (void)size;
  if (error) co_return std::unexpected(time.error(error, "the other side to read what we wrote"));
  co_return result<void>{};
}

void Link::cancel_read() { impl_->read_cancel.emit(asio::cancellation_type::terminal); }

awaitable<void> Link::end() {
  AnyStream stream = impl_->stream;
  auto token = asio::as_tuple(asio::use_awaitable);
  co_await asio::async_initiate<decltype(token), void(boost::system::error_code)>(
      [](auto handler, AnyStream ending) { ending.async_end(std::move(handler)); }, token, stream);
}

awaitable<void> Link::end_after_error() {
  AnyStream stream = impl_->stream;
  boost::system::error_code ignored;
  if (!stream.secure()) stream.next_layer().shutdown(tcp::socket::shutdown_send, ignored);
  std::array<char, 4096> dropped{};
  TimeLimit const time(stream, shutdown_wait);
  for (std::size_t size = 0; size < drained_bytes;) {
    auto const [error, more] = co_await stream.async_read_some(asio::buffer(dropped), as_result);
    if (error) break;
    size += more;
  }
  stream.close();
}

void Link::abort() {
  if (impl_->released) return;
  impl_->resolver->cancel();
  impl_->stream.close();
}

Peer const& Link::peer() const { return impl_->peer; }
bool Link::secure() const { return impl_->stream.secure(); }

AnyStream Link::release() {
  impl_->released = true;
  return impl_->stream;
}

}  // namespace spillway::wire
