// exchange/src/core_terms.cpp - see core_terms.hpp.
#include "core_terms.hpp"

#include <algorithm>

namespace spillway::core {

namespace {

template <class Ids>
std::uint32_t count_of(Ids const& ids) {
  return static_cast<std::uint32_t>(ids.size());
}

std::size_t ids_in(Predicate const& p) {
  return p.models.size() + p.classes.size() + p.within.size() + p.outside.size();
}

KeptLists keep(Predicate const& p, Memory& memory) {
  KeptLists kept{};
  kept.models = count_of(p.models), kept.classes = count_of(p.classes);
  kept.within = count_of(p.within), kept.outside = count_of(p.outside);
  auto* to = kept.here.data();
  if (auto const bytes = bytes_to_keep(p); bytes > 0)
    to = kept.elsewhere = static_cast<std::uint16_t*>(memory.allocate(bytes));
  auto const put = [&](auto const& ids) {
    for (auto const id : ids) *to++ = id.v;
  };
  put(p.models), put(p.classes), put(p.within), put(p.outside);
  return kept;
}

template <class Id>
std::uint16_t const* restore(std::vector<Id>& ids, std::uint16_t const* from, std::uint32_t count) {
  for (auto const* const end = from + count; from != end; ++from) ids.push_back(Id{*from});
  return from;
}

/// The conditions as the sender wrote them; the order's input is one of them.
bool same_predicate(KeptOrder const& was, PlaceOrder const& is) {
  auto const& p = is.predicate;
  bool const same = was.product == p.product && was.lists.models == p.models.size() &&
                    was.lists.classes == p.classes.size() && was.lists.within == p.within.size() &&
                    was.lists.outside == p.outside.size() && was.asked.tier == p.tier &&
                    was.origin == p.origin && was.pue_max_milli == p.pue_max_milli &&
                    was.green_min_milli == p.green_min_milli && was.buyer_place == p.buyer_place &&
                    was.network == p.network && was.ready == p.ready && was.input == is.input;
  if (!same) return false;
  auto const* at = was.lists.all();
  auto const equal = [&](auto const& ids) {
    return std::all_of(ids.begin(), ids.end(), [&](auto id) { return id.v == *at++; });
  };
  return equal(p.models) && equal(p.classes) && equal(p.within) && equal(p.outside);
}

}  // namespace

std::size_t bytes_to_keep(Predicate const& p) {
  auto const count = ids_in(p);
  return count > KeptLists::inline_max ? count * sizeof(std::uint16_t) : 0;
}

KeptOrder keep(PlaceOrder const& asked, PlaceOrder const& full, Memory& memory) {
  auto const& p = full.predicate;
  return {full.client,
          p.product,
          p.tier,
          p.origin,
          p.buyer_place,
          p.pue_max_milli,
          p.green_min_milli,
          p.network,
          p.ready,
          keep(p, memory),
          full.tif,
          full.market,
          full.prefer_near,
          full.policy,
          full.limit,
          full.good_for,
          full.input,
          full.output_max,
          full.quantity,
          full.term,
          {asked.good_for, asked.output_max, asked.quantity, asked.policy, asked.predicate.tier}};
}

void give_back(KeptOrder& kept, Memory& memory) {
  auto& lists = kept.lists;
  if (lists.elsewhere != nullptr) memory.deallocate(lists.elsewhere, lists.count() * sizeof(std::uint16_t));
  lists = {};
}

PlaceOrder words(KeptOrder const& kept) {
  PlaceOrder c;
  auto& p = c.predicate;
  p.product = kept.product, p.tier = kept.tier, p.origin = kept.origin, p.buyer_place = kept.buyer_place;
  p.pue_max_milli = kept.pue_max_milli, p.green_min_milli = kept.green_min_milli;
  p.network = kept.network, p.ready = kept.ready, p.input = kept.input;
  auto const* from = kept.lists.all();
  from = restore(p.models, from, kept.lists.models);
  from = restore(p.classes, from, kept.lists.classes);
  from = restore(p.within, from, kept.lists.within);
  restore(p.outside, from, kept.lists.outside);
  c.client = kept.client, c.tif = kept.tif, c.market = kept.market, c.limit = kept.limit;
  c.prefer_near = kept.prefer_near, c.good_for = kept.good_for, c.input = kept.input;
  c.output_max = kept.output_max, c.policy = kept.policy, c.quantity = kept.quantity, c.term = kept.term;
  return c;
}

Refusal difference(KeptOrder const& was, PlaceOrder const& is) {
  if (was.product != is.predicate.product) return Refusal::exists_with_different_product;
  if (!same_predicate(was, is)) return Refusal::exists_with_different_predicate;
  if (was.limit != is.limit || was.market != is.market) return Refusal::exists_with_different_price;
  if (was.asked.quantity != is.quantity || was.asked.output_max != is.output_max)
    return Refusal::exists_with_different_quantity;
  bool const same = was.tif == is.tif && was.prefer_near == is.prefer_near &&
                    was.asked.good_for == is.good_for && was.asked.policy == is.policy && was.term == is.term;
  return same ? Refusal::exists : Refusal::exists_with_different_terms;
}

Refusal difference(PostOffer const& was, PostOffer const& is) {
  if (was.product != is.product || was.model != is.model || was.tier != is.tier || was.node != is.node)
    return Refusal::exists_with_different_product;
  if (was.price != is.price) return Refusal::exists_with_different_price;
  if (was.quantity != is.quantity) return Refusal::exists_with_different_quantity;
  bool const same = was.fill_min == is.fill_min && was.fill_max == is.fill_max &&
                    was.replenish == is.replenish && was.end == is.end;
  return same ? Refusal::exists : Refusal::exists_with_different_terms;
}

}  // namespace spillway::core
