// tests/market/session_chain_test.cpp - what a statement of a session is over: the bytes of entries without
// what the client could not know, in the order of their numbers, whatever the order in which they came.
#include "market/session_chain.hpp"

#include <gtest/gtest.h>

#include "market/codec.hpp"

namespace spillway {
namespace {

// No cryptography is needed here: every byte and its place count.
Bytes32 sum_of(std::span<std::byte const> bytes) {
  std::uint64_t sums[4] = {1, 2, 3, 4};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    sums[i % 4] = sums[i % 4] * 1'000'003 + static_cast<std::uint64_t>(bytes[i]) + i;
  Bytes32 out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(sums[i / 8] >> (i % 8 * 8));
  return out;
}

Entry an_order(std::uint64_t number) {
  PlaceOrder order;
  order.client = ClientOrderId{number};
  order.limit = PriceIndex{40};
  return {Seq{7 + number}, Stamp{1'000'000}, ParticipantId{20}, order, SessionId{3}, number};
}
std::vector<std::byte> stated(Entry const& entry) { return stated_bytes(encode(entry)).value(); }

TEST(StatedBytes, AreThoseOfTheEntryWithoutSequenceAndStamp) {
  auto const entry = an_order(1);
  auto later = entry;
  later.seq = Seq{99}, later.stamp = Stamp{2'000'000};
  EXPECT_EQ(stated(entry), stated(later));
  EXPECT_EQ(stated(entry).size(), encode(entry).size());
  for (auto const change : {+[](Entry& e) { e.principal = ParticipantId{21}; },
                            +[](Entry& e) { e.request = 2; }, +[](Entry& e) { e.session = SessionId{4}; },
                            +[](Entry& e) { std::get<PlaceOrder>(e.command).limit = PriceIndex{41}; }}) {
    auto other = entry;
    change(other);
    EXPECT_NE(stated(entry), stated(other));
  }
}

TEST(StatedBytes, OfWhatIsNoEntryAreNone) {
  auto bytes = encode(an_order(1));
  EXPECT_FALSE(stated_bytes(std::span(bytes).first(20)));
  EXPECT_FALSE(stated_bytes({}));
  bytes[4] ^= std::byte{1};
  EXPECT_FALSE(stated_bytes(bytes));
}

TEST(RequestChain, IsTheSameInWhateverOrderTheRequestsCome) {
  RequestChain straight(sum_of, SessionId{3}, {}), crooked(sum_of, SessionId{3}, {});
  std::vector<std::uint64_t> reached;
  for (std::uint64_t const n : {1, 2, 3, 4}) EXPECT_TRUE(straight.add(n, stated(an_order(n))));
  for (std::uint64_t const n : {3, 1, 4, 2})
    EXPECT_TRUE(
        crooked.add(n, stated(an_order(n)), [&](auto number, auto const&) { reached.push_back(number); }));
  EXPECT_EQ(straight.hash(), crooked.hash());
  EXPECT_EQ(reached, (std::vector<std::uint64_t>{1, 2, 3, 4}));
}

TEST(RequestChain, WaitsForTheOneThatIsMissingAndTakesNoneTwice) {
  RequestChain chain(sum_of, SessionId{3}, {});
  EXPECT_TRUE(chain.add(1, stated(an_order(1))));
  auto const at_one = chain.hash();
  EXPECT_TRUE(chain.add(3, stated(an_order(3))));
  EXPECT_EQ(chain.last(), 1u);
  EXPECT_EQ(chain.hash(), at_one);
  EXPECT_EQ(chain.waiting(), 1u);
  EXPECT_FALSE(chain.add(1, stated(an_order(1))));
  EXPECT_FALSE(chain.add(3, stated(an_order(3))));
  EXPECT_FALSE(chain.add(0, stated(an_order(1))));
}

TEST(RequestChain, DependsOnSessionAndLogin) {
  RequestChain const one(sum_of, SessionId{3}, {}), other(sum_of, SessionId{4}, {}),
      again(sum_of, SessionId{3}, Bytes32{std::byte{1}});
  EXPECT_NE(one.hash(), other.hash());
  EXPECT_NE(one.hash(), again.hash());
}

TEST(ReportChain, TakesTheNextReportAndNoOther) {
  ReportChain chain(sum_of, SessionId{3}, {}, 10);
  auto const first = chain.hash();
  Record const record{};
  EXPECT_FALSE(chain.add(10, Seq{1}, Stamp{1}, record)) << "the client had it";
  EXPECT_FALSE(chain.add(12, Seq{1}, Stamp{1}, record)) << "one is missing";
  EXPECT_EQ(chain.hash(), first);
  EXPECT_TRUE(chain.add(11, Seq{1}, Stamp{1}, record));
  EXPECT_EQ(chain.last(), 11u);
  EXPECT_NE(chain.hash(), first);
}

TEST(Statement, IsSignedOverSessionNumbersAndHashesAndTheirDomain) {
  SessionStatement said;
  said.session = SessionId{1}, said.last_request = 2, said.last_report = 3;
  auto const text = statement_bytes(said);
  EXPECT_EQ(text.size(), 21u + 8 + 8 + 32 + 8 + 32);
  EXPECT_EQ(std::string(reinterpret_cast<char const*>(text.data()), 21), "spillway-statement-v1");
}

}  // namespace
}  // namespace spillway
