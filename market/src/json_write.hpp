// market/src/json_write.hpp - described structs as JSON values.
// Room:   market, private; sees Boost.JSON.
// Format: 64-bit integers as strings (a double keeps 53 bits), enums by schema name, bytes as base64, absent
// parts left out.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstring>
#include <span>
#include <string>

#include "codec_enums.hpp"
#include "fields.hpp"
#include "market/base64.hpp"
#include "market/record.hpp"

namespace spillway::wire {

namespace json = boost::json;

template <described T>
json::object object_of(T const& x);

template <class E>
json::value enum_value(E e) {
  if (known(e)) return EnumOf<E>::name(e);
  return std::to_underlying(e);
}

template <class Member>
json::value value_of(Member const& x) {
  if constexpr (std::same_as<Member, bool> || std::same_as<Member, std::string>) {
    return json::value(x);
  } else if constexpr (std::is_enum_v<Member>) {
    return enum_value(x);
  } else if constexpr (scalar<Member>) {
    if constexpr (sizeof(raw_t<Member>) == 8) return json::value(std::to_string(raw(x)));
    return json::value(raw(x));
  } else if constexpr (bytes_n<Member> || byte_list<Member>) {
    return json::value(base64_text(x));
  } else if constexpr (std::same_as<Member, Record>) {
    return json::value(base64_text(std::as_bytes(std::span{&x, 1})));
  } else if constexpr (list<Member>) {
    json::array items;
    for (auto const& item : x) items.push_back(value_of(item));
    return items;
  } else {
    return object_of(x);
  }
}

template <described T>
json::object object_of(T const& x) {
  json::object out;
  for_each_field<T>([&](auto const& f, auto) {
    auto const& value = x.*f.member;
    if constexpr (optional_part<std::remove_cvref_t<decltype(value)>>) {
      if (value) out[f.name] = object_of(*value);
    } else {
      out[f.name] = value_of(value);
    }
  });
  return out;
}

/// A record by its field names.
[[nodiscard]] json::object shown(Record const& record);

}  // namespace spillway::wire
