// apps/audit/include/apps/audit/statement.hpp - the postings of one account in the order in which they
// happened.
// Room:   apps, library audit; sees market and exchange.
// Units:  nano-units; balance = credits - debits, after each line.
#pragma once

#include <vector>

#include "apps/audit/audit.hpp"

namespace spillway {

struct StatementLine {
  Seq seq;
  Stamp stamp;
  TransferId transfer;
  TransferCode code{};
  std::uint64_t about{};  // order, job or lease; 0: none
  AccountKey other;
  Nano debit, credit;  // one of them is zero
  Nano balance;
};

/// Gathers lines while the audit replays: give `gather` as AuditOptions::each.
class Statement {
 public:
  explicit Statement(AccountKey account) : account_(account) {}

  void gather(Entry const& entry, Outcome const& outcome);

  [[nodiscard]] AccountKey account() const { return account_; }
  [[nodiscard]] std::vector<StatementLine> const& lines() const { return lines_; }
  [[nodiscard]] Nano debits() const { return debits_; }
  [[nodiscard]] Nano credits() const { return credits_; }
  [[nodiscard]] Nano balance() const { return credits_ - debits_; }

 private:
  AccountKey account_;
  std::vector<StatementLine> lines_;
  Nano debits_, credits_;
};

}  // namespace spillway
