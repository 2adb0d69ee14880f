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
  if (cell == highest_ && cell + 1 < cells_.size()) ask_for(&cells_[cell + 1]);
  auto& of = cells_[cell];  // word by word, as records are: see State::begin_record
  of.created = in.created;
  of.at = stored(in.at, in.due);
  of.due.kind = in.due.kind;
  of.due.about = in.due.about;
  enter(queue_of(in.due), cell);
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
  auto& queue = queue_of(cell.due);
  leave(queue, timer.cell);
  cell.created = timer.created = ++created_;
  cell.at = stored(at, cell.due);
  enter(queue, timer.cell);
}

void Timers::cancel(Timer& timer) {
  if (!timer.some()) return;
  sw_check(find(timer) != nullptr, "a named deadline waits");
  take(queue_of(cells_[timer.cell].due), timer.cell);
  timer = {};
}

std::optional<Fired> Timers::pop_due(Stamp now) {
  auto const* const first = earlier();
  if (first == nullptr || first_of(*first) > now) return std::nullopt;
  auto const cell = first->first.cell;
  Fired const fired{first_of(*first), first->first.created, cells_[cell].due};
  take(queue_of(fired.due), cell);
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
  auto const at = cells_[timer.cell].at;
  return is_service(due->kind) ? at + moved_ : at;
}

/// Whoever enters is the youngest: behind all who fire at the same time. Of the lines whose last fires no
/// later it takes the one whose last fires latest: then as many lines serve as there are usual times.
void Timers::enter(Queue& queue, Row cell) {
  auto& entering = cells_[cell];
  Waiting const waiting{entering.at, entering.created, cell};
  auto best = line_count;
  auto best_at = nobody;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < line_count; ++i) {
    auto const last_at = queue.last_at[i];
    bool const better = last_at <= entering.at && last_at >= best_at;
    best = better ? i : best;
    best_at = better ? last_at : best_at;
  }
  if (best == line_count) {
    settle(queue.heap, ++queue.heap.size, waiting);
  } else {
    auto& line = queue.lines[best];
    entering.place = in_line | static_cast<std::uint32_t>(best);
    entering.before = line.last;
    entering.after = 0;
    if (line.last == 0)
      line.first.at = waiting.at, line.first.created = waiting.created, line.first.cell = cell;
    else
      cells_[line.last].after = cell;
    line.last = cell;
    queue.last_at[best] = entering.at;
  }
  if (queue.size++ == 0 || entering.at < queue.first.at) queue.first = waiting;
}

void Timers::leave(Queue& queue, Row cell) {
  auto const& leaving = cells_[cell];
  if ((leaving.place & in_line) != 0)
    unlink(queue, leaving.place & ~in_line, leaving);
  else
    take_out(queue.heap, leaving.place);
  --queue.size;
  if (queue.first.cell == cell) queue.first = first_in(queue);
}

void Timers::unlink(Queue& queue, std::size_t in, Cell const& leaving) {
  auto& line = queue.lines[in];
  auto const before = leaving.before, after = leaving.after;
  if (before != 0)
    cells_[before].after = after;
  else
    line.first.at = cells_[after].at, line.first.created = cells_[after].created, line.first.cell = after;
  if (after != 0) {
    cells_[after].before = before;
  } else {
    line.last = before;
    queue.last_at[in] = before == 0 ? nobody : cells_[before].at;
  }
}

Timers::Waiting Timers::first_in(Queue const& queue) {
  auto first = queue.heap.size == 0 ? Waiting{} : queue.heap.of[1];
  for (auto const& line : queue.lines)
    if (line.last != 0 && (first.cell == 0 || line.first < first)) first = line.first;
  return first;
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

void Timers::take_out(Heap& heap, std::uint32_t place) {
  auto const cell = heap.of[place].cell;
  auto const last = heap.of[heap.size--];
  if (last.cell != cell) settle(heap, place, last);
}

void Timers::take(Queue& queue, Row cell) {
  leave(queue, cell);
  cells_[cell].created = 0;
  free_[free_count_++] = cell;
}

}  // namespace spillway::core
