// settlement/rows_by_key.hpp - a value for each key, found in one look; rows lie in the order they came in.
// Room:   settlement (pure); sees market.
// Rule:   whoever walks them asks for them by key (`sorted`), so how they lie decides nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory_resource>
#include <vector>

namespace spillway {

/// `hash_of(Key)` is found beside the key. Rows never go; the index is at most half full and doubles.
template <class Key, class Value>
class RowsByKey {
 public:
  explicit RowsByKey(std::pmr::memory_resource* memory) : rows_(memory), index_(memory) {}

  [[nodiscard]] Value const* find(Key const& key) const {
    auto const row = index_.empty() ? 0 : index_[place_of(key)];
    return row == 0 ? nullptr : &rows_[row - 1].value;
  }
  [[nodiscard]] Value* find(Key const& key) {
    return const_cast<Value*>(static_cast<RowsByKey const&>(*this).find(key));
  }
  /// A value as it is made where there was none. Pointers from before are good no longer then.
  Value& operator[](Key const& key) {
    if (2 * (rows_.size() + 1) > index_.size()) grow();
    auto& row = index_[place_of(key)];
    if (row == 0) {
      rows_.push_back({key, {}});
      row = static_cast<std::uint32_t>(rows_.size());
    }
    return rows_[row - 1].value;
  }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  /// In the order of the first time.
  template <class Visit>
  void for_each(Visit visit) const {
    for (auto const& row : rows_) visit(row.key, row.value);
  }
  [[nodiscard]] std::pmr::map<Key, Value> sorted() const {
    std::pmr::map<Key, Value> all;
    for (auto const& row : rows_) all.emplace(row.key, row.value);
    return all;
  }

 private:
  struct Row {
    Key key;
    Value value;
  };
  /// Where it stands, or would.
  [[nodiscard]] std::size_t place_of(Key const& key) const {
    auto const mask = index_.size() - 1;
    auto at = hash_of(key) * 0x9E3779B97F4A7C15u >> 32 & mask;
    while (index_[at] != 0 && rows_[index_[at] - 1].key != key) at = (at + 1) & mask;
    return at;
  }
  void grow() {
    constexpr std::size_t least = 64;
    index_.assign(index_.empty() ? least : 2 * index_.size(), 0);
    for (std::uint32_t row = 1; row <= rows_.size(); ++row) index_[place_of(rows_[row - 1].key)] = row;
  }

  std::pmr::vector<Row> rows_;
  std::pmr::vector<std::uint32_t> index_;  // 0: nothing; a row from 1
};

}  // namespace spillway
