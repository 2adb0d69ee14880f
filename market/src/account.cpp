// market/account.cpp - names of accounts and of reasons why money moved.
// Room:   market (vocabulary); sees the standard library only.
#include "market/account.hpp"

namespace spillway {

char const* name(AccountKind kind) {
  switch (kind) {
    case AccountKind::unset:
      return "unset";
    case AccountKind::bank:
      return "bank";
    case AccountKind::funds:
      return "funds";
    case AccountKind::escrow:
      return "escrow";
    case AccountKind::earnings:
      return "earnings";
    case AccountKind::fees:
      return "fees";
    case AccountKind::guarantee:
      return "guarantee";
    case AccountKind::frozen:
      return "frozen";
    case AccountKind::bond:
      return "bond";
  }
  return "unknown";
}

std::optional<AccountKind> account_kind_named(std::string_view text) {
  for (auto kind = std::uint16_t{1}; kind <= static_cast<std::uint16_t>(last_account_kind); ++kind)
    if (text == name(AccountKind{kind})) return AccountKind{kind};
  return std::nullopt;
}

char const* name(TransferCode code) {
  switch (code) {
    case TransferCode::unset:
      return "unset";
    case TransferCode::deposit:
      return "deposit";
    case TransferCode::guarantee_funding:
      return "guarantee_funding";
    case TransferCode::hold:
      return "hold";
    case TransferCode::release:
      return "release";
    case TransferCode::charge:
      return "charge";
    case TransferCode::taker_fee:
      return "taker_fee";
    case TransferCode::maker_rebate:
      return "maker_rebate";
    case TransferCode::sla_rebate:
      return "sla_rebate";
    case TransferCode::guarantee_payment:
      return "guarantee_payment";
    case TransferCode::freeze:
      return "freeze";
    case TransferCode::bond_post:
      return "bond_post";
    case TransferCode::bond_return:
      return "bond_return";
    case TransferCode::bond_loss:
      return "bond_loss";
    case TransferCode::frozen_release:
      return "frozen_release";
    case TransferCode::frozen_forfeit:
      return "frozen_forfeit";
  }
  return "unknown";
}

}  // namespace spillway
