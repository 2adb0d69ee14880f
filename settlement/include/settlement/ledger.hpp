// settlement/ledger.hpp - the books: accounts that only transfers change, each debiting one and crediting
// another.
// Room:   settlement (pure); sees market.
// Units:  nano-units. An account's balance = credits - debits; both are totals since the beginning.
// Errors: Refusal::funds_short, Refusal::hold_too_large. Anything else wrong with a transfer is our bug. Law:
//         sum of debits = sum of credits; no account but the bank's ever goes below zero.
#pragma once

#include <array>
#include <expected>
#include <map>
#include <memory_resource>
#include <utility>
#include <vector>

#include "market/account.hpp"
#include "market/check.hpp"
#include "market/ids.hpp"
#include "market/refusal.hpp"
#include "market/units.hpp"
#include "settlement/rows_by_key.hpp"

namespace spillway {

/// What one account has seen in all.
struct AccountTotals {
  Nano debits;
  Nano credits;
  [[nodiscard]] Nano balance() const { return credits - debits; }
  friend bool operator==(AccountTotals const&, AccountTotals const&) = default;
};

/// One movement of money, named by a dense number; it never changes once posted.
struct Transfer {
  TransferId id;
  AccountKey debit;
  AccountKey credit;
  Nano amount;
  TransferCode code{};
  std::uint64_t about{};  // order, job or lease; 0 otherwise
};

/// Most that a participant may hold and release in all (2^61): keeps the totals of its accounts inside 64
/// bits.
inline constexpr Nano turnover_max{std::int64_t{1} << 61};
/// Most that may come in from outside in all (2^60).
inline constexpr Nano bank_max{std::int64_t{1} << 60};

[[nodiscard]] constexpr std::uint64_t hash_of(ParticipantId const& owner) { return owner.v; }

/// Names the running total on which an account pays, or is paid, `code`.
struct ShareKey {
  AccountKey who;
  TransferCode code{};
  friend constexpr auto operator<=>(ShareKey const&, ShareKey const&) = default;
};
[[nodiscard]] constexpr std::uint64_t hash_of(ShareKey const& key) {
  return std::uint64_t{key.who.owner.v} << 8 | static_cast<std::uint64_t>(key.who.kind) << 4 |
         static_cast<std::uint64_t>(key.code);
}

class Ledger {
 public:
  using Accounts = std::pmr::map<AccountKey, AccountTotals>;

  /// Accounts live in `memory`, which outlives the books; the tables of accounts and of shares double.
  explicit Ledger(std::pmr::memory_resource* memory = std::pmr::get_default_resource())
      : accounts_(memory), shares_(memory) {}

  /// Why `amount` (> 0) can't be debited; none when it can.
  [[nodiscard]] Refusal why_not(AccountKey debit, Nano amount) const;
  /// Posts one transfer; `amount` > 0 and the two accounts differ.
  std::expected<Transfer, Refusal> transfer(AccountKey debit, AccountKey credit, Nano amount,
                                            TransferCode code, std::uint64_t about);
  /// The same where the money is known to be there, which is checked.
  TransferId post(AccountKey debit, AccountKey credit, Nano amount);

  /// Adds `charged` to the running total on which `who` owes (or is owed) `code` at `bps`, and tells what is
  /// due now: floor of the total's share less what was taken before, never more than `at_most`. What the
  /// bound cuts off stays due and comes with a later share. A new rate starts a new total.
  [[nodiscard]] Nano take_share(AccountKey who, TransferCode code, Nano charged, std::int32_t bps,
                                Nano at_most);

  [[nodiscard]] Nano balance(AccountKey) const;
  [[nodiscard]] AccountTotals totals(AccountKey) const;
  /// By key.
  [[nodiscard]] Accounts accounts() const;
  [[nodiscard]] TransferId last() const { return last_; }

