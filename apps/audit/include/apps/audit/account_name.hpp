// apps/audit/include/apps/audit/account_name.hpp - accounts as people write them: "funds:2", "fees:0".
// Room:   apps, library audit; sees market.
// Errors: a sentence with the form and the kinds there are.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "market/account.hpp"

namespace spillway {

/// "<kind>:<participant>"; participant 0 is the exchange and may be left out for its own accounts.
[[nodiscard]] std::expected<AccountKey, std::string> parse_account(std::string_view text);
[[nodiscard]] std::string account_text(AccountKey key);

}  // namespace spillway
