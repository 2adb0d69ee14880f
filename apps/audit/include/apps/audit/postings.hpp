// apps/audit/include/apps/audit/postings.hpp - the books out of the outcome records alone: no entry is
// applied, no matching is known. Records are tied to D, the seals and the signed checkpoint by hashes. Room:
// apps, library audit; sees market, journal, exchange (outcome chain).
#pragma once

#include "apps/audit/audit.hpp"

namespace spillway {

/// As audit_journal, but `accounts` are sums of postings, and `records_compared` counts the commands whose
/// records the seals vouch for. Tiles are not looked at.
[[nodiscard]] std::expected<AuditReport, AuditError> sum_postings(AuditOptions const& options);

}  // namespace spillway
