// sim/trace.hpp - requests to a language model: when they came, how long their prompts and answers were.
// Room:   sim/import; sees market and the table reader.
// Format: llm_requests_*.csv: arrival_us since the first request, prompt_tokens, generated_tokens; further
// columns ignored.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "market/units.hpp"
#include "reference/csv.hpp"

namespace spillway::sim {

struct TraceRequest {
  Micros arrival;  // since the start of the trace; never falls, ties keep file order
  Tokens prompt;
  Tokens generated;
};

/// A broken row (not a number, a time that goes back, no prompt, no answer, over a million tokens) is an
/// error with its line.
[[nodiscard]] std::expected<std::vector<TraceRequest>, TableError> read_trace(
    std::filesystem::path const& file);
[[nodiscard]] std::expected<std::vector<TraceRequest>, TableError> parse_trace(std::string_view csv,
                                                                               std::string file);

/// Requests with rate, burstiness and token counts of the Azure code trace of 2023-11-16, over `seconds`.
[[nodiscard]] std::vector<TraceRequest> generated_trace(std::uint64_t seed, std::int64_t seconds);

}  // namespace spillway::sim
