// exchange/src/read_why.hpp - why an order does not fill, and what an order would do now.
// Room:   exchange_pipeline, private.
#pragma once

#include <boost/json.hpp>

#include "exchange/reads.hpp"

namespace spillway {

/// Counts of live offers that fail each condition, the one that binds, the smallest single relaxation that
/// would fill.
[[nodiscard]] boost::json::object read_why(FollowerView const& view, ReadRequest const& read);
/// The fill that the order would get now, with its worst-case hold and fee.
[[nodiscard]] boost::json::object read_preview(FollowerView const& view, ReadRequest const& read);

}  // namespace spillway
