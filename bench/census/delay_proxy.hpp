// bench/census/delay_proxy.hpp - a TCP proxy on loopback that makes the way longer: each direction by
// `one_way` at least.
// Room:   bench; sees POSIX sockets.
#pragma once

#include <chrono>
#include <cstdint>
#include <thread>

namespace spillway::census {

/// Takes one connection and carries its bytes to 127.0.0.1:`to` and back until either side ends.
class DelayProxy {
 public:
  DelayProxy(std::uint16_t to, std::chrono::milliseconds one_way);
  ~DelayProxy();
  DelayProxy(DelayProxy const&) = delete;
  DelayProxy& operator=(DelayProxy const&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  int listener_;
  std::uint16_t port_{};
  std::thread thread_;
};

}  // namespace spillway::census
