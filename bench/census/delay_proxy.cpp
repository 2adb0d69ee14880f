// bench/census/delay_proxy.cpp - see bench/census/delay_proxy.hpp.
#include "delay_proxy.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "sockets.hpp"

namespace spillway::census {

namespace {

// What was read waits its time before it is written; what comes meanwhile is read after, so a chunk waits
// `one_way` at least and twice that at most.
void carry(int from, int to, std::chrono::milliseconds one_way) {
  std::array<std::byte, 64 * 1'024> chunk;
  for (;;) {
    auto const got = recv(from, chunk.data(), chunk.size(), 0);
    if (got <= 0) break;
    std::this_thread::sleep_for(one_way);
    if (!send_all(to, {chunk.data(), static_cast<std::size_t>(got)})) break;
  }
  ::shutdown(to, SHUT_WR);
}

}  // namespace

DelayProxy::DelayProxy(std::uint16_t to, std::chrono::milliseconds one_way)
    : listener_(listen_on_loopback()) {
  port_ = port_of(listener_);
  thread_ = std::thread([this, to, one_way] {
    int const near = accept_one(listener_);
    if (near < 0) return;
    int const far = connect_to_loopback(to);
    std::thread back([=] { carry(far, near, one_way); });
    carry(near, far, one_way);
    back.join();
    ::close(near), ::close(far);
  });
}

DelayProxy::~DelayProxy() {
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

}  // namespace spillway::census
