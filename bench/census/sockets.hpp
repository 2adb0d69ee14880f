// bench/census/sockets.hpp - TCP on loopback, and CAP-1 messages of many units over one stream: u32 unit, u32
// bytes, the message.
// Room:   bench; sees POSIX sockets. Units: bytes. Errors: false or -1 where the peer is gone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "attest/hash.hpp"

namespace spillway::census {

/// The kernel chooses the port.
[[nodiscard]] int listen_on_loopback();
[[nodiscard]] std::uint16_t port_of(int listener);
[[nodiscard]] int accept_one(int listener);
[[nodiscard]] int connect_to_loopback(std::uint16_t port);

[[nodiscard]] bool send_all(int socket, attest::ByteView bytes);
[[nodiscard]] bool receive_all(int socket, void* into, std::size_t bytes);

struct FrameHead {
  std::uint32_t unit;
  std::uint32_t bytes;
};
static_assert(sizeof(FrameHead) == 8);
[[nodiscard]] bool send_frame(int socket, std::uint32_t unit, attest::ByteView message);

}  // namespace spillway::census