  /// A running total on which a share is taken.
  struct Share {
    std::int32_t bps{};
    Nano charged;
    Nano taken;
  };
  using Shares = std::pmr::map<ShareKey, Share>;
  /// Everything, for a snapshot.
  struct Image {
    Accounts accounts;
    Shares shares;
    TransferId last;
  };
  [[nodiscard]] Image image() const { return {accounts(), shares_.sorted(), last_}; }
  /// False for an account of no kind, or one that has seen nothing: no books say so.
  [[nodiscard]] static bool sound(Image const& image);
  /// Of books in which nothing was posted yet; the image is sound.
  void restore(Image const& image);

  /// Of one owner, by kind: those that have seen something.
  [[nodiscard]] std::vector<std::pair<AccountKey, AccountTotals>> accounts_of(ParticipantId owner) const;

  /// Walks all accounts; a broken law stops the process.
  void check_laws() const;

 private:
  [[nodiscard]] static Refusal why_not(AccountKey debit, AccountTotals const& seen, Nano amount);

  /// The accounts of one owner, by kind: a transfer between two of them looks at one place in memory. One
  /// that has seen nothing is not there.
  struct Owner {
    std::array<AccountTotals, static_cast<std::size_t>(last_account_kind)> of;
    [[nodiscard]] AccountTotals& operator[](AccountKind kind) {
      return of[static_cast<std::size_t>(kind) - 1];
    }
    [[nodiscard]] AccountTotals const& operator[](AccountKind kind) const {
      return of[static_cast<std::size_t>(kind) - 1];
    }
  };
  /// Calls visit(AccountKey, AccountTotals const&), owners in the order of their first transfer.
  template <class Visit>
  void for_each(Visit visit) const {
    accounts_.for_each(
        [&](ParticipantId owner, Owner const& accounts) { for_each_of(owner, accounts, visit); });
  }
  template <class Visit>
  static void for_each_of(ParticipantId owner, Owner const& accounts, Visit&& visit) {
    for (auto kind = AccountKind::bank; kind <= last_account_kind;
         kind = static_cast<AccountKind>(static_cast<std::uint16_t>(kind) + 1))
      if (accounts[kind] != AccountTotals{}) visit(AccountKey{owner, kind}, accounts[kind]);
  }

  RowsByKey<ParticipantId, Owner> accounts_;
  RowsByKey<ShareKey, Share> shares_;
  TransferId last_;
};

// In sight of those who post: most move money between two accounts of one owner, whose kinds they know.

inline Refusal Ledger::why_not(AccountKey debit, AccountTotals const& seen, Nano amount) {
  sw_check(amount > Nano{}, "a transfer moves something");
  if (debit.kind == AccountKind::bank)
    return amount > bank_max || seen.debits > bank_max - amount ? Refusal::amount_invalid : Refusal::none;
  if (seen.balance() < amount) return Refusal::funds_short;
  bool const too_much = debit.kind == AccountKind::funds && seen.debits > turnover_max - amount;
  return too_much ? Refusal::hold_too_large : Refusal::none;
}

inline Refusal Ledger::why_not(AccountKey debit, Nano amount) const {
  auto const* const from = accounts_.find(debit.owner);
  return why_not(debit, from == nullptr ? AccountTotals{} : (*from)[debit.kind], amount);
}

[[gnu::always_inline]] inline TransferId Ledger::post(AccountKey debit, AccountKey credit, Nano amount) {
  sw_check(debit != credit, "a transfer has two sides");
  auto* from = accounts_.find(debit.owner);
  if (from == nullptr) from = &accounts_[debit.owner];
  auto& debited = (*from)[debit.kind];
  sw_check(why_not(debit, debited, amount) == Refusal::none, "money that was held or seen is there");
  debited.debits += amount;
  auto& to = credit.owner == debit.owner ? *from : accounts_[credit.owner];
  to[credit.kind].credits += amount;
  return last_ = TransferId{last_.v + 1};
}

}  // namespace spillway
