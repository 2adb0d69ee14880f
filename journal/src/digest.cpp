// journal/src/digest.cpp - BLAKE2b-256 of messages in one piece, in many, and of two at one time.
#include "journal/digest.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "blake2b.hpp"

namespace spillway {
namespace {

using blake2b::block_bytes;

Hash256 result_of(blake2b::State const& state) {
  static_assert(std::endian::native == std::endian::little, "words are copied as they lie in memory");
  Hash256 out;
  std::memcpy(out.data(), state.data(), out.size());
  return out;
}

/// Appends to `block` what fits; how much that was.
std::size_t fill(std::byte* block, std::size_t held, ByteView from) {
  auto const more = std::min(block_bytes - held, from.size());
  if (more > 0) std::memcpy(block + held, from.data(), more);
  return more;
}

}  // namespace

Hash256 blake2b_256(ByteView bytes) {
  RunningHash hash;
  hash.update(bytes);
  return hash.current();
}

Hash256 first_digest() { return blake2b_256(as_byte_view("spillway-D-v1")); }

Hash256 next_digest(Hash256 const& before, ByteView records, std::span<PendingHash* const> along) {
  auto state = blake2b::first_state();
  auto const compress = [&](std::byte const* block, std::uint64_t bytes, bool last) {
    blake2b::Step const step{&state, block, bytes, last};
    for (auto* const pending : along)
      if (auto const other = pending->into->next_block(pending->bytes))
        return blake2b::compress(step, {other->state, other->block, other->bytes, false});
    blake2b::compress(step);
  };
  std::byte block[block_bytes];
  std::memcpy(block, before.data(), before.size());
  std::size_t held = before.size();
  std::uint64_t done = 0;
  for (;;) {
    auto const more = fill(block, held, records);
    held += more;
    records = records.subspan(more);
    if (records.empty()) break;
    compress(block, done += block_bytes, false);
    for (; records.size() > block_bytes; records = records.subspan(block_bytes))
      compress(records.data(), done += block_bytes, false);
    held = 0;
  }
  std::memset(block + held, 0, block_bytes - held);
  compress(block, done + held, true);
  return result_of(state);
}

RunningHash::RunningHash() : state_(blake2b::first_state()) {}

void RunningHash::take(std::byte const* block) {
  done_ += block_bytes;
  blake2b::compress({&state_, block, done_, false});
}

// A block is taken when something comes behind it: the last one is another kind.
void RunningHash::update(ByteView bytes) {
  while (!bytes.empty()) {
    if (held_bytes_ == block_bytes) take(held_.data()), held_bytes_ = 0;
    for (; held_bytes_ == 0 && bytes.size() > block_bytes; bytes = bytes.subspan(block_bytes))
      take(bytes.data());
    auto const more = fill(held_.data(), held_bytes_, bytes);
    held_bytes_ += more;
    bytes = bytes.subspan(more);
  }
}

std::optional<RunningHash::Block> RunningHash::next_block(ByteView& bytes) {
  std::byte const* block = held_.data();
  if (held_bytes_ == 0) {
    if (bytes.size() <= block_bytes) return std::nullopt;
    block = bytes.data();
    bytes = bytes.subspan(block_bytes);
  } else {
    auto const more = fill(held_.data(), held_bytes_, bytes);
    held_bytes_ += more;
    bytes = bytes.subspan(more);
    if (held_bytes_ < block_bytes || bytes.empty()) return std::nullopt;
    held_bytes_ = 0;
  }
  done_ += block_bytes;
  return Block{&state_, block, done_};
}

Hash256 RunningHash::current() const {
  auto state = state_;
  auto block = held_;
  std::memset(block.data() + held_bytes_, 0, block_bytes - held_bytes_);
  blake2b::compress({&state, block.data(), done_ + held_bytes_, true});
  return result_of(state);
}

}  // namespace spillway
