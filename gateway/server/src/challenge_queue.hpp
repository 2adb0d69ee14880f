// gateway/server/src/challenge_queue.hpp - whose unit is challenged next: one waiting list per provider,
// served in turn.
// Room:   gateway, target server, private.
// Thread: the loop's.
// Rule:   a provider pays for the time that it holds the exchange with turns, so nobody's silence or number
//         of units keeps the others waiting.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "attest/cap1.hpp"
#include "market/units.hpp"

namespace spillway {

struct WaitingUnit {
  using Id = std::pair<NodeId, std::uint16_t>;
  ParticipantId provider;
  SessionId session;
  Id unit;
  ClassId klass;
  attest::UnitKey key{};
  std::vector<std::byte> open;  // its AttestOpen
};

class ChallengeQueue {
 public:
  static constexpr std::size_t most_waiting = 64;  // units of one provider

  [[nodiscard]] bool holds(ParticipantId provider, WaitingUnit::Id unit) const {
    auto const found = providers_.find(provider);
    return found != providers_.end() &&
           std::ranges::any_of(found->second.waiting, [&](Place const& p) { return p.who.unit == unit; });
  }

  /// False where the provider has as many units waiting as it may.
  [[nodiscard]] bool add(WaitingUnit who) {
    auto& provider = providers_[who.provider];
    if (provider.waiting.size() >= most_waiting) return false;
    // Who comes back from a pause is not owed the turns that it did not ask for.
    if (provider.waiting.empty()) provider.turn = std::max(provider.turn, turn_);
    provider.waiting.push_back({arrivals_++, std::move(who)});
    return true;
  }

  /// Takes out the unit whose turn it is; none where nobody waits.
  [[nodiscard]] std::optional<WaitingUnit> next() {
    Provider* first = nullptr;
    for (auto& [id, provider] : providers_)
      if (!provider.waiting.empty() && (!first || provider.rank() < first->rank())) first = &provider;
    if (!first) return std::nullopt;
    if (!first->fell_silent) turn_ = first->turn;
    first->turn += 1;
    auto who = std::move(first->waiting.front().who);
    first->waiting.pop_front();
    return who;
  }

  /// Takes this unit out of its turn; none where it does not wait.
  [[nodiscard]] std::optional<WaitingUnit> take(ParticipantId provider, WaitingUnit::Id unit) {
    auto const found = providers_.find(provider);
    if (found == providers_.end()) return std::nullopt;
    auto& waiting = found->second.waiting;
    auto const place = std::ranges::find_if(waiting, [&](Place const& p) { return p.who.unit == unit; });
    if (place == waiting.end()) return std::nullopt;
    auto who = std::move(place->who);
    waiting.erase(place);
    return who;
  }

  /// A challenge of the provider has ended: each whole second that it took costs one more turn, and who fell
  /// silent comes after everybody else until it has answered one to the end.
  void ended(ParticipantId provider, bool fell_silent, Micros took) {
    auto& of = providers_[provider];
    of.fell_silent = fell_silent;
    of.turn += static_cast<std::uint64_t>(std::max<std::int64_t>(took.v, 0) / micros_per_second);
  }

  /// The session is gone. What its provider owes stays: leaving and coming back pays nothing.
  void leave(ParticipantId provider, SessionId session) {
    auto const found = providers_.find(provider);
    if (found == providers_.end()) return;
    std::erase_if(found->second.waiting, [&](Place const& p) { return p.who.session == session; });
  }

 private:
  struct Place {
    std::uint64_t arrival;
    WaitingUnit who;
  };
  struct Provider {
    std::deque<Place> waiting;
    std::uint64_t turn{};
    bool fell_silent{};  // in its last challenge
    [[nodiscard]] std::tuple<bool, std::uint64_t, std::uint64_t> rank() const {
      return {fell_silent, turn, waiting.front().arrival};
    }
  };

  std::map<ParticipantId, Provider> providers_;  // as many as ever asked: a few words each
  std::uint64_t turn_{};                         // of the last one served
  std::uint64_t arrivals_{};
};

}  // namespace spillway
