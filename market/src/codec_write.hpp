// market/src/codec_write.hpp - described structs as FlatBuffers tables: field n of the list is the field with
// id n.
// Room:   market, private; sees FlatBuffers.
// Rule:   fields at zero and empty lists are left out, so equal values give equal bytes.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "codec_fixed.hpp"
#include "fields.hpp"
#include "market/record.hpp"

namespace spillway::wire {

using Builder = flatbuffers::FlatBufferBuilder;
using Where = flatbuffers::uoffset_t;  // of a part already written; 0: none
using Part = flatbuffers::Offset<void>;

constexpr flatbuffers::voffset_t slot_of(std::size_t id) {
  return static_cast<flatbuffers::voffset_t>(4 + 2 * id);
}

template <described T>
Where write_table(Builder&, T const&);

template <described T>
Where write_struct(Builder& builder, T const& x) {
  auto const bytes = fixed_bytes(x);
  builder.StartStruct(layout_of<T>.align);
  builder.PushBytes(bytes.data(), bytes.size());
  return builder.EndStruct();
}

template <class T>
Where write_list(Builder& builder, std::vector<T> const& items) {
  if constexpr (scalar<T>) {
    std::vector<raw_t<T>> raws;
    for (auto const& item : items) raws.push_back(raw(item));
    return builder.CreateVector(raws).o;
  } else if constexpr (fixed_layout<T>) {
    builder.StartVector(items.size() * layout_of<T>.size / layout_of<T>.align, layout_of<T>.align);
    for (std::size_t i = items.size(); i-- > 0;) {  // buffers grow downwards
      auto const bytes = fixed_bytes(items[i]);
      builder.PushBytes(bytes.data(), bytes.size());
    }
    return builder.EndVector(items.size());
  } else {
    std::vector<Part> parts;
    for (auto const& item : items) {
      if constexpr (std::same_as<T, std::string>) {
        parts.emplace_back(builder.CreateString(item).o);
      } else {
        parts.emplace_back(write_table(builder, item));
      }
    }
    return builder.CreateVector(parts).o;
  }
}

inline Where write_bytes(Builder& builder, void const* data, std::size_t size) {
  return builder.CreateVector(static_cast<std::uint8_t const*>(data), size).o;
}

/// What a table refers to must lie in the buffer before the table begins.
template <class Member>
Where write_part(Builder& builder, Member const& value) {
  if constexpr (scalar<Member>) {
    return 0;
  } else if constexpr (std::same_as<Member, std::string>) {
    return value.empty() ? 0 : builder.CreateString(value).o;
  } else if constexpr (bytes_n<Member>) {
    return value == Member{} ? 0 : write_bytes(builder, value.data(), value.size());
  } else if constexpr (byte_list<Member>) {
    return value.empty() ? 0 : write_bytes(builder, value.data(), value.size());
  } else if constexpr (list<Member>) {
    return value.empty() ? 0 : write_list(builder, value);
  } else if constexpr (optional_part<Member>) {
    return value ? write_table(builder, *value) : 0;
  } else if constexpr (std::same_as<Member, Record>) {
    return write_bytes(builder, &value, sizeof value);
  } else {
    return write_table(builder, value);
  }
}

template <class Member>
constexpr std::size_t inline_size() {
  if constexpr (scalar<Member>) {
    return sizeof(raw_t<Member>);
  } else {
    return sizeof(Where);
  }
}

template <described T>
Where write_table(Builder& builder, T const& x) {
  std::array<Where, field_count<T> + 1> parts{};
  for_each_field<T>([&](auto const& f, auto i) { parts[i] = write_part(builder, x.*f.member); });
  auto const start = builder.StartTable();
  for (std::size_t const size : {8u, 4u, 2u, 1u}) {  // large first wastes no padding
    for_each_field<T>([&](auto const& f, auto i) {
      using Member = typename std::remove_cvref_t<decltype(f)>::type;
      if (inline_size<Member>() != size) return;
      if constexpr (scalar<Member>) {
        builder.AddElement(slot_of(i), raw(x.*f.member), raw_t<Member>{});
      } else if (parts[i] != 0) {
        builder.AddOffset(slot_of(i), Part{parts[i]});
      }
    });
  }
  return builder.EndTable(start);
}

/// The chosen alternative; its number in the schema's union is its index + 1.
template <class... T>
Where write_union(Builder& builder, std::variant<T...> const& value) {
  return std::visit(
      [&builder]<class One>(One const& one) {
        if constexpr (fixed_layout<One>) {
          return write_struct(builder, one);
        } else {
          return write_table(builder, one);
        }
      },
      value);
}
template <class... T>
std::uint8_t union_number(std::variant<T...> const& value) {
  return static_cast<std::uint8_t>(value.index() + 1);
}

inline std::vector<std::byte> taken(Builder const& builder) {
  auto const* const first = reinterpret_cast<std::byte const*>(builder.GetBufferPointer());
  return {first, first + builder.GetSize()};
}

}  // namespace spillway::wire
