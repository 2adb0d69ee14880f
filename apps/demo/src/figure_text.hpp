// apps/demo/src/figure_text.hpp - counts and money as the view and the summary write them.
// Room:   apps/demo.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>

#include "apps/text/table.hpp"
#include "market/decimal.hpp"

namespace spillway::demo {

/// With a separator at each thousand.
inline std::string count(std::integral auto number) { return with_thousands(std::to_string(number)); }
/// Units of money, from nano-units.
inline std::string money(std::int64_t nano) { return with_thousands(money_text(Nano{nano})); }

}  // namespace spillway::demo
