// exchange/src/core_table.hpp - rows of things in memory that is taken at the start: found by id in one look,
// chained in the order in which they came.
// Room:   exchange_core (pure), internal.
// Rule:   order of iteration comes from chains (order of arrival) or is asked for by id; where a row lies or
//         which slot an id has decides nothing.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "core_memory.hpp"
#include "market/check.hpp"
#include "matching/fast/arena.hpp"

namespace spillway::core {

using Row = std::uint32_t;  // 0: none

/// Things with an `id`, at most `most` at a time. Ids that follow each other share cache lines: the low bits
/// of an id name its slot, and an older id whose slot a new one takes moves to a table of hashes beside it.
template <class Thing>
class Table {
 public:
  using Id = decltype(Thing::id);

  explicit Table(std::size_t most)
      : most_(most),
        mask_(std::bit_ceil(2 * most + 2) - 1),
        things_(most + 1),
        free_(most + 1),
        slots_(mask_ + 1),
        strays_(mask_ + 1) {
    prefer_huge_pages(things_);
    prefer_huge_pages(slots_);
  }

  [[nodiscard, gnu::always_inline]] Row row(Id id) const {
    if (!id.some()) return 0;
    auto const row = slots_[id.v & mask_];
    if (row != 0 && things_[row].id == id) return row;
    return stray_count_ == 0 ? 0 : strays_[stray_at(id)].row;
  }
  [[nodiscard]] Thing* find(Id id) {
    auto const at = row(id);
    return at == 0 ? nullptr : &things_[at];
  }
  [[nodiscard]] Thing const* find(Id id) const {
    auto const at = row(id);
    return at == 0 ? nullptr : &things_[at];
  }
  /// Asks the memory for the first two lines of the row that an id has, should it have its slot to itself. A
  /// hint: nothing waits for it.
  void expect(Id id) const { expect_row(slots_[id.v & mask_]); }
  void expect_row(Row row) const {
    auto const* const at = reinterpret_cast<unsigned char const*>(&things_[row]);
    ask_for(at);
    if constexpr (sizeof(Thing) > 64) ask_for(at + 64);
  }
  /// The line behind the first one, where links stand.
  void expect_links(Row row) const { ask_for(reinterpret_cast<unsigned char const*>(&things_[row]) + 64); }
  /// The first so many rows, and the slots of as many ids and their like again.
  void prefault(std::size_t rows) {
    things_.prefault_first(rows + 1);
    free_.prefault_first(rows + 1);
    slots_.prefault_first(2 * rows);
  }
  [[nodiscard]] Thing& operator[](Row row) { return things_[row]; }
  [[nodiscard]] Thing const& operator[](Row row) const { return things_[row]; }
  [[nodiscard]] Row row_of(Thing const& thing) const { return static_cast<Row>(&thing - &things_[0]); }
  [[nodiscard]] bool contains(Id id) const { return row(id) != 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool full() const { return size_ >= most_; }

  /// A zero row under a new id; there is room and the id is not in use.
  Thing& add(Id id) {
    sw_check(size_ < most_, "there is room for one more row");
    auto const row = free_count_ > 0 ? free_[--free_count_] : ++highest_;
    ++size_;
    auto& slot = slots_[id.v & mask_];
    if (slot != 0) put_stray(things_[slot].id, slot);
    slot = row;
    things_[row].id = id;  // nothing else: it was never used, or erased
    expect_fresh(free_count_ > 0 ? free_[free_count_ - 1] : highest_ + 1);
    return things_[row];
  }
  void erase(Row row) {
    auto const id = things_[row].id;
    auto& slot = slots_[id.v & mask_];
    if (slot == row)
      slot = 0;
    else
      erase_stray(id);
    things_[row] = Thing{};
    free_[free_count_++] = row;
    --size_;
  }

  /// In the order of rows, which means nothing: for sums, checks and what is sorted afterwards.
  template <class Visit>
  void for_each(Visit visit) const {
    for (Row row = 1; row <= highest_; ++row)
      if (things_[row].id.some()) visit(things_[row]);
  }
  /// All rows, by id.
  [[nodiscard]] std::vector<Row> rows_by_id() const {
    std::vector<std::pair<std::uint64_t, Row>> by_id;
    by_id.reserve(size_);
    for_each([&](Thing const& thing) { by_id.emplace_back(thing.id.v, row_of(thing)); });
    if (!std::is_sorted(by_id.begin(), by_id.end())) std::sort(by_id.begin(), by_id.end());
    std::vector<Row> rows(by_id.size());
    std::transform(by_id.begin(), by_id.end(), rows.begin(), [](auto const& known) { return known.second; });
    return rows;
  }

 private:
  /// The next row to be added comes into the caches while nobody waits for it.
  void expect_fresh(Row row) const {
    if (row >= things_.size()) return;
    auto const* const at = reinterpret_cast<unsigned char const*>(&things_[row]);
    for (std::size_t line = 0; line < sizeof(Thing); line += 64) ask_for(at + line);
  }
  struct Stray {
    std::uint64_t id;
    Row row;  // 0: nothing
  };
  [[nodiscard]] std::size_t home(std::uint64_t id) const {
    return static_cast<std::size_t>(id * 0x9E3779B97F4A7C15u >> 20) & mask_;
  }
  [[nodiscard]] std::size_t stray_at(Id id) const {
    auto i = home(id.v);
    while (strays_[i].row != 0 && strays_[i].id != id.v) i = (i + 1) & mask_;
    return i;
  }
  void put_stray(Id id, Row row) {
    strays_[stray_at(id)] = {id.v, row};
    ++stray_count_;
  }
  /// What stands behind the hole moves up where its home allows, so that no search ends too early.
  void erase_stray(Id id) {
    auto hole = stray_at(id);
    sw_check(strays_[hole].row != 0, "a row is found by its id");
    for (auto i = (hole + 1) & mask_; strays_[i].row != 0; i = (i + 1) & mask_) {
      if (((i - home(strays_[i].id)) & mask_) < ((i - hole) & mask_)) continue;
      strays_[hole] = strays_[i];
      hole = i;
    }
    strays_[hole] = {};
    --stray_count_;
  }

  std::size_t most_, mask_;
  Arena<Thing> things_;  // from 1
  Arena<Row> free_;      // a stack
  Arena<Row> slots_;
  Arena<Stray> strays_;
  std::size_t size_{}, free_count_{}, stray_count_{};
  Row highest_{};
};

/// A row's place in one chain.
struct Link {
  Row before, after;
};

/// Rows of one table in the order in which they joined; each joins a chain once and may leave at any time.
struct Chain {
  Row first{}, last{};
  std::uint32_t count{};

