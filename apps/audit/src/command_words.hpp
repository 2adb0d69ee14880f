// apps/audit/src/command_words.hpp - a command as a clause for people: "placed an order".
// Room:   apps, library audit, private.
#pragma once

#include <string>

#include "market/command.hpp"

namespace spillway {

[[nodiscard]] std::string words(Command const& command);
/// "participant 7", or "the exchange" for 0.
[[nodiscard]] std::string who(ParticipantId participant);

}  // namespace spillway
