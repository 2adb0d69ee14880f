// reference/genesis.hpp - the commands that put the tables into an empty exchange.
// Room:   market/reference (table maker); sees the vocabulary.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "market/command.hpp"
#include "reference/tables.hpp"

namespace spillway {

inline constexpr std::string_view default_relay = "azure:westeurope";
/// Rows of places in one command: an entry stays under 60 KiB.
inline constexpr std::size_t places_per_command = 200;

/// Places, round trips (one command per leaf, to all places), classes, tiers, models, relay. SetRules,
/// participants and money are the caller's. The only error: `relay` is not a leaf of the table, in one
/// sentence.
[[nodiscard]] std::expected<std::vector<Command>, std::string> genesis_commands(
    Tables const&, std::string_view relay = default_relay);

}  // namespace spillway
