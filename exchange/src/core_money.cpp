// exchange/src/core_money.cpp - every way in which the core moves money: holds, charges, fees, guarantee
// payments.
#include "core_state.hpp"

namespace spillway {

using core::Job;
using core::Lease;

namespace {

AccountKey funds(ParticipantId p) { return {p, AccountKind::funds}; }
AccountKey escrow(ParticipantId p) { return {p, AccountKind::escrow}; }
AccountKey earnings(ParticipantId p) { return {p, AccountKind::earnings}; }
constexpr AccountKey fees{the_exchange, AccountKind::fees};
constexpr AccountKey guarantee{the_exchange, AccountKind::guarantee};

}  // namespace

/// Posts what was looked at before: a transfer that fails here is our bug. Nothing moves for nothing. Made
/// part of each caller, since most know owners and kinds: half of the steps fall away then.
[[gnu::always_inline]] inline void ExchangeCore::State::post_here(AccountKey debit, AccountKey credit,
                                                                  Nano amount, TransferCode code,
                                                                  std::uint64_t about) {
  if (amount == Nano{}) return;
  auto const id = ledger.post(debit, credit, amount);
  auto& to = begin_record<record::Posting>(static_cast<std::uint16_t>(code));
  to.transfer = id.v, to.debit_owner = debit.owner.v, to.credit_owner = credit.owner.v;
  to.debit_kind = static_cast<std::uint16_t>(debit.kind);
  to.credit_kind = static_cast<std::uint16_t>(credit.kind);
  to.amount_nano = amount.v, to.about = about;
}

void ExchangeCore::State::post(AccountKey debit, AccountKey credit, Nano amount, TransferCode code,
                               std::uint64_t about) {
  post_here(debit, credit, amount, code, about);
}

void ExchangeCore::State::hold(ParticipantId buyer, Nano& held, Nano amount, std::uint64_t about) {
  post_here(funds(buyer), escrow(buyer), amount, TransferCode::hold, about);
  held += amount;
}

void ExchangeCore::State::release(ParticipantId buyer, Nano& held, Nano amount, std::uint64_t about) {
  sw_check(amount <= held, "no more is released than is held");
  post_here(escrow(buyer), funds(buyer), amount, TransferCode::release, about);
  held -= amount;
}

/// A charge that a usage mark posted may have to go back: the same transfer, the other way round.
template <class Deal>
void ExchangeCore::State::charge_to(Deal& deal, Nano target) {
  auto const more = target - deal.charge;
  sw_check(more <= deal.held, "a hold covers the worst case");
  if (more > Nano{}) post(escrow(deal.buyer), earnings(deal.provider), more, TransferCode::charge, deal.id.v);
  if (more < Nano{})
    post(earnings(deal.provider), escrow(deal.buyer), Nano{} - more, TransferCode::charge, deal.id.v);
  deal.held -= more;
  deal.charge = target;
  if (more != Nano{}) the(participants, deal.provider).unsettled += more;
}
template void ExchangeCore::State::charge_to(Job&, Nano);
template void ExchangeCore::State::charge_to(Lease&, Nano);

template <class Deal>
void ExchangeCore::State::keep_charge(Deal const& deal) {
  the(participants, deal.provider).unsettled -= deal.charge;
}
template void ExchangeCore::State::keep_charge(Job const&);
template void ExchangeCore::State::keep_charge(Lease const&);

/// Who took pays, who made is paid out of it: a rebate is never more than the fee of the same moment.
template <class Deal>
Nano ExchangeCore::State::take_fees(Deal& deal, Nano charged) {
  auto const taker = deal.taker_is_buyer ? funds(deal.buyer) : earnings(deal.provider);
  auto const maker = deal.taker_is_buyer ? earnings(deal.provider) : funds(deal.buyer);
  auto const at_most = deal.taker_is_buyer ? deal.held : charged;
  auto const fee = ledger.take_share(taker, TransferCode::taker_fee, charged, deal.rates.taker_bps, at_most);
  auto const rebate =
      ledger.take_share(maker, TransferCode::maker_rebate, charged, deal.rates.maker_bps, fee);
  post(deal.taker_is_buyer ? escrow(deal.buyer) : taker, fees, fee, TransferCode::taker_fee, deal.id.v);
  if (deal.taker_is_buyer) deal.held -= fee;
  post(fees, maker, rebate, TransferCode::maker_rebate, deal.id.v);
  sw_check(rebate <= fee, "a rebate is never more than the fee");
  return fee;
}
template Nano ExchangeCore::State::take_fees(Job&, Nano);
template Nano ExchangeCore::State::take_fees(Lease&, Nano);

/// What the fund can't pay stays payable, and no new orders come in until the operator has looked.
void ExchangeCore::State::pay_from_guarantee(ParticipantId provider, Nano amount, std::uint64_t about) {
  auto const now_paid = owed.empty() ? std::min(amount, ledger.balance(guarantee)) : Nano{};
  post(guarantee, earnings(provider), now_paid, TransferCode::guarantee_payment, about);
  if (now_paid == amount) return;
  owed.push({provider, amount - now_paid, about});
  if (!halted) set_halted(true);
}

bool ExchangeCore::State::pay_one() {
  if (owed.empty()) return false;
  auto& claim = owed.front();
  auto const now_paid = std::min(claim.amount, ledger.balance(guarantee));
  post(guarantee, earnings(claim.provider), now_paid, TransferCode::guarantee_payment, claim.about);
  claim.amount -= now_paid;
  if (claim.amount > Nano{}) return false;
  owed.pop();
  return true;
}

/// `worst` and the taker fee on it, rounded up.
Nano ExchangeCore::State::with_fee(Nano worst, core::Rates const& rates) {
  if (worst > largest_hold) return worst;  // refused anyway; the sum might not fit
  auto const fee = fee_due(worst, rates.taker_bps);
  // Cut to 64 bits on both sides: what was floored away is below 10,000.
  auto const left_over = static_cast<std::uint64_t>(worst.v) * static_cast<std::uint64_t>(rates.taker_bps) -
                         static_cast<std::uint64_t>(fee.v) * 10'000;
  return worst + fee + Nano{left_over > 0 ? 1 : 0};
}

}  // namespace spillway
