// exchange/src/core_archive.hpp - values as bytes: one description of a struct both writes and reads it.
// Room:   exchange_core (pure), internal.
// Layout: integers and enums little-endian in their own width, bool one byte; lists, texts, maps and sets as
//         a u64 count and their items in order; a variant as its index in one byte and its value; structs
//         field by field.
// Errors: reading stops at the first byte that can't be meant; ok() is false from there on.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace spillway::core {

static_assert(std::endian::native == std::endian::little, "integers are copied as they lie in memory");

template <class T>
concept Plain = std::is_integral_v<T> || std::is_enum_v<T>;
/// Ids, quantities, stamps, prices: one number with a type of its own.
template <class T>
concept Wrapped = requires(T t) {
  t.v;
}
&&Plain<decltype(T::v)>;

class ArchiveWriter {
 public:
  using Sink = std::function<void(std::span<std::byte const>)>;
  explicit ArchiveWriter(Sink const& to) : to_(to) { buffer_.reserve(flush_from + 64); }
  ~ArchiveWriter() { flush(); }
  ArchiveWriter(ArchiveWriter const&) = delete;
  ArchiveWriter& operator=(ArchiveWriter const&) = delete;

  template <class... T>
  void operator()(T const&... values) {
    (put(values), ...);
  }

 private:
  static constexpr std::size_t flush_from = std::size_t{64} << 10;

  void bytes(void const* from, std::size_t count) {
    auto const* const first = static_cast<std::byte const*>(from);
    buffer_.insert(buffer_.end(), first, first + count);
    if (buffer_.size() >= flush_from) flush();
  }
  void flush() {
    if (!buffer_.empty()) to_(buffer_);
    buffer_.clear();
  }
  void count(std::size_t n) { put(std::uint64_t{n}); }
  template <class Range>
  void each(Range const& range) {
    count(range.size());
    for (auto const& item : range) put(item);
  }

  template <class T>
  void put(T const& value) {
    if constexpr (Plain<T>) {
      bytes(&value, sizeof value);
    } else if constexpr (Wrapped<T>) {
      put(value.v);
    } else {
      fields(*this, value);
    }
  }
  template <std::size_t N>
  void put(std::array<std::byte, N> const& value) {
    bytes(value.data(), N);
  }
  void put(std::string const& value) {
    count(value.size());
    bytes(value.data(), value.size());
  }
  template <class T>
  void put(std::vector<T> const& value) {
    each(value);
  }
  template <class T>
  void put(std::deque<T> const& value) {
    each(value);
  }
  template <class T>
  void put(std::set<T> const& value) {
    each(value);
  }
  template <class K, class V, class Less, class Memory>
  void put(std::map<K, V, Less, Memory> const& value) {
    each(value);
  }
  template <class A, class B>
  void put(std::pair<A, B> const& value) {
    put(value.first);
    put(value.second);
  }
  template <class... T>
  void put(std::variant<T...> const& value) {
    put(static_cast<std::uint8_t>(value.index()));
    std::visit([this](auto const& chosen) { this->put(chosen); }, value);
  }

  Sink const& to_;
  std::vector<std::byte> buffer_;
};

class ArchiveReader {
 public:
  explicit ArchiveReader(std::span<std::byte const> from) : left_(from) {}

  template <class... T>
  void operator()(T&... values) {
    (get(values), ...);
  }
  [[nodiscard]] bool ok() const { return ok_; }
  /// What was read can't be meant.
  void fail() { ok_ = false; }
  [[nodiscard]] bool at_end() const { return ok_ && left_.empty(); }

 private:
  void bytes(void* to, std::size_t count) {
    if (count > left_.size()) ok_ = false;
    if (!ok_) return;
    std::memcpy(to, left_.data(), count);
    left_ = left_.subspan(count);
  }
  /// Every item has a byte at least, so a count that can't be meant takes no memory.
  std::size_t count() {
    std::uint64_t n = 0;
    get(n);
    if (n > left_.size()) ok_ = false;
    return ok_ ? static_cast<std::size_t>(n) : 0;
  }
  template <class List>
  void list(List& to) {
    to.clear();
    for (auto n = count(); n > 0 && ok_; --n) get(to.emplace_back());
  }
  /// Keys come in ascending order: another order would be another text for the same.
  template <class Tree, class Key>
  void entry(Tree& to, Key const& key_of, typename Tree::value_type&& item) {
    if (!to.empty() && !(key_of(*to.rbegin()) < key_of(item))) ok_ = false;
    if (ok_) to.insert(to.end(), std::move(item));
  }

  template <class T>
  void get(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t byte = 0;
      get(byte);
      value = byte == 1;
      if (byte > 1) ok_ = false;
    } else if constexpr (Plain<T>) {
      bytes(&value, sizeof value);
    } else if constexpr (Wrapped<T>) {
      get(value.v);
    } else {
      fields(*this, value);
    }
  }
  template <std::size_t N>
  void get(std::array<std::byte, N>& value) {
    bytes(value.data(), N);
  }
  void get(std::string& value) {
    value.resize(count());
    bytes(value.data(), value.size());
  }
  template <class T>
  void get(std::vector<T>& value) {
    list(value);
  }
  template <class T>
  void get(std::deque<T>& value) {
    list(value);
  }
  template <class T>
  void get(std::set<T>& value) {
    value.clear();
    for (auto n = count(); n > 0 && ok_; --n) {
      T item{};
      get(item);
      entry(
          value, [](T const& of) -> T const& { return of; }, std::move(item));
    }
  }
  template <class K, class V, class Less, class Memory>
  void get(std::map<K, V, Less, Memory>& value) {
    value.clear();
    for (auto n = count(); n > 0 && ok_; --n) {
      std::pair<K, V> item{};
      get(item);
      entry(value, [](auto const& of) -> K const& { return of.first; },
            {std::move(item.first), std::move(item.second)});
    }
  }
  template <class A, class B>
  void get(std::pair<A, B>& value) {
    get(value.first);
    get(value.second);
  }
  template <class First, class Second>
  void get(std::variant<First, Second>& value) {
    std::uint8_t index = 0;
    get(index);
    if (index > 1) ok_ = false;
    if (index == 0) get(value.template emplace<0>());
    if (index == 1) get(value.template emplace<1>());
  }

  std::span<std::byte const> left_;
  bool ok_ = true;
};

}  // namespace spillway::core
