// apps/spillway/admin_bundle.hpp - the one verb of the operator that needs no connection.
// Room:   apps.
#pragma once

#include <memory>

#include "link_flags.hpp"

namespace spillway {

void add_admin_bundle(CLI::App& admin, std::shared_ptr<LinkFlags const> flags, int& status);

}  // namespace spillway
