// tests/gateway/fuzz_http.cpp - any bytes: a request or a named fault, the same however they are split.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http_parse.hpp"

using namespace spillway::wire;

namespace {

std::string outcome(std::string_view text, std::size_t step) {
  RequestParser parser(512, 256);
  std::size_t consumed = 0;
  for (std::size_t end = 0; end < text.size() && !parser.done();) {
    end = std::min(end + step, text.size());
    for (std::size_t last = text.size() + 1; consumed != last && !parser.done();) {
      last = consumed;
      auto const fed = parser.feed(text.substr(consumed, end - consumed));
      if (!fed) return "fault";
      consumed += *fed;
    }
  }
  if (!parser.done()) return "more";
  return parser.head().method + parser.head().target + parser.take_body();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  auto const whole = outcome(text, size + 1);
  auto const split = outcome(text, 1 + (size > 0 ? data[0] % 7U : 0U));
  // A fault may be seen earlier or later, but never turns into a request, nor one request into another.
  if (whole != "fault" && whole != "more" && split != "fault" && split != "more" && whole != split)
    std::abort();
  ResponseParser answer(512, false);
  if (auto const fed = answer.feed(text)) (void)answer.feed_end();
  return 0;
}
