// gateway/wire/src/server.cpp - listens, counts, and starts a coroutine per connection.
// Room:   gateway, target wire.
#include "gateway/wire/server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <unordered_map>

#include "any_stream.hpp"
#include "connection.hpp"
#include "gateway/wire/signal.hpp"

namespace spillway::wire {
namespace {

/// After a failed accept (no descriptors, usually) the next try waits: spinning would not free one.
constexpr auto accept_pause = std::chrono::milliseconds(100);

result<tcp::endpoint> endpoint_of(ServerOptions const& options) {
  boost::system::error_code failed;
  auto const address = asio::ip::make_address(options.address, failed);
  if (failed) return wire_error(WireFault::local, "'" + options.address + "' is not an address to listen on");
  if (!options.tls && !options.plain_text) {
    return wire_error(WireFault::local, "a port without TLS must be asked for as plain text");
  }
  if (!options.tls && !address.is_loopback()) {
    return wire_error(WireFault::local,
                      "plain text is allowed on loopback addresses only, not on " + options.address);
  }
  return tcp::endpoint(address, options.port);
}

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(executor where, std::shared_ptr<ServerShared> shared)
      : where_(where), acceptor_(where), shared_(std::move(shared)), ended_(where) {}

  result<void> open(tcp::endpoint const& at);
  static awaitable<void> accept(std::shared_ptr<Impl> self);
  void stop();
  awaitable<void> stopped();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] ServerCounters counters() const { return shared_->counters; }

 private:
  void take(tcp::socket socket);
  void forget(std::uint64_t number, std::string const& address);

  executor where_;
  tcp::acceptor acceptor_;
  std::shared_ptr<ServerShared> shared_;
  std::map<std::uint64_t, std::weak_ptr<Connection>> open_;  // by number of arrival
  std::unordered_map<std::string, std::size_t> per_address_;
  std::uint64_t arrivals_ = 0;
  std::uint16_t port_ = 0;
  bool stopped_ = false;
  Signal ended_;
};

result<void> Server::Impl::open(tcp::endpoint const& at) {
  boost::system::error_code failed;
  acceptor_.open(at.protocol(), failed);
  if (!failed) acceptor_.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed) acceptor_.bind(at, failed);
  if (!failed) acceptor_.listen(tcp::acceptor::max_listen_connections, failed);
  if (failed) {
    return wire_error(WireFault::local, "can't listen on " + at.address().to_string() + " port " +
                                            std::to_string(at.port()) + ": " + failed.message());
  }
  port_ = acceptor_.local_endpoint().port();
  return {};
}

awaitable<void> Server::Impl::accept(std::shared_ptr<Impl> self) {
  while (!self->stopped_) {
    auto [error, socket] = co_await self->acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
    if (self->stopped_) break;
    if (!error) {
      self->take(std::move(socket));
      continue;
    }
    if (self->shared_->counters.accept_errors++ == 0) self->shared_->log("accept failed: " + error.message());
    co_await sleep_for(accept_pause);
  }
}

void Server::Impl::take(tcp::socket socket) {
  auto& counters = shared_->counters;
  ++counters.accepted;
  auto link = std::make_unique<Link>(AnyStream(std::move(socket)));
  auto const address = link->peer().address;
  auto const& limits = shared_->options.limits;
  auto& from_here = per_address_[address];
  if (open_.size() >= limits.connections || from_here >= limits.connections_per_address) {
    ++counters.over_limit;
    if (from_here == 0) per_address_.erase(address);
    return;
  }
  ++from_here;
  ++counters.open;
  auto const number = ++arrivals_;
  auto const connection = std::make_shared<Connection>(where_, std::move(link), shared_);
  open_.emplace(number, connection);
  spawn(where_, Connection::run(connection),
        [self = shared_from_this(), number, address](std::exception_ptr failure) {
          if (failure) ++self->shared_->counters.handler_failures;
          self->forget(number, address);
        });
}

void Server::Impl::forget(std::uint64_t number, std::string const& address) {
  open_.erase(number);
  --shared_->counters.open;
  if (--per_address_[address] == 0) per_address_.erase(address);
  if (open_.empty()) ended_.notify();
}

void Server::Impl::stop() {
  stopped_ = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  auto const connections = open_;  // ending one changes the map
  for (auto const& [number, weak] : connections) {
    if (auto const connection = weak.lock()) connection->abort();
  }
}

awaitable<void> Server::Impl::stopped() {
  auto const self = shared_from_this();
  while (!open_.empty()) co_await ended_.wait();
}

Server::Server(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { stop(); }

result<std::unique_ptr<Server>> Server::listen(executor where, ServerOptions options,
                                               ServerHandlers handlers) {
  auto const at = endpoint_of(options);
  if (!at) return std::unexpected(at.error());
  auto shared = std::make_shared<ServerShared>(ServerShared{std::move(options), std::move(handlers), {}});
  auto impl = std::make_shared<Impl>(where, std::move(shared));
  if (auto opened = impl->open(*at); !opened) return std::unexpected(opened.error());
  spawn(where, Impl::accept(impl));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const { return impl_->port(); }
ServerCounters Server::counters() const { return impl_->counters(); }
void Server::stop() { impl_->stop(); }
awaitable<void> Server::stopped() { return impl_->stopped(); }

}  // namespace spillway::wire
