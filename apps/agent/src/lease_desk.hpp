// apps/agent/src/lease_desk.hpp - the leases that run here: each has its start hook, its word to the exchange
// and its end hook, in this order, however the link behaves meanwhile.
// Room:   apps, library agent, private.
// Thread: the loop's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "gateway/client/market_client.hpp"
#include "gateway/wire/signal.hpp"

namespace spillway {

class LeaseDesk : public std::enable_shared_from_this<LeaseDesk> {
 public:
  struct Hooks {
    std::string start, end;
  };
  LeaseDesk(wire::executor where, Hooks hooks, std::function<void(std::string const&)> log);

  /// After each login: what the exchange has not confirmed yet is said again on this session.
  void attach(std::shared_ptr<MarketClient> session);
  void detach();

  void start(msg::LeaseStart const& lease);
  /// The lease is over; its end hook runs when its start hook has finished. Unknown leases are ignored.
  void stop(LeaseId lease);
  /// An answer to what this desk said; false when it was not.
  bool on_answer(msg::Answer const& answer);
  /// The provider leaves: gives every lease back, and returns when all end hooks are done.
  wire::awaitable<void> end_all();

 private:
  struct Lease {
    msg::LeaseStart terms;
    bool started{}, usable{}, confirmed{}, over{};
  };
  wire::awaitable<void> serve(LeaseId id);
  void say(Lease const& lease);

  wire::executor where_;
  Hooks hooks_;
  std::function<void(std::string const&)> log_;
  wire::Signal changed_;
  std::shared_ptr<MarketClient> session_;
  std::map<LeaseId, Lease> leases_;
  std::map<msg::Request, LeaseId> said_;  // on this session, without an answer yet
};

}  // namespace spillway
