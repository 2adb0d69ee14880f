// bench/census/shared_device.cpp - see bench/census/shared_device.hpp.
#include "shared_device.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "market/check.hpp"

namespace spillway::census {

namespace {

using Clock = std::chrono::steady_clock;

// A table of C functions has no closure, so the device stands beside it.
struct Device {
  cap1_backend const* real = nullptr;
  Turns turns = Turns::by_round;
  std::uint32_t units = 0;
  std::chrono::microseconds least{};

  std::mutex mutex;
  std::condition_variable changed;
  std::uint32_t opened = 0, asked = 0;
  std::uint32_t turn = 0;
  std::set<std::uint32_t> left;  // units that want no more turns

  void pass_on() {
    for (std::uint32_t i = 0; i < units; ++i) {
      turn = (turn + 1) % units;
      if (!left.contains(turn)) break;
    }
    changed.notify_all();
  }
} device;

struct Unit {
  cap1_unit* real = nullptr;
  std::uint32_t place = 0;
  bool asked = false, left = false;
};

Unit& of(cap1_unit* unit) { return *reinterpret_cast<Unit*>(unit); }

template <class Work>
int in_turn(cap1_unit* unit, Work work) {
  auto& own = of(unit);
  {
    std::unique_lock lock(device.mutex);
    if (!std::exchange(own.asked, true)) ++device.asked, device.changed.notify_all();
    device.changed.wait(lock, [&] { return device.asked == device.units && device.turn == own.place; });
  }
  auto const until = Clock::now() + device.least;
  int const status = work(own.real);
  std::this_thread::sleep_until(until);
  std::lock_guard const lock(device.mutex);
  if (device.turns == Turns::by_round) device.pass_on();
  return status;
}

void leave(cap1_unit* unit) {
  auto& own = of(unit);
  std::lock_guard const lock(device.mutex);
  if (!own.asked || std::exchange(own.left, true)) return;
  device.left.insert(own.place);
  if (device.turn == own.place) device.pass_on();
}

int open(std::uint32_t card, std::uint32_t n, std::uint32_t retained, std::uint32_t profile,
         cap1_host const* host, cap1_unit** out) {
  auto own = std::make_unique<Unit>();
  int const status = device.real->open_profile(card, n, retained, profile, host, &own->real);
  if (status != 0) return status;
  std::lock_guard const lock(device.mutex);
  own->place = device.opened++;
  *out = reinterpret_cast<cap1_unit*>(own.release());
  return 0;
}

void close(cap1_unit* unit) {
  leave(unit);
  device.real->close(of(unit).real);
  delete &of(unit);
}

constexpr cap1_backend table{
    CAP1_BACKEND_ABI,
    sizeof(cap1_backend),
    "shared",
    []() -> char const* { return nullptr; },
    []() -> std::uint32_t { return 1; },
    [](std::uint32_t card, cap1_device* out) { return device.real->describe(card, out); },
    [](int status) { return device.real->explain(status); },
    nullptr,
    close,
    [](cap1_unit* unit, std::uint8_t const* beacon) { return device.real->prepare(of(unit).real, beacon); },
    [](cap1_unit* unit, std::uint8_t const* key, cap1_lanes_key const* lanes_key, std::uint32_t slot,
       std::uint32_t* lanes) {
      return in_turn(unit,
                     [=](cap1_unit* real) { return device.real->round(real, key, lanes_key, slot, lanes); });
    },
    [](cap1_unit* unit, std::uint32_t slot, cap1_lanes_key const* lanes_key, std::uint32_t* lanes) {
      return in_turn(unit, [=](cap1_unit* real) { return device.real->walk(real, slot, lanes_key, lanes); });
    },
    [](cap1_unit* unit, std::uint32_t slot, std::uint32_t row, std::int32_t* out) {
      return device.real->row(of(unit).real, slot, row, out);
    },
    [](cap1_unit* unit, std::uint8_t const* key, std::uint32_t row, std::int32_t* out) {
      return device.real->row_again(of(unit).real, key, row, out);
    },
    [](cap1_unit* unit) {
      leave(unit);
      device.real->forget(of(unit).real);
    },
    CAP1_DOES(CAP1_PROFILE_INT8) | CAP1_DOES(CAP1_PROFILE_F16X),
    open};

}  // namespace

void lend_device(attest::Backend const& real, Turns turns, std::uint32_t units,
                 std::chrono::microseconds least) {
  std::lock_guard const lock(device.mutex);
  device.real = &real.table();
  device.turns = turns, device.units = units, device.least = least;
  device.opened = device.asked = device.turn = 0;
  device.left.clear();
}

attest::Backend shared_device() {
  auto const backend = attest::Backend::checked(&table);
  sw_check(backend.has_value(), "the shared device's table is whole");
  return *backend;
}

}  // namespace spillway::census
