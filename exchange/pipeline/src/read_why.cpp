// exchange/src/read_why.cpp - every live offer is held against each condition alone; what fails only one is a
// near miss.
#include "read_why.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "json_words.hpp"
#include "market/refusal.hpp"
#include "matching/conditions.hpp"

namespace spillway {

using namespace words;

namespace {

struct Counts {
  std::map<std::string, std::int64_t> failing;        // condition -> offers that fail it
  std::map<std::string, std::int64_t> failing_alone;  // condition -> offers that fail nothing else
  std::optional<PriceIndex> price_needed;             // cheapest offer that fails the price alone
  std::int64_t offers{}, would_fill{};
  std::int64_t after_missed_census{};  // offers that are short, of nodes with units that missed the census
  std::int64_t draining{};             // offers that are short, of nodes that take no new work for a while
};

std::vector<std::string> failed(FailedConditions const& f, bool price, bool quantity) {
  std::vector<std::string> names;
  auto add = [&](bool is, char const* name) {
    if (is) names.emplace_back(name);
  };
  add(f.model, "model"), add(f.klass, "class"), add(f.place, "place"), add(f.tier, "tier"),
      add(f.origin, "origin");
  add(f.pue, "pue"), add(f.green, "green"), add(f.network, "network"), add(f.ready, "ready");
  add(price, "price"), add(quantity, "quantity");
  return names;
}

// Offers of the other product are not near misses of anything.
Counts count(FollowerView const& view, PlaceOrder const& order) {
  Counts counts;
  auto const wanted = order.predicate.product == ProductKind::tokens ? Lots{1} : order.quantity;
  for (auto const& offer : view.core.offers()) {
    auto const& instrument = view.core.book().instrument(offer.instrument);
    if (offer.phase != OfferPhase::live || instrument.product != order.predicate.product) continue;
    ++counts.offers;
    auto const conditions = failed_conditions(order.predicate, instrument, view.core.reference());
    bool const short_of = order.tif == TimeInForce::fok ? offer.executable < wanted : offer.executable.v == 0;
    auto const node = view.core.node(offer.node);
    if (short_of && node->units_missed > 0) ++counts.after_missed_census;
    if (short_of && node->drain != DrainReason::none) ++counts.draining;
    auto const names = failed(conditions, offer.price > order.limit, short_of);
    for (auto const& name : names) ++counts.failing[name];
    if (names.empty()) ++counts.would_fill;
    if (names.size() != 1) continue;
    ++counts.failing_alone[names.front()];
    if (names.front() == "price")
      counts.price_needed = std::min(counts.price_needed.value_or(offer.price), offer.price);
  }
  return counts;
}

json::object shown(Counts const& counts) {
  json::object failing;
  for (auto const& [condition, offers] : counts.failing) failing[condition] = offers;
  json::object out{
      {"offers", counts.offers}, {"would_fill_now", counts.would_fill}, {"failing", std::move(failing)}};
  auto const binding = std::max_element(counts.failing_alone.begin(), counts.failing_alone.end(),
                                        [](auto const& a, auto const& b) { return a.second < b.second; });
  if (binding != counts.failing_alone.end()) out["binds"] = binding->first;
  if (counts.after_missed_census > 0) out["after_missed_census"] = counts.after_missed_census;
  if (counts.draining > 0) out["draining"] = counts.draining;
  if (counts.price_needed) {
    out["relax"] = json::object{{"condition", "price"}, {"to", price(*counts.price_needed)}};
  } else if (binding != counts.failing_alone.end()) {
    out["relax"] = json::object{{"condition", binding->first}, {"would_reach_offers", binding->second}};
  } else if (counts.offers > 0 && counts.would_fill == 0) {
    out["relax"] = "no single condition: every offer fails at least two";
  }
  return out;
}

struct Candidate {
  OfferView offer;
  Micros path;
};

// The same preference as the book's walk: price, then nearness if asked, then priority by age.
std::vector<Candidate> candidates(FollowerView const& view, PlaceOrder const& order) {
  std::vector<Candidate> out;
  for (auto const& offer : view.core.offers()) {
    auto const& instrument = view.core.book().instrument(offer.instrument);
    if (offer.phase != OfferPhase::live || offer.executable.v == 0 || offer.price > order.limit) continue;
    if (!matches(order.predicate, instrument, view.core.reference())) continue;
    auto const path = path_to(order.predicate, instrument.place, view.core.reference());
    out.push_back({offer, path.value_or(Micros{})});
  }
  std::stable_sort(out.begin(), out.end(), [&](Candidate const& a, Candidate const& b) {
    if (a.offer.price != b.offer.price) return a.offer.price < b.offer.price;
    if (order.prefer_near && a.path != b.path) return a.path < b.path;
    return a.offer.id < b.offer.id;
  });
  return out;
}

/// Lots from each candidate in turn, out of pools of its own: offers of one node share its units.
json::array planned(FollowerView const& view, PlaceOrder const& order, Lots& left) {
  std::map<NodeId, NodePool> pools;
  json::array fills;
  for (auto const& [offer, path] : candidates(view, order)) {
    if (left.v == 0) break;
    auto const& instrument = view.core.book().instrument(offer.instrument);
    auto& pool = pools.try_emplace(offer.node, view.core.book().pool(offer.node)).first->second;
    auto const lots = std::min({left, offer.executable, pool.executable(instrument)});
    if (lots.v == 0) continue;
    pool.occupy(instrument, lots);
    left -= lots;
    fills.push_back(json::object{{"offer", number(offer.id.v)},
                                 {"instrument", instrument_name(view.core.reference(), instrument)},
                                 {"price", price(offer.price)},
                                 {"lots", number(lots.v)},
                                 {"path_us", number(path.v)}});
  }
  return fills;
}

// Reasons are attest's numbers; here only what a provider does about them differs.
char const* census_sentence(UnitView const& unit) {
  auto const reason = unit.census_reason;
  if (unit.failed) return "its answer was wrong";
  if (reason >= 5 && reason <= 9) return "it did not answer in time";
  if (reason >= 19 && reason <= 21) return "it was slower than its class demands";
  if (reason == 22) return "its connection ended before it had answered";
  if (reason == 23) return "it was farther away than the place that it claims";
  return "it did not pass";
}

char const* census_effect(UnitView const& unit) {
  if (unit.failed && !unit.bonded)
    return "its proof has ended, the provider's earnings are frozen and its bond is lost: post a new one";
  if (unit.failed) return "its proof has ended and the provider's earnings are frozen";
  if (!unit.live) return "its proof has ended: prove it again";
  return "not offered until it answers the next one";
}

/// What the census took from an offer's node. Missed once: the unit is proven and not offered.
json::array census_of(FollowerView const& view, NodeId node) {
  json::array out;
  for (auto const& unit : view.core.units_of(node)) {
    if (unit.census_reason == 0) continue;
    bool const by_probe = unit.probe_reason != 0 && unit.probed >= unit.census;
    out.push_back(json::object{{"unit", unit.unit},
                               {"kind", by_probe ? "probe" : "census"},
                               {"epoch", number(by_probe ? unit.probed : unit.census)},
                               {"reason", unit.census_reason},
                               {"sentence", census_sentence(unit)},
                               {"effect", census_effect(unit)}});
  }
  return out;
}

constexpr char const* metered_sentence =
    "its token jobs delivered less than a fifth of what the roofline of its class allows for their time: a "
    "full "
    "challenge is due, without a penalty";

char const* drain_sentence(DrainReason reason) {
  switch (reason) {
    case DrainReason::none:
      return "";
    case DrainReason::daily:
      return "no new work until its units have answered the full challenge that is due about daily";
    case DrainReason::unjudged:
      return "no new work until its units, at work in three censuses running, have answered a full challenge";
    case DrainReason::metered:
      return "no new work until its units, whose jobs delivered too little for their class, have answered a "
             "full "
             "challenge";
  }
  return "";
}

/// Orders and offers are numbered by the entries that made them, so one number names one of the two.
json::object why_offer(FollowerView const& view, OfferView const& offer) {
  auto const node = view.core.node(offer.node);
  json::object out{{"offer", number(offer.id.v)},
                   {"phase", word(offer.phase)},
                   {"price", price(offer.price)},
                   {"rest", number(offer.rest.v)},
                   {"executable", number(offer.executable.v)},
                   {"node", offer.node.v},
                   {"units_attested", node->units_attested},
                   {"units_missed", node->units_missed},
                   {"census", census_of(view, offer.node)}};
  if (node->low_at.v != 0)
    out["metered_low"] = json::object{{"sold_us", number(node->low.sold.v)},
                                      {"worked_us", number(node->low.worked.v)},
                                      {"sentence", metered_sentence}};
  if (node->drain != DrainReason::none) out["drain"] = drain_sentence(node->drain);
  return out;
}

}  // namespace

json::object read_why(FollowerView const& view, ReadRequest const& read) {
  auto const order = view.core.order(read.order);
  auto const offer = order ? std::nullopt : view.core.offer(OfferId{read.order.v});
  if (offer && (read.sees_all || offer->provider == read.whose)) return why_offer(view, *offer);
  if (!order || (!read.sees_all && order->buyer != read.whose))
    return {{"error", "no such order of yours, nor an offer; read `orders` for the list"}};
  auto now = order->terms;  // as it was placed, and as it was amended since
  now.limit = order->limit;
  auto out = shown(count(view, now));
  out["order"] = number(order->id.v);
  out["phase"] = word(order->phase);
  return out;
}

json::object read_preview(FollowerView const& view, ReadRequest const& read) {
  if (!read.preview) return {{"error", "a preview needs an order"}};
  auto const terms = view.core.terms_of(*read.preview);
  if (!terms) return {{"error", sentence(terms.error())}};
  auto left = terms->order.quantity;
  auto fills = planned(view, terms->order, left);
  auto out = json::object{{"fills", std::move(fills)},
                          {"unfilled", number(left.v)},
                          {"hold", money(terms->hold)},
                          {"fee_at_most", money(terms->fee)},
                          {"why_not_more", shown(count(view, terms->order))}};
  return out;
}

}  // namespace spillway
