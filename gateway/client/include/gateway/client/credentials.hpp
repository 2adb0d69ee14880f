// gateway/client/credentials.hpp - who a client is: participant, key number, role and the Ed25519 seed, in
// one small file.
// Room:   gateway, target client; sees market.
// Errors: one line that names the file and says what to do. The seed never appears in a message.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "market/command.hpp"

namespace spillway {

struct Credentials {
  ParticipantId participant;
  KeyId key;
  Role role{};
  Bytes32 seed{};  // secret

  [[nodiscard]] Bytes32 public_key() const;
  [[nodiscard]] Bytes64 sign(std::span<std::byte const> text) const;
};

/// A new key pair from the system's randomness.
[[nodiscard]] Credentials make_credentials(ParticipantId participant, KeyId key, Role role);
/// TOML with participant, key, role and seed; refused when others can read it.
[[nodiscard]] std::expected<Credentials, std::string> load_credentials(std::filesystem::path const& file);
/// Mode 0600; an existing file is not overwritten.
[[nodiscard]] std::expected<void, std::string> save_credentials(std::filesystem::path const& file,
                                                                Credentials const&);

[[nodiscard]] char const* role_name(Role role);
[[nodiscard]] std::optional<Role> role_named(std::string_view name);

/// A bearer key for OpenAI-style clients ("sk-spillway-..."), and the hash that the exchange stores of it.
[[nodiscard]] std::string make_bearer_key();
[[nodiscard]] Bytes32 bearer_hash(std::string_view bearer_key);

}  // namespace spillway
