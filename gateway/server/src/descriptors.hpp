// gateway/server/src/descriptors.hpp - how many connections this process has file descriptors for.
// Room:   gateway, target server, private.
// Rule:   connections never take the last descriptors: the journal and the projection open files all the
// time, and an exchange that can't write its journal stops.
#pragma once

#include <cstddef>
#include <cstdint>

namespace spillway {

inline constexpr std::uint64_t descriptors_in_reserve = 128;

/// Lifts the limit of open files to what the machine allows this process, and says what it is then.
[[nodiscard]] std::uint64_t raise_descriptor_limit();
/// Connections that may be open at once under that limit.
[[nodiscard]] std::size_t connections_for(std::uint64_t descriptors);

}  // namespace spillway
