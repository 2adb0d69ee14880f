// journal/src/digest.cpp - BLAKE2b-256 of messages in one piece and in many; D, and what is hashed beside it.
#include "journal/digest.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "blake2b.hpp"
#include "journal/merkle.hpp"
#include "sha256.hpp"
#include "sha256_steps.hpp"

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

/// D: `compress` is given a block of it, and one of each that goes along.
template <class Compress>
Hash256 rolled(Hash256 const& before, ByteView records, std::span<PendingHash* const> along,
               Compress compress) {
  auto state = blake2b::first_state();
  auto const with_others = [&](std::byte const* block, std::uint64_t bytes, bool last) {
    std::array<blake2b::Step, blake2b::most_at_once> steps{{{&state, block, bytes, last}}};
    std::size_t count = 1;
    for (auto* const pending : along.first(std::min(along.size(), steps.size() - 1)))
      if (auto const other = pending->into->next_block(pending->bytes))
        steps[count++] = {other->state, other->block, other->bytes, false};
    compress(std::span(steps).first(count));
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
    with_others(block, done += block_bytes, false);
    for (; records.size() > block_bytes; records = records.subspan(block_bytes))
      with_others(records.data(), done += block_bytes, false);
    held = 0;
  }
  std::memset(block + held, 0, block_bytes - held);
  with_others(block, done + held, true);
  return result_of(state);
}

#if defined(__x86_64__)

/// Two leaves of the tree, block by block, three of them at a time.
class LeavesBeside {
 public:
  LeavesBeside(ByteView one, ByteView other) : messages_{{{std::byte{0}, one}, {std::byte{0}, other}}} {}
  [[nodiscard]] bool left() const { return at_ < messages_.size(); }
  /// Where fewer are left, the same instructions are done for nothing.
  [[nodiscard]] std::array<ShaStep, blake2b::sha_blocks_beside> next() {
    std::array<ShaStep, blake2b::sha_blocks_beside> steps;
    for (auto& step : steps) {
      step = left() ? ShaStep{&states_[at_], messages_[at_].block(block_)} : ShaStep{&nobodys_, nothing_};
      if (left() && ++block_ == messages_[at_].blocks()) ++at_, block_ = 0;
    }
    return steps;
  }
  [[nodiscard]] std::array<Hash256, 2> finish() {
    for (; left(); ++at_, block_ = 0) sha_blocks(states_[at_], messages_[at_], block_);
    return {sha_result(states_[0]), sha_result(states_[1])};
  }

 private:
  static constexpr std::byte nothing_[sha_block_bytes]{};
  std::array<ShaMessage, 2> messages_;
  std::array<ShaState, 2> states_{sha_start(), sha_start()};
  ShaState nobodys_{};
  std::size_t at_ = 0, block_ = 0;
};

#endif

}  // namespace

Hash256 blake2b_256(ByteView bytes) {
  RunningHash hash;
  hash.update(bytes);
  return hash.current();
}

Hash256 first_digest() { return blake2b_256(as_byte_view("spillway-D-v1")); }

Hash256 next_digest(Hash256 const& before, ByteView records, std::span<PendingHash* const> along) {
  return rolled(before, records, along,
                [](std::span<blake2b::Step const> steps) { blake2b::compress(steps); });
}

OutcomeHashes outcome_hashes(Hash256 const& before, ByteView entry, ByteView records,
                             std::span<PendingHash* const> along) {
#if defined(__x86_64__)
  bool const alone = along.empty() && has_sha_instructions() && blake2b::plain_is_faster();
  if (alone || blake2b::has_avx512()) {
    LeavesBeside leaves(entry, records);
    auto const digest = rolled(before, records, along, [&](std::span<blake2b::Step const> steps) {
      if (!leaves.left()) return blake2b::compress(steps);
      if (steps.size() == 1 && blake2b::plain_is_faster())
        return blake2b::compress_plainly(steps.front(), leaves.next());
      blake2b::compress_by_avx512(steps, leaves.next());
    });
    auto const both = leaves.finish();
    return {digest, both[0], both[1]};
  }
#endif
  auto const leaves = leaf_hashes(entry, records);
  return {next_digest(before, records, along), leaves[0], leaves[1]};
}

RunningHash::RunningHash() : state_(blake2b::first_state()) {}

void RunningHash::take(std::byte const* block) {
  done_ += block_bytes;
  blake2b::Step const step{&state_, block, done_, false};
  blake2b::compress({&step, 1});
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
  blake2b::Step const step{&state, block.data(), done_ + held_bytes_, true};
  blake2b::compress({&step, 1});
  return result_of(state);
}

}  // namespace spillway
