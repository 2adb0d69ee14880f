// market/src/codec_fixed.hpp - FlatBuffers structs: where each field of a fixed-layout command lies, and
// reading and writing.
// Room:   market, private; sees the standard library only.
// Layout: little-endian, every integer at a multiple of its size, the whole a multiple of its largest;
//         padding is zero.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "codec_enums.hpp"
#include "complaints.hpp"
#include "fields.hpp"

namespace spillway::wire {

static_assert(std::endian::native == std::endian::little, "the codec copies integers as they lie in memory");

template <class Member>
constexpr std::size_t fixed_size_of() {
  if constexpr (scalar<Member>) {
    return sizeof(raw_t<Member>);
  } else {
    static_assert(bytes_n<Member>, "a struct holds integers and byte strings of fixed length");
    return sizeof(Member);
  }
}
template <class Member>
constexpr std::size_t fixed_align_of() {
  return scalar<Member> ? fixed_size_of<Member>() : 1;
}

template <described T>
struct FixedLayout {
  std::array<std::size_t, field_count<T>> at{};
  std::size_t size{};
  std::size_t align{1};

  constexpr FixedLayout() {
    for_each_field<T>([this](auto const& f, auto i) {
      using Member = typename std::remove_cvref_t<decltype(f)>::type;
      at[i] = round_up(size, fixed_align_of<Member>());
      size = at[i] + fixed_size_of<Member>();
      align = std::max(align, fixed_align_of<Member>());
    });
    size = round_up(size, align);
  }

 private:
  static constexpr std::size_t round_up(std::size_t x, std::size_t to) { return (x + to - 1) / to * to; }
};
template <described T>
inline constexpr FixedLayout<T> layout_of{};

template <described T>
std::array<std::uint8_t, layout_of<T>.size> fixed_bytes(T const& x) {
  std::array<std::uint8_t, layout_of<T>.size> out{};
  for_each_field<T>([&](auto const& f, auto i) {
    auto const& value = x.*f.member;
    if constexpr (scalar<std::remove_cvref_t<decltype(value)>>) {
      auto const r = raw(value);
      std::memcpy(out.data() + layout_of<T>.at[i], &r, sizeof r);
    } else {
      std::memcpy(out.data() + layout_of<T>.at[i], value.data(), value.size());
    }
  });
  return out;
}

/// Takes `r` for a `T` when it is one of its values.
template <scalar T>
void read_scalar(Complaints& complaints, raw_t<T> r, T& out) {
  out = from_raw<T>(r);
  if constexpr (std::same_as<T, bool>) {
    if (r > 1) complaints.say(DecodeCode::out_of_range, "must be 0 or 1");
  } else if constexpr (std::is_enum_v<T>) {
    if (!known(out)) complaints.say(DecodeCode::out_of_range, "this value is not known");
  }
}

/// `bytes` holds layout_of<T>.size bytes.
template <described T>
void read_fixed(Complaints& complaints, std::uint8_t const* bytes, T& out) {
  for_each_field<T>([&](auto const& f, auto i) {
    auto& value = out.*f.member;
    using Member = std::remove_cvref_t<decltype(value)>;
    if constexpr (scalar<Member>) {
      raw_t<Member> r{};
      std::memcpy(&r, bytes + layout_of<T>.at[i], sizeof r);
      complaints.enter(f.name);
      read_scalar(complaints, r, value);
      complaints.leave();
    } else {
      std::memcpy(value.data(), bytes + layout_of<T>.at[i], value.size());
    }
  });
}

}  // namespace spillway::wire
