// journal/src/key_text.hpp - Ed25519 keys as text and as files, for logs and for witnesses: they differ in
// one byte.
// Room:   journal, inside only.
// Errors: JournalError with what to do about the file. Private keys never appear in a message.
// Source: C2SP signed-note (key id, vkey); the private form is that of Go's note package.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "journal/bytes.hpp"
#include "journal/error.hpp"

namespace spillway {

/// DO NOT CHANGE: part of key ids, public.
enum class KeyType : std::uint8_t { ed25519 = 1, cosignature_v1 = 4 };

using Raw32 = std::array<std::byte, 32>;

struct KeyPair {
  Raw32 public_key{};
  std::array<std::byte, 64> secret{};
};
[[nodiscard]] KeyPair key_pair_of(Raw32 const& seed);

[[nodiscard]] std::uint32_t key_id_of(std::string_view name, KeyType type, Raw32 const& public_key);

struct NamedKey {
  std::string name;
  std::uint32_t id = 0;
  Raw32 key{};  // public, or the seed
};
/// "<name>+<8 hex digits>+<base64 of type and 32 bytes>"; the id is as written, not compared with the key.
[[nodiscard]] std::string named_key_text(NamedKey const& key, KeyType type);
[[nodiscard]] std::optional<NamedKey> parse_named_key(std::string_view text, KeyType type);

[[nodiscard]] std::array<std::byte, 64> ed25519_sign(std::string_view text,
                                                     std::array<std::byte, 64> const& secret);
[[nodiscard]] bool ed25519_verify(std::string_view text, std::array<std::byte, 64> const& signature,
                                  Raw32 const& public_key);

struct NamedSeed {
  std::string name;
  Raw32 seed{};
};
/// The seed in `file`, or a new one that is stored there (mode 0600, synced; its folder is made). A file that
/// others can read is refused, and so is one that carries another name.
[[nodiscard]] std::expected<NamedSeed, JournalError> load_or_make_seed(std::filesystem::path const& file,
                                                                       std::string_view name, KeyType type);
/// The seed in `file` whatever its name; nothing is made, and who may read it does not matter.
[[nodiscard]] std::expected<NamedSeed, JournalError> load_seed(std::filesystem::path const& file,
                                                               KeyType type);

}  // namespace spillway
