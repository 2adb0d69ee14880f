// bench/matching/published_offers.cpp - reads the published offers, and draws buyers around them.
// Room:   bench; sees market and the reader of tables.
#include "published_offers.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "market/price_grid.hpp"
#include "reference/csv.hpp"

namespace spillway::bench {

namespace {

constexpr std::uint32_t signatures = 400;
constexpr std::uint32_t stock_lots = 100'000'000;

/// One published change of one price: on demand and spot of a row are two.
struct Change {
  std::string offer;
  std::uint32_t klass, place;          // from 0
  std::optional<std::uint32_t> price;  // none: gone
  std::int64_t at_s;
};

/// Names to numbers from 0, in order of appearance.
class Numbers {
 public:
  std::uint32_t of(std::string const& name) {
    return numbers_.try_emplace(name, static_cast<std::uint32_t>(numbers_.size())).first->second;
  }
  [[nodiscard]] std::uint16_t count() const { return static_cast<std::uint16_t>(numbers_.size()); }

 private:
  std::map<std::string, std::uint32_t> numbers_;
};

class Reader {
 public:
  std::expected<void, std::string> read_events(std::filesystem::path const& file) {
    auto const table =
        read_csv(file, {"event_s", "event", "offer_id", "provider", "region", "zone", "accelerator",
                        "accelerator_count", "ondemand_usd_per_hour", "spot_usd_per_hour"});
    if (!table) return std::unexpected(text(table.error()));
    for (auto const& row : table->rows)
      if (auto good = take(*table, row, true); !good) return good;
    return {};
  }

  /// The offers on one day, read for their count and to see that the events tell of the same market.
  std::expected<std::size_t, std::string> count_offers(std::filesystem::path const& file) {
    auto const table = read_csv(file, {"offer_id", "provider", "region", "zone", "accelerator",
                                       "accelerator_count", "ondemand_usd_per_hour", "spot_usd_per_hour"});
    if (!table) return std::unexpected(text(table.error()));
    std::size_t priced = 0;
    for (auto const& row : table->rows) {
      auto const price = price_in(*table, row, "ondemand_usd_per_hour");
      if (!price) return std::unexpected(price.error());
      priced += price->has_value();
    }
    return priced;
  }

  std::vector<Change> changes;
  Numbers classes, places;

 private:
  using Price = std::optional<std::uint32_t>;

  std::expected<void, std::string> take(CsvTable const& table, CsvTable::Row const& row, bool timed) {
    auto const at = timed ? scaled(table, row, "event_s", 0) : 0;
    if (!at) return std::unexpected(text(at.error()));
    auto const& id = table.at(row, "offer_id");
    bool const removed = table.at(row, "event") == "remove";
    for (auto const* const column : {"ondemand_usd_per_hour", "spot_usd_per_hour"}) {
      auto const price = removed ? Price{} : price_in(table, row, column);
      if (!price) return std::unexpected(price.error());
      auto const name = id + (column[0] == 's' ? ":spot" : "");
      if (removed || !known_.contains(name)) {
        if (removed && !known_.contains(name)) continue;
        if (!removed && !price->has_value()) continue;
      }
      if (!removed) known_[name] = instrument(table, row, column);
      auto const [klass, place] = known_[name];
      changes.push_back({name, klass, place, *price, *at});
    }
    return {};
  }

  std::pair<std::uint32_t, std::uint32_t> instrument(CsvTable const& table, CsvTable::Row const& row,
                                                     std::string const& column) {
    auto const& zone = table.at(row, "zone");
    auto const place = table.at(row, "provider") + ":" + (zone.empty() ? table.at(row, "region") : zone);
    return {classes.of(table.at(row, "accelerator") + (column[0] == 's' ? " spot" : "")), places.of(place)};
  }

