// matching/bitset.hpp - a set of instruments, one bit each, that grows with the listing.
// Room:   matching (pure); sees market.
// Rule:   two sets are equal when they hold the same instruments, however many zero words they carry.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "market/ids.hpp"

namespace spillway {

/// A set of instruments that somebody else holds: good until that changes.
class InstrumentBits {
 public:
  explicit InstrumentBits(std::span<std::uint64_t const> words) : words_(words) {}

  [[nodiscard]] bool contains(InstrumentId id) const {
    return id.v / 64 < words_.size() && (words_[id.v / 64] >> (id.v % 64) & 1) != 0;
  }
  [[nodiscard]] std::size_t size() const {
    std::size_t n = 0;
    for (auto const word : words_) n += static_cast<std::size_t>(std::popcount(word));
    return n;
  }
  /// Calls `visit(InstrumentId)` for each member in ascending order.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < words_.size(); ++i)
      for (auto word = words_[i]; word != 0; word &= word - 1)
        visit(InstrumentId{static_cast<std::uint32_t>(i * 64) +
                           static_cast<std::uint32_t>(std::countr_zero(word))});
  }
  friend bool operator==(InstrumentBits a, InstrumentBits b) {
    auto const longer = a.words_.size() >= b.words_.size() ? a.words_ : b.words_;
    auto const shared = std::min(a.words_.size(), b.words_.size());
    return std::equal(longer.begin(), longer.begin() + static_cast<std::ptrdiff_t>(shared),
                      (a.words_.size() >= b.words_.size() ? b.words_ : a.words_).begin()) &&
           std::ranges::all_of(longer.subspan(shared), [](auto word) { return word == 0; });
  }

 private:
  std::span<std::uint64_t const> words_;
};

class InstrumentSet {
 public:
  InstrumentSet() = default;
  explicit InstrumentSet(std::span<std::uint64_t const> words) : words_(words.begin(), words.end()) {}
  explicit(false) operator InstrumentBits() const { return InstrumentBits{words_}; }

  void insert(InstrumentId id) {
    if (word_of(id) >= words_.size()) words_.resize(word_of(id) + 1);
    words_[word_of(id)] |= bit_of(id);
  }

  [[nodiscard]] bool contains(InstrumentId id) const {
    return word_of(id) < words_.size() && (words_[word_of(id)] & bit_of(id)) != 0;
  }

  [[nodiscard]] std::size_t size() const {
    std::size_t n = 0;
    for (auto const word : words_) n += static_cast<std::size_t>(std::popcount(word));
    return n;
  }

  InstrumentSet& operator&=(InstrumentSet const& other) {
    if (words_.size() > other.words_.size()) words_.resize(other.words_.size());
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    return *this;
  }

  InstrumentSet& operator|=(InstrumentSet const& other) {
    if (words_.size() < other.words_.size()) words_.resize(other.words_.size());
    for (std::size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }

  /// Takes away what `other` holds.
  InstrumentSet& operator-=(InstrumentSet const& other) {
    auto const shared = std::min(words_.size(), other.words_.size());
    for (std::size_t i = 0; i < shared; ++i) words_[i] &= ~other.words_[i];
    return *this;
  }

  friend InstrumentSet operator&(InstrumentSet a, InstrumentSet const& b) { return a &= b; }

  friend bool operator==(InstrumentSet const& a, InstrumentSet const& b) {
    auto const& longer = a.words_.size() >= b.words_.size() ? a.words_ : b.words_;
    auto const& shorter = a.words_.size() >= b.words_.size() ? b.words_ : a.words_;
    auto const shared = static_cast<std::ptrdiff_t>(shorter.size());
    return std::equal(shorter.begin(), shorter.end(), longer.begin()) &&
           std::all_of(longer.begin() + shared, longer.end(), [](auto word) { return word == 0; });
  }

  /// Calls `visit(InstrumentId)` for each member in ascending order.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < words_.size(); ++i)
      for (auto word = words_[i]; word != 0; word &= word - 1)
        visit(InstrumentId{static_cast<std::uint32_t>(i * 64) +
                           static_cast<std::uint32_t>(std::countr_zero(word))});
  }

 private:
  static std::size_t word_of(InstrumentId id) { return id.v / 64; }
  static std::uint64_t bit_of(InstrumentId id) { return std::uint64_t{1} << (id.v % 64); }

  std::vector<std::uint64_t> words_;
};

}  // namespace spillway
