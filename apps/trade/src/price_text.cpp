// apps/trade/src/price_text.cpp - nothing is rounded for the buyer: the steps around are named instead.
#include "apps/trade/price_text.hpp"

#include "market/decimal.hpp"

namespace spillway {

std::expected<PriceIndex, std::string> parse_price(std::string_view text) {
  auto no = [&](std::string why) { return std::unexpected("the price " + std::string(text) + " " + why); };
  auto const money = parse_money(text);
  if (!money) return no(std::string("can't be read: ") + sentence(money.error()));
  if (money->v < 0) return no("is below zero");
  if (auto const step = exact_step(*money)) return *step;
  auto const below = step_at_or_below(*money), above = step_at_or_above(*money);
  if (!above) return no("is above the highest price, " + price_text(highest_price));
  return no("is not on the grid of four significant digits; the nearest are " + price_text(*below) + " and " +
            price_text(*above));
}

std::string price_text(PriceIndex price) { return money_text(price_of(price)); }

}  // namespace spillway
