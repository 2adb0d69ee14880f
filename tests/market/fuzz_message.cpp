// tests/market/fuzz_message.cpp - any bytes as messages of both directions: no harm, and what is accepted can
// be written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "market/message.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::span<std::byte const> const bytes{reinterpret_cast<std::byte const*>(data), size};
  if (auto const message = spillway::decode_client_message(bytes)) {
    if (!spillway::decode_client_message(spillway::encode(*message))) std::abort();
  }
  if (auto const message = spillway::decode_server_message(bytes)) {
    if (!spillway::decode_server_message(spillway::encode(*message))) std::abort();
  }
  return 0;
}
