// exchange/src/core_archive.hpp - values as bytes: one description of a struct both writes and reads it.
// Room:   exchange_core (pure), internal.
// Layout: integers and enums little-endian in their own width, bool one byte; lists, texts, maps and sets as
//         a u64 count and their items in order; a variant as its index in one byte and its value; structs
//         field by field.
// Errors: reading stops at the first byte that can't be meant; ok() is false from there on.
#pragma once

#include <algorithm>
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
  explicit ArchiveWriter(Sink const& to) : to_(to), buffer_(flush_from + largest_plain) {}
  ~ArchiveWriter() { flush(); }
  ArchiveWriter(ArchiveWriter const&) = delete;
  ArchiveWriter& operator=(ArchiveWriter const&) = delete;

  template <class... T>
  void operator()(T const&... values) {
    (put(values), ...);
  }

 private:
  static constexpr std::size_t flush_from = std::size_t{64} << 10, largest_plain = 16;

  void bytes(void const* from, std::size_t count) {
    auto const* const first = static_cast<std::byte const*>(from);
    if (count > buffer_.size() - used_) flush();
    if (count > buffer_.size()) return to_({first, count});
    if (count > 0) std::memcpy(&buffer_[used_], first, count);
    used_ += count;
  }
  template <class T>
  void plain(T const& value) {
    static_assert(sizeof value <= largest_plain);
    if (used_ > flush_from) flush();
    std::memcpy(&buffer_[used_], &value, sizeof value);
    used_ += sizeof value;
  }
  void flush() {
    if (used_ > 0) to_({buffer_.data(), used_});
    used_ = 0;
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
      plain(value);
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
  std::size_t used_{};
};

class ArchiveReader {
 public:
  explicit ArchiveReader(std::span<std::byte const> from) : left_(from) {}

  template <class... T>
  void operator()(T&... values) {
    (get(values), ...);
  }
  [[nodiscard]] bool ok() const { return ok_; }
  /// What was read can't be meant: nothing more is read.
  void fail() { ok_ = false, left_ = {}; }
  [[nodiscard]] bool at_end() const { return ok_ && left_.empty(); }

 private:
  void bytes(void* to, std::size_t count) {
    if (count > left_.size()) return fail();
    if (count > 0) std::memcpy(to, left_.data(), count);
    left_ = left_.subspan(count);
  }
  template <class T>
  void plain(T& value) {
    if (sizeof value > left_.size()) return fail();
    std::memcpy(&value, left_.data(), sizeof value);
    left_ = left_.subspan(sizeof value);
  }
  /// Every item has a byte at least, so a count that can't be meant takes no memory.
  std::size_t count() {
    std::uint64_t n = 0;
    get(n);
    if (n > left_.size()) fail();
    return ok_ ? static_cast<std::size_t>(n) : 0;
  }
  template <class List>
  void list(List& to) {
    to.clear();
    auto n = count();
    // No more memory than what is left could fill, whatever the count says.
    if constexpr (requires { to.reserve(n); })
      to.reserve(std::min(n, left_.size() / sizeof(typename List::value_type) + 1));
    for (; n > 0 && ok_; --n) get(to.emplace_back());
  }
  /// Keys come in ascending order: another order would be another text for the same.
  template <class Tree, class Key>
  void entry(Tree& to, Key const& key_of, typename Tree::value_type&& item) {
    if (!to.empty() && !(key_of(*to.rbegin()) < key_of(item))) fail();
    if (ok_) to.insert(to.end(), std::move(item));
  }

  template <class T>
  void get(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t byte = 0;
      get(byte);
      value = byte == 1;
      if (byte > 1) fail();
    } else if constexpr (Plain<T>) {
      plain(value);
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
    if (index > 1) fail();
    if (index == 0) get(value.template emplace<0>());
    if (index == 1) get(value.template emplace<1>());
  }

  std::span<std::byte const> left_;
  bool ok_ = true;
};

}  // namespace spillway::core
