// journal/src/key_text.cpp - Ed25519 by libsodium, key files in the text form that Go's note package also
// writes.
#include "key_text.hpp"

#include <openssl/evp.h>
#include <sodium.h>
#include <sys/stat.h>

#include <algorithm>
#include <system_error>
#include <vector>

#include "file.hpp"
#include "journal/keys.hpp"
#include "market/base64.hpp"
#include "market/check.hpp"

namespace spillway {
namespace {

constexpr std::string_view private_prefix = "PRIVATE+KEY+";

unsigned char const* raw(ByteView bytes) { return reinterpret_cast<unsigned char const*>(bytes.data()); }
template <std::size_t n>
unsigned char* raw(std::array<std::byte, n>& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

std::vector<std::byte> typed(KeyType type, Raw32 const& key) {
  std::vector<std::byte> bytes(1 + key.size());
  bytes.front() = static_cast<std::byte>(type);
  std::copy(key.begin(), key.end(), bytes.begin() + 1);
  return bytes;
}

std::unexpected<JournalError> bad_key(std::filesystem::path const& file, std::string const& why) {
  return std::unexpected(
      JournalError{JournalErrc::bad_key, "cannot use the key " + file.string() + ": " + why});
}
std::unexpected<JournalError> key_io(std::string message) {
  return std::unexpected(JournalError{JournalErrc::io, std::move(message)});
}

std::uint32_t id_of_seed(std::string_view name, KeyType type, Raw32 const& seed) {
  return key_id_of(name, type, key_pair_of(seed).public_key);
}

std::expected<NamedSeed, JournalError> make_seed(std::filesystem::path const& file, std::string_view name,
                                                 KeyType type) {
  NamedSeed made{std::string(name), {}};
  randombytes_buf(made.seed.data(), made.seed.size());
  std::string const text = std::string(private_prefix) +
                           named_key_text({made.name, id_of_seed(name, type, made.seed), made.seed}, type) +
                           "\n";
  if (auto written = replace_file(file, as_byte_view(text), 0600); !written) return key_io(written.error());
  return made;
}

std::expected<NamedSeed, JournalError> parse_key_file(std::filesystem::path const& file,
                                                      std::string_view text, KeyType type) {
  if (!text.starts_with(private_prefix) || !text.ends_with('\n'))
    return bad_key(file, "it holds no private key");
  text.remove_prefix(private_prefix.size());
  text.remove_suffix(1);
  auto const parsed = parse_named_key(text, type);
  if (!parsed)
    return bad_key(file,
                   type == KeyType::ed25519 ? "it holds no Ed25519 key" : "it holds no key of a witness");
  if (id_of_seed(parsed->name, type, parsed->key) != parsed->id)
    return bad_key(file, "its key id does not match its key");
  return NamedSeed{parsed->name, parsed->key};
}

}  // namespace

std::string key_id_text(std::uint32_t id) {
  std::array<std::byte, 4> bytes{std::byte(id >> 24), std::byte(id >> 16 & 255U), std::byte(id >> 8 & 255U),
                                 std::byte(id & 255U)};
  return to_hex(bytes);
}

KeyPair key_pair_of(Raw32 const& seed) {
  sw_check(sodium_init() >= 0, "libsodium starts");
  KeyPair pair;
  sw_check(crypto_sign_seed_keypair(raw(pair.public_key), raw(pair.secret), raw(seed)) == 0,
           "any seed makes a key pair");
  return pair;
}

std::uint32_t key_id_of(std::string_view name, KeyType type, Raw32 const& public_key) {
  std::vector<std::byte> bytes(as_byte_view(name).begin(), as_byte_view(name).end());
  bytes.push_back(std::byte{'\n'});
  auto const key = typed(type, public_key);
  bytes.insert(bytes.end(), key.begin(), key.end());
  std::array<unsigned char, 32> hash{};
  sw_check(EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, EVP_sha256(), nullptr) == 1,
           "SHA-256 accepts any bytes");
  return std::uint32_t{hash[0]} << 24 | std::uint32_t{hash[1]} << 16 | std::uint32_t{hash[2]} << 8 | hash[3];
}

std::string named_key_text(NamedKey const& key, KeyType type) {
  return key.name + "+" + key_id_text(key.id) + "+" + base64_text(typed(type, key.key));
}

std::optional<NamedKey> parse_named_key(std::string_view text, KeyType type) {
  auto const name_end = text.find('+');
  if (name_end == std::string_view::npos) return std::nullopt;
  NamedKey parsed;
  parsed.name = text.substr(0, name_end);
  text.remove_prefix(name_end + 1);
  if (!valid_key_name(parsed.name) || text.size() < 9 || text[8] != '+') return std::nullopt;
  auto const id = from_hex(text.substr(0, 8));
  if (!id) return std::nullopt;
  for (std::byte const b : *id) parsed.id = parsed.id << 8 | std::to_integer<std::uint32_t>(b);
  auto const key = bytes_from_base64(text.substr(9));
  if (!key || key->size() != 33 || key->front() != static_cast<std::byte>(type)) return std::nullopt;
  std::copy(key->begin() + 1, key->end(), parsed.key.begin());
  return parsed;
}

std::array<std::byte, 64> ed25519_sign(std::string_view text, std::array<std::byte, 64> const& secret) {
  std::array<std::byte, 64> signature{};
  sw_check(
      crypto_sign_detached(raw(signature), nullptr, raw(as_byte_view(text)), text.size(), raw(secret)) == 0,
      "any text can be signed");
  return signature;
}

bool ed25519_verify(std::string_view text, std::array<std::byte, 64> const& signature,
                    Raw32 const& public_key) {
  return crypto_sign_verify_detached(raw(signature), raw(as_byte_view(text)), text.size(), raw(public_key)) ==
         0;
}

std::expected<NamedSeed, JournalError> load_or_make_seed(std::filesystem::path const& file,
                                                         std::string_view name, KeyType type) {
  sw_check(sodium_init() >= 0, "libsodium starts");
  if (!valid_key_name(name))
    return bad_key(file, "a key name is not empty and has no spaces and no plus sign");
  std::error_code failed;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), failed);
  if (failed) return key_io("cannot make " + file.parent_path().string() + ": " + failed.message());
  auto const text = read_text(file, 4096);
  if (!text) return key_io(text.error());
  if (!*text) return make_seed(file, name, type);
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || (status.st_mode & 077) != 0)
    return bad_key(file, "others can read it; run: chmod 600 " + file.string());
  auto parsed = parse_key_file(file, **text, type);
  if (parsed && parsed->name != name)
    return bad_key(file, "it is the key of \"" + parsed->name + "\", not of \"" + std::string(name) + "\"");
  return parsed;
}

std::expected<NamedSeed, JournalError> load_seed(std::filesystem::path const& file, KeyType type) {
  auto const text = read_text(file, 4096);
  if (!text) return key_io(text.error());
  if (!*text) return bad_key(file, "there is no such file");
  return parse_key_file(file, **text, type);
}

}  // namespace spillway
