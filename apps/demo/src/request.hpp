// apps/demo/src/request.hpp - a row of a trace and a wish of the overlay as a request that an engine can
// answer.
// Room:   apps, library demo; sees market and sim import. Pure.
// Units:  tokens of the stand-in engine: one per character of the prompt, one per word of the answer.
#pragma once

#include <cstdint>
#include <string>

#include "market/message.hpp"
#include "reference/tables.hpp"
#include "sim/overlay.hpp"
#include "sim/trace.hpp"

namespace spillway::demo {

struct TokenRequest {
  sim::TokenWish wish;
  std::int64_t prompt_tokens{};  // and characters
  std::int64_t output_tokens{};  // at most
  PriceIndex cap;                // per million work tokens
};

/// Token counts divided by `token_scale`, rounded up. The cap is the wish's share of `typical`, rounded down.
[[nodiscard]] TokenRequest make_request(sim::TraceRequest const& row, sim::TokenWish const& wish,
                                        PriceIndex typical, std::int64_t token_scale);
/// A text of so many ASCII characters that needs no escape in JSON.
[[nodiscard]] std::string prompt_text(std::int64_t characters);
/// The body of a chat-completions request, with price cap and conditions where the OpenAI door reads them.
[[nodiscard]] std::string door_body(Tables const& tables, TokenRequest const& request, bool stream);
[[nodiscard]] msg::PlaceOrder socket_order(Tables const& tables, TokenRequest const& request,
                                           ClientOrderId client);
/// Input as the exchange counts it: by bytes.
[[nodiscard]] Tokens counted_input(TokenRequest const& request);
/// What the engines' context must hold for every row: prompt, frame and answer, in steps of 512 from 1024 on.
[[nodiscard]] std::int64_t context_for(std::span<sim::TraceRequest const> trace, std::int64_t token_scale);

}  // namespace spillway::demo
