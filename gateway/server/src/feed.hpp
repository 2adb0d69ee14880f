// gateway/server/src/feed.hpp - market data for who subscribed: trades as they happen, the top of each book
// conflated.
// Room:   gateway, target server, private.
// Thread: the loop's.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "hub.hpp"

namespace spillway {

class Feed {
 public:
  explicit Feed(Hub& hub) : hub_(hub) {}

  void subscribe(Peer& peer, msg::Subscribe const& wanted);
  void forget(Peer& peer) { subscribers_.erase(&peer); }
  void on_released(Released const& released);
  /// Instruments whose book may look different; told to subscribers at the next flush.
  void touched(std::vector<InstrumentId> const& instruments);
  /// Reads the tops of what was touched from the follower and sends them. Called a few times a second.
  void flush();

 private:
  struct Subscription {
    std::uint32_t topics{};
    std::set<InstrumentId> instruments;  // empty: all
    [[nodiscard]] bool wants(std::uint32_t topic, InstrumentId id) const {
      return (topics & topic) != 0 && (instruments.empty() || instruments.contains(id));
    }
  };
  void send_tops(std::vector<msg::BookTop> const& tops);

  Hub& hub_;
  std::map<Peer*, Subscription> subscribers_;
  std::set<InstrumentId> dirty_;
};

}  // namespace spillway
