// apps/demo/src/operator_desk.hpp - the operator of a demonstration: lets people in, gives them money, reads.
// Room:   apps, library demo; sees gateway client.
// Thread: the loop's.
// Errors: a sentence.
#pragma once

#include <map>
#include <optional>

#include "figures.hpp"
#include "market_session.hpp"

namespace spillway::demo {

struct Person {
  ParticipantId id;
  Role role{};
  Bytes32 public_key{};
  std::optional<Bytes32> bearer;  // hash of a bearer key; its key number is 2
  Nano deposit;
};

struct InstrumentRow {
  std::string name;
  std::string ask, bid;  // prices, or empty
};

class OperatorDesk {
 public:
  [[nodiscard]] static wire::awaitable<std::expected<std::unique_ptr<OperatorDesk>, std::string>> open(
      wire::executor where, ExchangeProcess const& exchange);
  ~OperatorDesk();

  /// Safe to repeat: who is there already stays as he is, and gets no more money.
  wire::awaitable<std::expected<void, std::string>> admit(Person person);
  wire::awaitable<std::optional<Figures>> figures();
  wire::awaitable<std::map<std::uint32_t, InstrumentRow>> instruments();
  [[nodiscard]] std::map<std::uint32_t, std::uint64_t> const& trades() const {
    return trades_;
  }  // by instrument
  [[nodiscard]] bool up() const { return session_->up(); }

 private:
  OperatorDesk() = default;
  template <class M>
  wire::awaitable<std::expected<Refusal, std::string>> order(M message);
  std::shared_ptr<MarketSession> session_;
  std::map<std::uint32_t, std::uint64_t> trades_;
};

}  // namespace spillway::demo
