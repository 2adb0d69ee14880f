// bench/matching/conditions.hpp - switches conditions on, order by order, and counts how many commands used
// each.
// Room:   bench; sees matching.
// Rule:   whether an order gets a condition and which depends on its id alone, so that two books get the
//         same.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "matching/book.hpp"

namespace spillway::bench {

class Conditions {
 public:
  enum Use : std::size_t {
    ioc,
    market,
    fok,
    timed,
    post_only,
    fill_min,
    providers,
    self_trade,
    prefer_near,
    offer_post_only,
    offer_fill_min,
    offer_fill_max,
    offer_display,
    offer_expiry,
    offer_self_trade,
    offer_replenish,
    uses
  };
  static constexpr std::array<char const*, uses> names = {"ioc",
                                                          "market",
                                                          "fok",
                                                          "timed",
                                                          "post_only",
                                                          "fill_min",
                                                          "providers",
                                                          "self_trade",
                                                          "prefer_near",
                                                          "offer_post_only",
                                                          "offer_fill_min",
                                                          "offer_fill_max",
                                                          "offer_display",
                                                          "offer_expiry",
                                                          "offer_self_trade",
                                                          "offer_replenish"};
  using Counts = std::array<std::uint64_t, uses>;

  /// So many of a thousand orders and offers get one condition beyond their limit; 0: none.
  explicit Conditions(std::uint32_t per_mille = 0) : per_mille_(per_mille) {}
  [[nodiscard]] bool on() const { return per_mille_ != 0; }

  void decorate(BookOrder& o, Stamp now, ProviderListId list);
  void decorate(BookOffer& o, Stamp now);

  Counts used{};

 private:
  /// The dice of an id; below a thousand times `per_mille` it gets a condition.
  static std::uint64_t dice(std::uint64_t id) {
    auto x = id * 0x9E3779B97F4A7C15;
    x ^= x >> 32, x *= 0xD6E8FEB86659FD93, x ^= x >> 32;
    return x;
  }
  [[nodiscard]] bool chosen(std::uint64_t x) const { return x % 1'000 < per_mille_; }

  std::uint32_t per_mille_;
};

inline void Conditions::decorate(BookOrder& o, Stamp now, ProviderListId list) {
  auto const x = dice(o.id.v);
  if (!chosen(x)) return;
  auto const some = static_cast<std::int64_t>(x >> 40 & 1'023);
  auto const use = static_cast<Use>(market + (x >> 32) % 8);
  ++used[use];
  if (use == market) o.tif = TimeInForce::ioc, o.market = true;
  if (use == fok) o.tif = TimeInForce::fok;
  if (use == timed) o.tif = TimeInForce::timed, o.expires = now + Micros{1 + 50 * some};
  if (use == post_only) o.tif = TimeInForce::gtc, o.post_only = true;
  if (use == fill_min) o.fill_min = Lots{1 + some % o.open.v};
  if (use == providers) o.providers = list;
  if (use == self_trade) o.self_trade = static_cast<SelfTrade>(1 + some % 3);
  if (use == prefer_near) o.prefer_near = true;
}

inline void Conditions::decorate(BookOffer& o, Stamp now) {
  auto const x = dice(o.id.v);
  if (!chosen(x)) return;
  auto const some = static_cast<std::int64_t>(x >> 40 & 1'023);
  auto const use = static_cast<Use>(offer_post_only + (x >> 32) % 7);
  ++used[use];
  if (use == offer_post_only) o.post_only = true;
  if (use == offer_fill_min) o.fill_min = Lots{1 + some % o.quantity.v};
  if (use == offer_fill_max) o.fill_max = Lots{1 + some % 50};
  if (use == offer_display) o.display = Lots{1 + some % o.quantity.v};
  if (use == offer_expiry) o.expires = now + Micros{1 + 50 * some};
  if (use == offer_self_trade) o.self_trade = static_cast<SelfTrade>(1 + some % 3);
  if (use == offer_replenish) o.replenish = true;
}

}  // namespace spillway::bench
