// apps/audit/src/account_name.cpp - one kind, a colon, a number.
#include "apps/audit/account_name.hpp"

#include <charconv>
#include <optional>

namespace spillway {
namespace {

std::optional<std::uint32_t> owner_number(std::string_view text) {
  std::uint32_t value{};
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::expected<AccountKey, std::string> parse_account(std::string_view text) {
  auto const colon = text.find(':');
  auto const kind = account_kind_named(text.substr(0, colon));
  auto const owner =
      colon == text.npos ? std::optional<std::uint32_t>(0) : owner_number(text.substr(colon + 1));
  if (!kind || !owner || the_exchange_owns(*kind) != (*owner == 0))
    return std::unexpected(
        "\"" + std::string(text) +
        "\" names no account; write funds:2, escrow:2, earnings:11, frozen:11, bond:11 (a participant's), or "
        "bank, fees, guarantee (the exchange's)");
  return AccountKey{ParticipantId{*owner}, *kind};
}

std::string account_text(AccountKey key) {
  return std::string(name(key.kind)) + ":" + std::to_string(key.owner.v);
}

}  // namespace spillway
