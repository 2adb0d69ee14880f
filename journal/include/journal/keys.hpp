// journal/keys.hpp - Ed25519 keys of a log in the forms of C2SP signed-note.
// Room:   journal; sees the standard library (Ed25519 is libsodium's, inside).
// Errors: JournalError with what to do about the file. Private keys never appear in a message.
// Source: C2SP signed-note (key id, vkey).
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

using Signature = std::array<std::byte, 64>;

/// Anybody's half: a name, a number and a public key.
class NoteVerifier {
 public:
  /// "<name>+<8 hex digits>+<base64>"; nothing unless type, id and key agree.
  [[nodiscard]] static std::optional<NoteVerifier> from_vkey(std::string_view vkey);

  [[nodiscard]] static NoteVerifier of(std::string_view name, std::array<std::byte, 32> const& public_key);

  [[nodiscard]] std::string const& name() const { return name_; }
  [[nodiscard]] std::uint32_t key_id() const { return key_id_; }
  [[nodiscard]] std::array<std::byte, 32> const& public_key() const { return public_key_; }
  [[nodiscard]] std::string vkey() const;
  [[nodiscard]] bool verify(std::string_view text, Signature const& signature) const;

 private:
  friend class LogKey;
  std::string name_;
  std::uint32_t key_id_ = 0;
  std::array<std::byte, 32> public_key_{};
};

/// The log's own half.
class LogKey {
 public:
  /// Loads `keys`/log.key, or draws a key and stores it there (mode 0600, synced). A file that others can
  /// read is refused, and so is one that carries another name.
  [[nodiscard]] static std::expected<LogKey, JournalError> load_or_make(std::filesystem::path const& keys,
                                                                        std::string_view name);
  /// Loads `keys`/log.key whatever its name; nothing is made, and who may read it does not matter.
  [[nodiscard]] static std::expected<LogKey, JournalError> load(std::filesystem::path const& keys);
  /// The key that is to come, in `keys`/log.next.key: as load, and as load_or_make.
  [[nodiscard]] static std::expected<LogKey, JournalError> load_next(std::filesystem::path const& keys);
  [[nodiscard]] static std::expected<LogKey, JournalError> load_or_make_next(
      std::filesystem::path const& keys, std::string_view name);
  /// log.next.key becomes log.key, and what log.key was is gone: durable when this returns.
  [[nodiscard]] static std::expected<void, JournalError> promote_next(std::filesystem::path const& keys);
  [[nodiscard]] static LogKey from_seed(std::string_view name, std::array<std::byte, 32> const& seed);

  [[nodiscard]] NoteVerifier const& verifier() const { return verifier_; }
  [[nodiscard]] Signature sign(std::string_view text) const;

 private:
  NoteVerifier verifier_;
  std::array<std::byte, 64> secret_key_{};
};

/// Whether the holder of this Ed25519 key signed these bytes.
[[nodiscard]] bool is_signed_by(std::array<std::byte, 32> const& public_key, ByteView text,
                                Signature const& signature);

/// A key id as vkeys have it: 8 hexadecimal digits.
[[nodiscard]] std::string key_id_text(std::uint32_t id);

/// A key name: not empty, no spaces, no plus sign, no control characters.
[[nodiscard]] bool valid_key_name(std::string_view name);

}  // namespace spillway
