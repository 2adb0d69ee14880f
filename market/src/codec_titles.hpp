// market/src/codec_titles.hpp - the schema's names of union members; number 0 is NONE, a command's is its
// index + 1.
// Room:   market, private; sees the standard library only.
#pragma once

#include <cstddef>

namespace spillway::wire {

/// "" for a number that the schema does not know.
[[nodiscard]] char const* command_title(std::size_t number);
[[nodiscard]] char const* client_title(std::size_t number);
[[nodiscard]] char const* server_title(std::size_t number);

}  // namespace spillway::wire
