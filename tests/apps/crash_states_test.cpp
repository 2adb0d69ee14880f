// tests/apps/crash_states_test.cpp - a real run's calls are written down, and everything that a disk may hold
// when the power goes between two of them is built and started on. Covers log_writer.cpp, tile_writer.cpp,
// checkpoint.cpp, directory.cpp, store.cpp and pipeline.cpp as they work together.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <set>
#include <string_view>

#include "crash_disk.hpp"
#include "crash_world.hpp"

namespace spillway::crash {
namespace {

using Kind = DiskCall::Kind;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t states_wanted = 60;  // the same code, a tenth of the speed
#else
constexpr std::size_t states_wanted = 1'000;
#endif

struct Recorded {
  std::vector<DiskCall> calls;
  Leaves leaves;
};

Recorded record_a_life() {
  ScratchFolder folder;
  watch_disk(folder.path());
  auto const told = [](Seq seq) { tell(seq.v); };
  EXPECT_EQ(live(folder.path(), 4, told), "");
  EXPECT_EQ(live(folder.path(), 9, told), "") << "a second start";
  return {stop_watching(), leaves_of(folder.path())};
}

bool any(Recorded const& recorded, Kind kind, std::string_view part) {
  return std::ranges::any_of(recorded.calls, [&](DiskCall const& call) {
    return call.kind == kind &&
           (call.path.find(part) != std::string::npos || call.to.find(part) != std::string::npos);
  });
}

std::size_t hash_of(DiskState const& state) {
  std::size_t hash = 0;
  auto const mix = [&](std::string_view bytes) {
    hash = hash * 0x9E3779B97F4A7C15 + std::hash<std::string_view>()(bytes);
  };
  for (auto const& [path, bytes] : state) {
    mix(path);
    mix({reinterpret_cast<char const*>(bytes.data()), bytes.size()});
  }
  return hash;
}

std::uint64_t seed() {
  auto const* const asked = std::getenv("SPILLWAY_SEED");
  return asked != nullptr ? std::strtoull(asked, nullptr, 10) : 20'261'122;
}

TEST(CrashStates, KeepWhatWasAcknowledgedAndAreWellAfterAStart) {
  auto const recorded = record_a_life();
  EXPECT_TRUE(any(recorded, Kind::sync_file, "projection/data.mdb")) << "what LMDB writes was seen";
  EXPECT_TRUE(any(recorded, Kind::rename, "checkpoint"));
  EXPECT_TRUE(any(recorded, Kind::write, "tiles/"));
  EXPECT_TRUE(any(recorded, Kind::rename, "segments/")) << "a segment began";
  EXPECT_TRUE(any(recorded, Kind::rename, "records/"));

  Dice dice(seed());
  std::set<std::size_t> seen;
  auto const wanted = states_wanted * effort();
  // One kind of loss after each call; another one the next time round.
  for (std::size_t pass = 0; seen.size() < wanted && pass < 12 * effort(); ++pass) {
    CrashDisk disk;
    Seq acknowledged;
    for (std::size_t i = 0; i < recorded.calls.size() && seen.size() < wanted; ++i) {
      auto const& call = recorded.calls[i];
      disk.apply(call);
      if (call.kind == Kind::told) acknowledged = Seq{std::max(acknowledged.v, call.number)};
      constexpr std::array losses{Loss::anything, Loss::the_end, Loss::everything, Loss::nothing};
      auto const state = disk.state(losses[(i + pass) % losses.size()], dice);
      if (!seen.insert(hash_of(state)).second) continue;
      ScratchFolder folder;
      put_down(state, folder.path());
      ASSERT_EQ(judge(folder.path(), {acknowledged, &recorded.leaves}), "")
          << "after call " << i << " (" << call.path << "), round " << pass
          << "; replay with SPILLWAY_SEED=" << seed();
    }
  }
  EXPECT_GE(seen.size(), wanted) << "of " << recorded.calls.size() << " calls";
  std::printf("%zu states out of %zu calls\n", seen.size(), recorded.calls.size());
}

}  // namespace
}  // namespace spillway::crash
