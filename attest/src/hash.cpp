// attest/hash.cpp - see attest/hash.hpp. The only file of the room that speaks to libsodium.
#include "attest/hash.hpp"

#include <sodium.h>

#include <cstring>

#include "market/check.hpp"

namespace spillway::attest {

namespace {

// libsodium chooses its fast paths in sodium_init(); it is safe to call from anywhere and more than once.
bool const sodium_ready = sodium_init() >= 0;

// Most inputs are short (a leaf, a node): one buffer and one call cost half of a running state.
constexpr std::size_t short_input_bytes = 256;

std::size_t input_bytes(std::string_view domain, std::initializer_list<ByteView> parts) {
  std::size_t sum = 1 + domain.size();
  for (auto const part : parts) sum += 4 + part.size();
  return sum;
}

unsigned char const* raw(ByteView bytes) { return reinterpret_cast<unsigned char const*>(bytes.data()); }

std::byte* append(std::byte* at, ByteView bytes) {
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

}  // namespace

Digest hash(std::string_view domain, std::initializer_list<ByteView> parts) {
  if (input_bytes(domain, parts) > short_input_bytes) {
    RunningHash running(domain);
    for (auto const part : parts) running.part(part);
    return running.value();
  }
  std::array<std::byte, short_input_bytes> input;
  auto* at = input.data();
  *at++ = std::byte(domain.size());
  at = append(at, std::as_bytes(std::span(domain)));
  for (auto const part : parts) {
    at = append(at, le32(static_cast<std::uint32_t>(part.size())));
    at = append(at, part);
  }
  Digest out;
  crypto_generichash(reinterpret_cast<unsigned char*>(out.data()), out.size(), raw(input),
                     static_cast<std::size_t>(at - input.data()), nullptr, 0);
  return out;
}

static_assert(sizeof(crypto_generichash_state) <= 384 && alignof(crypto_generichash_state) <= 64);

RunningHash::RunningHash(std::string_view domain) {
  sw_check(sodium_ready, "libsodium initialises");
  sw_check(domain.size() <= 255, "a hash domain is a short word");
  auto* state = reinterpret_cast<crypto_generichash_state*>(state_.data());
  crypto_generichash_init(state, nullptr, 0, sizeof(Digest));
  auto const size = static_cast<unsigned char>(domain.size());
  crypto_generichash_update(state, &size, 1);
  crypto_generichash_update(state, raw(std::as_bytes(std::span(domain))), domain.size());
}

void RunningHash::part(ByteView bytes) {
  begin_part(static_cast<std::uint32_t>(bytes.size()));
  more(bytes);
}

void RunningHash::begin_part(std::uint32_t bytes) { more(le32(bytes)); }

void RunningHash::more(ByteView bytes) {
  auto* state = reinterpret_cast<crypto_generichash_state*>(state_.data());
  crypto_generichash_update(state, raw(bytes), bytes.size());
}

Digest RunningHash::value() const {
  auto copy = *this;
  Digest out;
  crypto_generichash_final(reinterpret_cast<crypto_generichash_state*>(copy.state_.data()),
                           reinterpret_cast<unsigned char*>(out.data()), out.size());
  return out;
}

void prf(Bytes32 const& key, std::uint32_t domain, std::uint64_t index, std::span<std::byte> out) {
  std::array<std::byte, 12> nonce;
  append(append(nonce.data(), le32(domain)), le64(index));
  crypto_stream_chacha20_ietf(reinterpret_cast<unsigned char*>(out.data()), out.size(), raw(nonce), raw(key));
}

}  // namespace spillway::attest
