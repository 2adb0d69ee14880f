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
#include <vector>

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
  std::int64_t opened_us{};     // when it came
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

  /// How many units of this node wait.
  [[nodiscard]] std::size_t waiting_of(ParticipantId provider, NodeId node) const {
    auto const found = providers_.find(provider);
    if (found == providers_.end()) return 0;
    auto const count = std::ranges::count_if(found->second.waiting,
                                             [&](Place const& p) { return p.who.unit.first == node; });
    return static_cast<std::size_t>(count);
  }

  /// Takes out the unit whose turn it is; none where nobody waits. A provider whose first unit is not `ready`
  /// keeps nobody waiting.
  template <class Ready>
  [[nodiscard]] std::optional<WaitingUnit> next(Ready const& ready) {
    Provider* first = nullptr;
    for (auto& [id, provider] : providers_)
      if (!provider.waiting.empty() && (!first || provider.rank() < first->rank()) &&
          ready(provider.waiting.front().who))
        first = &provider;
    if (!first) return std::nullopt;
    if (!first->fell_silent) turn_ = first->turn;
    first->turn += 1;
    auto who = std::move(first->waiting.front().who);
    first->waiting.pop_front();
    return who;
  }

  /// Takes out all units of this node, each for a turn.
  [[nodiscard]] std::vector<WaitingUnit> take_node(ParticipantId provider, NodeId node) {
    std::vector<WaitingUnit> out;
    auto const found = providers_.find(provider);
    if (found == providers_.end()) return out;
    std::erase_if(found->second.waiting, [&](Place& p) {
      bool const of_node = p.who.unit.first == node;
      if (of_node) out.push_back(std::move(p.who));
      return of_node;
    });
    found->second.turn += out.size();
    return out;
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
