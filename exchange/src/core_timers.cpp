// exchange/src/core_timers.cpp - see core_timers.hpp.
#include "core_timers.hpp"

#include <algorithm>
#include <utility>

#include "market/check.hpp"

namespace spillway::core {

Timer Timers::add(Stamp at, TimerKind kind, std::uint64_t about) {
  return put_in({at, ++created_, {kind, about}});
}

Timer Timers::put_in(Fired const& in) {
  auto const cell = free_count_ > 0 ? free_[--free_count_] : ++highest_;
  sw_check(cell < cells_.size(), "there is room for one more deadline");
  cells_[cell] = {in.created, in.due, 0};
  auto& heap = heap_of(in.due);
  settle(heap, ++heap.size, {is_service(in.due.kind) ? Stamp{in.at.v - moved_.v} : in.at, in.created, cell});
  return {in.created, cell};
}

Timers::Image Timers::image() const {
  Image image{{}, created_};
  image.waiting.reserve(size());
  for (Row cell = 1; cell <= highest_; ++cell)
    if (auto const& of = cells_[cell]; of.created != 0)
      image.waiting.push_back({at({of.created, cell}), of.created, of.due});
  std::ranges::sort(image.waiting, {}, &Fired::created);
  return image;
}

bool Timers::fits(Image const& image) const {
  std::uint64_t before = 0;
  for (auto const& fired : image.waiting)
    if (fired.created <= std::exchange(before, fired.created)) return false;
  return before <= image.created && image.waiting.size() < cells_.size();
}

void Timers::move(Timer& timer, Stamp at) {
  sw_check(find(timer) != nullptr, "a named deadline waits");
  auto& cell = cells_[timer.cell];
  cell.created = timer.created = ++created_;
  bool const service = is_service(cell.due.kind);
  settle(heap_of(cell.due), cell.place, {service ? Stamp{at.v - moved_.v} : at, cell.created, timer.cell});
}

void Timers::cancel(Timer& timer) {
  if (!timer.some()) return;
  sw_check(find(timer) != nullptr, "a named deadline waits");
  take(heap_of(cells_[timer.cell].due), cells_[timer.cell].place);
  timer = {};
}

std::optional<Fired> Timers::pop_due(Stamp now) {
  auto const* const first = earlier();
  if (first == nullptr || first_of(*first) > now) return std::nullopt;
  auto const& waiting = first->of[1];
  Fired const fired{first_of(*first), waiting.created, cells_[waiting.cell].due};
  take(heap_of(fired.due), 1);
  return fired;
}

Due const* Timers::find(Timer const& timer) const {
  if (!timer.some()) return nullptr;
  auto const& cell = cells_[timer.cell];
  return cell.created == timer.created ? &cell.due : nullptr;
}

Stamp Timers::at(Timer const& timer) const {
  auto const* const due = find(timer);
  if (due == nullptr) return {};
  auto const& heap = is_service(due->kind) ? service_ : calendar_;
  auto const at = heap.of[cells_[timer.cell].place].at;
  return is_service(due->kind) ? at + moved_ : at;
}

void Timers::put(Heap& heap, std::uint32_t place, Waiting const& waiting) {
  heap.of[place] = waiting;
  cells_[waiting.cell].place = place;
}

/// Finds the place of `waiting`, from the hole at `place` upwards or downwards. Below `n` stand 4n - 2 and
/// the three behind it: half the levels of a heap of two branches, and siblings share cache lines.
void Timers::settle(Heap& heap, std::uint32_t place, Waiting const& waiting) {
  for (auto above = (place + 2) / 4; place > 1 && waiting < heap.of[above]; above = (place + 2) / 4) {
    put(heap, place, heap.of[above]);
    place = above;
  }
  for (auto child = 4 * place - 2; child <= heap.size; child = 4 * place - 2) {
    auto least = child;
    for (auto const last = std::min(child + 3, heap.size); child < last;)
      if (heap.of[++child] < heap.of[least]) least = child;
    if (!(heap.of[least] < waiting)) break;
    put(heap, place, heap.of[least]);
    place = least;
  }
  put(heap, place, waiting);
}

void Timers::take(Heap& heap, std::uint32_t place) {
  auto const cell = heap.of[place].cell;
  cells_[cell] = {};
  free_[free_count_++] = cell;
  auto const last = heap.of[heap.size--];
  if (last.cell != cell) settle(heap, place, last);
}

}  // namespace spillway::core
