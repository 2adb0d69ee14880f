// tests/gateway/fuzz_sse.cpp - any bytes, split anywhere, give the same events within the bound.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "gateway/wire/sse.hpp"

using spillway::wire::SseEvent;
using spillway::wire::SseParser;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  constexpr std::size_t bound = 64;
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  SseParser whole(bound), split(bound);
  whole.feed(text);
  std::vector<SseEvent> expected, got;
  while (auto event = whole.next()) expected.push_back(std::move(*event));
  for (std::size_t at = 0; at < size;) {
    auto const step = 1 + data[at] % 5U;
    split.feed(text.substr(at, step));
    at += step;
    while (auto event = split.next()) got.push_back(std::move(*event));
  }
  if (got != expected) std::abort();
  for (auto const& event : got) {
    if (event.data.size() + event.event.size() + event.id.size() > bound) std::abort();
  }
  return 0;
}
