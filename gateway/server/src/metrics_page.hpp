// gateway/server/src/metrics_page.hpp - /metrics in Prometheus text, and the server's part of the `status`
// read.
// Room:   gateway, target server, private.
#pragma once

#include <string>

#include "gateway/wire/server.hpp"
#include "hub.hpp"

namespace spillway {

[[nodiscard]] std::string metrics_page(Hub& hub, wire::ServerCounters const& wire);
/// A JSON object: orders, fills, jobs, latencies in percentiles, what stands in for what.
[[nodiscard]] std::string server_status(Hub& hub);

}  // namespace spillway
