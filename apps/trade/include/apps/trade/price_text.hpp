// apps/trade/include/apps/trade/price_text.hpp - a price as people type it, exactly on the grid or refused.
// Room:   apps, library trade; sees market.
// Errors: a sentence that names the nearest steps.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "market/price_grid.hpp"

namespace spillway {

[[nodiscard]] std::expected<PriceIndex, std::string> parse_price(std::string_view text);
[[nodiscard]] std::string price_text(PriceIndex price);

}  // namespace spillway
