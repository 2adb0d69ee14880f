// matching/fast_image.cpp - the fast book into an image and back. Queues get new sequence numbers in the same
// order.
// Room:   matching (pure); sees market.
#include <algorithm>

#include "fast_hot.hpp"
#include "market/check.hpp"
#include "matching/book_image.hpp"

namespace spillway {

using namespace fast;

namespace {

constexpr Key sequence_mask = (Key{1} << sequence_bits) - 1;

std::uint32_t narrow(std::int64_t lots) { return static_cast<std::uint32_t>(lots); }

}  // namespace

BookImage FastBook::image() const {
  BookImage image;
  image.eligibility = eligibility_.image();
  for (std::uint32_t who = 1; who <= limits_.participants; ++who) {
    Standing const standing{FirmId{owners_[who].firm}, owners_[who].resting_max, !terms_[who].no_buyer,
                            !terms_[who].no_provider};
    if (standing != Standing{}) image.standings.push_back({ParticipantId{who}, standing});
  }
  for (auto const& [kind, count, who] : lists_)
    image.provider_lists.push_back({kind, {who.begin(), who.begin() + count}});
  for (std::size_t row = 1; row < pools_.size(); ++row) {
    auto const& pool = pools_[row];
    auto const pooling = pool.unlimited ? Pooling::unlimited : Pooling::attested;
    image.nodes.push_back({pool.id, pool.units.klass(), pool.units.place(), pooling, pool.units.image()});
  }
  std::ranges::sort(image.nodes, {}, &BookImage::Node::id);

  struct Spot {
    std::uint64_t sequence;
    Handle n;
  };
  std::vector<Spot> bids, asks;
  std::vector<std::uint64_t> in_use(eligibility_.instrument_count() + 1);
  for (std::size_t i = 1; i < in_use.size(); ++i) in_use[i] = held_[i];
  for (Handle n = 1; n < next_row_; ++n) {
    auto const& node = nodes_[n];
    if (!node.is(node_live)) continue;
    Spot const spot{node.key & sequence_mask, n};
    if (!node.is(node_offer)) {
      bids.push_back(spot);
      continue;
    }
    if (node.lots > 0) asks.push_back(spot);
    if (node.is(node_extra)) continue;
    bool const special = node.is(node_special);
    auto const& cold = cold_[n];
    if (special) --in_use[extra_[n].instrument];
    image.offers.push_back({OfferId{ids_.id_of(n)}, ParticipantId{node.owner()}, pools_[cold.row].id,
                            InstrumentId{ladder_of(n)}, PriceIndex{rank_of(node.key)}, Lots{cold.fill_min},
                            Lots{cold.fill_max}, (cold.id_high_terms & term_replenish) != 0,
                            (cold.id_high_terms & term_post_only) != 0, trade_mode(n),
                            Lots{special ? extra_[n].display : 0}, Lots{hidden(n)}, SessionId{cold.session},
                            expiry_of(n)});
  }
  std::ranges::sort(image.offers, {}, &BookImage::Offer::id);
  std::ranges::sort(asks, {}, &Spot::sequence);
  std::ranges::sort(bids, {}, &Spot::sequence);
  for (auto const& [sequence, n] : asks)
    image.tranches.push_back({OfferId{ids_.id_of(n)}, Lots{nodes_[n].lots}});
  image.asks_moved = asks.empty() || asks.back().sequence != ask_sequence_;
  for (auto const& [sequence, n] : bids) {
    auto const o = terms_of(n);
    image.orders.push_back({o.id, o.buyer, o.signature, o.limit, o.open, o.tif, o.prefer_near, o.post_only,
                            o.self_trade, o.providers, o.fill_min, o.session, o.expires});
  }
  for (std::uint32_t i = 1; i < in_use.size(); ++i)
    if (in_use[i] != 0) image.in_use.push_back({InstrumentId{i}, Lots{static_cast<std::int64_t>(in_use[i])}});
  image.halted = halted_;
  image.now = Stamp{now_us_};
  image.newest_id = newest_id_;
  return image;
}

Refusal FastBook::restore(BookImage const& image) {
  sw_check(next_row_ == 1 && pools_.size() == 1, "an empty book is restored");
  if (!fits(image, limits_) || !eligibility_.restore(image.eligibility)) return Refusal::capacity;
  for (std::uint32_t i = 1; i <= eligibility_.instrument_count(); ++i) {
    auto const& instrument = eligibility_.instrument(InstrumentId{i});
    bool const capacity = instrument.product == ProductKind::capacity;
    auto const part = capacity ? reference_.find(instrument.klass)->smallest_part_milli : 1;
    instruments_[i] = {static_cast<std::uint32_t>(part), site_of(instrument.klass, instrument.place)};
    ladders_.open(ask(InstrumentId{i}));
  }
  for (std::uint32_t s = 1; s <= eligibility_.signature_count(); ++s) {
    SignatureId const id{s};
    ladders_.open(bid(id));
    ladders_.open(waiting(id));
    if (!eligibility_.interned(id)) continue;  // retired: it waits for its next meaning
    bool const tokens = eligibility_.product(id) == ProductKind::tokens;
    largest_[s] = tokens ? 1 : narrow(book_lots_max.v);
    link(id);
  }
  for (auto const& [who, standing] : image.standings) (void)set_standing(who, standing);
  for (auto const& [kind, who] : image.provider_lists) (void)intern_providers(kind, who);
  for (auto const& node : image.nodes) {
    open_node(node.id, node.klass, node.place, node.pooling);
    pools_.back().units.restore(node.pool);
  }
  for (auto const& [instrument, lots] : image.in_use)
    held_[instrument.v] += static_cast<std::uint64_t>(lots.v);
  restore_offers(image);
  for (auto const& row : image.orders) put_order(terms_in(row), narrow(row.open.v));
  now_us_ = image.now.v;
  newest_id_ = image.newest_id;
  set_halted(image.halted);
  return Refusal::none;
}

/// Each tranche at its turn. Between two arrivals one number stays free, so that none grows into the one
/// before.
void FastBook::restore_offers(BookImage const& image) {
  auto const rest = [&](BookImage::Offer const& o, std::uint32_t lots) {
    auto const terms = terms_in(o, Lots{lots});
    auto const row = pool_row(o.node);
    auto const n = rest_offer(terms, row, lots, key_of(o.price.v, ask_sequence_), special(terms, row));
    if (o.hidden.v > 0) extra_[n].hidden = narrow(o.hidden.v);
  };
  for (auto const& [offer, lots] : image.tranches) {
    ask_sequence_ += 2;
    if (auto const n = find(offer); n != 0) {
      --ask_sequence_;  // the tranche takes the next one
      append_tranche(n, narrow(lots.v));
      continue;
    }
    auto const known = std::ranges::lower_bound(image.offers, offer, {}, &BookImage::Offer::id);
    sw_check(known != image.offers.end() && known->id == offer, "a tranche is one of an offer");
    rest(*known, narrow(lots.v));
  }
  for (auto const& offer : image.offers)
    if (find(offer.id) == 0) rest(offer, 0);
  if (image.asks_moved) ++ask_sequence_;
}

}  // namespace spillway
