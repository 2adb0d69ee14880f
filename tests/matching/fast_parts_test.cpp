// tests/matching/fast_parts_test.cpp - the parts of the fast book, each against something plainer. Covers
// arena.cpp, ladders.cpp, id_index.cpp, links.cpp and deadlines.cpp; fast_book.cpp, fast_orders.cpp,
// fast_walk.cpp, fast_offers.cpp, fast_plan.cpp, fast_pools.cpp, fast_reads.cpp and fast_invariants.cpp are
// covered by every test of a book.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "matching/fast/deadlines.hpp"
#include "matching/fast/ladders.hpp"
#include "matching/fast/links.hpp"
#include "matching/feed.hpp"

namespace spillway {
namespace {

using namespace fast;

TEST(FastParts, AnArenaIsZeroAndStaysWhatItWasWhenMadeResident) {
  Arena<std::uint32_t> arena{100'000};
  EXPECT_EQ(arena[99'999], 0u);
  arena[70'000] = 7;
  arena.prefault_first(1'000'000);
  EXPECT_EQ(arena[70'000], 7u);
  auto moved = std::move(arena);
  EXPECT_EQ(moved[70'000], 7u);
}

/// Ladders beside ordered sets of keys.
class TwoLadders {
 public:
  explicit TwoLadders(std::uint64_t seed, std::uint32_t spread) : random_(seed), spread_(spread) {
    for (LadderId g = 0; g < ladders_count; ++g) ladders_.open(g);
    for (Handle n = 1; n < lines_.size(); ++n) free_.push_back(n);
  }

  void step() {
    auto const dice = random_() % 10;
    if (dice < 5 && !free_.empty())
      add();
    else if (!standing_.empty())
      dice < 9 ? take_one() : move_one();
    compare();
  }
  [[nodiscard]] std::size_t pages() const { return ladders_.pages_in_use(); }
  void take_all() {
    while (!standing_.empty()) take_one();
  }

 private:
  static constexpr LadderId ladders_count = 3;
  struct Standing {
    Handle n;
    LadderId g;
  };

  void add() {
    auto const n = free_.back();
    free_.pop_back();
    auto const g = static_cast<LadderId>(random_() % ladders_count);
    auto const rank = static_cast<std::uint32_t>(random_() % 200 * spread_ % price_steps);
    nodes_[n] = {key_of(rank, ++sequence_), n, 1, 0, 0, 0, node_live};
    bool const improves = model_[g].empty() || rank < rank_of(model_[g].begin()->first);
    EXPECT_EQ(ladders_.append(g, n), improves);
    model_[g].emplace(nodes_[n].key, n);
    standing_.push_back({n, g});
  }
  std::size_t any() { return random_() % standing_.size(); }
  void take_one() {
    auto const at = any();
    auto const [n, g] = standing_[at];
    standing_.erase(standing_.begin() + static_cast<std::ptrdiff_t>(at));
    ladders_.remove(n);
    model_[g].erase(nodes_[n].key);
    free_.push_back(n);
  }
  /// Out, and back to its old place; or its place to another row.
  void move_one() {
    auto& [n, g] = standing_[any()];
    if (free_.empty() || random_() % 2 == 0) {
      ladders_.remove(n);
      ladders_.insert(g, n);
      return;
    }
    auto const fresh = free_.back();
    free_.back() = n;
    nodes_[fresh] = nodes_[n];
    ladders_.replace(n, fresh);
    model_[g][nodes_[fresh].key] = fresh;
    n = fresh;
  }
  void compare() const {
    for (LadderId g = 0; g < ladders_count; ++g) {
      ladders_.check_invariants(g);
      auto n = ladders_.head(g);
      for (auto const& [key, row] : model_[g]) {
        ASSERT_EQ(n, row);
        n = ladders_.after(n);
      }
      ASSERT_EQ(n, 0u);
      ASSERT_EQ(ladders_.best(g), model_[g].empty() ? no_key : model_[g].begin()->first);
    }
  }

  std::mt19937_64 random_;
  std::uint32_t spread_;
  Arena<Line> lines_{400};
  Nodes nodes_{lines_};
  Ladders ladders_{nodes_, lines_.size(), ladders_count};
  std::map<Key, Handle> model_[ladders_count];
  std::vector<Handle> free_;
  std::vector<Standing> standing_;
  std::uint64_t sequence_{};
};

TEST(FastParts, LaddersKeepPriceAndPlaceHoweverPricesLie) {
  for (auto const spread : {1u, 7u, 491u}) {
    TwoLadders two{spread, spread};
    for (int i = 0; i < 4'000; ++i) two.step();
    two.take_all();
    EXPECT_EQ(two.pages(), 0u) << "an empty ladder holds no page";
  }
}

TEST(FastParts, IdsAreFoundWhenTheirSlotsCollideAndAreForgottenWhenTheyGo) {
  Arena<Line> lines{64};
  Nodes nodes{lines};
  Colds cold{lines};
  IdIndex ids{nodes, cold, 64, 16};  // 32 slots
  std::map<std::uint64_t, Handle> model;
  std::mt19937_64 random{5};
  for (int i = 0; i < 20'000; ++i) {
    auto id = 1 + random() % 8 * 32 + random() % 3;
    if (random() % 4 == 0) id += std::uint64_t{1} << 40;
    if (auto const known = model.find(id); known != model.end()) {
      ids.erase(known->second);
      nodes[known->second] = {};
      model.erase(known);
    } else if (model.size() < 16) {
      Handle n = 1;
      while (nodes[n].owner_flags != 0) ++n;
      nodes[n].id_low = static_cast<std::uint32_t>(id);
      nodes[n].owner_flags = node_live;
      cold[n].id_high_terms = static_cast<std::uint32_t>(id >> 32) << term_bits;
      ids.insert(id, n);
      model.emplace(id, n);
    }
    for (auto const& [known, n] : model) {
      ASSERT_EQ(ids.find(known), n);
      ASSERT_EQ(ids.id_of(n), known);
    }
    if (!model.contains(id)) {
      ASSERT_EQ(ids.find(id), 0u);
    }
  }
}

TEST(FastParts, CountsForgetWhatFellToZero) {
  Counts counts{8};
  std::map<std::uint64_t, std::uint32_t> model;
  std::mt19937_64 random{6};
  for (int i = 0; i < 20'000; ++i) {
    auto const key = 1 + random() % 12;
    if (model.contains(key) && random() % 2 == 0) {
      ASSERT_EQ(counts.lower(key), --model[key] == 0);
      if (model[key] == 0) model.erase(key);
    } else if (model.contains(key) || model.size() < 8) {
      ++counts.of(key);
      ++model[key];
    }
    for (std::uint64_t k = 1; k <= 12; ++k) ASSERT_EQ(counts.at(k), model.contains(k) ? model[k] : 0u);
  }
}

TEST(FastParts, ABoundFallsWithEveryPartnerAlsoWhereTheImprovingOneHasOnlyOne) {
  Links links{10, 8, 10};
  links.add(1, 5);
  links.add(1, 6);
  links.add(2, 6);
  links.raise_bound(1, 100);
  links.raise_bound(2, 100);
  links.improved(5, 40);  // 5 reaches only 1
  EXPECT_EQ(links.bound(1), 40u);
  EXPECT_EQ(links.bound(2), 100u);
  links.improved(6, 30);
  EXPECT_EQ(links.bound(1), 30u);
  EXPECT_EQ(links.bound(2), 30u);
  links.add(2, 5);
  EXPECT_EQ(links.bound(2), 0u) << "a new edge may lead to anything";
  links.remove_all(1);
  EXPECT_EQ(links.degree(1), 0u);
  EXPECT_EQ(links.degree(5), 1u);
  EXPECT_EQ(links.only(6), 2u);
  Links others{10, 8, 10};
  others.add(3, 4);
  swap(links, others);
  EXPECT_EQ(links.degree(2), 0u);
  EXPECT_EQ(links.only(3), 4u);
  EXPECT_EQ(others.degree(2), 2u);
}

/// Edges that come and go at random, beside a set of pairs; the room is just enough for all.
TEST(FastParts, LinksAreTheEdgesThatWereAddedInRoomThatIsTakenOnce) {
  constexpr LadderId side = 40;
  constexpr std::size_t most = 300;
  Links links{2 * side, most, side};
  std::set<std::pair<LadderId, LadderId>> edges;
  std::mt19937_64 random{5};
  for (int i = 0; i < 20'000; ++i) {
    auto const a = static_cast<LadderId>(random() % (i % 2'000 < 1'000 ? 3 : side));
    auto const b = static_cast<LadderId>(side + random() % side);
    if (random() % 60 == 0) {
      auto const gone = random() % 2 ? a : b;
      links.remove_all(gone);
      std::erase_if(edges, [&](auto const& e) { return e.first == gone || e.second == gone; });
    } else if (edges.size() < most && edges.insert({a, b}).second) {
      links.add(a, b);
    }
    if (i % 50 != 0) continue;
    std::set<std::pair<LadderId, LadderId>> found, mirrored;
    for (LadderId g = 0; g < 2 * side; ++g)
      for (auto const partner : links.of(g))
        EXPECT_TRUE(g < side ? found.insert({g, partner}).second : mirrored.insert({partner, g}).second);
    ASSERT_EQ(found, edges);
    ASSERT_EQ(mirrored, edges);
  }
}

TEST(FastParts, TheEarliestExpiresFirstThenTheLowestId) {
  Arena<Line> lines{64};
  Nodes nodes{lines};
  Colds cold{lines};
  IdIndex ids{nodes, cold, 64, 64};
  Deadlines deadlines{cold, ids, 64};
  std::set<std::tuple<std::int64_t, std::uint64_t, Handle>> model;
  std::mt19937_64 random{7};
  for (int i = 0; i < 5'000; ++i) {
    auto const n = static_cast<Handle>(1 + random() % 60);
    auto const old =
        std::find_if(model.begin(), model.end(), [&](auto const& e) { return std::get<2>(e) == n; });
    if (old != model.end()) {
      deadlines.erase(n);
      model.erase(old);
    } else {
      cold[n].expires_us = static_cast<std::int64_t>(1 + random() % 20);
      nodes[n].id_low = static_cast<std::uint32_t>(1'000 - n);
      deadlines.insert(n);
      model.emplace(cold[n].expires_us, 1'000 - n, n);
    }
    deadlines.check_invariants();
    ASSERT_EQ(deadlines.earliest(), model.empty() ? 0 : std::get<2>(*model.begin()));
  }
}

TEST(FastParts, TheFeedForgetsTheOldestAndAReaderSeesTheGap) {
  FeedRing ring{3};
  EXPECT_EQ(ring.at(0), nullptr);
  for (std::uint32_t i = 1; i <= 10; ++i) ring.next().lots = i;
  EXPECT_EQ(ring.newest(), 10u);
  EXPECT_EQ(ring.at(2), nullptr) << "overwritten";
  ASSERT_NE(ring.at(3), nullptr);
  EXPECT_EQ(ring.at(3)->lots, 3u);
  EXPECT_EQ(ring.at(11), nullptr) << "has not happened";
}

}  // namespace
}  // namespace spillway
