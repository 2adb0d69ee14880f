// gateway/server/src/names.cpp - one lookup per name; the first unknown one refuses the whole.
#include "names.hpp"

namespace spillway {
namespace {

template <class IdType, class Find>
std::expected<std::vector<IdType>, Refusal> ids_of(std::vector<std::string> const& names, Refusal unknown,
                                                   Find find) {
  std::vector<IdType> ids;
  for (auto const& name : names) {
    auto const* const row = find(name);
    if (!row) return std::unexpected(unknown);
    ids.push_back(row->id);
  }
  return ids;
}

}  // namespace

std::expected<Predicate, Refusal> resolve(Reference const& reference, msg::Wanted const& wanted) {
  auto place = [&](std::string const& name) { return reference.place_named(name); };
  auto const models = ids_of<ModelId>(wanted.models, Refusal::unknown_model,
                                      [&](std::string const& name) { return reference.model_named(name); });
  if (!models) return std::unexpected(models.error());
  auto const classes = ids_of<ClassId>(wanted.classes, Refusal::unknown_class,
                                       [&](std::string const& name) { return reference.class_named(name); });
  if (!classes) return std::unexpected(classes.error());
  auto const within = ids_of<PlaceId>(wanted.within, Refusal::unknown_place, place);
  auto const outside = ids_of<PlaceId>(wanted.outside, Refusal::unknown_place, place);
  if (!within || !outside) return std::unexpected(Refusal::unknown_place);
  Predicate p;
  p.product = wanted.product;
  p.models = *models;
  p.classes = *classes;
  p.within = *within;
  p.outside = *outside;
  if (!wanted.tier.empty()) {
    auto const* const tier = reference.tier_named(wanted.tier, wanted.product);
    if (!tier) return std::unexpected(Refusal::unknown_tier);
    p.tier = tier->id;
  }
  if (!wanted.buyer_place.empty()) {
    auto const* const from = reference.place_named(wanted.buyer_place);
    if (!from) return std::unexpected(Refusal::unknown_place);
    p.buyer_place = from->id;
  }
  p.origin = wanted.origin;
  // On the wire 0 is "no limit"; in the core a limit of 0 would be one.
  p.pue_max_milli = wanted.pue_max_milli > 0 ? wanted.pue_max_milli : unknown_milli;
  p.green_min_milli = wanted.green_min_milli > 0 ? wanted.green_min_milli : unknown_milli;
  p.network = wanted.network_us;
  p.ready = wanted.ready_us;
  return p;
}

std::expected<PlaceOrder, Refusal> resolve(Reference const& reference, msg::PlaceOrder const& m) {
  auto predicate = resolve(reference, m.wanted);
  if (!predicate) return std::unexpected(predicate.error());
  predicate->input = m.input;
  return PlaceOrder{
      m.client, std::move(*predicate), m.tif,    m.market,   m.limit,  m.prefer_near, m.good_for_us,
      m.input,  m.output_max,          m.policy, m.quantity, m.term_us};
}

std::expected<PostOffer, Refusal> resolve(Reference const& reference, msg::PostOffer const& m) {
  auto const* const tier = reference.tier_named(m.tier, m.product);
  if (!tier) return std::unexpected(Refusal::unknown_tier);
  ModelId model;
  if (m.product == ProductKind::tokens) {
    auto const* const row = reference.model_named(m.model);
    if (!row) return std::unexpected(Refusal::unknown_model);
    model = row->id;
  }
  return PostOffer{m.client,   m.node,     m.product,  model,       tier->id, m.price,
                   m.quantity, m.fill_min, m.fill_max, m.replenish, m.end_us};
}

std::expected<RegisterNode, Refusal> resolve(Reference const& reference, msg::RegisterNode const& m) {
  auto const* const place = reference.place_named(m.place);
  if (!place) return std::unexpected(Refusal::unknown_place);
  auto const* const klass = reference.class_named(m.klass);
  if (!klass) return std::unexpected(Refusal::unknown_class);
  return RegisterNode{m.label, place->id, klass->id, m.units};
}

}  // namespace spillway
