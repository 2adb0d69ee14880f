// apps/audit/include/apps/audit/prove.hpp - the proof of one fill out of a journal, and its check without
// one.
// Room:   apps, library audit; sees market, journal, exchange.
// Errors: AuditError: a sentence with what is missing, or with the step that does not hold.
#pragma once

#include <filesystem>
#include <string>

#include "apps/audit/audit.hpp"
#include "apps/audit/audit_page.hpp"
#include "exchange/receipt.hpp"

namespace spillway {

struct FillProof {
  std::string text;  // a tlog-proof file
  ProvenFill fill;
  std::string signed_by;  // vkey that verified it; empty: no key at hand
  WitnessReport witnesses{};
};

/// Reads records and seals up to the fill; the tree's hashes come from the tiles. The head is that of
/// options.checkpoints, where there are some: all over one text, and their cosignatures travel with the
/// proof.
[[nodiscard]] std::expected<FillProof, AuditError> prove_fill(AuditOptions const& options, FillId fill);

/// Checks a file against the key that must have signed, and the witnesses that must have cosigned. Needs no
/// journal.
[[nodiscard]] std::expected<FillProof, AuditError> check_proof_file(std::filesystem::path const& file,
                                                                    std::string const& vkey,
                                                                    WitnessPolicy const& policy = {});

/// `prove`: the file itself as text; a document with `proof` as JSON. `check-proof`: what is proven.
[[nodiscard]] std::string prove_page(FillProof const& proof, PageForm form);
[[nodiscard]] std::string check_proof_page(FillProof const& proof, PageForm form);

}  // namespace spillway
