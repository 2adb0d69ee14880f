// attest/transcript.hpp - everything that was said in one challenge, so that anybody can check it again.
// Room:   attest; sees attest/hash.hpp and market units. No files here: attest/evidence_store.hpp keeps them.
// Units:  times in microseconds of the exchange's monotonic clock.
// Errors: TranscriptError; bytes from outside never break an invariant.
// Source: docs/attestation.md, decision 0038. Bytes = "CAP1T", u8 version, 32 fresh, u32 count, then for each
// message u8 speaker, u64 time, u32 length, bytes; nothing after it.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "attest/wide_hash.hpp"
#include "market/units.hpp"

namespace spillway::attest {

enum class Speaker : std::uint8_t { unset = 0, unit = 'P', exchange = 'X' };

struct Said {
  Speaker speaker{};
  Micros at{};  // read completely, or sent
  std::vector<std::byte> bytes;
  friend bool operator==(Said const&, Said const&) = default;
};

/// How the hash of a transcript is made. In files: do not change the numbers. Each has a domain of its own,
/// so no transcript stands for one of another version.
enum class TranscriptVersion : std::uint8_t {
  unset = 0,
  one_chain = 1,  // all bytes in one chain
  striped = 2     // long messages by eight lanes side by side: a quarter of the time
};

struct Transcript {
  TranscriptVersion version = TranscriptVersion::striped;
  Bytes32 fresh{};         // the exchange's randomness of this challenge: its probes, nonce and z_0
  std::vector<Said> said;  // in order, all but the verdict
  friend bool operator==(Transcript const&, Transcript const&) = default;
};

inline constexpr std::size_t most_said = 64;  // a challenge to its end has 24
inline constexpr std::size_t largest_transcript_bytes = std::size_t{8} << 20;

/// The hash while a challenge runs. Every byte is in it, right or wrong, checked or not: it holds whatever
/// comes of the challenge, and the seed that is revealed later is no way around it.
class TranscriptHash {
 public:
  explicit TranscriptHash(TranscriptVersion version);
  /// A message follows, in pieces: `message_bytes` in all, where it is heard to its end.
  void begin(Speaker speaker, Micros at, std::uint32_t message_bytes);
  void more(ByteView bytes);
  /// Of everything so far, the begun message among it.
  [[nodiscard]] Digest value() const;

 private:
  void close(RunningHash& into) const;

  TranscriptVersion version_;
  RunningHash hash_;
  std::optional<StripedHash> message_;  // of the message that comes in
};

/// Outcome.transcript: over speaker, time and bytes of every message, in the transcript's version. `fresh` is
/// outside, and bound by what comes of it.
[[nodiscard]] Digest hash_of(Transcript const& transcript);

enum class TranscriptError : std::uint8_t {
  too_large = 1,
  truncated,
  not_a_transcript,
  version_unknown,
  value_out_of_range,
  bytes_left_over
};
[[nodiscard]] std::string_view sentence(TranscriptError error);

/// `transcript` has at most `most_said` messages and `largest_transcript_bytes`.
[[nodiscard]] std::vector<std::byte> encode(Transcript const& transcript);
[[nodiscard]] std::expected<Transcript, TranscriptError> decode_transcript(ByteView bytes);

}  // namespace spillway::attest
