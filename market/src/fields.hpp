// market/src/fields.hpp - plain structs described once: the names of their fields in the order of the schema.
// Room:   market, private; sees the standard library only.
// Use:    `Fields<T>::list` is a tuple of Field; the FlatBuffers codec, JSON and the tests all walk it, so
// that one
//         description serves every form. tests/market/codec_schema_test.cpp compares it with the compiled
//         schema.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace spillway::wire {

/// A described struct specialises this with a constexpr tuple `list`.
template <class T>
struct Fields;

/// `most`: longest text, list or byte string; 0: the default of its type.
template <class Owner, class Member>
struct Field {
  using type = Member;
  char const* name;
  Member Owner::*member;
  std::size_t most;
};

template <class Owner, class Member>
constexpr Field<Owner, Member> field(char const* name, Member Owner::*member, std::size_t most = 0) {
  return {name, member, most};
}

template <class T>
concept described = requires {
  Fields<T>::list;
};

template <described T>
inline constexpr std::size_t field_count = std::tuple_size_v<std::remove_cvref_t<decltype(Fields<T>::list)>>;

/// Calls f(field, index) in the order of the schema.
template <described T, class F>
constexpr void for_each_field(F&& f) {
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    (f(std::get<i>(Fields<T>::list), std::integral_constant<std::size_t, i>{}), ...);
  }
  (std::make_index_sequence<field_count<T>>{});
}

// ---- scalars: whatever is one integer on the wire ----

template <class T>
concept strong = requires(T x) {
  T{x.v};
}
&&std::integral<decltype(T::v)> && sizeof(T) == sizeof(T::v);
template <class T>
concept scalar = std::integral<T> || std::is_enum_v<T> || strong<T>;

template <scalar T>
constexpr auto raw(T x) {
  if constexpr (std::same_as<T, bool>) {
    return static_cast<std::uint8_t>(x);
  } else if constexpr (std::integral<T>) {
    return x;
  } else if constexpr (std::is_enum_v<T>) {
    return std::to_underlying(x);
  } else {
    return x.v;
  }
}
template <scalar T>
using raw_t = decltype(raw(T{}));
template <scalar T>
constexpr T from_raw(raw_t<T> r) {
  return T(r);
}

// ---- shapes ----

template <class T>
inline constexpr bool is_bytes_n = false;
template <std::size_t n>
inline constexpr bool is_bytes_n<std::array<std::byte, n>> = true;
template <class T>
concept bytes_n = is_bytes_n<T>;
template <class T>
concept byte_list = std::same_as<T, std::vector<std::byte>>;
template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;
template <class T>
concept list = is_list<T> && !byte_list<T>;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
concept optional_part = is_optional<T>;

template <class T>
constexpr std::size_t most_by_default() {
  if constexpr (byte_list<T>) {
    return 64 * 1024;
  } else if constexpr (list<T>) {
    return 64;
  } else {
    return 256;
  }
}
template <class F>
constexpr std::size_t most_of(F const& f) {
  return f.most != 0 ? f.most : most_by_default<typename F::type>();
}

/// Stored as a struct: of fixed layout, without room to grow.
template <class T>
inline constexpr bool fixed_layout = false;

/// Calls f(std::in_place_type<T>) for the alternative numbered `index`; false when there is none.
template <class Variant, class F>
bool visit_index(std::size_t index, F&& f) {
  return [&]<std::size_t... i>(std::index_sequence<i...>) {
    return ((i == index && (f(std::in_place_type<std::variant_alternative_t<i, Variant>>), true)) || ...);
  }
  (std::make_index_sequence<std::variant_size_v<Variant>>{});
}

}  // namespace spillway::wire
