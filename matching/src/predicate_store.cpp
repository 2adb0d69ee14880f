// matching/predicate_store.cpp - interned predicates: found by content, written and read flat.
// Room:   matching (pure); sees market.
#include "matching/predicate_store.hpp"

#include <algorithm>
#include <span>

namespace spillway {

namespace {

template <class Visit>
void each_list(auto& p, Visit visit) {
  visit(0, p.models);
  visit(1, p.classes);
  visit(2, p.within);
  visit(3, p.outside);
}

std::size_t ids_of(Predicate const& p) {
  return p.models.size() + p.classes.size() + p.within.size() + p.outside.size();
}

std::uint64_t hash_of(Predicate const& p) {
  std::uint64_t hash = 1;
  auto const add = [&](auto value) { hash = RowIndex::mix(hash, static_cast<std::uint64_t>(value)); };
  add(p.product), add(p.tier.v), add(p.origin), add(p.buyer_place.v);
  add(p.pue_max_milli), add(p.green_min_milli), add(p.network.v), add(p.ready.v), add(p.input.v);
  each_list(p, [&](std::size_t, auto const& list) {
    add(list.size());
    for (auto const id : list) add(id.v);
  });
  return hash;
}

}  // namespace

PredicateStore::PredicateStore(std::size_t predicates_most)
    : rows_(predicates_most + 1),
      ids_(ids_each * predicates_most, predicates_most, ids_most),
      index_(predicates_most) {}

bool PredicateStore::same(Row const& row, Predicate const& p) const {
  if (row.product != p.product || row.tier != p.tier || row.origin != p.origin ||
      row.buyer_place != p.buyer_place || row.pue_max_milli != p.pue_max_milli ||
      row.green_min_milli != p.green_min_milli || row.network_us != p.network.v ||
      row.ready_us != p.ready.v || row.input != p.input.v)
    return false;
  auto const* at = row.ids.held != 0 ? ids_.at(row.ids) : nullptr;
  bool equal = true;
  each_list(p, [&](std::size_t which, auto const& list) {
    equal = equal && row.counts[which] == list.size() &&
            std::ranges::equal(list, std::span(at, list.size()), {}, [](auto id) { return id.v; });
    at += equal ? list.size() : 0;
  });
  return equal;
}

std::uint32_t PredicateStore::find(Predicate const& p) const {
  return index_.find(hash_of(p), [&](std::uint32_t row) { return same(rows_[row], p); });
}

bool PredicateStore::has_room(Predicate const& p) const { return ids_of(p) == 0 || ids_.has_room(ids_of(p)); }

void PredicateStore::insert(std::uint32_t r, Predicate const& p) {
  auto& row = rows_[r];
  row = {};
  row.hash = hash_of(p);
  row.network_us = p.network.v, row.ready_us = p.ready.v, row.input = p.input.v;
  row.pue_max_milli = p.pue_max_milli, row.green_min_milli = p.green_min_milli;
  row.buyer_place = p.buyer_place, row.tier = p.tier, row.product = p.product, row.origin = p.origin;
  if (ids_of(p) > 0) row.ids = ids_.take(ids_of(p));
  auto* at = row.ids.held != 0 ? ids_.at(row.ids) : nullptr;
  each_list(p, [&](std::size_t which, auto const& list) {
    row.counts[which] = static_cast<std::uint32_t>(list.size());
    for (auto const id : list) *at++ = id.v;
  });
  index_.insert(row.hash, r);
}

void PredicateStore::erase(std::uint32_t r) {
  auto& row = rows_[r];
  index_.erase(row.hash, r);
  ids_.give_back(row.ids);
  row = {};
}

void PredicateStore::read(std::uint32_t r, Predicate& p) const {
  auto const& row = rows_[r];
  p.product = row.product, p.tier = row.tier, p.origin = row.origin, p.buyer_place = row.buyer_place;
  p.pue_max_milli = row.pue_max_milli, p.green_min_milli = row.green_min_milli;
  p.network = Micros{row.network_us}, p.ready = Micros{row.ready_us}, p.input = Tokens{row.input};
  auto const* at = row.ids.held != 0 ? ids_.at(row.ids) : nullptr;
  each_list(p, [&]<class Id>(std::size_t which, std::vector<Id>& list) {
    list.clear();
    for (std::uint32_t i = 0; i < row.counts[which]; ++i) list.push_back(Id{at[i]});
    at += row.counts[which];
  });
}

}  // namespace spillway
