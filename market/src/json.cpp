// market/json.cpp - messages as JSON text: an envelope with the type's name, then its fields.
#include "market/json.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "codec_titles.hpp"
#include "json_read.hpp"
#include "json_write.hpp"
#include "message_client_fields.hpp"
#include "message_server_fields.hpp"

namespace spillway {
namespace {

namespace json = boost::json;
using Title = char const* (*)(std::size_t);

template <class Variant>
json::object enveloped(Variant const& message) {
  json::object out;
  out["type"] = type_name(message);
  std::visit(
      [&out]<class M>(M const& m) {
        for (auto& [key, value] : wire::object_of(m)) out[key] = std::move(value);
        if constexpr (std::same_as<M, msg::Report>) out["shows"] = wire::shown(m.record);
      },
      message);
  return out;
}

/// The fields of `object` but "type", as the alternative whose schema name is `type`; false when there is
/// none.
template <class Variant>
bool read_typed(wire::Complaints& complaints, json::object object, Title title, Variant& out) {
  auto const* type = object.if_contains("type");
  if (type == nullptr || !type->is_string()) return false;
  std::string const wanted{wire::view_of(type->get_string())};
  object.erase("type");
  for (std::size_t i = 0; i < std::variant_size_v<Variant>; ++i) {
    if (wanted != title(i + 1)) continue;  // 0 is NONE
    return wire::visit_index<Variant>(i, [&]<class M>(std::in_place_type_t<M>) {
      complaints.enter(title(i + 1));
      wire::read_object(complaints, json::value(std::move(object)), out.template emplace<M>(),
                        std::same_as<M, msg::Report> ? "shows" : "");
      complaints.leave();
    });
  }
  return false;
}

template <class Variant>
std::expected<Variant, DecodeError> opened(std::string_view text, std::size_t most, Title title) {
  if (text.size() > most) {
    return std::unexpected(
        DecodeError{DecodeCode::too_large, "a frame has at most " + std::to_string(most) + " bytes"});
  }
  json::parse_options options;
  options.max_depth = 8;
  json::error_code error;
  auto parsed = json::parse({text.data(), text.size()}, error, {}, options);
  if (error || !parsed.is_object()) {
    return std::unexpected(
        DecodeError{DecodeCode::not_well_formed,
                    "this text is not one JSON object" + (error ? ": " + error.message() : "")});
  }
  wire::Complaints complaints;
  Variant message;
  if (!read_typed(complaints, std::move(parsed.get_object()), title, message)) {
    complaints.say(DecodeCode::unknown_message,
                   "\"type\" must name a message, such as \"Ping\" or \"Answer\"");
  }
  if (complaints.any()) return std::unexpected(complaints.take());
  return message;
}

}  // namespace

std::string json_text(ClientMessage const& message) { return json::serialize(enveloped(message)); }
std::string json_text(ServerMessage const& message) { return json::serialize(enveloped(message)); }

std::expected<ClientMessage, DecodeError> client_message_from_json(std::string_view text) {
  return opened<ClientMessage>(text, largest_client_frame_bytes, wire::client_title);
}

std::expected<ServerMessage, DecodeError> server_message_from_json(std::string_view text) {
  return opened<ServerMessage>(text, largest_server_frame_bytes, wire::server_title);
}

}  // namespace spillway
