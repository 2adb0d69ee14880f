// market/account.hpp - the names of the accounts of the books.
// Room:   market (vocabulary); sees the standard library only.
// Rule:   money moves only between these accounts, by transfers that debit one and credit another.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "market/ids.hpp"

namespace spillway {

enum class AccountKind : std::uint16_t {
  unset = 0,
  bank = 1,   // the exchange's: what came in from outside (the only account that may stand on the debit side)
  funds = 2,  // a participant's free money
  escrow = 3,     // a participant's money held for its open orders, jobs and leases
  earnings = 4,   // what a provider has earned
  fees = 5,       // the exchange's income
  guarantee = 6,  // the exchange's fund for its own faults
  frozen = 7,     // earnings of a provider one of whose units answered a census wrongly
  bond = 8,       // of a provider, by unit: lost when the unit answers wrongly
};
inline constexpr auto last_account_kind = AccountKind::bond;

/// Participant 0 is the exchange itself.
struct AccountKey {
  ParticipantId owner;
  AccountKind kind{};
  friend constexpr auto operator<=>(AccountKey, AccountKey) = default;
};

inline constexpr ParticipantId the_exchange{0};
[[nodiscard]] char const* name(AccountKind);
[[nodiscard]] std::optional<AccountKind> account_kind_named(std::string_view);
/// Bank, fees and guarantee have no other owner; every other kind belongs to a participant.
[[nodiscard]] constexpr bool the_exchange_owns(AccountKind kind) {
  return kind == AccountKind::bank || kind == AccountKind::fees || kind == AccountKind::guarantee;
}

/// Why money moved; numbers are fixed, the journal carries them.
enum class TransferCode : std::uint16_t {
  unset = 0,
  deposit = 1,            // bank -> funds
  guarantee_funding = 2,  // bank -> guarantee
  hold = 3,               // funds -> escrow
  release = 4,            // escrow -> funds
  charge = 5,             // escrow -> earnings
  taker_fee = 6,          // escrow (buyer takes) or earnings (provider takes) -> fees
  maker_rebate = 7,       // fees -> funds (buyer made) or earnings (provider made)
  sla_rebate = 8,         // earnings -> funds: a late first token
  guarantee_payment = 9,  // guarantee -> earnings: work lost by the exchange's own fault
  freeze = 10,            // earnings -> frozen: a unit answered a census wrongly
  bond_post = 11,         // funds, then earnings -> bond: a unit may be challenged
  bond_return = 12,       // bond -> funds
  bond_loss = 13,         // bond -> guarantee: the unit answered wrongly
  frozen_release = 14,    // frozen -> earnings: by the operator
  frozen_forfeit = 15,    // frozen -> guarantee: by the operator
};
[[nodiscard]] char const* name(TransferCode);

}  // namespace spillway
