// apps/audit/census_audit.hpp - every verdict of every census, checked again from the transcript kept beside
// the journal and the seed that its epoch revealed.
// Room:   apps, library audit; sees market, attest, attest_evidence. Links no network, writes nothing.
// Rule:   what counts was named by an entry before the `EpochClose` of its epoch: afterwards everybody has
// the seed and can write perfect transcripts. The core takes no later one; here a file that no entry names is
// a stranger.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "attest/evidence_store.hpp"
#include "attest/recheck.hpp"
#include "exchange/core.hpp"

namespace spillway {

struct CensusFinding {
  Seq seq;
  std::uint64_t epoch{};
  NodeId node;  // 0: it is about the epoch
  std::uint16_t unit{};
  std::string what;  // names the file where it is about one
};

struct CensusReport {
  std::uint64_t epochs{};     // opened
  std::uint64_t verdicts{};   // of all
  std::uint64_t probes{};     // of these, of units at work
  std::uint64_t rechecked{};  // of these, played again from their transcripts, and as the entry says
  std::uint64_t
      unanswered{};        // of these, misses of units that did not answer to the end: the exchange's word
  std::uint64_t pruned{};  // of these, answers of epochs before `kept_from` whose transcripts are gone
  std::uint64_t epoch_open{};  // of these, of an epoch whose seed is still secret
  std::uint64_t seed_lost{};   // of these, of an epoch that was closed without its seed: each is wrong
  std::uint64_t kept_from{};   // the oldest epoch whose folder is there; 0: none is
  std::vector<CensusFinding> wrong;
  std::vector<CensusFinding> missing;  // transcripts of kept epochs: pruning takes whole epochs, oldest first
  std::vector<std::string> strangers;  // transcripts that no entry names
  std::string unreadable;              // why the evidence could not be listed

  [[nodiscard]] bool ok() const { return wrong.empty() && missing.empty() && unreadable.empty(); }
};

/// Checks while the audit replays.
class CensusCheck {
 public:
  /// `evidence`: the folder census of the journal directory.
  explicit CensusCheck(std::filesystem::path evidence) : folder_(std::move(evidence)) {}

  void gather(Entry const& entry, Outcome const& outcome);
  [[nodiscard]] CensusReport finish();

 private:
  struct Verdict {
    Seq seq;
    UnitChecked said;
  };
  struct Epoch {
    EpochOpen opened;
    std::vector<Verdict> verdicts;
  };

  void close(Seq seq, EpochClose const& said);
  void list_kept();
  [[nodiscard]] attest::EvidenceReader of(std::uint64_t epoch) const {
    return attest::EvidenceReader(attest::epoch_folder(folder_, epoch));
  }
  [[nodiscard]] std::string what_is_wrong(UnitChecked const& said, attest::Transcript const& transcript,
                                          std::shared_ptr<attest::EpochSecret const>& secret,
                                          Bytes32 const& seed) const;
  [[nodiscard]] std::string what_is_wrong(UnitChecked const& said, attest::Outcome const& again,
                                          attest::AttestOpen const& open) const;

  std::filesystem::path folder_;
  Reference reference_;
  std::int64_t class_scale_{1};
  std::optional<Epoch> epoch_;       // the open one
  std::set<std::string> named_;      // files, with their epoch's folder
  std::vector<CensusFinding> gone_;  // pruned or missing
  CensusReport report_;
};

}  // namespace spillway
