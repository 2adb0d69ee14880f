// market/reference/src/genesis.cpp - tables to commands.
#include "reference/genesis.hpp"

#include <algorithm>

namespace spillway {

std::expected<std::vector<Command>, std::string> genesis_commands(Tables const& tables,
                                                                  std::string_view relay) {
  auto const leaf = tables.leaves();
  auto const* relay_place = tables.place_named(relay);
  if (!relay_place || !leaf[relay_place->id.v - 1u])
    return std::unexpected("the relay \"" + std::string(relay) +
                           "\" is not a place without places below it; list the places");

  std::vector<Command> commands;
  for (std::size_t at = 0; at < tables.places.size(); at += places_per_command) {
    auto const first = tables.places.begin() + static_cast<std::ptrdiff_t>(at);
    auto const rows = std::min(places_per_command, tables.places.size() - at);
    commands.emplace_back(DefinePlaces{{first, first + static_cast<std::ptrdiff_t>(rows)}});
  }
  for (auto const& place : tables.places)
    if (leaf[place.id.v - 1u])
      commands.emplace_back(DefineRoundTrips{place.id, tables.round_trips[place.id.v - 1u]});
  commands.emplace_back(DefineClasses{tables.classes});
  commands.emplace_back(DefineTiers{tables.tiers});
  commands.emplace_back(DefineModels{tables.models});
  commands.emplace_back(DefineRelay{relay_place->id});
  return commands;
}

}  // namespace spillway
