// matching/conditions.hpp - each condition of an order evaluated alone, in the plainest way, on one
// instrument.
// Room:   matching (pure); sees market.
// Rule:   an absent bound always holds; an unknown path, PUE or green share fails a stated limit. The bitsets
//         of eligibility.hpp must agree with this file (a property test), and `why` counts with it.
#pragma once

#include <cstdint>
#include <optional>

#include "market/predicate.hpp"
#include "market/reference.hpp"
#include "market/units.hpp"

namespace spillway {

/// Which conditions of an order an instrument fails, each looked at without the others.
struct FailedConditions {
  bool product{}, model{}, klass{}, place{}, tier{}, origin{}, pue{}, green{}, network{}, ready{};
  [[nodiscard]] bool any() const {
    return product || model || klass || place || tier || origin || pue || green || network || ready;
  }
  friend bool operator==(FailedConditions const&, FailedConditions const&) = default;
};

/// How many (instruments, or offers, or lots: the caller's weight) fail each condition.
struct EligibilityFailures {
  std::int64_t looked_at{}, eligible{};
  std::int64_t product{}, model{}, klass{}, place{}, tier{}, origin{}, pue{}, green{}, network{}, ready{};
  void add(FailedConditions const&, std::int64_t weight = 1);
  friend bool operator==(EligibilityFailures const&, EligibilityFailures const&) = default;
};

[[nodiscard]] FailedConditions failed_conditions(Predicate const&, Instrument const&, Reference const&);

/// Every condition holds.
[[nodiscard]] bool matches(Predicate const&, Instrument const&, Reference const&);

/// The round trip that counts for this buyer: through the relay for tokens, direct for capacity; nothing when
/// unknown.
[[nodiscard]] std::optional<Micros> path_to(Predicate const&, PlaceId place, Reference const&);

[[nodiscard]] std::optional<Micros> path_between(ProductKind, PlaceId buyer, PlaceId place, Reference const&);

/// What the tier promises for this order: first token for its input, or time to usable.
[[nodiscard]] Micros promise_of(Predicate const&, Tier const&);

/// The tier takes an input of this size (always, for capacity).
[[nodiscard]] bool takes_input(Predicate const&, Tier const&);

}  // namespace spillway
