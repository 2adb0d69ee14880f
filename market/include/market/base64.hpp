// market/base64.hpp - bytes as text in JSON: RFC 4648, standard alphabet, with padding.
// Room:   market (vocabulary); sees the standard library only.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spillway {

[[nodiscard]] std::string base64_text(std::span<std::byte const> bytes);

/// Nothing for a foreign letter, wrong padding, or leftover bits that are not zero: one text per value.
[[nodiscard]] std::optional<std::vector<std::byte>> bytes_from_base64(std::string_view text);

}  // namespace spillway
