// apps/trade/include/apps/trade/order_form.hpp - an order as it is typed, and the message that it means.
// Room:   apps, library trade; sees market.
// Units:  as in the names; prices and accelerators are decimal text.
// Errors: a sentence that names the flag and what to write instead.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "market/message.hpp"

namespace spillway {

struct OrderForm {
  std::vector<std::string> models;  // --tokens; empty: capacity
  std::string capacity;             // --capacity: accelerators, "1" or "0.5"
  std::int64_t term_s{};            // capacity; 0: until released
  std::int64_t input{};             // tokens; 0: counted from the prompt, three bytes a token
  std::int64_t output{};            // tokens at most; 0: what the tier allows
  std::string prompt;               // text, or an OpenAI chat-completions body
  bool re_run{};                    // after a failure behind the first token: run again instead of paying
  std::string limit;
  bool market{};               // take what is there; the limit is the worst price
  std::string tif;             // ioc, fok, gtc, timed; empty: timed for tokens, gtc for capacity
  std::int64_t good_for_ms{};  // timed; 0: the rules' default
  std::vector<std::string> classes, within, outside;
  std::string tier, place, origin;  // origin: us, cn, other
  std::int64_t network_ms{}, ready_ms{};
  std::string pue, green;  // at most, "1.2"; at least, "0.8"
  bool near{};
  std::uint64_t client{};  // 0: the caller draws one
};

/// `fresh_client` stands in where the form names no client id.
[[nodiscard]] std::expected<msg::PlaceOrder, std::string> order_of(OrderForm const& form,
                                                                   ClientOrderId fresh_client);

/// The body that an engine gets: `prompt` itself when it is a JSON object with messages, else one user
/// message.
[[nodiscard]] std::string chat_body(std::string_view model, std::string_view prompt, std::int64_t output_max);

}  // namespace spillway
