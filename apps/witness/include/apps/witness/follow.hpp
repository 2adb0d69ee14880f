// apps/witness/include/apps/witness/follow.hpp - looks at an exchange again and again, and cosigns what grew.
// Room:   apps, library witness; sees gateway wire.
// Thread: the caller's, until it ends.
// Errors: a sentence: what ended the work. An exchange that can't be reached ends it only when `once` is set.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "apps/witness/witness_book.hpp"
#include "gateway/wire/tls.hpp"
#include "gateway/wire/url.hpp"

namespace spillway {

struct FollowOptions {
  wire::Url exchange;                      // scheme, host and port count; /audit/ is below
  std::optional<wire::TlsClient> trust{};  // absent: what this machine trusts
  std::chrono::milliseconds every{10'000};
  bool once = false;
  std::function<void(std::string const&)> say{};  // one line for the operator
};

/// Returns when a look was refused (a fork, a rollback, a head that the log did not sign), or after one look.
[[nodiscard]] std::expected<void, std::string> follow(WitnessBook& book, FollowOptions const& options);

}  // namespace spillway
