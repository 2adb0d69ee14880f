// matching/fast_invariants.cpp - the walk that checks the whole structure of the fast book.
// Room:   matching (pure); sees market.
#include <algorithm>
#include <map>

#include "fast_hot.hpp"
#include "market/check.hpp"

namespace spillway {

using namespace fast;

void FastBook::check_invariants() const {
  std::uint32_t best_partner = 0;
  auto const check_ladder = [&](LadderId g, LadderId partners) {
    ladders_.check_invariants(g);
    best_partner = rank_of(no_key);
    for (auto const p : links_.of(partners)) best_partner = std::min(best_partner, rank_of(ladders_.best(p)));
    sw_check(links_.bound(partners) <= best_partner, "a bound is never above the best partner");
  };
  for (std::uint32_t i = 1; i <= eligibility_.instrument_count(); ++i)
    check_ladder(ask(InstrumentId{i}), ask(InstrumentId{i}));
  for (std::uint32_t s = 1; s <= eligibility_.signature_count(); ++s) {
    check_ladder(bid(SignatureId{s}), bid(SignatureId{s}));
    ladders_.check_invariants(waiting(SignatureId{s}));
    sw_check(links_.degree(bid(SignatureId{s})) == eligibility_.edges(SignatureId{s}).size(),
             "the links are the edges");
  }
  check_rows();
  deadlines_.check_invariants();
  for (std::size_t row = 1; row < pools_.size(); ++row) {
    pools_[row].units.check_invariants();
    for (auto n = pools_[row].first; n != 0; n = extra_[n].sibling)
      sw_check(nodes_[n].is(node_live) && cold_[n].row == row, "a pool lists its own offers");
  }
  check_uncrossed();
}

void FastBook::check_rows() const {
  std::uint32_t orders = 0, offers = 0, extras = 0, timed = 0, conditional = 0;
  std::map<std::uint32_t, std::uint32_t> resting;
  std::map<std::uint64_t, std::uint32_t> signatures;
  for (Handle n = 1; n < next_row_; ++n) {
    auto const& node = nodes_[n];
    if (!node.is(node_live)) continue;
    if (node.is(node_extra)) {
      ++extras;
      continue;
    }
    sw_check(ids_.find(ids_.id_of(n)) == n, "what is live is found by its id");
    timed += node.is(node_timed);
    if (node.is(node_offer)) {
      ++offers;
      check_offer(n);
      continue;
    }
    ++orders;
    conditional += node.is(node_special);
    sw_check(node.lots > 0 && node.level != 0, "a resting order wants something and stands in a ladder");
    SignatureId const signature{cold_[n].row};
    auto const at = ladders_.ladder_of(node);
    sw_check(at == (node.is(node_special) ? waiting(signature) : bid(signature)),
             "an order rests once, in the ladder of its signature");
    ++resting[node.owner()];
    ++signatures[std::uint64_t{node.owner()} << 32 | signature.v];
  }
  sw_check(orders == orders_ && offers == offers_ && extras == tranches_ && conditional == waiting_,
           "what is counted is there");
  sw_check(timed == deadlines_.size(), "what expires stands in the heap");
  for (auto const& [who, count] : resting)
    sw_check(owners_[who].resting == count, "every order counts for its buyer");
  std::map<std::uint32_t, std::uint32_t> live;
  for (auto const& [pair, count] : signatures) {
    auto const who = static_cast<std::uint32_t>(pair >> 32);
    auto const& terms = terms_[who];
    if (terms.counted == 0)
      sw_check(pair == (std::uint64_t{who} << 32 | terms.signature), "all that rests has the one signature");
    else
      sw_check(orders_under(who, static_cast<std::uint32_t>(pair)) == count,
               "every order counts for its signature");
    ++live[who];
  }
  for (auto const& [who, count] : live) sw_check(signatures_of(who) == count, "live signatures are counted");
  for (auto const& [who, count] : live) {
    auto const& terms = terms_[who];
    sw_check(owners_[who].quick == (count > 1 || terms.counted != 0 || terms.no_buyer ? 0 : terms.signature),
             "the quick way is open while one signature rests");
  }
}

void FastBook::check_offer(Handle n) const {
  auto const& node = nodes_[n];
  if (!node.is(node_special)) {
    sw_check(node.lots > 0 && node.level != 0, "a plain offer has lots and stands in its ladder");
    return;
  }
  auto const& extra = extra_[n];
  std::uint32_t all = 0;
  auto last = n;
  Key before = 0;
  bool const stands = node.level != 0;
  for (auto t = n; t != 0; last = t, t = extra_[t].younger) {
    all += nodes_[t].lots;
    sw_check(t == n || (nodes_[t].is(node_extra) && extra_[t].primary == n), "a tranche knows its offer");
    sw_check(t == n || nodes_[t].key > before, "tranches stand oldest first");
    sw_check(nodes_[t].lots > 0 || (t == n && extra.younger == 0), "no tranche is empty");
    sw_check((nodes_[t].level != 0) == stands, "an offer stands with all its tranches or with none");
    sw_check(nodes_[t].level == 0 || ladders_.ladder_of(nodes_[t]) == extra.instrument,
             "in its instrument's ladder");
    before = nodes_[t].key;
  }
  sw_check(all == extra.shown && last == extra.newest, "an offer knows what it shows and its newest tranche");
  sw_check(extra.hidden == 0 || extra.shown > 0, "something is shown while something is hidden");
  bool const replenish = (cold_[n].id_high_terms & term_replenish) != 0;
  sw_check(replenish || extra.shown > 0, "an offer without rest is gone unless it replenishes");
  sw_check(stands == (executable(n) > 0), "an offer stands while its pool has something for it");
}

/// But for conditional orders: nobody has to look at all of them.
void FastBook::check_uncrossed() const {
  for (std::uint32_t s = 1; s <= eligibility_.signature_count(); ++s)
    for (auto const at : links_.of(bid(SignatureId{s})))
      for (auto n = ladders_.head(at); n != 0; n = ladders_.after(n)) {
        if (nodes_[n].is(node_extra)) continue;
        auto const last = last_of(mirrored(rank_of(nodes_[n].key)));
        for (auto o = ladders_.head(bid(SignatureId{s})); o != 0 && nodes_[o].key <= last;
             o = ladders_.after(o))
          sw_check(fillable(n, nodes_[o].lots, 0) == 0, "what can trade has traded");
      }
}

}  // namespace spillway
