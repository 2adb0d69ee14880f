// apps/demo/src/plan.cpp - round and round over the classes, one site of each at a time, until there are
// enough nodes.
#include "plan.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "market/check.hpp"
#include "sim/random.hpp"

namespace spillway::demo {
namespace {

constexpr std::size_t models_a_node = 2;
constexpr std::size_t on_demand_prices = 2;
constexpr int every_other_node_has_two_units = 6;  // every sixth: proofs cost time at the start

struct Site {
  PlaceId place;
  std::vector<PriceIndex> on_demand, spot;  // distinct, cheapest first
};

std::vector<PriceIndex> cheapest(std::set<PriceIndex> const& prices, std::size_t most) {
  std::vector<PriceIndex> out;
  for (auto const price : prices)
    if (out.size() < most) out.push_back(price);
  return out;
}

std::map<ClassId, std::vector<Site>> sites_of(Tables const& tables,
                                              std::span<sim::ImportedOffer const> published) {
  std::map<std::pair<ClassId, PlaceId>, std::pair<std::set<PriceIndex>, std::set<PriceIndex>>> found;
  auto const leaf = tables.leaves();
  for (auto const& offer : published) {
    if (!leaf.at(offer.place.v - 1u)) continue;
    auto& [on_demand, spot] = found[{offer.klass, offer.place}];
    on_demand.insert(offer.price);
    if (offer.spot) spot.insert(*offer.spot);
  }
  std::map<ClassId, std::vector<Site>> sites;
  for (auto const& [key, prices] : found)
    sites[key.first].push_back(
        {key.second, cheapest(prices.first, on_demand_prices), cheapest(prices.second, 1)});
  return sites;
}

void shuffle(std::vector<Site>& sites, sim::Random& random) {
  for (std::size_t left = sites.size(); left > 1; --left)
    std::swap(sites[left - 1], sites[random.below(left)]);
}

/// The first site in a place that has no node yet; with `anywhere`, the first site.
std::optional<Site> take_site(std::vector<Site>& sites, std::set<PlaceId>& used, bool anywhere) {
  auto const at =
      std::ranges::find_if(sites, [&](Site const& s) { return anywhere || !used.contains(s.place); });
  if (at == sites.end()) return std::nullopt;
  auto site = std::move(*at);
  sites.erase(at);
  used.insert(site.place);
  return site;
}

using Chosen = std::vector<std::pair<ClassId, Site>>;
Chosen choose_sites(std::map<ClassId, std::vector<Site>> sites, std::size_t wanted, sim::Random& random) {
  Chosen chosen;
  std::set<PlaceId> used;
  for (auto& [klass, of_class] : sites) shuffle(of_class, random);
  for (bool const anywhere : {false, true})
    for (std::size_t before = chosen.size() + 1; chosen.size() < wanted && before != chosen.size();) {
      before = chosen.size();
      for (auto& [klass, of_class] : sites)
        if (chosen.size() < wanted)
          if (auto site = take_site(of_class, used, anywhere)) chosen.emplace_back(klass, std::move(*site));
    }
  return chosen;
}

class NodeMaker {
 public:
  NodeMaker(Tables const& tables, ModelPrices const& prices, std::vector<ModelId> const& models,
            PlanSize size)
      : tables_(tables), prices_(prices), models_(models), size_(size) {
    for (auto const& trouble : {reference_.set_classes(tables.classes), reference_.set_tiers(tables.tiers),
                                reference_.set_models(tables.models)})
      sw_check(!trouble, "the shipped tables are well-formed");
  }

  PlannedNode node(std::size_t index, std::size_t provider, std::uint64_t label, ClassId klass,
                   Site const& site) const {
    PlannedNode node{label, site.place, klass, 1, {}};
    if (index % every_other_node_has_two_units == 0) node.units = 2;
    offer_capacity(node, site);
    offer_tokens(node, index, provider);
    return node;
  }

