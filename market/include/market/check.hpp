// market/check.hpp - the one way to state an invariant: a broken one stops the process, in release builds
// too.
// Room:   market (vocabulary); sees the standard library only.
// Errors: none are returned. A refusal is an answer a client may get; a failed check is our bug.
#pragma once

namespace spillway {

/// Prints file, line and the broken rule on standard error, then aborts.
[[noreturn]] void check_failed(char const* file, int line, char const* condition, char const* rule);

}  // namespace spillway

/// `rule` says in plain words what must hold.
#define sw_check(condition, rule) \
  (static_cast<bool>(condition) ? void(0) : ::spillway::check_failed(__FILE__, __LINE__, #condition, rule))