  /// Nothing for a blank or zero price.
  static std::expected<Price, std::string> price_in(CsvTable const& table, CsvTable::Row const& row,
                                                    char const* column) {
    if (table.at(row, column).empty()) return Price{};
    auto const usd_nano = scaled(table, row, column, 9);
    auto const count_milli = scaled(table, row, "accelerator_count", 3);
    if (!usd_nano) return std::unexpected(text(usd_nano.error()));
    if (!count_milli) return std::unexpected(text(count_milli.error()));
    if (*usd_nano == 0 || *count_milli == 0) return Price{};
    auto const step = step_at_or_above(Nano{(*usd_nano * 1'000 + *count_milli - 1) / *count_milli});
    if (!step) return Price{};
    return step->v;
  }

  std::map<std::string, std::pair<std::uint32_t, std::uint32_t>> known_;
};

class PublishedGenerator {
 public:
  PublishedGenerator(Reader const& read, std::uint64_t seed)
      : read_(read), draws_(seed), shape_{read.classes.count(), read.places.count()} {}

  PublishedMarket make(std::size_t timed) && {
    result_.market.shape = shape_;
    draw_signatures();
    auto& stream = result_.stream;
    auto const first = read_.changes.front().at_s;
    auto at = read_.changes.begin();
    for (; at != read_.changes.end() && at->at_s == first; ++at) change(*at);
    stream.prefill = stream.commands.size();
    auto const left = static_cast<std::size_t>(read_.changes.end() - at);
    auto const orders_each = timed > left ? (timed - left) / std::max<std::size_t>(left, 1) + 1 : 0;
    for (auto instant = at; at != read_.changes.end(); ++at) {
      if (at == instant || at->at_s != instant->at_s) instant = at, find_best();
      change(*at);
      for (std::size_t i = 0; i < orders_each; ++i) order();
    }
    stream.books = shape_.instruments();
    stream.highest_id = last_id_;
    stream.open_most[0] = stream.open_most[1] = last_id_;
    result_.changes = read_.changes.size();
    result_.instruments_used = used_.size();
    result_.prices = prices_.size();
    return std::move(result_);
  }

 private:
  struct Live {
    std::uint32_t id, row, price;
  };
  struct Open {
    std::uint32_t id, row;
  };

  void draw_signatures() {
    auto& all = result_.market.signatures;
    for (int tries = 0; all.size() < signatures && tries < 100'000; ++tries) {
      auto const& like = read_.changes[draws_.below(read_.changes.size())];
      Predicate p;
      p.product = ProductKind::capacity;
      p.classes = {ClassId{static_cast<std::uint16_t>(like.klass + 1)}};
      auto const kind = draws_.below(100);
      if (kind < 40) p.within = {PlaceId{static_cast<std::uint16_t>(like.place + 2)}};
      if (kind >= 40 && kind < 70) p.within = places_around(like.place);
      if (kind >= 90)
        for (auto more = 1 + draws_.below(3); more > 0; --more)
          p.classes.push_back(ClassId{static_cast<std::uint16_t>(1 + draws_.below(shape_.classes))});
      std::ranges::sort(p.classes);
      p.classes.erase(std::ranges::unique(p.classes).begin(), p.classes.end());
      if (std::ranges::find(all, p) == all.end()) all.push_back(std::move(p));
    }
  }

  /// Neighbours in the order in which the data names places: mostly of one provider.
  std::vector<PlaceId> places_around(std::uint32_t place) {
    std::vector<PlaceId> near;
    auto const reach = 2 + draws_.below(40);
    for (auto i = place; i < std::min<std::uint32_t>(place + reach, shape_.places); ++i)
      near.push_back(PlaceId{static_cast<std::uint16_t>(i + 2)});
    return near;
  }

  void change(Change const& c) {
    auto& commands = result_.stream.commands;
    auto const row = c.place * shape_.classes + c.klass;
    auto const live = live_.find(c.offer);
    used_.insert(row);
    if (!c.price) {
      if (live == live_.end()) return;
      commands.push_back({Verb::cancel, Side::sell, 0, 0, live->second.row, live->second.id, 0, 0, 0});
      live_.erase(live);
      return;
    }
    prices_.insert(*c.price);
    if (live == live_.end()) {
      commands.push_back({Verb::add, Side::sell, 0, 0, row, ++last_id_, 0, *c.price, stock_lots});
    } else if (live->second.price != *c.price) {
      commands.push_back(
          {Verb::replace, Side::sell, 0, 0, row, ++last_id_, live->second.id, *c.price, stock_lots});
    } else {
      return;
    }
    live_[c.offer] = {last_id_, row, *c.price};
  }

  /// The best published ask of each signature; orders are priced around it.
  void find_best() {
    std::vector<std::uint32_t> best_of_row(shape_.instruments(), price_steps);
    for (auto const& [name, live] : live_)
      best_of_row[live.row] = std::min(best_of_row[live.row], live.price);
    best_.clear();
    for (auto const& signature : result_.market.signatures) {
      auto best = price_steps;
      for (auto const row : used_)
        if (accepts(signature, row)) best = std::min(best, best_of_row[row]);
      best_.push_back(best);
    }
  }

  [[nodiscard]] bool accepts(Predicate const& p, std::uint32_t row) const {
    return std::ranges::binary_search(p.classes, shape_.klass(row)) &&
           (p.within.empty() || std::ranges::binary_search(p.within, shape_.place(row)));
  }

  void order() {
    auto& commands = result_.stream.commands;
    auto const kind = draws_.below(100);
    if (kind < 42 && !open_.empty()) {
      auto const at = draws_.below(100) < 80
                          ? open_.size() - 1 - draws_.below(std::min<std::size_t>(32, open_.size()))
                          : draws_.below(open_.size());
      commands.push_back({Verb::cancel, Side::buy, 0, 0, open_[at].row, open_[at].id, 0, 0, 0});
      open_[at] = open_.back();
      open_.pop_back();
      return;
    }
    auto const row = draws_.below(result_.market.signatures.size());
    auto const best = best_[row];
    if (best >= price_steps) return;
    bool const aggressive = kind >= 90;
    auto const away = 1 + draws_.below(draws_.below(100) < 70 ? 100 : 3'000);
    auto const limit = aggressive ? std::min(best + 20, price_steps - 1) : best - std::min(best, away);
    auto const ioc = static_cast<std::uint8_t>(aggressive && draws_.below(2) != 0);
    auto const lots = 1'000 * (1 + draws_.below(8));
    commands.push_back(
        {Verb::add, Side::buy, ioc, static_cast<std::uint8_t>(aggressive), row, ++last_id_, 0, limit, lots});
    if (ioc == 0) open_.push_back({last_id_, row});
  }

  Reader const& read_;
  Draws draws_;
  MarketShape shape_;
  PublishedMarket result_;
  std::map<std::string, Live> live_;
  std::vector<std::uint32_t> best_;
  std::vector<Open> open_;
  std::set<std::uint32_t> used_, prices_;
  std::uint32_t last_id_{};
};

}  // namespace

std::expected<PublishedMarket, std::string> published_market(std::filesystem::path const& folder,
                                                             std::size_t timed, std::uint64_t seed) {
  Reader reader;
  if (auto good = reader.read_events(folder / "offer_events.csv"); !good)
    return std::unexpected(good.error());
  auto const offers = reader.count_offers(folder / "offers.csv");
  if (!offers) return std::unexpected(offers.error());
  if (reader.changes.empty()) return std::unexpected("offer_events.csv holds no price");
  auto result = PublishedGenerator(reader, seed).make(timed);
  result.offers = *offers;
  return result;
}

}  // namespace spillway::bench
