// apps/audit/include/apps/audit/witnesses.hpp - the auditor's policy: whose cosignatures count, and how many
// must be there.
// Room:   apps, library audit; sees journal. Pure.
// Units:  sizes in entries and seals, times in seconds since 1970.
// Errors: a sentence about a key or a quorum that can't be; what was found wrong is in the report.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "journal/cosignature.hpp"

namespace spillway {

struct WitnessPolicy {
  std::vector<std::string> vkeys;
  std::size_t quorum = 0;  // 0: all of them
};

/// What one witness said about one history.
struct WitnessWord {
  std::string name;
  std::uint64_t size = 0;    // of the largest head that it cosigned; 0: none
  std::uint64_t time_s = 0;  // when it did
  std::string wrong;         // a line under its name that does not hold
};

struct WitnessReport {
  std::vector<WitnessWord> words;  // in the order of the policy
  std::size_t quorum = 0;          // 0: nobody was asked for
  /// Entries and seals that a quorum vouches for: each of its members cosigned a head of at least that size.
  [[nodiscard]] std::uint64_t covered() const;
  [[nodiscard]] bool reached() const { return quorum == 0 || covered() > 0; }
  /// Empty when the quorum is reached; otherwise who is missing, and why.
  [[nodiscard]] std::string shortfall() const;
};

class WitnessTally {
 public:
  /// Refuses a policy with a vkey that is none, the same witness twice, or a quorum of more than there are.
  [[nodiscard]] static std::expected<WitnessTally, std::string> of(WitnessPolicy const& policy);
  /// A note over a head of `size` that is known to be of this history.
  void hear(Note const& note, std::uint64_t size);
  [[nodiscard]] WitnessReport const& report() const { return report_; }

 private:
  std::vector<WitnessVerifier> verifiers_;
  WitnessReport report_;
};

/// The first note with those signature lines of the second that it does not have; both must be over one text.
[[nodiscard]] std::expected<std::string, std::string> with_lines_of(std::string const& note,
                                                                    std::string const& other);

}  // namespace spillway
