// exchange/src/state_digest.cpp - the export goes through the hash in pieces: nothing of it is kept.
#include "exchange/state_digest.hpp"

namespace spillway {

Hash256 state_digest(ExchangeCore const& core) {
  RunningHash hash;
  core.export_state([&](std::span<std::byte const> piece) { hash.update(piece); });
  return hash.current();
}

}  // namespace spillway
