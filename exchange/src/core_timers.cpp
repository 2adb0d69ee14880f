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

std::optional<Stamp> Timers::next() const {
  auto const* const first = earlier();
  return first == nullptr ? std::nullopt : std::optional{first_of(*first)};
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

Timers::Heap const* Timers::earlier() const {
  if (service_.size == 0) return calendar_.size == 0 ? nullptr : &calendar_;
  if (calendar_.size == 0) return &service_;
  auto const a = first_of(service_), b = first_of(calendar_);
  bool const service = a != b ? a < b : service_.of[1].created < calendar_.of[1].created;
  return service ? &service_ : &calendar_;
}

void Timers::put(Heap& heap, std::uint32_t place, Waiting const& waiting) {
  heap.of[place] = waiting;
  cells_[waiting.cell].place = place;
}

/// Finds the place of `waiting`, from the hole at `place` upwards or downwards.
void Timers::settle(Heap& heap, std::uint32_t place, Waiting const& waiting) {
  while (place > 1 && waiting < heap.of[place / 2]) put(heap, place, heap.of[place / 2]), place /= 2;
  for (auto child = 2 * place; child <= heap.size; child = 2 * place) {
    if (child < heap.size && heap.of[child + 1] < heap.of[child]) ++child;
    if (!(heap.of[child] < waiting)) break;
    put(heap, place, heap.of[child]);
    place = child;
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
