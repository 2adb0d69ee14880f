// apps/trade/include/apps/trade/told.hpp - what the exchange says while an order lives or a feed runs, one
// line each.
// Room:   apps, library trade; sees market.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "market/message.hpp"

namespace spillway {

using InstrumentNames = std::map<InstrumentId, std::string>;

/// A BookTop or a Trade as a line without line feed; nothing for other messages.
[[nodiscard]] std::optional<std::string> feed_line(ServerMessage const& message,
                                                   InstrumentNames const& names);

/// How a job ended: "job 12 completed: 120 tokens out, 33 in, charge 0.000183, first token after 320 ms".
[[nodiscard]] std::string job_line(msg::JobEnd const& end);

/// How an order, or the lease that came of it, ended.
struct OrderEnd {
  bool well{};  // filled; a job: completed
  std::string line;
};
/// Nothing while the order lives on. A token order ends with its job, or unfilled.
[[nodiscard]] std::optional<OrderEnd> order_end(ServerMessage const& message, OrderId order);

}  // namespace spillway
