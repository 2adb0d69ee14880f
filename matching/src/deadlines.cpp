// matching/deadlines.cpp - the heap of expiries.
// Room:   matching (pure); sees market.
#include "matching/fast/deadlines.hpp"

#include "market/check.hpp"

namespace spillway::fast {

/// Finds the place of `n`, from the hole at `at` upwards or downwards.
void Deadlines::settle(std::uint32_t at, Handle n) {
  while (at > 1 && before(n, heap_[at / 2])) put(at, heap_[at / 2]), at /= 2;
  for (auto child = 2 * at; child <= count_; child = 2 * at) {
    if (child < count_ && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], n)) break;
    put(at, heap_[child]);
    at = child;
  }
  put(at, n);
}

void Deadlines::insert(Handle n) {
  ++count_;
  settle(count_, n);
}

void Deadlines::erase(Handle n) {
  auto const at = place_[n];
  sw_check(at >= 1 && at <= count_ && heap_[at] == n, "what expires knows its place");
  auto const last = heap_[count_--];
  if (last != n) settle(at, last);
}

void Deadlines::check_invariants() const {
  for (std::uint32_t at = 1; at <= count_; ++at) {
    sw_check(place_[heap_[at]] == at, "what expires knows its place");
    sw_check(at == 1 || !before(heap_[at], heap_[at / 2]), "nothing expires before what stands above it");
  }
}

}  // namespace spillway::fast
