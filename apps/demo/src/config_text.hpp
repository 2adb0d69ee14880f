// apps/demo/src/config_text.hpp - the configuration files of the exchange and the agents, as text.
// Room:   apps, library demo; sees market. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "options.hpp"
#include "plan.hpp"

namespace spillway::demo {

inline constexpr char const* engine_note = "stand-in: llama.cpp on a synthetic model";
/// The stand-in's words have three bytes or four, so that a counter of three never counts fewer than there
/// are.
inline constexpr std::int32_t bytes_per_token_milli = 3'000;

struct AgentTexts {
  std::string exchange_url, certificate, credentials;
  std::string engine_url, engine_model;
  std::int64_t engine_slots{};
};
[[nodiscard]] std::string agent_config_text(Tables const& tables, PlannedProvider const& provider,
                                            AgentTexts const& texts);
[[nodiscard]] std::string exchange_config_text(DemoOptions const& options, std::string const& buyer_place,
                                               PriceIndex door_price_cap);

}  // namespace spillway::demo
