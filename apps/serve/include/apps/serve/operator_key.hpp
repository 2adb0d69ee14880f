// apps/serve/include/apps/serve/operator_key.hpp - the first operator's key: made once, kept in a file.
// Room:   apps, library serve.
// Errors: a sentence that names the file.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "market/command.hpp"

namespace spillway {

/// The public half of the key in `file`; the key is made when there is no such file.
[[nodiscard]] std::expected<Bytes32, std::string> operator_public_key(std::filesystem::path const& file);

/// Whether the journal in this directory has any entry yet: genesis is for those that have none.
[[nodiscard]] bool journal_is_empty(std::filesystem::path const& journal);

}  // namespace spillway
