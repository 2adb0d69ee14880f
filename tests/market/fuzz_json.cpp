// tests/market/fuzz_json.cpp - any bytes as messages as JSON text: no harm, and what is accepted can be
// written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "market/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text{reinterpret_cast<char const*>(data), size};
  if (auto const message = spillway::client_message_from_json(text)) {
    if (!spillway::client_message_from_json(spillway::json_text(*message))) std::abort();
  }
  if (auto const message = spillway::server_message_from_json(text)) {
    if (!spillway::server_message_from_json(spillway::json_text(*message))) std::abort();
  }
  return 0;
}
