// apps/agent/src/lease_hook.hpp - the provider's own commands at the start and the end of a lease.
// Room:   apps, library agent, private.
#pragma once

#include <string>

#include "gateway/wire/loop.hpp"
#include "market/ids.hpp"
#include "market/units.hpp"

namespace spillway {

/// Runs `command` by the shell with SPILLWAY_LEASE, SPILLWAY_NODE and SPILLWAY_LOTS set; its exit status, or
/// 127 when it could not be started, or 124 after two minutes. An empty command succeeds. The loop goes on
/// meanwhile.
wire::awaitable<int> run_lease_hook(wire::executor where, std::string command, LeaseId lease, NodeId node,
                                    Lots lots);

}  // namespace spillway
