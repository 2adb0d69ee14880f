// tests/settlement/ledger_test.cpp - the laws of settlement/src/ledger.cpp: two sides to every transfer,
// nobody below zero,
// shares that add up.
#include "settlement/ledger.hpp"

#include <gtest/gtest.h>

#include <random>

#include "market/amounts.hpp"

namespace spillway {
namespace {

constexpr AccountKey bank{the_exchange, AccountKind::bank};
constexpr AccountKey fees{the_exchange, AccountKind::fees};
constexpr AccountKey funds(std::uint32_t p) { return {ParticipantId{p}, AccountKind::funds}; }
constexpr AccountKey escrow(std::uint32_t p) { return {ParticipantId{p}, AccountKind::escrow}; }
constexpr AccountKey earnings(std::uint32_t p) { return {ParticipantId{p}, AccountKind::earnings}; }

void deposit(Ledger& ledger, std::uint32_t p, std::int64_t amount) {
  ASSERT_TRUE(ledger.transfer(bank, funds(p), Nano{amount}, TransferCode::deposit, 0));
}

TEST(Ledger, MovesMoneyFromOneAccountToAnother) {
  Ledger ledger;
  deposit(ledger, 1, 100);
  auto const held = ledger.transfer(funds(1), escrow(1), Nano{40}, TransferCode::hold, 7);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->id, TransferId{2});
  EXPECT_EQ(held->about, 7u);
  EXPECT_EQ(ledger.balance(funds(1)), Nano{60});
  EXPECT_EQ(ledger.balance(escrow(1)), Nano{40});
  EXPECT_EQ(ledger.balance(bank), Nano{-100});
  EXPECT_EQ(ledger.totals(funds(1)), (AccountTotals{Nano{40}, Nano{100}}));
  ledger.check_laws();
}

TEST(Ledger, RefusesWhatIsNotThereAndChangesNothing) {
  Ledger ledger;
  deposit(ledger, 1, 100);
  auto const refused = ledger.transfer(funds(1), escrow(1), Nano{101}, TransferCode::hold, 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), Refusal::funds_short);
  EXPECT_EQ(ledger.balance(funds(1)), Nano{100});
  EXPECT_EQ(ledger.last(), TransferId{1});
  EXPECT_TRUE(ledger.transfer(funds(1), escrow(1), Nano{100}, TransferCode::hold, 0));
}

TEST(Ledger, KeepsTotalsInsideSixtyFourBits) {
  Ledger ledger;
  EXPECT_EQ(ledger.why_not(bank, bank_max + Nano{1}), Refusal::amount_invalid);
  deposit(ledger, 1, bank_max.v);
  EXPECT_EQ(ledger.why_not(bank, Nano{1}), Refusal::amount_invalid);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(ledger.transfer(funds(1), escrow(1), bank_max, TransferCode::hold, 0));
    ASSERT_TRUE(ledger.transfer(escrow(1), funds(1), bank_max, TransferCode::release, 0));
  }
  EXPECT_EQ(ledger.why_not(funds(1), Nano{1}), Refusal::hold_too_large);
  ledger.check_laws();
}

TEST(Ledger, SharesAreDifferencesOfOneFlooredRunningTotal) {
  Ledger ledger;
  std::mt19937 random{7};
  Nano charged, taken;
  for (int i = 0; i < 2'000; ++i) {
    Nano const step{static_cast<std::int64_t>(random() % 1'000)};
    charged += step;
    taken += ledger.take_share(funds(1), TransferCode::taker_fee, step, 100, step);
    ASSERT_EQ(taken, fee_due(charged, 100)) << "after step " << i;
  }
}

TEST(Ledger, WhatABoundCutsOffAShareComesLater) {
  Ledger ledger;
  EXPECT_EQ(ledger.take_share(funds(1), TransferCode::maker_rebate, Nano{10'000}, 100, Nano{30}), Nano{30});
  EXPECT_EQ(ledger.take_share(funds(1), TransferCode::maker_rebate, Nano{0}, 100, Nano{1'000}), Nano{70});
}

TEST(Ledger, ANewRateStartsANewTotal) {
  Ledger ledger;
  EXPECT_EQ(ledger.take_share(funds(1), TransferCode::taker_fee, Nano{10'000}, 100, Nano{10'000}), Nano{100});
  EXPECT_EQ(ledger.take_share(funds(1), TransferCode::taker_fee, Nano{10'000}, 50, Nano{10'000}), Nano{50});
}

TEST(Ledger, IsRestoredFromItsImageByAccountAndShare) {
  Ledger ledger;
  for (std::uint32_t p = 200; p > 0; --p) {  // many, and not in the order of their names
    deposit(ledger, p, 1'000);
    ASSERT_TRUE(ledger.transfer(funds(p), escrow(p), Nano{p}, TransferCode::hold, p));
  }
  static_cast<void>(ledger.take_share(funds(3), TransferCode::taker_fee, Nano{15'000}, 100, Nano{150}));
  auto const image = ledger.image();
  EXPECT_EQ(image.accounts.size(), 401u) << "funds and escrow of each, and the bank";
  ASSERT_TRUE(Ledger::sound(image));
  Ledger again;
  again.restore(image);
  again.check_laws();
  EXPECT_EQ(again.image().accounts, image.accounts);
  EXPECT_EQ(again.balance(escrow(77)), Nano{77});
  EXPECT_EQ(again.last(), ledger.last());
  EXPECT_EQ(again.take_share(funds(3), TransferCode::taker_fee, Nano{5'000}, 100, Nano{50}), Nano{50});
}

TEST(Ledger, AnImageOfNoBooksIsNotSound) {
  Ledger ledger;
  deposit(ledger, 1, 10);
  AccountKind const behind_the_last{static_cast<std::uint16_t>(static_cast<int>(last_account_kind) + 1)};
  for (auto const kind : {AccountKind::unset, behind_the_last}) {
    auto image = ledger.image();
    image.accounts[{ParticipantId{1}, kind}] = {Nano{1}, Nano{1}};
    EXPECT_FALSE(Ledger::sound(image)) << "a kind that is none";
  }
  auto image = ledger.image();
  image.accounts[escrow(1)] = {};
  EXPECT_FALSE(Ledger::sound(image)) << "an account that has seen nothing";
}

TEST(Ledger, EveryKindOfAccountHasItsRow) {
  Ledger ledger;
  deposit(ledger, 1, 10);
  AccountKey const last{ParticipantId{1}, last_account_kind};
  ASSERT_TRUE(ledger.transfer(funds(1), last, Nano{4}, TransferCode::freeze, 0));
  EXPECT_EQ(ledger.balance(last), Nano{4});
  EXPECT_TRUE(ledger.image().accounts.contains(last));
  ledger.check_laws();
}

TEST(Ledger, HoldsItsLawsUnderAnyTransfers) {
  std::mt19937 random{11};
  Ledger ledger;
  std::vector<AccountKey> const accounts{bank,        fees,     funds(1),  escrow(1),
                                         earnings(1), funds(2), escrow(2), earnings(2)};
  int refused = 0;
  for (int i = 0; i < 5'000; ++i) {
    auto const debit = accounts[random() % accounts.size()];
    auto const credit = accounts[random() % accounts.size()];
    if (debit == credit) continue;
    Nano const amount{static_cast<std::int64_t>(random() % 500) + 1};
    auto const before = ledger.balance(debit);
    auto const done = ledger.transfer(debit, credit, amount, TransferCode::charge, 0);
    refused += done ? 0 : 1;
    EXPECT_EQ(ledger.balance(debit), done ? before - amount : before);
    ledger.check_laws();
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace spillway
