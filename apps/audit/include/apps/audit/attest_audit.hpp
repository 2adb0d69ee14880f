// apps/audit/attest_audit.hpp - every proof of capacity that the journal names, checked again from the
// transcript kept beside it and the seed that was revealed when its epoch closed.
// Room:   apps, library audit; sees market, attest, attest_evidence. Links no network, writes nothing.
// Rule:   a transcript that no entry names counts for nothing: once a seed is revealed, anybody can write
// one.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "apps/audit/audit.hpp"
#include "apps/audit/audit_page.hpp"
#include "apps/audit/census_audit.hpp"
#include "attest/evidence_store.hpp"
#include "attest/verifier.hpp"

namespace spillway {

/// One proof that could not be confirmed.
struct ProofFinding {
  Seq seq;
  NodeId node;
  std::uint16_t unit{};
  std::string what;  // names the file where it is about one
};

struct ProofReport {
  std::uint64_t proofs{};      // units that the journal admitted
  std::uint64_t rechecked{};   // of these, played again from their transcripts, and right
  std::uint64_t epoch_open{};  // of these, of an epoch whose seed is still secret
  std::vector<ProofFinding> wrong;
  std::vector<ProofFinding> missing;   // transcript or seed is not there
  std::vector<std::string> strangers;  // transcripts that no entry names
  std::string unreadable;              // why the evidence could not be listed
  CensusReport census;

  [[nodiscard]] bool ok() const {
    return wrong.empty() && missing.empty() && unreadable.empty() && census.ok();
  }
};

/// Checks while the audit replays: give `gather` as AuditOptions::each.
class ProofCheck {
 public:
  /// `evidence`: the folder attest of the journal directory.
  /// Beside it stands the one of the censuses.
  explicit ProofCheck(std::filesystem::path const& evidence)
      : evidence_(evidence), census_(evidence.parent_path() / attest::census_folder) {}

  void gather(Entry const& entry, Outcome const& outcome);
  [[nodiscard]] ProofReport finish();

 private:
  void check(Seq seq, UnitAttested const& said);
  [[nodiscard]] std::string what_is_wrong(UnitAttested const& said, attest::Transcript const& transcript,
                                          Bytes32 const& seed, attest::EpochParams const& epoch);
  std::shared_ptr<attest::EpochSecret const> secret_of(Bytes32 const& seed, attest::EpochParams const& epoch);

  attest::EvidenceReader evidence_;
  CensusCheck census_;
  Reference reference_;
  std::int64_t class_scale_{1};
  std::set<attest::Digest> named_;
  std::set<Bytes32>
      challenges_;  // by their randomness: of one conversation several transcripts can be written
  std::shared_ptr<attest::EpochSecret const> secret_;  // of the proof before: most share their epoch
  Bytes32 secret_seed_{};
  ProofReport report_;
};

[[nodiscard]] std::string attest_page(AuditReport const& journal, ProofReport const& proofs, PageForm form);

}  // namespace spillway
