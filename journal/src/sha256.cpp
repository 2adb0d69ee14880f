// journal/src/sha256.cpp - SHA-256 by the instructions that processors have for it, or by OpenSSL.
#include "sha256.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "market/check.hpp"
#include "sha256_steps.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace spillway {
namespace {

/// A thread's SHA-256. The method is looked up once: to name it at each hash costs locks and a search.
class ShaLibrary {
 public:
  ShaLibrary() {
    auto* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    sw_check(context_ && method && EVP_DigestInit_ex(context_.get(), method, nullptr) == 1,
             "OpenSSL has SHA-256");
    EVP_MD_free(method);  // the context holds it
  }
  Hash256 of(std::byte first, ByteView rest) {
    Hash256 out{};
    bool const good =
        EVP_DigestInit_ex(context_.get(), nullptr, nullptr) == 1 &&
        EVP_DigestUpdate(context_.get(), &first, 1) == 1 &&
        EVP_DigestUpdate(context_.get(), rest.data(), rest.size()) == 1 &&
        EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(out.data()), nullptr) == 1;
    sw_check(good, "SHA-256 accepts any bytes");
    return out;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_{EVP_MD_CTX_new()};
};

#if defined(__x86_64__)

template <std::size_t group, std::size_t messages>
[[gnu::target("sha,sse4.1,ssse3"), gnu::always_inline]] inline void sha_group(ShaState (&states)[messages],
                                                                              __m128i (&w)[messages][4]) {
#pragma GCC unroll 2
  for (std::size_t m = 0; m < messages; ++m) sha_four_rounds<group>(states[m], w[m]);
}

template <std::size_t messages, std::size_t... group>
[[gnu::target("sha,sse4.1,ssse3"), gnu::always_inline]] inline void sha_all_groups(
    ShaState (&states)[messages], __m128i (&w)[messages][4], std::index_sequence<group...>) {
  (sha_group<group>(states, w), ...);
}

/// A block of each of so many messages. Each step waits for the one before; another message's need not.
template <std::size_t messages>
[[gnu::target("sha,sse4.1,ssse3")]] inline void sha_block(ShaState* const (&states)[messages],
                                                          std::byte const* const (&blocks)[messages]) {
  ShaState state[messages];
  __m128i w[messages][4];
#pragma GCC unroll 2
  for (std::size_t m = 0; m < messages; ++m) state[m] = *states[m], sha_load(blocks[m], w[m]);
  sha_all_groups(state, w, std::make_index_sequence<sha_groups>());
#pragma GCC unroll 2
  for (std::size_t m = 0; m < messages; ++m) sha_add(state[m], *states[m]);
}

Hash256 sha256_by_instructions(std::byte first, ByteView rest) {
  auto state = sha_start();
  sha_blocks(state, ShaMessage(first, rest), 0);
  return sha_result(state);
}

[[gnu::target("sha,sse4.1,ssse3")]] std::array<Hash256, 2> sha256_by_instructions(std::byte first,
                                                                                  ByteView one,
                                                                                  ByteView other) {
  ShaState mine = sha_start(), theirs = sha_start();
  ShaState* const states[]{&mine, &theirs};
  ShaMessage const a(first, one), b(first, other);
  std::size_t const both = std::min(a.blocks(), b.blocks());
  for (std::size_t i = 0; i < both; ++i) {
    std::byte const* const blocks[]{a.block(i), b.block(i)};
    sha_block(states, blocks);
  }
  sha_blocks(mine, a, both);
  sha_blocks(theirs, b, both);
  return {sha_result(mine), sha_result(theirs)};
}

#endif

}  // namespace

#if defined(__x86_64__)
[[gnu::target("sha,sse4.1,ssse3")]] void sha_blocks(ShaState& state, ShaMessage const& message,
                                                    std::size_t from) {
  ShaState* const states[]{&state};
  for (; from < message.blocks(); ++from) {
    std::byte const* const blocks[]{message.block(from)};
    sha_block(states, blocks);
  }
}
#endif

bool has_sha_instructions() {
#if defined(__x86_64__)
  static bool const has = [] {
    constexpr unsigned ssse3 = 1U << 9, sse4_1 = 1U << 19, sha = 1U << 29;
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & ssse3) == 0 || (c & sse4_1) == 0) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & sha) != 0;
  }();
  return has;
#else
  return false;
#endif
}

Hash256 sha256_by_library(std::byte first, ByteView rest) {
  thread_local ShaLibrary library;
  return library.of(first, rest);
}

Hash256 sha256(std::byte first, ByteView rest) {
#if defined(__x86_64__)
  if (has_sha_instructions()) return sha256_by_instructions(first, rest);
#endif
  return sha256_by_library(first, rest);
}

std::array<Hash256, 2> sha256(std::byte first, ByteView one, ByteView other) {
#if defined(__x86_64__)
  if (has_sha_instructions()) return sha256_by_instructions(first, one, other);
#endif
  return {sha256_by_library(first, one), sha256_by_library(first, other)};
}

}  // namespace spillway
