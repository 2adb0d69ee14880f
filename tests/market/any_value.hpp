// tests/market/any_value.hpp - seeded random values of every described struct, and their comparison field by
// field.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <variant>

#include "codec_enums.hpp"
#include "fields.hpp"
#include "market/record.hpp"

namespace spillway::wire {

/// splitmix64: the same values on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }

 private:
  std::uint64_t state_;
};

template <class T>
void fill(Dice& dice, T& out);

/// Small, large and extreme numbers alike.
template <class R>
R any_integer(Dice& dice) {
  switch (dice.below(5)) {
    case 0:
      return R{0};
    case 1:
      return std::numeric_limits<R>::max();
    case 2:
      return std::numeric_limits<R>::min();
    case 3:
      return static_cast<R>(dice.below(100));
    default:
      return static_cast<R>(dice.next());
  }
}

inline std::string any_text(Dice& dice) {
  static constexpr char const* pieces[] = {"a", "Z", "\"",   "\\",         "\n",
                                           "/", "é", "深圳", "\U0001F600", "\x01"};
  std::string text;
  for (std::size_t n = dice.below(12); n > 0; --n) text += pieces[dice.below(std::size(pieces))];
  return text;
}

template <class T>
void fill(Dice& dice, T& out) {
  if constexpr (std::same_as<T, std::byte>) {
    out = static_cast<std::byte>(dice.next());
  } else if constexpr (std::same_as<T, bool>) {
    out = dice.below(2) == 1;
  } else if constexpr (std::is_enum_v<T>) {
    auto const& values = EnumOf<T>::values();
    out = static_cast<T>(values[dice.below(std::size(values))]);
  } else if constexpr (scalar<T>) {
    out = from_raw<T>(any_integer<raw_t<T>>(dice));
  } else if constexpr (std::same_as<T, std::string>) {
    out = any_text(dice);
  } else if constexpr (bytes_n<T>) {
    for (auto& b : out) b = static_cast<std::byte>(dice.next());
  } else if constexpr (byte_list<T> || list<T>) {
    out.resize(dice.below(6));
    for (auto& item : out) fill(dice, item);
  } else if constexpr (optional_part<T>) {
    out.reset();
    if (dice.below(2) == 1) fill(dice, out.emplace());
  } else if constexpr (std::same_as<T, Record>) {
    std::array<std::byte, sizeof(Record)> bytes{};
    fill(dice, bytes);
    out = std::bit_cast<Record>(bytes);
    out.head.kind = static_cast<RecordKind>(dice.below(16));
  } else {
    for_each_field<T>([&](auto const& f, auto) { fill(dice, out.*f.member); });
  }
}

/// One random value of the alternative numbered `index`.
template <class Variant>
Variant any_of(Dice& dice, std::size_t index) {
  Variant out;
  visit_index<Variant>(
      index, [&]<class One>(std::in_place_type_t<One>) { fill(dice, out.template emplace<One>()); });
  return out;
}

template <class T>
bool same(T const& a, T const& b) {
  if constexpr (std::same_as<T, std::byte> || scalar<T> || std::same_as<T, std::string> || bytes_n<T> ||
                byte_list<T>) {
    return a == b;
  } else if constexpr (list<T>) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](auto const& x, auto const& y) { return same(x, y); });
  } else if constexpr (optional_part<T>) {
    return a.has_value() == b.has_value() && (!a || same(*a, *b));
  } else if constexpr (std::same_as<T, Record>) {
    return std::memcmp(&a, &b, sizeof a) == 0;
  } else {
    bool equal = true;
    for_each_field<T>([&](auto const& f, auto) { equal = equal && same(a.*f.member, b.*f.member); });
    return equal;
  }
}
template <class... T>
bool same_message(std::variant<T...> const& a, std::variant<T...> const& b) {
  return a.index() == b.index() &&
         std::visit([&b]<class One>(One const& one) { return same(one, std::get<One>(b)); }, a);
}

}  // namespace spillway::wire
