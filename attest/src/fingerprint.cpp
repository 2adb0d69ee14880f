// attest/fingerprint.cpp - see attest/cap1.hpp. Built with -O3: the memory phase reads every byte of the
// products through here.
#include <algorithm>

#include "attest/cap1.hpp"
#include "hot_loop.hpp"
#include "market/check.hpp"

namespace spillway::attest {

namespace {

ATTEST_HOT_LOOP void walk(std::uint32_t* __restrict lanes, std::uint32_t const* __restrict factor,
                          std::int32_t const* __restrict row, std::size_t size) {
  std::uint32_t h[16];
  for (std::size_t lane = 0; lane < 16; ++lane) h[lane] = lanes[lane];
  for (std::size_t at = 0; at < size; at += 16) {
    for (std::size_t lane = 0; lane < 16; ++lane) {
      auto const x = static_cast<std::uint32_t>(row[at + lane]);
      auto const mixed = (h[lane] ^ x) * factor[lane];
      h[lane] = mixed ^ (mixed >> 15);
    }
  }
  for (std::size_t lane = 0; lane < 16; ++lane) lanes[lane] = h[lane];
}

ATTEST_HOT_LOOP void walk_twice(std::uint32_t* __restrict lanes, std::uint32_t const* __restrict factor,
                                std::uint32_t const* __restrict other, std::int32_t const* __restrict row,
                                std::size_t size) {
  std::uint32_t h[16], g[16];
  for (std::size_t lane = 0; lane < 16; ++lane) h[lane] = lanes[lane], g[lane] = lanes[16 + lane];
  for (std::size_t at = 0; at < size; at += 16) {
    for (std::size_t lane = 0; lane < 16; ++lane) {
      auto const x = static_cast<std::uint32_t>(row[at + lane]);
      auto const mixed = (h[lane] ^ x) * factor[lane];
      h[lane] = mixed ^ (mixed >> 15);
    }
    for (std::size_t lane = 0; lane < 16; ++lane) {
      auto const x = static_cast<std::uint32_t>(row[at + lane]);
      auto const mixed = (g[lane] ^ x) * other[lane];
      g[lane] = mixed ^ (mixed >> 15);
    }
  }
  for (std::size_t lane = 0; lane < 16; ++lane) lanes[lane] = h[lane], lanes[16 + lane] = g[lane];
}

}  // namespace

Lanes fingerprint(FingerprintKey const& key, std::span<std::int32_t const> row) {
  sw_check(row.size() % 16 == 0, "a row fills all lanes evenly");
  Lanes lanes;
  std::ranges::copy(key.start, lanes.begin());
  walk(lanes.data(), key.factor.data(), row.data(), row.size());
  return lanes;
}

std::array<Lanes, 2> fingerprints(FingerprintKey const& one, FingerprintKey const& two,
                                  std::span<std::int32_t const> row) {
  sw_check(row.size() % 16 == 0, "a row fills all lanes evenly");
  std::array<std::uint32_t, 32> lanes;
  std::ranges::copy(one.start, lanes.begin());
  std::ranges::copy(two.start, lanes.begin() + 16);
  walk_twice(lanes.data(), one.factor.data(), two.factor.data(), row.data(), row.size());
  std::array<Lanes, 2> out;
  std::copy_n(lanes.begin(), 16, out[0].begin());
  std::copy_n(lanes.begin() + 16, 16, out[1].begin());
  return out;
}

}  // namespace spillway::attest
