// matching/instrument_index.cpp - bits by attribute, and the AND over a predicate.
// Room:   matching (pure); sees market.
#include "matching/instrument_index.hpp"

#include <algorithm>
#include <utility>

#include "matching/conditions.hpp"
#include "matching/steps.hpp"

namespace spillway {

namespace {

constexpr std::size_t attribute_rows_most = 16'384;  // bitsets in use at a time

void keep_both(InstrumentIndex::Words set, std::span<std::uint64_t const> other) {
  auto const shared = std::min(set.size(), other.size());
  for (std::size_t i = 0; i < shared; ++i) set[i] &= other[i];
  for (auto i = shared; i < set.size(); ++i) set[i] = 0;
}

void add_all(InstrumentIndex::Words set, std::span<std::uint64_t const> other) {
  auto const shared = std::min(set.size(), other.size());
  for (std::size_t i = 0; i < shared; ++i) set[i] |= other[i];
}

}  // namespace

InstrumentIndex::InstrumentIndex(std::size_t instruments_most)
    : stride_(instruments_most / 64 + 1),
      rows_most_(attribute_rows_most),
      row_of_(attributes),
      bits_(stride_ * (attribute_rows_most + 1)),
      scratch_(2 * stride_) {}

void swap(InstrumentIndex& a, InstrumentIndex& b) noexcept {
  std::swap(a.stride_, b.stride_);
  std::swap(a.rows_most_, b.rows_most_);
  std::swap(a.rows_, b.rows_);
  swap(a.row_of_, b.row_of_);
  swap(a.bits_, b.bits_);
  swap(a.scratch_, b.scratch_);
}

/// Places: a leaf and all its ancestors. PUE and green: every step that the place is within.
template <class Visit>
bool InstrumentIndex::each_attribute(Instrument const& at, Reference const& reference, Visit visit) {
  auto const& place = *reference.find(at.place);
  bool all = visit(product_at + static_cast<std::uint32_t>(at.product)) && visit(tier_at + at.tier.v) &&
             visit(class_at + at.klass.v) && visit(leaf_at + at.place.v) &&
             visit(origin_at + static_cast<std::uint32_t>(reference.find(at.klass)->origin));
  if (at.model.some()) all = all && visit(model_at + at.model.v);
  for (auto in = at.place; in.some(); in = reference.find(in)->parent) all = all && visit(place_at + in.v);
  if (place.pue_milli != unknown_milli)
    for (auto step = pue_least_milli; step <= pue_most_milli; step += pue_step_milli)
      if (place.pue_milli <= step)
        all = all && visit(pue_at + static_cast<std::uint32_t>((step - pue_least_milli) / pue_step_milli));
  if (place.green_milli != unknown_milli)
    for (std::int32_t step = 0; step <= 1000; step += green_step_milli)
      if (place.green_milli >= step)
        all = all && visit(green_at + static_cast<std::uint32_t>(step / green_step_milli));
  return all;
}

bool InstrumentIndex::has_room(Instrument const& at, Reference const& reference) const {
  std::size_t missing = 0;
  each_attribute(at, reference, [&](std::uint32_t a) { return missing += row_of_[a] == 0, true; });
  return rows_ + missing <= rows_most_;
}

bool InstrumentIndex::insert(InstrumentId id, Instrument const& at, Reference const& reference) {
  if (!has_room(at, reference)) return false;
  return each_attribute(at, reference, [&](std::uint32_t a) {
    if (row_of_[a] == 0) row_of_[a] = ++rows_;
    bits_[row_of_[a] * stride_ + id.v / 64] |= std::uint64_t{1} << (id.v % 64);
    return true;
  });
}

void InstrumentIndex::erase(InstrumentId id) {
  for (std::uint32_t r = 1; r <= rows_; ++r)
    bits_[r * stride_ + id.v / 64] &= ~(std::uint64_t{1} << (id.v % 64));
}

std::span<std::uint64_t const> InstrumentIndex::row(std::uint32_t attribute) const {
  return {&bits_[row_of_[attribute] * stride_], stride_};  // row 0 is empty
}

InstrumentBits InstrumentIndex::of_product(ProductKind product) const {
  return InstrumentBits{row(product_at + static_cast<std::uint32_t>(product))};
}

void InstrumentIndex::keep(std::uint32_t attribute, Words set) const { keep_both(set, row(attribute)); }

/// Keeps what has any of `ids`, or what has none of them.
template <class Ids>
void InstrumentIndex::keep_any(std::uint32_t attribute, Ids const& ids, Words set, bool none) const {
  Words const any{&scratch_[0], set.size()};
  std::ranges::fill(any, 0);
  for (auto const id : ids) add_all(any, row(attribute + id.v));
  if (none)
    for (auto& word : any) word = ~word;
  keep_both(set, any);
}

template <class Find>
void InstrumentIndex::keep_found(Words set, Memo::Key const& key, Memo* memo, Find find) const {
  if (memo != nullptr)
    if (auto const known = memo->found.find(key); known != memo->found.end())
      return keep_both(set, known->second);
  Words const found{&scratch_[stride_], set.size()};
  std::ranges::fill(found, 0);
  find(found);
  if (memo != nullptr) memo->found.emplace(key, std::vector(found.begin(), found.end()));
  keep_both(set, found);
}

void InstrumentIndex::accept(Predicate const& p, Reference const& reference, Words set, Memo* memo) const {
  auto const all = row(product_at + static_cast<std::uint32_t>(p.product)).first(set.size());
  std::ranges::copy(all, set.begin());
  if (p.product == ProductKind::tokens) keep_any(model_at, p.models, set, false);
  if (!p.classes.empty()) keep_any(class_at, p.classes, set, false);
  if (!p.within.empty()) keep_any(place_at, p.within, set, false);
  if (!p.outside.empty()) keep_any(place_at, p.outside, set, true);
  if (p.tier.some()) keep(tier_at + p.tier.v, set);
  if (p.origin != Origin::unset) keep(origin_at + static_cast<std::uint32_t>(p.origin), set);
  if (p.pue_max_milli != unknown_milli)
    keep(pue_at + static_cast<std::uint32_t>((p.pue_max_milli - pue_least_milli) / pue_step_milli), set);
  if (p.green_min_milli != unknown_milli)
    keep(green_at + static_cast<std::uint32_t>(p.green_min_milli / green_step_milli), set);
  Memo::Key const near{true, p.product, p.buyer_place, p.network, Tokens{}};
  Memo::Key const ready{false, p.product, p.buyer_place, p.ready, p.input};
  if (p.input.v > 0)
    keep_found(set, near, nullptr, [&](Words found) { tiers_that_take(p, reference, found); });
  if (p.network.v > 0) keep_found(set, near, memo, [&](Words found) { near_enough(p, reference, found); });
  if (p.ready.v > 0) keep_found(set, ready, memo, [&](Words found) { ready_enough(p, reference, found); });
}

void InstrumentIndex::near_enough(Predicate const& p, Reference const& reference, Words near) const {
  for (auto const& place : reference.places()) {
    if (row_of_[leaf_at + place.id.v] == 0) continue;
    if (auto const path = path_to(p, place.id, reference); path && *path <= p.network)
      add_all(near, row(leaf_at + place.id.v));
  }
}

void InstrumentIndex::tiers_that_take(Predicate const& p, Reference const& reference, Words taking) const {
  for (auto const& tier : reference.tiers())
    if (takes_input(p, tier)) add_all(taking, row(tier_at + tier.id.v));
}

void InstrumentIndex::ready_enough(Predicate const& p, Reference const& reference, Words ready) const {
  for (auto const& tier : reference.tiers()) {
    if (row_of_[tier_at + tier.id.v] == 0) continue;
    auto const promise = promise_of(p, tier);
    if (promise > p.ready) continue;
    auto const of_tier = row(tier_at + tier.id.v);
    if (p.product == ProductKind::capacity) {
      add_all(ready, of_tier);
      continue;
    }
    for (auto const& place : reference.places()) {
      if (row_of_[leaf_at + place.id.v] == 0) continue;
      auto const path = path_to(p, place.id, reference);
      if (!path || *path + promise > p.ready) continue;
      auto const at_leaf = row(leaf_at + place.id.v);
      for (std::size_t i = 0; i < ready.size(); ++i) ready[i] |= of_tier[i] & at_leaf[i];
    }
  }
}

}  // namespace spillway
