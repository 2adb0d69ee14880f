// bench/matching/common_workload.hpp - the command stream on which order books are compared, drawn from one
// seed.
// Room:   bench; sees the standard library only.
// Units:  prices are ticks (for the book: grid indices), quantities are lots.
// Rule:   the generator holds no matcher: it cancels what it believes open, so some targets are dead. The
//         stream is the same on every machine, and its hash says so; a comparison on another stream is void.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace spillway::bench {

inline constexpr std::uint64_t reference_seed = 0x9E3779B97F4A7C15;
inline constexpr std::uint64_t training_seed = 0xD1B54A32D192ED03;  // what the profile-guided build learns on
inline constexpr std::uint32_t base_price = 10'000;
inline constexpr std::uint32_t spread_from = base_price - 1'513;  // below every price of a stream

/// xorshift64*, and `below(n)` from its upper bits.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ ^= state_ >> 12, state_ ^= state_ << 25, state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1D;
  }
  std::uint32_t below(std::uint64_t n) { return static_cast<std::uint32_t>((next() >> 33) % n); }

 private:
  std::uint64_t state_;
};

enum class Verb : std::uint8_t { add = 0, cancel = 1, replace = 2 };
enum class Side : std::uint8_t { buy = 0, sell = 1 };

struct Command {
  Verb verb{};
  Side side{};
  std::uint8_t ioc{};         // 1: what does not trade at once is cancelled
  std::uint8_t aggressive{};  // 1: priced through the mid
  std::uint32_t book{};       // instrument, from 0
  std::uint32_t id{};         // of the new order; for a cancel the target
  std::uint32_t old_id{};     // replace only
  std::uint32_t price{};      // 0 for a cancel
  std::uint32_t quantity{};   // 0 for a cancel
};
static_assert(sizeof(Command) == 24);

/// How often each kind was drawn, prefill left out.
struct Mix {
  std::uint64_t passive{}, cancel{}, replace{}, aggressive{}, ioc{};
};

struct Stream {
  std::uint32_t books{};
  std::size_t prefill{};  // leading commands that are not timed
  std::vector<Command> commands;
  std::uint32_t highest_id{};
  std::size_t open_most[2]{};  // the most that one side believes open at once, over all books: none has more
  Mix mix;
};

/// `books` 1 or more; `timed` commands after a prefill of so many orders on each book (0: the common 10,000
/// on one book, 20 on each of several).
[[nodiscard]] Stream common_stream(std::uint32_t books, std::size_t timed,
                                   std::uint64_t seed = reference_seed, std::uint32_t prefill_each = 0);

/// Ticks spread over the price grid: every price times `factor` (1 to 32), shifted so that all fit. The
/// trades stay the same; levels that were neighbours stand alone.
[[nodiscard]] constexpr std::uint32_t grid_of(std::uint32_t tick, std::uint32_t factor) {
  return factor == 1 ? tick : (tick - spread_from) * factor;
}
[[nodiscard]] constexpr std::uint32_t tick_at(std::uint32_t grid, std::uint32_t factor) {
  return factor == 1 ? grid : grid / factor + spread_from;
}

/// FNV-1a over the fields of every command, each as 64 bits.
[[nodiscard]] std::uint64_t stream_hash(std::vector<Command> const&);

/// What the reference streams (2,000,000 timed commands, reference seed) must give; null for other streams.
struct CheckValues {
  std::uint64_t stream_hash, trades, volume, rejects, notional, trade_hash;
};
[[nodiscard]] CheckValues const* check_values(Stream const&, std::uint64_t seed);

}  // namespace spillway::bench
