// journal/src/keys.cpp - Ed25519 by libsodium, key files in the text form that Go's note package also writes.
#include "journal/keys.hpp"

#include <openssl/evp.h>
#include <sodium.h>
#include <sys/stat.h>

#include <algorithm>
#include <system_error>
#include <vector>

#include "file.hpp"
#include "journal/merkle.hpp"
#include "market/base64.hpp"
#include "market/check.hpp"

namespace spillway {
namespace {

constexpr std::byte ed25519_type{1};
constexpr std::string_view private_prefix = "PRIVATE+KEY+";

using Raw32 = std::array<std::byte, 32>;

unsigned char const* raw(ByteView bytes) { return reinterpret_cast<unsigned char const*>(bytes.data()); }
template <std::size_t n>
unsigned char* raw(std::array<std::byte, n>& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

std::vector<std::byte> typed(Raw32 const& key) {
  std::vector<std::byte> bytes(1 + key.size());
  bytes.front() = ed25519_type;
  std::copy(key.begin(), key.end(), bytes.begin() + 1);
  return bytes;
}

std::uint32_t key_id_of(std::string_view name, Raw32 const& public_key) {
  std::vector<std::byte> bytes(as_byte_view(name).begin(), as_byte_view(name).end());
  bytes.push_back(std::byte{'\n'});
  auto const key = typed(public_key);
  bytes.insert(bytes.end(), key.begin(), key.end());
  std::array<unsigned char, 32> hash{};
  sw_check(EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, EVP_sha256(), nullptr) == 1,
           "SHA-256 accepts any bytes");
  return std::uint32_t{hash[0]} << 24 | std::uint32_t{hash[1]} << 16 | std::uint32_t{hash[2]} << 8 | hash[3];
}

std::string id_text(std::uint32_t id) {
  std::array<std::byte, 4> bytes{std::byte(id >> 24), std::byte(id >> 16 & 255U), std::byte(id >> 8 & 255U),
                                 std::byte(id & 255U)};
  return to_hex(bytes);
}

struct NamedKey {
  std::string name;
  std::string id;
  Raw32 key{};
};

/// "<name>+<8 hex digits>+<base64 of type and 32 bytes>"
std::optional<NamedKey> parse_named_key(std::string_view text) {
  auto const name_end = text.find('+');
  if (name_end == std::string_view::npos) return std::nullopt;
  NamedKey parsed;
  parsed.name = text.substr(0, name_end);
  text.remove_prefix(name_end + 1);
  if (!valid_key_name(parsed.name) || text.size() < 9 || text[8] != '+') return std::nullopt;
  parsed.id = text.substr(0, 8);
  auto const key = bytes_from_base64(text.substr(9));
  if (!key || key->size() != 33 || key->front() != ed25519_type) return std::nullopt;
  std::copy(key->begin() + 1, key->end(), parsed.key.begin());
  return parsed;
}

std::unexpected<JournalError> bad_key(std::filesystem::path const& file, std::string const& why) {
  return std::unexpected(
      JournalError{JournalErrc::bad_key, "cannot use the log key " + file.string() + ": " + why});
}

std::expected<LogKey, JournalError> make_key(std::filesystem::path const& file, std::string_view name) {
  Raw32 seed{};
  randombytes_buf(seed.data(), seed.size());
  LogKey key = LogKey::from_seed(name, seed);
  std::string const text = std::string(private_prefix) + std::string(name) + "+" +
                           id_text(key.verifier().key_id()) + "+" + base64_text(typed(seed)) + "\n";
  if (auto written = replace_file(file, as_byte_view(text), 0600); !written)
    return std::unexpected(JournalError{JournalErrc::io, written.error()});
  return key;
}

/// Without a name, the one in the file.
std::expected<LogKey, JournalError> parse_key_file(std::filesystem::path const& file, std::string_view text,
                                                   std::optional<std::string_view> name) {
  if (!text.starts_with(private_prefix) || !text.ends_with('\n'))
    return bad_key(file, "it holds no private key");
  text.remove_prefix(private_prefix.size());
  text.remove_suffix(1);
  auto const parsed = parse_named_key(text);
  if (!parsed) return bad_key(file, "it holds no Ed25519 key");
  if (name && parsed->name != *name)
    return bad_key(file, "it is the key of \"" + parsed->name + "\", not of \"" + std::string(*name) + "\"");
  LogKey key = LogKey::from_seed(parsed->name, parsed->key);
  if (id_text(key.verifier().key_id()) != parsed->id)
    return bad_key(file, "its key id does not match its key");
  return key;
}

}  // namespace

bool valid_key_name(std::string_view name) {
  auto const allowed = [](char c) { return c != '+' && static_cast<unsigned char>(c) > 32 && c != 127; };
  return !name.empty() && std::ranges::all_of(name, allowed);
}

std::optional<NoteVerifier> NoteVerifier::from_vkey(std::string_view vkey) {
  auto const parsed = parse_named_key(vkey);
  if (!parsed) return std::nullopt;
  NoteVerifier verifier;
  verifier.name_ = parsed->name;
  verifier.public_key_ = parsed->key;
  verifier.key_id_ = key_id_of(parsed->name, parsed->key);
  if (id_text(verifier.key_id_) != parsed->id) return std::nullopt;
  return verifier;
}

std::string NoteVerifier::vkey() const {
  return name_ + "+" + id_text(key_id_) + "+" + base64_text(typed(public_key_));
}

bool NoteVerifier::verify(std::string_view text, Signature const& signature) const {
  return crypto_sign_verify_detached(raw(signature), raw(as_byte_view(text)), text.size(),
                                     raw(public_key_)) == 0;
}

LogKey LogKey::from_seed(std::string_view name, std::array<std::byte, 32> const& seed) {
  sw_check(sodium_init() >= 0, "libsodium starts");
  sw_check(valid_key_name(name), "a key name is not empty and has no spaces and no plus sign");
  LogKey key;
  key.verifier_.name_ = name;
  sw_check(crypto_sign_seed_keypair(raw(key.verifier_.public_key_), raw(key.secret_key_), raw(seed)) == 0,
           "any seed makes a key pair");
  key.verifier_.key_id_ = key_id_of(name, key.verifier_.public_key_);
  return key;
}

Signature LogKey::sign(std::string_view text) const {
  Signature signature{};
  sw_check(crypto_sign_detached(raw(signature), nullptr, raw(as_byte_view(text)), text.size(),
                                raw(secret_key_)) == 0,
           "any text can be signed");
  return signature;
}

std::expected<LogKey, JournalError> LogKey::load_or_make(std::filesystem::path const& keys,
                                                         std::string_view name) {
  sw_check(sodium_init() >= 0, "libsodium starts");
  std::filesystem::path const file = keys / "log.key";
  if (!valid_key_name(name))
    return bad_key(file, "a key name is not empty and has no spaces and no plus sign");
  std::error_code failed;
  std::filesystem::create_directories(keys, failed);
  if (failed)
    return std::unexpected(
        JournalError{JournalErrc::io, "cannot make " + keys.string() + ": " + failed.message()});
  auto const text = read_text(file, 4096);
  if (!text) return std::unexpected(JournalError{JournalErrc::io, text.error()});
  if (!*text) return make_key(file, name);
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || (status.st_mode & 077) != 0)
    return bad_key(file, "others can read it; run: chmod 600 " + file.string());
  return parse_key_file(file, **text, name);
}

std::expected<LogKey, JournalError> LogKey::load(std::filesystem::path const& keys) {
  auto const file = keys / "log.key";
  auto const text = read_text(file, 4096);
  if (!text) return std::unexpected(JournalError{JournalErrc::io, text.error()});
  if (!*text) return bad_key(file, "there is no such file");
  return parse_key_file(file, **text, std::nullopt);
}

}  // namespace spillway
