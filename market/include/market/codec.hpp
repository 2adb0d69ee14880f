// market/codec.hpp - entries as bytes of the journal, and back.
// Room:   market (vocabulary); sees the standard library only.
// Errors: DecodeError; an entry that is too long to encode is a broken invariant (tables are sent in parts).
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "market/command.hpp"
#include "market/decode_error.hpp"

namespace spillway {

inline constexpr std::size_t largest_entry_bytes = 65'535;

/// Only the fields of command.hpp, always in the same layout: equal entries give equal bytes.
[[nodiscard]] std::vector<std::byte> encode(Entry const& entry);

/// Safe on any bytes; every enum is known and every list and text bounded in what is returned.
[[nodiscard]] std::expected<Entry, DecodeError> decode_entry(std::span<std::byte const> bytes);

/// The place in `Command` of what the entry asks; verifies and decodes nothing else. Safe on any bytes.
[[nodiscard]] std::optional<std::size_t> command_index(std::span<std::byte const> bytes);

/// What a session statement covers of an entry: its bytes as stored, with zeros in place of sequence and
/// stamp, which the client could not know. Nothing when the bytes are no entry.
[[nodiscard]] std::optional<std::vector<std::byte>> stated_bytes(std::span<std::byte const> bytes);

}  // namespace spillway
