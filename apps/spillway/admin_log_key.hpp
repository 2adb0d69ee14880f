// apps/spillway/admin_log_key.hpp - the operator's two verbs by which another key comes to sign the log's
// heads.
// Room:   apps.
#pragma once

#include <memory>

#include "link_flags.hpp"

namespace spillway {

void add_admin_log_key(CLI::App& admin, std::shared_ptr<LinkFlags> flags, int& status);

}  // namespace spillway
