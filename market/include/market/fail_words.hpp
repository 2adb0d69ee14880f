// market/fail_words.hpp - why a job or lease failed, as words for people.
// Room:   market (vocabulary); sees the standard library only.
#pragma once

#include "market/command.hpp"

namespace spillway {

/// A clause without a full stop, such as "the engine died"; "no reason given" for `unset` and unknown
/// numbers.
[[nodiscard]] char const* words(FailCode);

}  // namespace spillway
