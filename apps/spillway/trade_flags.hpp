// apps/spillway/trade_flags.hpp - what the verbs of `spillway trade` share.
// Room:   apps.
#pragma once

#include "apps/trade/order_form.hpp"
#include "link_flags.hpp"

namespace spillway {

struct TradeFlags : LinkFlags {
  OrderForm form;
  std::string limit, prompt_file, quantity;
  std::uint64_t order{}, client{}, lease{};
  std::uint32_t instrument{}, most = 50;
  std::string account = "funds";
  std::int64_t from_us{}, to_us{};
  std::uint32_t node{};
  std::uint16_t unit{};
  bool wait{};
};

/// Adds the conditions of an order to a verb that places or previews one.
void add_order_form(CLI::App& verb, TradeFlags& flags);
/// The form with its prompt file read, as a message; or a sentence.
[[nodiscard]] std::expected<msg::PlaceOrder, std::string> typed_order(TradeFlags const& flags);

int place_order(TradeFlags const& flags);
int preview_order(TradeFlags const& flags);

}  // namespace spillway
