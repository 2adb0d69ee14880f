// market/src/json_read.hpp - JSON values as described structs; a field that the schema lacks is refused by
// name.
// Room:   market, private; sees Boost.JSON.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "codec_enums.hpp"
#include "complaints.hpp"
#include "fields.hpp"
#include "market/base64.hpp"
#include "market/record.hpp"

namespace spillway::wire {

namespace json = boost::json;

/// At most `most` bytes of UTF-8 text, cut between characters.
inline std::string_view cut_text(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0u) == 0x80u) --most;
  return text.substr(0, most);
}

inline std::string_view view_of(json::string const& text) { return {text.data(), text.size()}; }

/// The integer that `value` states as a number or as decimal text, when `R` holds it.
template <std::integral R>
std::optional<R> integer_of(json::value const& value) {
  if (auto const* i = value.if_int64())
    return std::in_range<R>(*i) ? std::optional{static_cast<R>(*i)} : std::nullopt;
  if (auto const* u = value.if_uint64())
    return std::in_range<R>(*u) ? std::optional{static_cast<R>(*u)} : std::nullopt;
  auto const* text = value.if_string();
  if (text == nullptr || text->empty()) return std::nullopt;
  R r{};
  auto const [end, error] = std::from_chars(text->data(), text->data() + text->size(), r);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return r;
}

template <std::integral R>
void say_not_integer(Complaints& complaints) {
  complaints.say(DecodeCode::out_of_range, "must be an integer from " +
                                               std::to_string(std::numeric_limits<R>::min()) + " to " +
                                               std::to_string(std::numeric_limits<R>::max()));
}

template <class E>
void read_enum(Complaints& complaints, json::value const& value, E& out) {
  auto const* text = value.if_string();
  auto const found = text != nullptr ? enum_named<E>(view_of(*text)) : std::nullopt;
  if (found) return void(out = *found);
  std::string names;
  for (auto const e : EnumOf<E>::values()) names += std::string{" "} + EnumOf<E>::name(static_cast<E>(e));
  complaints.say(text == nullptr ? DecodeCode::wrong_type : DecodeCode::out_of_range,
                 "must be one of" + names);
}

inline std::optional<std::vector<std::byte>> bytes_of(Complaints& complaints, json::value const& value) {
  auto const* text = value.if_string();
  auto bytes = text != nullptr ? bytes_from_base64(view_of(*text)) : std::nullopt;
  if (!bytes) complaints.say(DecodeCode::wrong_type, "must be base64 text with padding");
  return bytes;
}

inline void read_exact(Complaints& complaints, json::value const& value, void* out, std::size_t size) {
  auto const bytes = bytes_of(complaints, value);
  if (!bytes) return;
  if (bytes->size() != size) return say_wrong_length(complaints, size);
  std::memcpy(out, bytes->data(), size);
}

inline void read_text(Complaints& complaints, json::value const& value, std::size_t most, std::string& out) {
  auto const* text = value.if_string();
  if (text == nullptr) return complaints.say(DecodeCode::wrong_type, "must be text");
  if (text->size() > most) return say_too_long(complaints, most, "bytes");
  out.assign(text->data(), text->size());
  if (!is_text(out)) complaints.say(DecodeCode::out_of_range, "must be UTF-8 text without NUL");
}

template <described T>
void read_object(Complaints& complaints, json::value const& value, T& out, std::string_view ignored = {});

template <class Member>
void read_value(Complaints& complaints, json::value const& value, std::size_t most, Member& out) {
  if constexpr (std::same_as<Member, bool>) {
    if (!value.is_bool()) return complaints.say(DecodeCode::wrong_type, "must be true or false");
    out = value.get_bool();
  } else if constexpr (std::is_enum_v<Member>) {
    read_enum(complaints, value, out);
  } else if constexpr (scalar<Member>) {
    auto const r = integer_of<raw_t<Member>>(value);
    if (!r) return say_not_integer<raw_t<Member>>(complaints);
    out = from_raw<Member>(*r);
  } else if constexpr (std::same_as<Member, std::string>) {
    read_text(complaints, value, most, out);
  } else if constexpr (bytes_n<Member>) {
    read_exact(complaints, value, out.data(), out.size());
  } else if constexpr (std::same_as<Member, Record>) {
    read_exact(complaints, value, &out, sizeof out);
  } else if constexpr (byte_list<Member>) {
    auto bytes = bytes_of(complaints, value);
    if (bytes && bytes->size() > most) return say_too_long(complaints, most, "bytes");
    if (bytes) out = std::move(*bytes);
  } else if constexpr (list<Member>) {
    auto const* items = value.if_array();
    if (items == nullptr) return complaints.say(DecodeCode::wrong_type, "must be a list");
    if (items->size() > most) return say_too_long(complaints, most, "entries");
    using Item = typename Member::value_type;
    for (auto const& item : *items) read_value(complaints, item, most_by_default<Item>(), out.emplace_back());
  } else if constexpr (optional_part<Member>) {
    if (!value.is_null()) read_object(complaints, value, out.emplace());
  } else {
    read_object(complaints, value, out);
  }
}

/// Reads one member of an object into the field of that name; false when there is none.
template <described T>
bool read_named(Complaints& complaints, std::string_view name, json::value const& value, T& out) {
  bool found = false;
  for_each_field<T>([&](auto const& f, auto) {
    if (name != f.name) return;
    found = true;
    complaints.enter(f.name);
    read_value(complaints, value, most_of(f), out.*f.member);
    complaints.leave();
  });
  return found;
}

/// `ignored`: one more name that may occur.
template <described T>
void read_object(Complaints& complaints, json::value const& value, T& out, std::string_view ignored) {
  auto const* object = value.if_object();
  if (object == nullptr) return complaints.say(DecodeCode::wrong_type, "must be an object");
  for (auto const& [key, member] : *object) {
    std::string_view const name{key.data(), key.size()};
    if (read_named(complaints, name, member, out) || (!ignored.empty() && name == ignored)) continue;
    complaints.say(DecodeCode::unknown_field,
                   "there is no field \"" + std::string{cut_text(name, 64)} + "\"");
  }
}

}  // namespace spillway::wire
