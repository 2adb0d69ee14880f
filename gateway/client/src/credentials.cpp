// gateway/client/src/credentials.cpp - keys on disk and the signatures they make.
#include "gateway/client/credentials.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "market/check.hpp"

namespace spillway {
namespace {

struct Pair {
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> open;
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret;
};

Pair pair_of(Bytes32 const& seed) {
  Pair pair;
  crypto_sign_seed_keypair(pair.open.data(), pair.secret.data(),
                           reinterpret_cast<unsigned char const*>(seed.data()));
  return pair;
}

void start_sodium() { sw_check(sodium_init() >= 0, "the cryptography library starts"); }

std::string hex(Bytes32 const& bytes) {
  std::string out(2 * bytes.size() + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size());
  out.pop_back();
  return out;
}

std::optional<Bytes32> from_hex32(std::string const& text) {
  Bytes32 out;
  std::size_t made = 0;
  int const bad = sodium_hex2bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(),
                                 text.size(), nullptr, &made, nullptr);
  if (bad != 0 || made != out.size() || text.size() != 2 * out.size()) return std::nullopt;
  return out;
}

}  // namespace

Bytes32 Credentials::public_key() const {
  Bytes32 out;
  auto const pair = pair_of(seed);
  std::memcpy(out.data(), pair.open.data(), out.size());
  return out;
}

Bytes64 Credentials::sign(std::span<std::byte const> text) const {
  Bytes64 out;
  auto const pair = pair_of(seed);
  crypto_sign_detached(reinterpret_cast<unsigned char*>(out.data()), nullptr,
                       reinterpret_cast<unsigned char const*>(text.data()), text.size(), pair.secret.data());
  return out;
}

Credentials make_credentials(ParticipantId participant, KeyId key, Role role) {
  start_sodium();
  Credentials made{participant, key, role, {}};
  randombytes_buf(made.seed.data(), made.seed.size());
  return made;
}

std::expected<Credentials, std::string> load_credentials(std::filesystem::path const& file) {
  start_sodium();
  auto no = [&](std::string why) { return std::unexpected("the key file " + file.string() + ": " + why); };
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return no("it can't be read; name the file that holds your key");
  if ((info.st_mode & 077) != 0) return no("others can read it; chmod 600 it");
  toml::table table;
  try {
    table = toml::parse_file(file.string());
  } catch (toml::parse_error const& e) {
    return no("line " + std::to_string(e.source().begin.line) + ": " + std::string(e.description()));
  }
  auto const participant = table["participant"].value<std::int64_t>(),
             key = table["key"].value<std::int64_t>();
  auto const role = role_named(table["role"].value_or(std::string_view{}));
  auto const seed = from_hex32(table["seed"].value_or(std::string{}));
  if (!participant || *participant < 1 || *participant > 0xffffffff || !key || *key < 1 ||
      *key > 0xffffffff || !role || !seed)
    return no(
        "it needs participant, key, role (provider, buyer, auditor or operator) and seed (64 hex digits)");
  return Credentials{ParticipantId{static_cast<std::uint32_t>(*participant)},
                     KeyId{static_cast<std::uint32_t>(*key)}, *role, *seed};
}

std::expected<void, std::string> save_credentials(std::filesystem::path const& file,
                                                  Credentials const& credentials) {
  auto const text =
      "# Spillway key: keep it secret.\nparticipant = " + std::to_string(credentials.participant.v) +
      "\nkey = " + std::to_string(credentials.key.v) + "\nrole = \"" + role_name(credentials.role) +
      "\"\nseed = \"" + hex(credentials.seed) + "\"\n";
  int const fd = ::open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0)
    return std::unexpected("the key file " + file.string() + " can't be made: " + std::strerror(errno));
  bool const written =
      ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  ::close(fd);
  if (!written)
    return std::unexpected("the key file " + file.string() + " can't be written; is the disk full?");
  return {};
}

char const* role_name(Role role) {
  switch (role) {
    case Role::provider:
      return "provider";
    case Role::buyer:
      return "buyer";
    case Role::auditor:
      return "auditor";
    case Role::operator_:
      return "operator";
    case Role::none:
      break;
  }
  return "none";
}

std::optional<Role> role_named(std::string_view name) {
  for (auto const role : {Role::provider, Role::buyer, Role::auditor, Role::operator_})
    if (name == role_name(role)) return role;
  return std::nullopt;
}

std::string make_bearer_key() {
  start_sodium();
  Bytes32 random;
  randombytes_buf(random.data(), random.size());
  return "sk-spillway-" + hex(random);
}

Bytes32 bearer_hash(std::string_view bearer_key) {
  Bytes32 out;
  crypto_generichash(reinterpret_cast<unsigned char*>(out.data()), out.size(),
                     reinterpret_cast<unsigned char const*>(bearer_key.data()), bearer_key.size(), nullptr,
                     0);
  return out;
}

}  // namespace spillway
