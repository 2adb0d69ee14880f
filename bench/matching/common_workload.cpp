// bench/matching/common_workload.cpp - draws the common stream, in the fixed order of draws that makes it
// common.
// Room:   bench; sees the standard library only.
#include "common_workload.hpp"

#include <algorithm>

namespace spillway::bench {

namespace {

constexpr std::uint32_t mid_highest = base_price + 512, mid_lowest = base_price - 512;
constexpr std::uint32_t aggression = 3;  // ticks through the mid

struct Open {
  std::uint32_t id;
  Side side;
  std::uint32_t price;
};

struct BookState {
  std::uint32_t mid = base_price;
  std::uint32_t counter{};
  std::vector<Open> open;  // what the generator believes open
};

class CommonGenerator {
 public:
  CommonGenerator(std::uint32_t books, std::uint64_t seed)
      : draws_(seed), states_(books), period_(books == 1 ? 256 : 64) {
    stream_.books = books;
  }

  Stream make(std::size_t timed, std::uint32_t prefill_each) && {
    auto const books = stream_.books;
    auto const each = prefill_each != 0 ? prefill_each : books == 1 ? 10'000u : 20u;
    stream_.commands.reserve(std::size_t{books} * each + timed);
    for (std::uint32_t book = 0; book < books; ++book)
      for (std::uint32_t i = 0; i < each; ++i) passive(book);
    stream_.prefill = stream_.commands.size();
    stream_.mix = {};
    for (std::size_t i = 0; i < timed; ++i) draw_command();
    stream_.highest_id = last_id_;
    return std::move(stream_);
  }

 private:
  void draw_command() {
    auto const book = draw_book();
    auto& state = states_[book];
    if (++state.counter % period_ == 0) move_mid(state);
    auto const kind = draws_.below(100);
    if (kind < 44 || (kind < 95 && state.open.empty())) return passive(book);
    if (kind < 85) return cancel(book);
    if (kind < 95) return replace(book);
    aggressive(book);
  }

  std::uint32_t draw_book() {
    std::uint64_t const n = stream_.books;
    if (n == 1) return 0;
    std::uint64_t const a = draws_.below(n), b = draws_.below(n), c = draws_.below(n);
    return static_cast<std::uint32_t>(a * b * c /
                                      (n * n));  // the top 1 % of the books get a sixth of the flow
  }

  void move_mid(BookState& state) {
    if (draws_.below(2) != 0) {
      if (++state.mid > mid_highest) state.mid = mid_highest - 1;
    } else {
      if (--state.mid < mid_lowest) state.mid = mid_lowest + 1;
    }
  }

  std::uint32_t distance() {
    auto const k = draws_.below(100);
    return 1 + draws_.below(k < 70 ? 10 : k < 90 ? 100 : 1'000);
  }

  std::uint32_t quantity() { return 1 + draws_.below(100); }

  static std::uint32_t away(std::uint32_t mid, Side side, std::uint32_t d) {
    return side == Side::buy ? mid - d : mid + d;
  }

  void passive(std::uint32_t book) {
    auto& state = states_[book];
    auto const side = static_cast<Side>(draws_.below(2));
    auto const price = away(state.mid, side, distance());
    auto const lots = quantity();
    emit({Verb::add, side, 0, 0, book, ++last_id_, 0, price, lots});
    opened(state, {last_id_, side, price});
    ++stream_.mix.passive;
  }

  std::size_t pick(std::vector<Open> const& open) {
    auto const n = open.size();
    if (draws_.below(100) < 80) return n - 1 - draws_.below(std::min<std::size_t>(32, n));
    return draws_.below(n);
  }

  void cancel(std::uint32_t book) {
    auto& open = states_[book].open;
    auto const at = pick(open);
    emit({Verb::cancel, open[at].side, 0, 0, book, open[at].id, 0, 0, 0});
    --open_now_[open[at].side == Side::sell];
    open[at] = open.back();
    open.pop_back();
    ++stream_.mix.cancel;
  }

  void replace(std::uint32_t book) {
    auto& state = states_[book];
    auto& entry = state.open[pick(state.open)];
    auto price = away(state.mid, entry.side, distance());
    if (price == entry.price) price = away(price, entry.side, 1);
    auto const lots = quantity();
    emit({Verb::replace, entry.side, 0, 0, book, ++last_id_, entry.id, price, lots});
    entry.id = last_id_, entry.price = price;
    ++stream_.mix.replace;
  }

  void aggressive(std::uint32_t book) {
    auto& state = states_[book];
    auto const side = static_cast<Side>(draws_.below(2));
    auto const limit = side == Side::buy ? state.mid + aggression : state.mid - aggression;
    auto const lots = quantity();
    auto const ioc = static_cast<std::uint8_t>(draws_.below(2));
    emit({Verb::add, side, ioc, 1, book, ++last_id_, 0, limit, lots});
    if (ioc == 0) opened(state, {last_id_, side, limit});
    ++stream_.mix.aggressive, stream_.mix.ioc += ioc;
  }

  void opened(BookState& state, Open const& entry) {
    auto const side = entry.side == Side::sell;
    state.open.push_back(entry);
    stream_.open_most[side] = std::max(stream_.open_most[side], ++open_now_[side]);
  }

  void emit(Command const& command) { stream_.commands.push_back(command); }

  Draws draws_;
  std::vector<BookState> states_;
  std::uint32_t period_;  // commands of one book between two moves of its mid
  std::uint32_t last_id_{};
  std::size_t open_now_[2]{};
  Stream stream_;
};

}  // namespace

Stream common_stream(std::uint32_t books, std::size_t timed, std::uint64_t seed, std::uint32_t prefill_each) {
  return CommonGenerator(books, seed).make(timed, prefill_each);
}

std::uint64_t stream_hash(std::vector<Command> const& commands) {
  std::uint64_t h = 1469598103934665603;
  auto const part = [&h](std::uint64_t x) { h = (h ^ x) * 1099511628211; };
  for (auto const& c : commands) {
    part(static_cast<std::uint64_t>(c.verb)), part(static_cast<std::uint64_t>(c.side)), part(c.ioc),
        part(c.book);
    part(c.id), part(c.old_id), part(c.price), part(c.quantity);
  }
  return h;
}

CheckValues const* check_values(Stream const& stream, std::uint64_t seed) {
  static constexpr CheckValues one{0xd44d4fd9966fd15b, 312'413,           8'028'860, 244'085,
                                   80'094'884'600,     0x956fffac380d1b48};
  static constexpr CheckValues thousand{0xde7816b77c265265, 181'321,           4'840'663, 133'754,
                                        48'405'220'809,     0xb2984616f296c93b};
  if (seed != reference_seed || stream.commands.size() - stream.prefill != 2'000'000) return nullptr;
  return stream.books == 1 ? &one : stream.books == 1'000 ? &thousand : nullptr;
}

}  // namespace spillway::bench
