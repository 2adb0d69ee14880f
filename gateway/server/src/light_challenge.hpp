// gateway/server/src/light_challenge.hpp - what censuses and probes have in common: a light challenge of one
// unit under the seed of the open epoch.
// Room:   gateway, target server, private.
// Units:  times in microseconds of the loop's clock.
#pragma once

#include <sodium.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "attest/opening_check.hpp"
#include "attest/session.hpp"
#include "hub.hpp"
#include "steady_clock.hpp"

namespace spillway::light {

/// An answer that was read in time may still be on its way through the loop when its time is over.
inline constexpr Micros on_its_way{200'000};

inline std::int64_t loop_time_us() { return steady_ns() / 1000; }

inline Bytes32 drawn32() {
  Bytes32 out;
  randombytes_buf(out.data(), out.size());
  return out;
}

/// A unit that was called.
struct Called {
  std::pair<NodeId, std::uint16_t> unit;
  attest::UnitKey key{};
  SessionId session;
  std::unique_ptr<attest::ChallengeSession> challenge;  // the loop's until it was handed to a worker
  bool handed_over{};
};

/// From 0, below `end`; each value as likely as the next, up to a share of 2^-24.
inline std::int64_t uniform_below(std::int64_t end) {
  if (end <= 1) return 0;
  std::uint64_t drawn = 0;
  randombytes_buf(&drawn, sizeof drawn);
  return static_cast<std::int64_t>(drawn % static_cast<std::uint64_t>(end));
}

/// The only long message and the last one: workers check it.
inline bool are_openings(Bytes const& bytes) {
  auto const& head = attest::openings_head;
  return bytes.size() >= head.size() && std::equal(head.begin(), head.end(), bytes.begin());
}

/// Secrets of one epoch: of one seed, by profile.
struct Secrets {
  Bytes32 seed{}, beacon{};
  std::shared_ptr<attest::EpochSecret const> int8, f16x;
};

/// Without floors.
inline attest::SessionConfig session_config(Hub const& hub, ClassId klass) {
  auto const& census = hub.config().census;
  attest::SessionConfig config;
  config.params = census.light;
  if (auto const* const row = hub.reference().find(klass)) config.params.profile = attest::profile_of(*row);
  config.class_scale = hub.rules().class_scale;
  config.open_within = config.echo_within = config.rounds_within = census.answer_within;
  config.memory_within = config.openings_within = census.answer_within;
  config.keep_transcript = !hub.config().census_directory.empty();
  return config;
}

inline std::unique_ptr<attest::ChallengeSession> begin(Secrets const& secrets,
                                                       attest::SessionConfig const& config,
                                                       attest::Claimant const& claimant) {
  bool const f16x = config.params.profile == attest::Profile::f16x;
  return std::make_unique<attest::ChallengeSession>(f16x ? secrets.f16x : secrets.int8, config, claimant,
                                                    drawn32(), Micros{loop_time_us()});
}

inline UnitChecked verdict(std::uint64_t epoch, std::pair<NodeId, std::uint16_t> unit,
                           attest::UnitKey const& key, attest::Outcome const& outcome) {
  UnitChecked out{epoch,
                  unit.first,
                  unit.second,
                  key,
                  CensusVerdict::passed,
                  0,
                  outcome.measured.ops_per_s,
                  outcome.transcript};
  if (!outcome.reason) return out;
  out.verdict = attest::is_failure(*outcome.reason) ? CensusVerdict::failed : CensusVerdict::missed;
  out.reason = static_cast<std::uint16_t>(*outcome.reason);
  return out;
}

}  // namespace spillway::light
