// apps/demo/src/audit_run.hpp - the auditor, run on the journal that the exchange left.
// Room:   apps, library demo. The auditor is another program: it trusts nothing that we counted.
#pragma once

#include <string>

#include "child_process.hpp"
#include "run_directory.hpp"

namespace spillway::demo {

struct AuditFound {
  std::string verdict;  // "ok", or what is wrong
  bool books_balance{};
  std::string digest;  // as recomputed
};

/// The documents of `spillway-audit replay|trial-balance|verify --json`, and D as the exchange printed it.
/// Pure.
[[nodiscard]] AuditFound judge(std::string const& replay, std::string const& balance,
                               std::string const& verify, std::string const& digest_printed);
wire::awaitable<AuditFound> run_audit(RunDirectory run, std::string digest_printed);

}  // namespace spillway::demo
