// bench/exchange/common_traffic.hpp - the common stream of matching_bench as commands to the exchange, with
// accounts, holds and leases behind every order.
// Room:   bench; sees market and the stream.
// Units:  a lot of the stream is a thousandth of an accelerator, the smallest part of its class.
// Rule:   a buy is a capacity order of one of a thousand buyers. A sell is an offer of a node of one of a
//         hundred providers; each node has one offer at a time. A replace is an amendment. An offer has no
//         immediate-or-cancel: what may be left of it is cancelled by the next command. Leases stay open.
//         So trades, volume, rejects and trade hash are those of the stream (fills() says them).
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "../matching/common_workload.hpp"
#include "../matching/tally.hpp"
#include "exchange/core.hpp"
#include "sent.hpp"

namespace spillway::bench {

class CommonTraffic final : public Commands {
 public:
  /// `stream` outlives the traffic.
  explicit CommonTraffic(Stream const& stream);

  /// What the exchange must have room for.
  [[nodiscard]] CoreLimits limits() const;
  [[nodiscard]] std::vector<Sent> market() const override;
  /// Nothing when the stream has ended. The first `prefill` commands of the stream come one for one.
  [[nodiscard]] std::vector<Sent> wave(std::size_t most) override;
  void told(Entry const& entry, std::span<Record const> records) override;

  [[nodiscard]] Tally const& fills() const { return tally_; }

 private:
  struct Known {
    std::uint64_t number{};  // of its order or offer at the exchange
    ParticipantId who;
    std::uint32_t node{};  // of an offer
  };
  void send(Command const&, std::vector<Sent>& to);
  void buy(Command const&, std::vector<Sent>& to);
  void sell(Command const&, std::vector<Sent>& to);
  void put(std::vector<Sent>& to, ParticipantId who, spillway::Command command, std::uint32_t stream_id);

  Stream const& stream_;
  std::size_t next_ = 0;  // command of the stream
  std::uint64_t clients_ = 0;
  std::vector<Known> known_;                     // by id of the stream
  std::vector<std::uint32_t> asked_;             // by entry: the id of the stream that it carries
  std::vector<std::uint32_t> stream_id_;         // by number at the exchange, as of the last entry told
  std::vector<std::uint32_t> book_of_;           // by node, from 1
  std::vector<std::uint16_t> units_;             // of each node of a book
  std::vector<std::deque<std::uint32_t>> free_;  // nodes without an offer, by book
  Tally tally_;
};

}  // namespace spillway::bench
