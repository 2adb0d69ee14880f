// market/json.hpp - messages as JSON text, for the subprotocol `spillway.v1.json` and the command line.
// Room:   market (vocabulary); sees the standard library only.
// Format: {"type":"PlaceOrder", ...fields}, names as in the schema; 64-bit integers leave as strings and may
// come as
//         strings or numbers, enums go by their schema names, bytes as base64; an absent field is zero or
//         empty.
// Errors: DecodeError; a field the schema does not know is refused by name.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "market/decode_error.hpp"
#include "market/message.hpp"
#include "market/record.hpp"

namespace spillway {

[[nodiscard]] std::string json_text(ClientMessage const& message);
/// A Report also has "shows": its record by field names, for people; decoding ignores it.
[[nodiscard]] std::string json_text(ServerMessage const& message);
/// {"kind":"Fill","code":0,...}: the fields of a record by name.
[[nodiscard]] std::string json_text(Record const& record);

[[nodiscard]] std::expected<ClientMessage, DecodeError> client_message_from_json(std::string_view text);
[[nodiscard]] std::expected<ServerMessage, DecodeError> server_message_from_json(std::string_view text);

}  // namespace spillway
