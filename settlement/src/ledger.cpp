// settlement/src/ledger.cpp - see settlement/ledger.hpp.
#include "settlement/ledger.hpp"

#include <algorithm>

#include "market/amounts.hpp"
#include "market/check.hpp"

namespace spillway {

std::expected<Transfer, Refusal> Ledger::transfer(AccountKey debit, AccountKey credit, Nano amount,
                                                  TransferCode code, std::uint64_t about) {
  sw_check(code != TransferCode::unset, "every transfer says why");
  // A refused transfer opens no account.
  if (auto const refusal = why_not(debit, amount); refusal != Refusal::none) return std::unexpected(refusal);
  return Transfer{post(debit, credit, amount), debit, credit, amount, code, about};
}

Nano Ledger::take_share(AccountKey who, TransferCode code, Nano charged, std::int32_t bps, Nano at_most) {
  sw_check(charged >= Nano{} && at_most >= Nano{}, "shares are taken of what was charged");
  auto& share = shares_[{who, code}];
  if (share.bps != bps) share = Share{bps, Nano{}, Nano{}};
  share.charged += charged;
  auto const due = fee_due(share.charged, bps) - share.taken;
  sw_check(due >= Nano{}, "a share of a growing total never shrinks");
  auto const now = std::min(due, at_most);
  share.taken += now;
  return now;
}

Nano Ledger::balance(AccountKey key) const { return totals(key).balance(); }

AccountTotals Ledger::totals(AccountKey key) const {
  auto const* const found = accounts_.find(key.owner);
  return found == nullptr ? AccountTotals{} : (*found)[key.kind];
}

Ledger::Accounts Ledger::accounts() const {
  Accounts all;
  for_each([&](AccountKey key, AccountTotals const& totals) { all.emplace(key, totals); });
  return all;
}

std::vector<std::pair<AccountKey, AccountTotals>> Ledger::accounts_of(ParticipantId owner) const {
  std::vector<std::pair<AccountKey, AccountTotals>> all;
  if (auto const* const accounts = accounts_.find(owner))
    for_each_of(owner, *accounts,
                [&](AccountKey key, AccountTotals const& totals) { all.emplace_back(key, totals); });
  return all;
}

bool Ledger::sound(Image const& image) {
  return std::ranges::all_of(image.accounts, [](auto const& account) {
    auto const& [key, totals] = account;
    bool const known = key.kind >= AccountKind::bank && key.kind <= last_account_kind;
    return known && totals != AccountTotals{};
  });
}

void Ledger::restore(Image const& image) {
  sw_check(!last_.some() && accounts_.empty(), "empty books are restored");
  for (auto const& [key, totals] : image.accounts) accounts_[key.owner][key.kind] = totals;
  for (auto const& [key, share] : image.shares) shares_[key] = share;
  last_ = image.last;
}

void Ledger::check_laws() const {
  // Differences are summed, not totals: the totals of all accounts together may not fit.
  Nano sum;
  for_each([&](AccountKey key, AccountTotals const& account) {
    sw_check(account.debits >= Nano{} && account.credits >= Nano{}, "totals only grow");
    sw_check(key.kind == AccountKind::bank || account.balance() >= Nano{},
             "only the bank may stand below zero");
    sum += account.balance();
  });
  sw_check(sum == Nano{}, "sum of debits = sum of credits");
}

}  // namespace spillway
