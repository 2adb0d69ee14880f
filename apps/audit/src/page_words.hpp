// apps/audit/src/page_words.hpp - what all pages of the auditor share: verdict, times, the common document.
// Room:   apps, library audit, private.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "apps/audit/audit.hpp"

namespace spillway::page {

namespace json = boost::json;

/// Numbers beyond 2^53 are strings.
inline json::string number(std::int64_t v) { return json::string(std::to_string(v)); }
inline json::string number(std::uint64_t v) { return json::string(std::to_string(v)); }
inline std::string line(json::object const& document) { return json::serialize(document) + "\n"; }

[[nodiscard]] std::string seconds_text(Micros took);
[[nodiscard]] std::string stamp_text(Stamp stamp);  // UTC, to the second
/// ok, entries, root, digest, seconds and what else a pass gives; position, seq and reason on failure.
[[nodiscard]] json::object document(AuditReport const& report);
[[nodiscard]] std::string verdict(AuditReport const& report);

}  // namespace spillway::page
