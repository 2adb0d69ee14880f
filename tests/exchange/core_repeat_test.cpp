// tests/exchange/core_repeat_test.cpp - client ids: exchange/src/core_repeat.cpp, and the index that
// finds them.
#include <map>
#include <random>

#include "core_index.hpp"
#include "core_world.hpp"

namespace spillway {
namespace {

/// Content is a number; many share a hash. Rows are taken again, as those of a table are.
TEST(CoreRepeat, TheIndexAgreesWithAMapWhileItGrowsAndShrinks) {
  constexpr core::Row rows_most = 20'000;
  std::mt19937 random{11};
  core::GrowingIndex index(rows_most);
  std::map<std::uint32_t, core::Row> plain;
  std::vector<std::uint32_t> content_of(rows_most + 1);
  std::vector<core::Row> free_rows;
  for (auto row = rows_most; row > 0; --row) free_rows.push_back(row);
  auto const hash_of = [](std::uint32_t content) { return std::uint64_t{content} / 4 * 0x9E3779B97F4A7C15u; };
  auto const find = [&](std::uint32_t content) {
    return index.find(hash_of(content), [&](core::Row row) { return content_of[row] == content; });
  };
  for (int step = 0; step < 100'000; ++step) {
    auto const content = static_cast<std::uint32_t>(1 + random() % 30'000);
    bool const grows = step < 50'000 || random() % 3 == 0;
    auto const known = plain.find(content);
    auto const row = find(content);
    ASSERT_EQ(row, known == plain.end() ? 0u : known->second) << step;
    if (row == 0 && grows && !free_rows.empty()) {
      plain[content] = free_rows.back();
      content_of[free_rows.back()] = content;
      index.insert(hash_of(content), free_rows.back());
      free_rows.pop_back();
    } else if (row != 0 && (!grows || step % 4 == 0)) {
      index.erase(hash_of(content), row);
      content_of[row] = 0;
      free_rows.push_back(row);
      plain.erase(content);
    }
  }
  for (std::uint32_t content = 1; content <= 30'000; ++content)
    ASSERT_EQ(find(content) != 0, plain.contains(content)) << content;
}

TEST(CoreRepeat, ARepeatGetsTheFirstAnswerAndThePresentState) {
  World w;
  auto const node = w.add_proven_node(ada);
  auto const wanted = w.token_order(units(1));
  auto const id = w.order(carl, wanted);
  EXPECT_EQ(w.send(carl, wanted), Refusal::none);
  ASSERT_EQ(w.last.records.size(), 2u);
  EXPECT_EQ(w.last.records[0].head.code, static_cast<std::uint16_t>(Refusal::exists));
  EXPECT_EQ(w.seen<record::Accepted>().at(0).made, id.v);
  EXPECT_EQ(w.seen<record::OrderState>().at(0).phase, static_cast<std::uint8_t>(OrderPhase::resting));
  w.offer(ada, w.token_offer(node, units(1)));
  EXPECT_EQ(w.send(carl, wanted), Refusal::none);
  EXPECT_EQ(w.seen<record::OrderState>().at(0).phase, static_cast<std::uint8_t>(OrderPhase::filled));
  EXPECT_EQ(w.core.order_with(carl, wanted.client), id);
  EXPECT_FALSE(w.core.order_with(dora, wanted.client));
  EXPECT_EQ(w.core.jobs_of(carl, 10).size(), 1u) << "one job, however often it is asked for";
}

TEST(CoreRepeat, OtherContentUnderTheSameIdIsRefusedByField) {
  World w;
  auto const wanted = w.token_order(units(1));
  w.order(carl, wanted);
  auto c = wanted;
  c.limit = units(2);
  EXPECT_EQ(w.send(carl, c), Refusal::exists_with_different_price);
  c = wanted, c.predicate.models = {eight};
  EXPECT_EQ(w.send(carl, c), Refusal::exists_with_different_predicate);
  c = wanted, c.output_max = Tokens{499};
  EXPECT_EQ(w.send(carl, c), Refusal::exists_with_different_quantity);
  c = wanted, c.good_for = seconds(3);
  EXPECT_EQ(w.send(carl, c), Refusal::exists_with_different_terms);
  c = w.capacity_order(units(1), 1);
  c.client = wanted.client;
  EXPECT_EQ(w.send(carl, c), Refusal::exists_with_different_product);
  EXPECT_EQ(w.send(dora, wanted), Refusal::none) << "ids are each participant's own";
}

TEST(CoreRepeat, OffersRepeatToo) {
  World w;
  auto const node = w.add_proven_node(ada);
  auto const posted = w.token_offer(node, units(1));
  auto const id = w.offer(ada, posted);
  EXPECT_EQ(w.send(ada, posted), Refusal::none);
  EXPECT_EQ(w.seen<record::Accepted>().at(0).made, id.v);
  EXPECT_EQ(w.seen<record::OfferState>().at(0).rest_lots, 4);
  auto c = posted;
  c.quantity = Lots{9};
  EXPECT_EQ(w.send(ada, c), Refusal::exists_with_different_quantity);
  c = posted, c.price = units(2);
  EXPECT_EQ(w.send(ada, c), Refusal::exists_with_different_price);
  c = posted, c.replenish = false;
  EXPECT_EQ(w.send(ada, c), Refusal::exists_with_different_terms);
  EXPECT_EQ(w.core.offers().size(), 1u);
}

TEST(CoreRepeat, ARefusedIdIsFree) {
  World w;
  auto c = w.token_order(highest_price);
  EXPECT_EQ(w.send(dora, c), Refusal::funds_short);
  c.limit = units(1);
  EXPECT_EQ(w.send(dora, c), Refusal::none);
}

TEST(CoreRepeat, ARepeatIsAnsweredDuringAHalt) {
  World w;
  auto const wanted = w.token_order(units(1));
  w.order(carl, wanted);
  w.must(SetHalt{true});
  EXPECT_EQ(w.send(carl, wanted), Refusal::none);
}

TEST(CoreRepeat, BeyondTheWindowAnIdIsTooOld) {
  World w;
  auto const old = w.token_order(units(1), TimeInForce::ioc);
  auto const id = w.order(carl, old);
  w.pass(Micros{25 * micros_per_hour});
  w.order(carl, w.token_order(units(1), TimeInForce::ioc));
  EXPECT_EQ(w.send(carl, old), Refusal::id_too_old);
  EXPECT_FALSE(w.core.order(id));
}

TEST(CoreRepeat, AForgottenJobIsFinished) {
  World w;
  auto const job = w.streaming();
  w.send(system_itself, World::completed(job, 1, 1));
  w.pass(Micros{25 * micros_per_hour});
  w.order(carl, w.token_order(units(1), TimeInForce::ioc));
  EXPECT_FALSE(w.core.job(job));
  EXPECT_EQ(w.send(system_itself, World::completed(job, 1, 1)), Refusal::job_finished);
}

}  // namespace
}  // namespace spillway
