// matching/book_image.cpp - the plain book into an image and back; what both books share of it.
// Room:   matching (pure); sees market.
#include "matching/book_image.hpp"

#include <algorithm>
#include <map>

#include "market/check.hpp"
#include "matching/plain_book.hpp"

namespace spillway {

bool fits(BookImage const& image, BookLimits const& limits) {
  auto const last_member = image.standings.empty() ? 0 : image.standings.back().who.v;
  std::map<OfferId, std::size_t> standing;
  for (auto const& tranche : image.tranches) ++standing[tranche.offer];
  return last_member <= limits.participants && image.provider_lists.size() <= limits.provider_lists &&
         image.nodes.size() <= limits.nodes && image.offers.size() <= limits.offers &&
         image.orders.size() <= limits.orders && image.tranches.size() - standing.size() <= limits.tranches;
}

// ---- orders ----

void Demand::write(BookImage& image) const {
  std::map<std::uint64_t, RestingOrder const*> by_arrival;
  for (auto const& [id, order] : orders_) by_arrival.emplace(order.key.priority, &order);
  for (auto const& [priority, order] : by_arrival) {
    auto const& o = order->terms;
    image.orders.push_back({o.id, o.buyer, o.signature, o.limit, o.open, o.tif, o.prefer_near, o.post_only,
                            o.self_trade, o.providers, o.fill_min, o.session, o.expires});
  }
}

void Demand::restore(BookImage const& image) {
  for (auto const& o : image.orders)
    rest({.id = o.id,
          .buyer = o.buyer,
          .signature = o.signature,
          .limit = o.limit,
          .open = o.open,
          .tif = o.tif,
          .prefer_near = o.prefer_near,
          .market = false,
          .post_only = o.post_only,
          .self_trade = o.self_trade,
          .providers = o.providers,
          .fill_min = o.fill_min,
          .session = o.session,
          .expires = o.expires});
}

// ---- offers and pools ----

void Supply::write(BookImage& image) const {
  for (auto const& [id, of] : pools_)
    image.nodes.push_back({id, of.pool.klass(), of.pool.place(), of.pooling, of.pool.image()});
  for (auto const& [instrument, lots] : in_use_)
    if (lots.v != 0) image.in_use.push_back({instrument, lots});
  std::map<std::uint64_t, BookImage::Tranche> by_arrival;
  for (auto const& [id, offer] : offers_) {
    auto const& o = offer.terms;
    image.offers.push_back({id, o.provider, o.node, o.instrument, o.price, o.fill_min, o.fill_max,
                            o.replenish, o.post_only, o.self_trade, o.display, offer.hidden, o.session,
                            o.expires});
    for (auto const& tranche : offer.tranches)
      by_arrival.emplace(tranche.priority, BookImage::Tranche{id, tranche.lots});
  }
  for (auto const& [priority, tranche] : by_arrival) image.tranches.push_back(tranche);
  image.asks_moved = by_arrival.empty() || by_arrival.rbegin()->first != priority_;
}

void Supply::restore(BookImage const& image, Eligibility const& eligibility) {
  for (auto const& node : image.nodes) {
    open_node(node.id, node.klass, node.place, node.pooling);
    pool(node.id).restore(node.pool);
  }
  for (auto const& [instrument, lots] : image.in_use) in_use_[instrument] = lots;
  for (auto const& o : image.offers) {
    BookOffer const terms{.id = o.id,
                          .provider = o.provider,
                          .node = o.node,
                          .instrument = o.instrument,
                          .price = o.price,
                          .quantity = {},
                          .fill_min = o.fill_min,
                          .fill_max = o.fill_max,
                          .replenish = o.replenish,
                          .post_only = o.post_only,
                          .self_trade = o.self_trade,
                          .display = o.display,
                          .session = o.session,
                          .expires = o.expires};
    auto const& instrument = eligibility.instrument(o.instrument);
    offers_.emplace(o.id, RestingOffer{terms, instrument, lot_of(instrument), {}, o.hidden});
    by_node_[o.node].insert(o.id);
  }
  for (auto const& [offer, lots] : image.tranches) mutable_at(offer).tranches.push_back({++priority_, lots});
  if (image.asks_moved) ++priority_;
  for (auto const& [id, offer] : offers_) enter(offer);
}

// ---- the plain book ----

BookImage PlainBook::image() const {
  BookImage image;
  image.eligibility = eligibility_.image();
  for (auto const& [who, standing] : standings_)
    if (standing != Standing{}) image.standings.push_back({who, standing});
  for (auto const& [kind, who] : provider_lists_) image.provider_lists.push_back({kind, who});
  supply_.write(image);
  demand_.write(image);
  image.halted = halted_;
  image.now = now_;
  image.newest_id = newest_id_;
  return image;
}

Refusal PlainBook::restore(BookImage const& image) {
  if (!fits(image, limits_) || !eligibility_.restore(image.eligibility)) return Refusal::capacity;
  for (auto const& [who, standing] : image.standings) standings_[who] = standing;
  for (auto const& [kind, who] : image.provider_lists) provider_lists_.push_back({kind, who});
  supply_.restore(image, eligibility_);
  demand_.restore(image);
  halted_ = image.halted;
  now_ = image.now;
  newest_id_ = image.newest_id;
  return Refusal::none;
}

}  // namespace spillway