  /// `link` gives a row's Link in this chain.
  template <class Rows, class LinkOf>
  void join(Rows& rows, Row row, LinkOf link) {
    std::invoke(link, rows[row]) = {last, 0};
    (last == 0 ? first : std::invoke(link, rows[last]).after) = row;
    last = row;
    ++count;
  }
  template <class Rows, class LinkOf>
  void leave(Rows& rows, Row row, LinkOf link) {
    auto const [before, after] = std::invoke(link, rows[row]);
    auto& towards = before == 0 ? first : std::invoke(link, rows[before]).after;
    sw_check(towards == row, "who leaves a chain is in it");
    towards = after;
    (after == 0 ? last : std::invoke(link, rows[after]).before) = before;
    std::invoke(link, rows[row]) = {};
    --count;
  }
  [[nodiscard]] bool empty() const { return count == 0; }
};

/// First in, first out; at most `most` at a time.
template <class T>
class Ring {
 public:
  explicit Ring(std::size_t most) : cells_(most) {}
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool full() const { return size_ >= cells_.size(); }
  [[nodiscard]] T& front() { return cells_[first_]; }
  /// The `n`-th behind the front.
  [[nodiscard]] T const& behind_front(std::size_t n) const { return cells_[(first_ + n) % cells_.size()]; }
  void push(T const& value) {
    sw_check(size_ < cells_.size(), "there is room for one more in the row");
    cells_[(first_ + size_++) % cells_.size()] = value;
  }
  void pop() {
    sw_check(size_ > 0, "somebody waits");
    first_ = (first_ + 1) % cells_.size();
    --size_;
  }

 private:
  Arena<T> cells_;
  std::size_t first_{}, size_{};
};

}  // namespace spillway::core
