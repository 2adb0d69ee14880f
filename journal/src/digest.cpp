// journal/src/digest.cpp - BLAKE2b-256 by libsodium.
#include "journal/digest.hpp"

#include <sodium.h>

#include <cstring>
#include <new>

#include "market/check.hpp"

namespace spillway {
namespace {

using State = crypto_generichash_state;
static_assert(sizeof(State) <= 384 && alignof(State) <= 64);

State* as_state(std::byte* bytes) { return std::launder(reinterpret_cast<State*>(bytes)); }
unsigned char const* raw(ByteView bytes) { return reinterpret_cast<unsigned char const*>(bytes.data()); }

/// Without it the slow portable code would be taken.
void choose_fast_code() {
  static bool const ready = sodium_init() >= 0;
  sw_check(ready, "libsodium starts");
}
unsigned char* raw(Hash256& hash) { return reinterpret_cast<unsigned char*>(hash.data()); }

}  // namespace

Hash256 blake2b_256(ByteView bytes) {
  choose_fast_code();
  Hash256 out{};
  sw_check(crypto_generichash(raw(out), out.size(), raw(bytes), bytes.size(), nullptr, 0) == 0,
           "BLAKE2b accepts any bytes");
  return out;
}

Hash256 first_digest() { return blake2b_256(as_byte_view("spillway-D-v1")); }

Hash256 next_digest(Hash256 const& before, ByteView records) {
  RunningHash hash;
  hash.update(before);
  hash.update(records);
  return hash.current();
}

RunningHash::RunningHash() : state_{} {
  choose_fast_code();
  sw_check(crypto_generichash_init(new (state_.data()) State, nullptr, 0, sizeof(Hash256)) == 0,
           "BLAKE2b starts");
}

void RunningHash::update(ByteView bytes) {
  sw_check(crypto_generichash_update(as_state(state_.data()), raw(bytes), bytes.size()) == 0,
           "BLAKE2b accepts any bytes");
}

Hash256 RunningHash::current() const {
  State copy;
  std::memcpy(&copy, state_.data(), sizeof copy);
  Hash256 out{};
  sw_check(crypto_generichash_final(&copy, raw(out), out.size()) == 0, "BLAKE2b ends");
  return out;
}

}  // namespace spillway
