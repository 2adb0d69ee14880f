// tests/apps/order_form_test.cpp - what is typed becomes the order that was meant, or a sentence that names
// the flag. Covers order_form.cpp and price_text.cpp.
#include "apps/trade/order_form.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/trade/price_text.hpp"

namespace spillway {
namespace {

using ::testing::HasSubstr;

OrderForm tokens() {
  OrderForm form;
  form.models = {"qwen2.5-7b"};
  form.prompt = "Why is the sky blue?";
  form.limit = "0.5";
  return form;
}

OrderForm capacity() {
  OrderForm form;
  form.capacity = "2";
  form.limit = "2.79";
  return form;
}

std::string refusal(OrderForm const& form) {
  auto const order = order_of(form, ClientOrderId{9});
  return order ? "it was taken" : order.error();
}

TEST(Price, EveryStepIsReadBackExactly) {
  for (std::uint32_t step = 0; step < price_steps; step += 7) {
    auto const read = parse_price(price_text(PriceIndex{step}));
    ASSERT_TRUE(read) << step;
    EXPECT_EQ(read->v, step);
  }
}

TEST(Price, OffTheGridTheNearestStepsAreNamed) {
  auto const price = parse_price("2.7935");
  ASSERT_FALSE(price);
  EXPECT_THAT(price.error(), HasSubstr("2.793 and 2.794"));
  EXPECT_THAT(parse_price("two").error(), HasSubstr("can't be read"));
  EXPECT_THAT(parse_price("-1").error(), HasSubstr("below zero"));
  EXPECT_FALSE(parse_price("9999999999"));
}

TEST(OrderForm, ATokenOrderCarriesItsPromptAsAChatBody) {
  auto const order = order_of(tokens(), ClientOrderId{9});
  ASSERT_TRUE(order);
  EXPECT_EQ(order->client, ClientOrderId{9});
  EXPECT_EQ(order->wanted.product, ProductKind::tokens);
  EXPECT_EQ(order->tif, TimeInForce::timed);
  EXPECT_EQ(order->policy, FaultPolicy::error_frame);
  EXPECT_EQ(order->input, Tokens{7}) << "20 bytes at three a token, rounded up";
  std::string const body(reinterpret_cast<char const*>(order->prompt.data()), order->prompt.size());
  EXPECT_THAT(body, HasSubstr("Why is the sky blue?"));
  EXPECT_THAT(body, HasSubstr(R"("messages")"));
}

TEST(OrderForm, ABodyOfMessagesIsSentAsItIs) {
  std::string const body = R"({"messages":[{"role":"user","content":"hi"}],"temperature":0})";
  EXPECT_EQ(chat_body("m", body, 10), body);
  EXPECT_THAT(chat_body("m", "{not json", 10), HasSubstr(R"("max_tokens":10)"));
}

TEST(OrderForm, ACapacityOrderIsCountedInThousandthsAndRestsUntilCancelled) {
  auto form = capacity();
  form.capacity = "0.5";
  form.term_s = 20;
  auto const order = order_of(form, ClientOrderId{9});
  ASSERT_TRUE(order);
  EXPECT_EQ(order->quantity, Lots{500});
  EXPECT_EQ(order->term_us, Micros{20'000'000});
  EXPECT_EQ(order->tif, TimeInForce::gtc);
  EXPECT_EQ(price_text(order->limit), "2.79");
}

TEST(OrderForm, EveryConditionReachesTheMessage) {
  auto form = capacity();
  form.classes = {"H100-SXM"}, form.within = {"eu"}, form.outside = {"cn"};
  form.tier = "warm", form.place = "cn:beijing", form.origin = "us";
  form.network_ms = 80, form.ready_ms = 12'000, form.near = true, form.client = 77;
  form.pue = "1.25", form.green = "0.8", form.tif = "timed", form.good_for_ms = 500;
  auto const order = order_of(form, ClientOrderId{9});
  ASSERT_TRUE(order);
  EXPECT_EQ(order->client, ClientOrderId{77});
  EXPECT_EQ(order->wanted.classes, form.classes);
  EXPECT_EQ(order->wanted.within, form.within);
  EXPECT_EQ(order->wanted.outside, form.outside);
  EXPECT_EQ(order->wanted.tier, "warm");
  EXPECT_EQ(order->wanted.origin, Origin::us);
  EXPECT_EQ(order->wanted.network_us, Micros{80'000});
  EXPECT_EQ(order->wanted.ready_us, Micros{12'000'000});
  EXPECT_EQ(order->wanted.pue_max_milli, 1250);
  EXPECT_EQ(order->wanted.green_min_milli, 800);
  EXPECT_EQ(order->good_for_us, Micros{500'000});
  EXPECT_TRUE(order->prefer_near);
}

TEST(OrderForm, AMarketOrderTakesWhatIsThereNow) {
  auto form = capacity();
  form.market = true;
  EXPECT_EQ(order_of(form, ClientOrderId{9})->tif, TimeInForce::ioc);
  form.limit.clear();
  EXPECT_THAT(refusal(form), HasSubstr("--limit is missing"));
}

TEST(OrderForm, WhatMakesNoSenseIsRefusedWithTheNameOfTheFlag) {
  auto changed = [](OrderForm form, auto change) {
    change(form);
    return refusal(form);
  };
  EXPECT_THAT(refusal({}), HasSubstr("--tokens MODEL or --capacity"));
  EXPECT_THAT(changed(tokens(), [](auto& f) { f.capacity = "1"; }), HasSubstr("not for both"));
  EXPECT_THAT(changed(tokens(), [](auto& f) { f.prompt.clear(); }), HasSubstr("--prompt"));
  EXPECT_THAT(changed(tokens(), [](auto& f) { f.term_s = 1; }), HasSubstr("--term"));
  EXPECT_THAT(changed(tokens(), [](auto& f) { f.prompt.assign(300'000, 'a'); }), HasSubstr("at most 262144"));
  EXPECT_THAT(changed(tokens(), [](auto& f) { f.tif = "never"; }), HasSubstr("--tif"));
  EXPECT_THAT(changed(tokens(), [](auto& f) { f.network_ms = 5; }), HasSubstr("--place"));
  EXPECT_THAT(changed(tokens(), [](auto& f) { f.near = true; }), HasSubstr("--place"));
  EXPECT_THAT(changed(capacity(), [](auto& f) { f.capacity = "0"; }), HasSubstr("--capacity"));
  EXPECT_THAT(changed(capacity(), [](auto& f) { f.capacity = "1.0001"; }), HasSubstr("--capacity"));
  EXPECT_THAT(changed(capacity(), [](auto& f) { f.output = 5; }), HasSubstr("--output"));
  EXPECT_THAT(changed(capacity(), [](auto& f) { f.origin = "mars"; }), HasSubstr("--origin"));
  EXPECT_THAT(changed(capacity(), [](auto& f) { f.pue = "x"; }), HasSubstr("--pue"));
  EXPECT_THAT(changed(capacity(), [](auto& f) { f.limit = "1.00001"; }), HasSubstr("grid"));
  EXPECT_THAT(changed(capacity(), [](auto& f) { f.good_for_ms = -1; }), HasSubstr("--good-for-ms"));
}

}  // namespace
}  // namespace spillway
