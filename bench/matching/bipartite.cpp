// bench/matching/bipartite.cpp - draws who accepts what, and the stream.
// Room:   bench; sees market.
#include "bipartite.hpp"

#include <algorithm>
#include <numeric>

#include "market/check.hpp"

namespace spillway::bench {

namespace {

/// The lower numbers come more often: the product of two draws.
std::uint32_t popular(Draws& draws, std::uint64_t n) {
  return static_cast<std::uint32_t>(std::uint64_t{draws.below(n)} * draws.below(n) / n);
}

/// `count` different numbers below `n`, `first` of them the lowest, the others by popularity.
std::vector<std::uint32_t> some_of(Draws& draws, std::uint32_t n, std::uint32_t count, std::uint32_t first) {
  std::vector<bool> taken(n);
  std::vector<std::uint32_t> chosen;
  for (std::uint32_t i = 0; i < first; ++i) taken[i] = true, chosen.push_back(i);
  while (chosen.size() < count) {
    auto i = popular(draws, n);
    while (taken[i]) i = (i + 1) % n;
    taken[i] = true, chosen.push_back(i);
  }
  return chosen;
}

struct Band {
  std::uint32_t per_cent, least, most;
};
constexpr Band bands[] = {{10, 1, 1}, {30, 2, 8}, {30, 9, 16}, {25, 17, 64}, {5, 65, 256}};

Band band_of(std::uint32_t row, std::uint32_t rows) {
  auto const per_cent = row * 100 / rows;
  std::uint32_t sum = 0;
  for (auto const& band : bands)
    if (per_cent < (sum += band.per_cent)) return band;
  return bands[4];
}

/// Classes x places = a number of the band; numbers that no such pair gives are drawn again.
struct Sides {
  std::uint32_t classes, places;
};
Sides sides_of(Draws& draws, BipartiteShape const& shape, Band band) {
  for (;;) {
    auto const wanted = band.least + draws.below(band.most - band.least + 1);
    std::vector<Sides> pairs;
    for (std::uint32_t classes = 1; classes <= shape.classes; ++classes)
      if (wanted % classes == 0 && wanted / classes <= shape.places)
        pairs.push_back({classes, wanted / classes});
    if (!pairs.empty()) return pairs[draws.below(pairs.size())];
  }
}

Predicate accepting(std::vector<std::uint32_t> const& classes, std::vector<std::uint32_t> const& places) {
  Predicate predicate;
  predicate.product = ProductKind::capacity;
  for (auto const c : classes) predicate.classes.push_back(ClassId{static_cast<std::uint16_t>(c + 1)});
  for (auto const p : places) predicate.within.push_back(PlaceId{static_cast<std::uint16_t>(p + 2)});
  std::ranges::sort(predicate.classes), std::ranges::sort(predicate.within);
  return predicate;
}

Predicate signature_of(Draws& draws, BipartiteShape const& shape, std::uint32_t row) {
  Sides sides{};
  std::uint32_t places_first = 0, classes_first = 0;
  if (shape.skewed) {
    classes_first = 1, places_first = 5;
    bool const wide = row % 10 == 0;
    sides = wide ? Sides{20, 50} : Sides{1 + draws.below(3), 5 + draws.below(4)};
  } else if (shape.degree != 0) {
    sides = sides_of(draws, shape, {100, shape.degree, shape.degree});
  } else {
    sides = sides_of(draws, shape, band_of(row, shape.signatures));
  }
  return accepting(some_of(draws, shape.classes, sides.classes, classes_first),
                   some_of(draws, shape.places, sides.places, places_first));
}

class BipartiteGenerator {
 public:
  BipartiteGenerator(Market const& market, std::uint64_t seed)
      : draws_(seed),
        instruments_(market.shape.instruments()),
        signatures_(static_cast<std::uint32_t>(market.signatures.size())) {
    auto const degrees = degrees_of(market).of_instrument;
    by_links_.resize(instruments_);
    std::iota(by_links_.begin(), by_links_.end(), 0u);
    std::ranges::stable_sort(by_links_, std::ranges::greater{}, [&](auto row) { return degrees[row]; });
  }

  Stream make(BipartiteSize size) && {
    stream_.books = instruments_;
    stream_.commands.reserve(size.prefill + size.timed);
    for (std::size_t i = 0; i < size.prefill; ++i) passive();
    stream_.prefill = stream_.commands.size();
    stream_.mix = {};
    for (std::size_t i = 0; i < size.timed; ++i) draw_command();
    stream_.highest_id = last_id_;
    return std::move(stream_);
  }

 private:
  struct Open {
    std::uint32_t id;
    Side side;
    std::uint32_t row, price;
  };

