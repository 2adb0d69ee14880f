// bench/census/sockets.cpp - see bench/census/sockets.hpp.
#include "sockets.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstring>
#include <vector>

#include "market/check.hpp"

namespace spillway::census {

namespace {

struct Address {
  sockaddr_in in{};
  socklen_t size = sizeof in;
  explicit Address(std::uint16_t port = 0) {
    in.sin_family = AF_INET, in.sin_port = htons(port), in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&in); }
};

// Every message is answered before the next: nothing may wait to be joined with it.
int at_once(int socket) {
  int const yes = 1;
  if (socket >= 0) ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return socket;
}

}  // namespace

int listen_on_loopback() {
  int const listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Address where;
  sw_check(::bind(listener, where.raw(), where.size) == 0 && ::listen(listener, 64) == 0,
           "loopback gives a port");
  return listener;
}

std::uint16_t port_of(int listener) {
  Address where;
  sw_check(::getsockname(listener, where.raw(), &where.size) == 0, "a listener has a port");
  return ntohs(where.in.sin_port);
}

int accept_one(int listener) { return at_once(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)); }

int connect_to_loopback(std::uint16_t port) {
  int const socket = at_once(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  Address where(port);
  sw_check(::connect(socket, where.raw(), where.size) == 0, "our own listener takes the connection");
  return socket;
}

bool send_all(int socket, attest::ByteView bytes) {
  while (!bytes.empty()) {
    auto const sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

bool receive_all(int socket, void* into, std::size_t bytes) {
  auto* at = static_cast<std::byte*>(into);
  while (bytes > 0) {
    auto const got = ::recv(socket, at, bytes, 0);
    if (got <= 0) return false;
    at += got, bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

bool send_frame(int socket, std::uint32_t unit, attest::ByteView message) {
  FrameHead const head{unit, static_cast<std::uint32_t>(message.size())};
  std::vector<std::byte> frame(sizeof head + message.size());
  std::memcpy(frame.data(), &head, sizeof head);
  std::memcpy(frame.data() + sizeof head, message.data(), message.size());
  return send_all(socket, frame);
}

}  // namespace spillway::census
