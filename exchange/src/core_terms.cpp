// exchange/src/core_terms.cpp - see core_terms.hpp.
#include "core_terms.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace spillway::core {

namespace {

template <class Ids>
std::uint32_t count_of(Ids const& ids) {
  return static_cast<std::uint32_t>(ids.size());
}

std::size_t ids_in(Predicate const& p) {
  return p.models.size() + p.classes.size() + p.within.size() + p.outside.size();
}

/// Goes through kept lists id by id.
template <class Lists, class Blocks>
class Walk {
 public:
  Walk(Lists& lists, Blocks& blocks)
      : here_(lists.here.data()),
        blocks_(blocks),
        block_(lists.count() > KeptLists::inline_max ? lists.elsewhere : 0) {}

  auto& next() {
    if (block_ == 0) return here_[at_++];
    if (at_ == ListBlocks::ids_each) block_ = std::as_const(blocks_)[block_].next, at_ = 0;
    return blocks_[block_].ids[at_++];
  }

 private:
  decltype(std::declval<Lists&>().here.data()) here_;
  Blocks& blocks_;
  Row block_;
  std::size_t at_{};
};

void keep(KeptLists& kept, Predicate const& p, ListBlocks& blocks) {
  kept.models = count_of(p.models), kept.classes = count_of(p.classes);
  kept.within = count_of(p.within), kept.outside = count_of(p.outside);
  auto const all = [&p](auto put) { put(p.models), put(p.classes), put(p.within), put(p.outside); };
  if (kept.count() <= KeptLists::inline_max) {  // most: without a walk through blocks
    auto* here = kept.here.data();
    return all([&here](auto const& ids) {
      for (auto const id : ids) *here++ = id.v;
    });
  }
  kept.elsewhere = blocks.take(kept.count());
  Walk to(kept, blocks);
  all([&to](auto const& ids) {
    for (auto const id : ids) to.next() = id.v;
  });
}

template <class Id, class From>
void restore(std::vector<Id>& ids, From& from, std::uint32_t count) {
  for (; count > 0; --count) ids.push_back(Id{from.next()});
}

/// The conditions as the sender wrote them; the order's input is one of them.
bool same_predicate(KeptOrder const& was, PlaceOrder const& is, ListBlocks const& blocks) {
  auto const& p = is.predicate;
  bool const same = was.product == p.product && was.lists.models == p.models.size() &&
                    was.lists.classes == p.classes.size() && was.lists.within == p.within.size() &&
                    was.lists.outside == p.outside.size() && was.asked.tier == p.tier &&
                    was.origin == p.origin && was.pue_max_milli == p.pue_max_milli &&
                    was.green_min_milli == p.green_min_milli && was.buyer_place == p.buyer_place &&
                    was.network == p.network && was.ready == p.ready && was.input == is.input;
  if (!same) return false;
  Walk kept(was.lists, blocks);
  auto const equal = [&](auto const& ids) {
    return std::all_of(ids.begin(), ids.end(), [&](auto id) { return id.v == kept.next(); });
  };
  return equal(p.models) && equal(p.classes) && equal(p.within) && equal(p.outside);
}

}  // namespace

Row ListBlocks::take(std::size_t ids) {
  Row first{}, last{};
  for (auto left = blocks_for(ids); left > 0; --left) {
    sw_check(used_ + 1 < blocks_.size(), "there is room for one more block");
    auto const row = free_ != 0 ? std::exchange(free_, blocks_[free_].next) : ++highest_;
    ++used_;
    blocks_[row].next = 0;
    (first == 0 ? first : blocks_[last].next) = row;
    last = row;
  }
  return first;
}

void ListBlocks::give_back(Row first) {
  while (first != 0) {
    auto const row = std::exchange(first, blocks_[first].next);
    blocks_[row].next = std::exchange(free_, row);
    --used_;
  }
}

std::size_t ids_to_keep(Predicate const& p) {
  auto const count = ids_in(p);
  return count > KeptLists::inline_max ? count : 0;
}

void keep(KeptOrder& kept, PlaceOrder const& asked, PlaceOrder const& full, ListBlocks& blocks) {
  auto const& p = full.predicate;
  kept.client = full.client;
  kept.product = p.product, kept.tif = full.tif, kept.market = full.market;
  kept.prefer_near = full.prefer_near, kept.policy = full.policy;
  kept.tier = p.tier, kept.origin = p.origin, kept.buyer_place = p.buyer_place;
  kept.limit = full.limit;
  kept.pue_max_milli = p.pue_max_milli, kept.green_min_milli = p.green_min_milli;
  kept.network = p.network, kept.ready = p.ready;
  keep(kept.lists, p, blocks);
  kept.good_for = full.good_for, kept.input = full.input, kept.output_max = full.output_max;
  kept.quantity = full.quantity, kept.term = full.term;
  kept.asked.good_for = asked.good_for, kept.asked.output_max = asked.output_max;
  kept.asked.quantity = asked.quantity, kept.asked.policy = asked.policy;
  kept.asked.tier = asked.predicate.tier;
}

void give_back(KeptOrder& kept, ListBlocks& blocks) {
  blocks.give_back(kept.lists.elsewhere);
  kept.lists = {};
}

PlaceOrder words(KeptOrder const& kept, ListBlocks const& blocks) {
  PlaceOrder c;
  auto& p = c.predicate;
  p.product = kept.product, p.tier = kept.tier, p.origin = kept.origin, p.buyer_place = kept.buyer_place;
  p.pue_max_milli = kept.pue_max_milli, p.green_min_milli = kept.green_min_milli;
  p.network = kept.network, p.ready = kept.ready, p.input = kept.input;
  Walk from(kept.lists, blocks);
  restore(p.models, from, kept.lists.models);
  restore(p.classes, from, kept.lists.classes);
  restore(p.within, from, kept.lists.within);
  restore(p.outside, from, kept.lists.outside);
  c.client = kept.client, c.tif = kept.tif, c.market = kept.market, c.limit = kept.limit;
  c.prefer_near = kept.prefer_near, c.good_for = kept.good_for, c.input = kept.input;
  c.output_max = kept.output_max, c.policy = kept.policy, c.quantity = kept.quantity, c.term = kept.term;
  return c;
}

Refusal difference(KeptOrder const& was, PlaceOrder const& is, ListBlocks const& blocks) {
  if (was.product != is.predicate.product) return Refusal::exists_with_different_product;
  if (!same_predicate(was, is, blocks)) return Refusal::exists_with_different_predicate;
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
