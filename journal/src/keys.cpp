// journal/src/keys.cpp - the log's key and its public half.
#include "journal/keys.hpp"

#include <algorithm>
#include <system_error>

#include "file.hpp"
#include "key_text.hpp"
#include "market/check.hpp"

namespace spillway {

bool valid_key_name(std::string_view name) {
  auto const allowed = [](char c) { return c != '+' && static_cast<unsigned char>(c) > 32 && c != 127; };
  return !name.empty() && std::ranges::all_of(name, allowed);
}

std::optional<NoteVerifier> NoteVerifier::from_vkey(std::string_view vkey) {
  auto const parsed = parse_named_key(vkey, KeyType::ed25519);
  if (!parsed || parsed->id != key_id_of(parsed->name, KeyType::ed25519, parsed->key)) return std::nullopt;
  NoteVerifier verifier;
  verifier.name_ = parsed->name;
  verifier.public_key_ = parsed->key;
  verifier.key_id_ = parsed->id;
  return verifier;
}

NoteVerifier NoteVerifier::of(std::string_view name, std::array<std::byte, 32> const& public_key) {
  sw_check(valid_key_name(name), "a key name is not empty and has no spaces and no plus sign");
  NoteVerifier verifier;
  verifier.name_ = name;
  verifier.public_key_ = public_key;
  verifier.key_id_ = key_id_of(name, KeyType::ed25519, public_key);
  return verifier;
}

std::string NoteVerifier::vkey() const {
  return named_key_text({name_, key_id_, public_key_}, KeyType::ed25519);
}

bool NoteVerifier::verify(std::string_view text, Signature const& signature) const {
  return ed25519_verify(text, signature, public_key_);
}

bool is_signed_by(std::array<std::byte, 32> const& public_key, ByteView text, Signature const& signature) {
  return ed25519_verify({reinterpret_cast<char const*>(text.data()), text.size()}, signature, public_key);
}

LogKey LogKey::from_seed(std::string_view name, std::array<std::byte, 32> const& seed) {
  sw_check(valid_key_name(name), "a key name is not empty and has no spaces and no plus sign");
  auto const pair = key_pair_of(seed);
  LogKey key;
  key.verifier_.name_ = name;
  key.verifier_.public_key_ = pair.public_key;
  key.verifier_.key_id_ = key_id_of(name, KeyType::ed25519, pair.public_key);
  key.secret_key_ = pair.secret;
  return key;
}

Signature LogKey::sign(std::string_view text) const { return ed25519_sign(text, secret_key_); }

namespace {

std::expected<LogKey, JournalError> key_from(std::expected<NamedSeed, JournalError> const& found) {
  if (!found) return std::unexpected(found.error());
  return LogKey::from_seed(found->name, found->seed);
}

}  // namespace

std::expected<LogKey, JournalError> LogKey::load_or_make(std::filesystem::path const& keys,
                                                         std::string_view name) {
  return key_from(load_or_make_seed(keys / "log.key", name, KeyType::ed25519));
}

std::expected<LogKey, JournalError> LogKey::load(std::filesystem::path const& keys) {
  return key_from(load_seed(keys / "log.key", KeyType::ed25519));
}

std::expected<LogKey, JournalError> LogKey::load_next(std::filesystem::path const& keys) {
  return key_from(load_seed(keys / "log.next.key", KeyType::ed25519));
}

std::expected<LogKey, JournalError> LogKey::load_or_make_next(std::filesystem::path const& keys,
                                                              std::string_view name) {
  return key_from(load_or_make_seed(keys / "log.next.key", name, KeyType::ed25519));
}

std::expected<void, JournalError> LogKey::promote_next(std::filesystem::path const& keys) {
  std::error_code failed;
  std::filesystem::rename(keys / "log.next.key", keys / "log.key", failed);
  if (failed)
    return std::unexpected(JournalError{JournalErrc::io, "cannot rename " + (keys / "log.next.key").string() +
                                                             " to log.key: " + failed.message()});
  if (auto synced = sync_folder(keys); !synced)
    return std::unexpected(JournalError{JournalErrc::io, synced.error()});
  return {};
}

}  // namespace spillway
