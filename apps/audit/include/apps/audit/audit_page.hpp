// apps/audit/include/apps/audit/audit_page.hpp - what the auditor found, as text for people or as JSON.
// Room:   apps, library audit. JSON:   64-bit amounts and positions are strings, `ok` is the verdict.
#pragma once

#include <string>

#include "apps/audit/audit.hpp"
#include "apps/audit/statement.hpp"

namespace spillway {

enum class PageForm : std::uint8_t { text, json };

/// `verify` names the root and who signed it, `replay` names D; both have the verdict.
[[nodiscard]] std::string verify_page(AuditReport const& report, PageForm form);
[[nodiscard]] std::string replay_page(AuditReport const& report, PageForm form);

/// Sums over all accounts; the books balance when all balances add up to zero.
struct TrialBalance {
  Nano debits, credits;
  [[nodiscard]] bool balanced() const { return debits == credits; }
};
[[nodiscard]] TrialBalance trial_balance(AuditReport const& report);
[[nodiscard]] std::string trial_balance_page(AuditReport const& report, PageForm form);

/// Whether the lines add up to what the books say of this account.
[[nodiscard]] bool statement_agrees(AuditReport const& report, Statement const& statement);
[[nodiscard]] std::string statement_page(AuditReport const& report, Statement const& statement,
                                         PageForm form);

}  // namespace spillway
