// journal/cosignature.hpp - a witness's word for a checkpoint: that it saw this head, when, and none before
// it that does not lead there.
// Room:   journal; sees the standard library (Ed25519 is libsodium's, inside).
// Units:  times in seconds since 1970, UTC.
// Errors: one line that says what is wrong with the note; JournalError for key files.
// Source: C2SP tlog-cosignature (cosignature/v1), signed-note (type 0x04)
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "journal/checkpoint.hpp"

namespace spillway {

/// Anybody's half of a witness's key.
class WitnessVerifier {
 public:
  /// "<name>+<8 hex digits>+<base64>" of type 0x04; nothing unless type, id and key agree.
  [[nodiscard]] static std::optional<WitnessVerifier> from_vkey(std::string_view vkey);

  [[nodiscard]] std::string const& name() const { return name_; }
  [[nodiscard]] std::uint32_t key_id() const { return key_id_; }
  [[nodiscard]] std::string vkey() const;
  /// When this witness cosigned the note; nothing when it did not. An error when a line of its name and key
  /// id does not hold.
  [[nodiscard]] std::expected<std::optional<std::uint64_t>, CheckpointError> cosigned_at(
      Note const& note) const;

 private:
  friend class WitnessKey;
  std::string name_;
  std::uint32_t key_id_ = 0;
  std::array<std::byte, 32> public_key_{};
};

/// The witness's own half.
class WitnessKey {
 public:
  /// Loads `file`, or draws a key and stores it there (mode 0600, synced). A file that others can read is
  /// refused, and so is one that carries another name.
  [[nodiscard]] static std::expected<WitnessKey, JournalError> load_or_make(std::filesystem::path const& file,
                                                                            std::string_view name);
  [[nodiscard]] static WitnessKey from_seed(std::string_view name, std::array<std::byte, 32> const& seed);

  [[nodiscard]] WitnessVerifier const& verifier() const { return verifier_; }
  /// The note with one more line. Whether the head may be cosigned is decided before.
  [[nodiscard]] std::string cosign(std::string_view note, std::uint64_t time_s) const;

 private:
  WitnessVerifier verifier_;
  std::array<std::byte, 64> secret_key_{};
};

}  // namespace spillway
