// apps/demo/src/options.hpp - what the user may say about a demonstration.
// Room:   apps, library demo.
// Units:  last in the names; `speed` is trace seconds per second.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>

namespace spillway::demo {

struct DemoOptions {
  std::optional<std::int64_t> for_s;                                // from market open; absent: until Ctrl-C
  std::filesystem::path trace, offers, market_data, journal, json;  // empty: the default
  std::int64_t trace_start_s{};
  double speed{5};
  std::uint16_t port{};  // 0: a free one
  int agents{4};
  int nodes{24};  // of all agents together
  std::int64_t class_scale{10'000'000};
  std::int64_t token_scale{32};
  std::optional<std::uint64_t> seed;  // absent: the overlay's
  bool view{true};
};

/// What to do instead: print `text` and end with `exit_code`.
struct OptionsEnd {
  int exit_code{};
  std::string text;
};
[[nodiscard]] std::expected<DemoOptions, OptionsEnd> parse_options(int argc, char const* const* argv);

}  // namespace spillway::demo
