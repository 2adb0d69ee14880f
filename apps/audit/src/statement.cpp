// apps/audit/src/statement.cpp - picks an account's postings out of the outcome records.
#include "apps/audit/statement.hpp"

namespace spillway {
namespace {

AccountKey key_of(std::uint32_t owner, std::uint16_t kind) {
  return {ParticipantId{owner}, static_cast<AccountKind>(kind)};
}

}  // namespace

void Statement::gather(Entry const& entry, Outcome const& outcome) {
  for (auto const& record : outcome.records) {
    if (record.head.kind != RecordKind::posting) continue;
    auto const posting = record.as<record::Posting>();
    auto const debit = key_of(posting.debit_owner, posting.debit_kind);
    auto const credit = key_of(posting.credit_owner, posting.credit_kind);
    if (debit != account_ && credit != account_) continue;
    StatementLine line{entry.seq,
                       entry.stamp,
                       TransferId{posting.transfer},
                       static_cast<TransferCode>(record.head.code),
                       posting.about,
                       debit == account_ ? credit : debit,
                       {},
                       {},
                       {}};
    (debit == account_ ? line.debit : line.credit) = Nano{posting.amount_nano};
    debits_ += line.debit;
    credits_ += line.credit;
    line.balance = balance();
    lines_.push_back(line);
  }
}

}  // namespace spillway
