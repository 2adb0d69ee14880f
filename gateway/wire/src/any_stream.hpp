// gateway/wire/src/any_stream.hpp - one stream type for TLS and plain text, so that Beast is instantiated
// once.
// Room:   gateway, target wire, its own sources only.
// Heavy:  Asio's sockets and TLS.
// Thread: the loop's.
#pragma once

#include <array>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/wire/loop.hpp"
#include "gateway/wire/tls.hpp"

namespace spillway::wire {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

/// Time for the farewell of TLS before the socket is simply closed.
inline constexpr auto shutdown_wait = std::chrono::seconds(1);

/// A handle: copies, timers and handlers share one stream.
class AnyStream {
 public:
  using executor_type = asio::any_io_executor;
  using next_layer_type = tcp::socket;

  explicit AnyStream(tcp::socket socket) : state_(std::make_shared<State>(std::move(socket))) {}

  /// Before any byte is exchanged.
  void use_tls(asio::ssl::context& context) { state_->tls.emplace(state_->socket, context); }

  executor_type get_executor() { return state_->socket.get_executor(); }
  tcp::socket& next_layer() { return state_->socket; }
  tcp::socket const& next_layer() const { return state_->socket; }
  [[nodiscard]] bool secure() const { return state_->tls.has_value(); }
  asio::ssl::stream<tcp::socket&>& tls() { return *state_->tls; }

  template <class Buffers, class Token>
  auto async_read_some(Buffers const& buffers, Token&& token) {
    return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [state = state_.get()](auto handler, Buffers const& into) {
          if (!state->put_back.empty()) {
            auto const size = asio::buffer_copy(into, asio::buffer(state->put_back));
            state->put_back.erase(0, size);
            auto const where = asio::get_associated_executor(handler, state->socket.get_executor());
            asio::post(where, [handler = std::move(handler), size]() mutable {
              handler(boost::system::error_code(), size);
            });
          } else if (state->tls) {
            state->tls->async_read_some(into, std::move(handler));
          } else {
            state->socket.async_read_some(into, std::move(handler));
          }
        },
        token, buffers);
  }

  // TLS makes one record of each buffer: small pieces (a frame's head and body) are joined before they are
  // encrypted.
  template <class Buffers, class Token>
  auto async_write_some(Buffers const& buffers, Token&& token) {
    return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [state = state_.get()](auto handler, Buffers const& from) {
          if (!state->tls) {
            state->socket.async_write_some(from, std::move(handler));
          } else if (auto const size = asio::buffer_size(from); size <= joined_bytes) {
            state->joined.resize(size);
            asio::buffer_copy(asio::buffer(state->joined), from);
            state->tls->async_write_some(asio::buffer(state->joined), std::move(handler));
          } else {
            state->tls->async_write_some(from, std::move(handler));
          }
        },
        token, buffers);
  }

  /// Says goodbye (TLS close_notify) for at most `shutdown_wait`, then closes the socket. The handler gets
  /// the error.
  template <class Handler>
  void async_end(Handler handler) {
    auto const where = asio::get_associated_executor(handler, get_executor());
    auto finish = [state = state_, handler = std::move(handler)](boost::system::error_code error) mutable {
      state->timer.cancel();
      state->close();
      handler(error);
    };
    if (!state_->tls) {
      state_->shut_down();
      asio::post(where, [finish = std::move(finish)]() mutable { finish({}); });
      return;
    }
    state_->timer.expires_after(shutdown_wait);
    state_->timer.async_wait([state = state_](boost::system::error_code stopped) {
      if (!stopped) state->close();
    });
    state_->tls->async_shutdown(asio::bind_executor(where, std::move(finish)));
  }

  void close() { state_->close(); }

  /// Bytes that were read too early: the next reads give them again.
  void put_back(std::string bytes) { state_->put_back = std::move(bytes); }

  [[nodiscard]] std::optional<TlsExporter> exporter(std::string_view label) const {
    if (!state_->tls) return std::nullopt;
    TlsExporter out{};
    if (SSL_export_keying_material(state_->tls->native_handle(), out.data(), out.size(), label.data(),
                                   label.size(), nullptr, 0, 0) != 1) {
      return std::nullopt;
    }
    return out;
  }

 private:
  static constexpr std::size_t joined_bytes = 16 * 1024;

  struct State {
    explicit State(tcp::socket s) : socket(std::move(s)), timer(socket.get_executor()) {}
    tcp::socket socket;
    std::optional<asio::ssl::stream<tcp::socket&>> tls;
    asio::steady_timer timer;
    std::string put_back;
    std::vector<char> joined;  // lives until the write that uses it ends; there is one write at a time

    void shut_down() {
      boost::system::error_code ignored;
      socket.shutdown(tcp::socket::shutdown_both, ignored);
    }
    void close() {
      boost::system::error_code ignored;
      socket.close(ignored);
    }
  };
  std::shared_ptr<State> state_;
};

/// A WireError in words that need no knowledge of Asio.
[[nodiscard]] WireError wire_error_of(boost::system::error_code error);

}  // namespace spillway::wire
