// apps/trade/include/apps/trade/pages.hpp - answers of the exchange's reads as tables for people.
// Room:   apps, library trade; sees market.
// Errors: the exchange's own "error", or that the document is none.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>

#include "market/message.hpp"

namespace spillway {

/// The document of a read of this kind, as lines to print.
[[nodiscard]] std::expected<std::string, std::string> page_of(msg::ReadKind kind, std::string_view document);

/// Names of the instruments in a document of ReadKind::instruments; empty when it is none.
[[nodiscard]] std::map<InstrumentId, std::string> instrument_names(std::string_view document);

}  // namespace spillway
