// apps/serve/include/apps/serve/first_commands.hpp - what is sequenced first in an empty journal: rules,
// tables, the operator, the guarantee fund.
// Room:   apps, library serve; sees market, the table maker.
// Errors: a sentence that names the file and line of market data, or the place that does not exist.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "apps/serve/serve_config.hpp"

namespace spillway {

inline constexpr ParticipantId the_operator{1};
inline constexpr KeyId the_operators_key{1};

struct FirstCommands {
  std::vector<Command> commands;
  std::string tables;  // one line: where round trips and input weights come from
};

/// `market_data`: empty, or a directory that refines the shipped tables.
[[nodiscard]] std::expected<FirstCommands, std::string> first_commands(
    ServeConfig const& config, std::filesystem::path const& market_data, Bytes32 const& operator_public_key);

}  // namespace spillway