  void draw_command() {
    if (++counter_ % 256 == 0) mid_ = std::clamp(draws_.below(2) != 0 ? mid_ + 1 : mid_ - 1, 9'488u, 10'512u);
    auto const kind = draws_.below(100);
    if (kind < 42 || (kind < 91 && open_.empty())) return passive();
    if (kind < 82) return cancel();
    if (kind < 91) return replace();
    aggressive();
  }

  std::uint32_t row_of(Side side) {
    return side == Side::buy ? draws_.below(signatures_) : by_links_[popular(draws_, instruments_)];
  }

  std::uint32_t distance() {
    auto const k = draws_.below(100);
    return 1 + draws_.below(k < 70 ? 10 : k < 90 ? 100 : 1'000);
  }

  void passive() {
    auto const side = static_cast<Side>(draws_.below(2));
    auto const row = row_of(side), d = distance(), price = side == Side::buy ? mid_ - d : mid_ + d;
    add(side, 0, 0, row, price);
    opened({last_id_, side, row, price});
    ++stream_.mix.passive;
  }

  void aggressive() {
    auto const side = static_cast<Side>(draws_.below(2));
    auto const row = row_of(side), price = side == Side::buy ? mid_ + 3 : mid_ - 3;
    auto const ioc = static_cast<std::uint8_t>(draws_.below(2));
    add(side, ioc, 1, row, price);
    if (ioc == 0) opened({last_id_, side, row, price});
    ++stream_.mix.aggressive, stream_.mix.ioc += ioc;
  }

  void add(Side side, std::uint8_t ioc, std::uint8_t aggressive, std::uint32_t row, std::uint32_t price) {
    stream_.commands.push_back(
        {Verb::add, side, ioc, aggressive, row, ++last_id_, 0, price, 1 + draws_.below(100)});
  }

  void opened(Open const& entry) {
    auto const side = entry.side == Side::sell;
    open_.push_back(entry);
    stream_.open_most[side] = std::max(stream_.open_most[side], ++open_now_[side]);
  }

  std::size_t pick() {
    auto const n = open_.size();
    if (draws_.below(100) < 80) return n - 1 - draws_.below(std::min<std::size_t>(32, n));
    return draws_.below(n);
  }

  void cancel() {
    auto const at = pick();
    stream_.commands.push_back({Verb::cancel, open_[at].side, 0, 0, open_[at].row, open_[at].id, 0, 0, 0});
    --open_now_[open_[at].side == Side::sell];
    open_[at] = open_.back();
    open_.pop_back();
    ++stream_.mix.cancel;
  }

  void replace() {
    auto& entry = open_[pick()];
    auto const d = distance();
    auto const away = [&](std::uint32_t from, std::uint32_t by) {
      return entry.side == Side::buy ? from - by : from + by;
    };
    auto price = away(mid_, d);
    if (price == entry.price) price = away(price, 1);
    auto const lots = 1 + draws_.below(100);
    stream_.commands.push_back(
        {Verb::replace, entry.side, 0, 0, entry.row, ++last_id_, entry.id, price, lots});
    entry.id = last_id_, entry.price = price;
    ++stream_.mix.replace;
  }

  Draws draws_;
  std::uint32_t instruments_, signatures_;
  std::vector<std::uint32_t> by_links_;  // instrument rows, most linked first
  std::vector<Open> open_;
  std::uint32_t mid_ = base_price, counter_{}, last_id_{};
  std::size_t open_now_[2]{};
  Stream stream_;
};

}  // namespace

Market bipartite_market(BipartiteShape const& shape, std::uint64_t seed) {
  Draws draws(seed ^ 0x5157'1A7E'5157'1A7E);
  Market market{{shape.classes, shape.places}, {}, false};
  while (market.signatures.size() < shape.signatures) {
    auto const row = static_cast<std::uint32_t>(market.signatures.size());
    auto predicate = signature_of(draws, shape, row);
    if (std::ranges::find(market.signatures, predicate) == market.signatures.end())
      market.signatures.push_back(std::move(predicate));
  }
  return market;
}

Stream bipartite_stream(Market const& market, BipartiteSize size, std::uint64_t seed) {
  return BipartiteGenerator(market, seed).make(size);
}

Degrees degrees_of(Market const& market) {
  Degrees degrees;
  degrees.of_instrument.resize(market.shape.instruments());
  for (auto const& signature : market.signatures) {
    degrees.of_signature.push_back(
        static_cast<std::uint32_t>(signature.classes.size() * signature.within.size()));
    for (auto const klass : signature.classes)
      for (auto const place : signature.within)
        ++degrees.of_instrument[(place.v - 2u) * market.shape.classes + klass.v - 1u];
  }
  return degrees;
}

}  // namespace spillway::bench
