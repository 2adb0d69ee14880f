// journal/src/cosignature.cpp - what a witness signs: two lines of its own, then the checkpoint's text.
#include "journal/cosignature.hpp"

#include <algorithm>

#include "key_text.hpp"
#include "market/base64.hpp"
#include "market/check.hpp"

namespace spillway {
namespace {

constexpr std::size_t time_bytes = 8;

std::string signed_text(std::uint64_t time_s, std::string_view checkpoint) {
  return "cosignature/v1\ntime " + std::to_string(time_s) + "\n" + std::string(checkpoint);
}

void put_big_endian(std::vector<std::byte>& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = bytes; i-- > 0;) out.push_back(static_cast<std::byte>(value >> (8 * i) & 255U));
}

}  // namespace

std::optional<WitnessVerifier> WitnessVerifier::from_vkey(std::string_view vkey) {
  auto const parsed = parse_named_key(vkey, KeyType::cosignature_v1);
  if (!parsed || parsed->id != key_id_of(parsed->name, KeyType::cosignature_v1, parsed->key))
    return std::nullopt;
  WitnessVerifier verifier;
  verifier.name_ = parsed->name;
  verifier.key_id_ = parsed->id;
  verifier.public_key_ = parsed->key;
  return verifier;
}

std::string WitnessVerifier::vkey() const {
  return named_key_text({name_, key_id_, public_key_}, KeyType::cosignature_v1);
}

std::expected<std::optional<std::uint64_t>, CheckpointError> WitnessVerifier::cosigned_at(
    Note const& note) const {
  std::optional<std::uint64_t> latest;
  for (auto const& line : note.signatures) {
    if (line.name != name_ || line.key_id != key_id_) continue;
    std::array<std::byte, 64> signature{};
    bool const fits = line.bytes.size() == time_bytes + signature.size();
    std::uint64_t time_s = 0;
    if (fits) {
      for (std::size_t i = 0; i < time_bytes; ++i)
        time_s = time_s << 8 | std::to_integer<std::uint64_t>(line.bytes[i]);
      std::copy(line.bytes.begin() + time_bytes, line.bytes.end(), signature.begin());
    }
    if (!fits || !ed25519_verify(signed_text(time_s, note.text), signature, public_key_))
      return std::unexpected(CheckpointError{"the cosignature of " + name_ + " is wrong"});
    latest = std::max(latest.value_or(0), time_s);
  }
  return latest;
}

std::expected<WitnessKey, JournalError> WitnessKey::load_or_make(std::filesystem::path const& file,
                                                                 std::string_view name) {
  auto const found = load_or_make_seed(file, name, KeyType::cosignature_v1);
  if (!found) return std::unexpected(found.error());
  return from_seed(found->name, found->seed);
}

WitnessKey WitnessKey::from_seed(std::string_view name, std::array<std::byte, 32> const& seed) {
  sw_check(valid_key_name(name), "a key name is not empty and has no spaces and no plus sign");
  auto const pair = key_pair_of(seed);
  WitnessKey key;
  key.verifier_.name_ = name;
  key.verifier_.public_key_ = pair.public_key;
  key.verifier_.key_id_ = key_id_of(name, KeyType::cosignature_v1, pair.public_key);
  key.secret_key_ = pair.secret;
  return key;
}

std::string WitnessKey::cosign(std::string_view note, std::uint64_t time_s) const {
  auto const parsed = parse_note(note);
  sw_check(parsed.has_value(), "only a note that was read is cosigned");
  std::vector<std::byte> bytes;
  put_big_endian(bytes, verifier_.key_id_, 4);
  put_big_endian(bytes, time_s, time_bytes);
  auto const signature = ed25519_sign(signed_text(time_s, parsed->text), secret_key_);
  bytes.insert(bytes.end(), signature.begin(), signature.end());
  return std::string(note) + "\xE2\x80\x94 " + verifier_.name_ + " " + base64_text(bytes) + "\n";
}

}  // namespace spillway
