// attest/messages.hpp - what prover (P) and verifier (X) say to each other, as plain structs and as bytes.
// Room:   attest; sees market ids and the other attest headers. The gateway carries the bytes without reading
//         them.
// Units:  rates per second, memory in bytes, times in microseconds.
// Errors: DecodeError; bytes from outside never break an invariant. Bytes = "CAP1", u8 kind, body, nothing
//         after it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "attest/cap1.hpp"
#include "market/ids.hpp"

namespace spillway::attest {

struct AttestOpen {  // P->X: this unit wants to be proven
  UnitKey unit{};
  NodeId node{};
  ClassId wanted{};
  Profile profile = Profile::int8;
  std::string backend;  // what computes, for people; at most 64 bytes
  friend bool operator==(AttestOpen const&, AttestOpen const&) = default;
};

struct EpochParams {  // X->P: P builds B now, before any clock runs, and answers probes only after that
  std::uint64_t epoch{};
  Bytes32 beacon{};
  Cap1Params params{};
  friend bool operator==(EpochParams const&, EpochParams const&) = default;
};

struct RttProbe {  // X->P
  std::uint32_t index{};
  Bytes32 nonce{};
  friend bool operator==(RttProbe const&, RttProbe const&) = default;
};

struct RttEcho {  // P->X, at once
  std::uint32_t index{};
  Bytes32 nonce{};
  friend bool operator==(RttEcho const&, RttEcho const&) = default;
};

struct Challenge {  // X->P: the compute clock starts
  Bytes32 nonce{};
  friend bool operator==(Challenge const&, Challenge const&) = default;
};

struct RoundsDone {   // P->X: the compute clock stops
  Digest last_key{};  // s_R
  friend bool operator==(RoundsDone const&, RoundsDone const&) = default;
};

struct MemChallenge {  // X->P: the memory clock starts
  Bytes32 key{};       // z_0
  friend bool operator==(MemChallenge const&, MemChallenge const&) = default;
};

struct MemDone {                    // P->X: the memory clock stops
  std::vector<Digest> round_roots;  // R of them
  std::vector<Digest> pass_roots;   // P of them
  Digest last_key{};                // z_P
  friend bool operator==(MemDone const&, MemDone const&) = default;
};

struct OpeningPlace {
  std::uint32_t round{};
  std::uint32_t row{};
  std::uint32_t pass{};  // read only where the round is among the retained ones
  friend bool operator==(OpeningPlace const&, OpeningPlace const&) = default;
};

struct Open {  // X->P
  std::vector<OpeningPlace> places;
  friend bool operator==(Open const&, Open const&) = default;
};

struct Opening {
  OpeningPlace place{};
  std::vector<std::int32_t> row;    // n entries of C_round
  std::vector<Digest> round_path;   // to round_roots[round]
  std::vector<Digest> memory_path;  // to pass_roots[pass]; empty where the round was not retained
  friend bool operator==(Opening const&, Opening const&) = default;
};

struct Openings {  // P->X, in the order asked
  std::vector<Opening> rows;
  friend bool operator==(Openings const&, Openings const&) = default;
};

struct Verdict {  // X->P: the last word; the gateway signs it
  UnitKey unit{};
  std::uint16_t reason{};  // 0 admitted, else a RejectReason (attest/verifier.hpp)
  std::int64_t ops_per_s{};
  std::int64_t bytes{};
  std::int64_t bytes_per_s{};
  Digest transcript{};  // of every message before this one, with direction and time
  friend bool operator==(Verdict const&, Verdict const&) = default;
};

/// The order is the wire's kind number, from 1: append only.
using AttestMessage = std::variant<AttestOpen, EpochParams, RttProbe, RttEcho, Challenge, RoundsDone,
                                   MemChallenge, MemDone, Open, Openings, Verdict>;

enum class DecodeError : std::uint8_t {
  too_large = 1,
  truncated,
  not_cap1,
  kind_unknown,
  value_out_of_range,
  bytes_left_over
};
[[nodiscard]] std::string_view sentence(DecodeError error);

[[nodiscard]] std::vector<std::byte> encode(AttestMessage const& message);
[[nodiscard]] std::expected<AttestMessage, DecodeError> decode(ByteView bytes);

/// "Challenge", "MemDone", ...: for logs and refusals.
[[nodiscard]] std::string_view name_of(AttestMessage const& message);

}  // namespace spillway::attest