 private:
  [[nodiscard]] TierId tier(std::string_view name) const {
    auto const row = std::ranges::find_if(tables_.tiers, [&](Tier const& t) { return t.name == name; });
    sw_check(row != tables_.tiers.end(), "the shipped tables hold the tiers of issue 2");
    return row->id;
  }
  static void add(PlannedNode& node, PlannedOffer const& offer) {
    auto const same = [&](PlannedOffer const& o) {
      return o.product == offer.product && o.model == offer.model && o.tier == offer.tier &&
             o.price == offer.price;
    };
    if (std::ranges::none_of(node.offers, same)) node.offers.push_back(offer);
  }
  void offer_capacity(PlannedNode& node, Site const& site) const {
    for (auto const* const name : {"warm", "cold"}) {
      for (auto const* const prices : {&site.on_demand, &site.spot})
        for (auto const price : *prices)
          add(node, {ProductKind::capacity, {}, tier(name), price, node.units * milli_per_accelerator});
    }
  }
  // Neighbours in the list of published prices: the dearer one buys the faster promise.
  void offer_tokens(PlannedNode& node, std::size_t index, std::size_t provider) const {
    auto const fast = tier("fast"), standard = tier("standard");
    std::size_t offered = 0;
    for (std::size_t i = 0; i < models_.size() && offered < models_a_node; ++i) {
      auto const model = models_[(index + i) % models_.size()];
      auto const& prices = prices_.at(model);
      bool fits = false;
      auto offer = [&](TierId in, PriceIndex price) {
        auto const fit = reference_.fit(model, node.klass, in);
        if (!fit || fit->cards > node.units) return;
        fits = true;
        add(node, {ProductKind::tokens, model, in, price, size_.slots});
      };
      auto const a = prices[2 * provider % prices.size()], b = prices[(2 * provider + 1) % prices.size()];
      offer(fast, std::max(a, b));
      offer(standard, std::min(a, b));
      if (fits) ++offered;
    }
  }

  Tables const& tables_;
  ModelPrices const& prices_;
  std::vector<ModelId> const& models_;
  PlanSize size_;
  Reference reference_;
};

}  // namespace

Plan make_plan(Tables const& tables, std::span<sim::ImportedOffer const> published, ModelPrices const& prices,
               std::vector<ModelId> const& models, PlanSize size) {
  sw_check(size.providers > 0 && size.nodes > 0, "a plan has providers and nodes");
  sim::Random random{size.seed};
  auto const chosen = choose_sites(sites_of(tables, published), static_cast<std::size_t>(size.nodes), random);
  NodeMaker const maker(tables, prices, models, size);
  Plan plan;
  plan.providers.resize(static_cast<std::size_t>(size.providers));
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    auto const provider =
        i * plan.providers.size() / chosen.size();  // neighbours differ in class: blocks, not turns
    auto& nodes = plan.providers[provider].nodes;
    nodes.push_back(maker.node(i, provider, nodes.size() + 1, chosen[i].first, chosen[i].second));
  }
  std::erase_if(plan.providers, [](PlannedProvider const& p) { return p.nodes.empty(); });
  return plan;
}

// ---- what a plan amounts to ----

namespace {

template <class Take>
void each_node(Plan const& plan, Take take) {
  for (auto const& provider : plan.providers)
    for (auto const& node : provider.nodes) take(node);
}

}  // namespace

std::size_t Plan::nodes() const {
  std::size_t sum = 0;
  each_node(*this, [&](PlannedNode const&) { ++sum; });
  return sum;
}

std::size_t Plan::units() const {
  std::size_t sum = 0;
  each_node(*this, [&](PlannedNode const& n) { sum += n.units; });
  return sum;
}

std::size_t Plan::offers() const {
  std::size_t sum = 0;
  each_node(*this, [&](PlannedNode const& n) { sum += n.offers.size(); });
  return sum;
}

std::size_t Plan::places() const {
  std::set<PlaceId> seen;
  each_node(*this, [&](PlannedNode const& n) { seen.insert(n.place); });
  return seen.size();
}

std::vector<ClassId> Plan::classes() const {
  std::set<ClassId> seen;
  each_node(*this, [&](PlannedNode const& n) { seen.insert(n.klass); });
  return {seen.begin(), seen.end()};
}

std::optional<PriceIndex> Plan::best_capacity(ClassId klass, TierId tier) const {
  std::optional<PriceIndex> best;
  each_node(*this, [&](PlannedNode const& node) {
    for (auto const& offer : node.offers)
      if (node.klass == klass && offer.product == ProductKind::capacity &&
          (!tier.some() || offer.tier == tier))
        best = std::min(best.value_or(offer.price), offer.price);
  });
  return best;
}

}  // namespace spillway::demo
