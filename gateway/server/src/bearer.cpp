// gateway/server/src/bearer.cpp - a key, its hash, its participant.
#include "bearer.hpp"

#include <sodium.h>

namespace spillway {

// Bearer keys are stored as hashes; a key is long and random, so a plain hash is enough.
std::optional<ParticipantId> bearer_of(Hub const& hub, wire::RequestHead const& request) {
  constexpr std::string_view scheme = "Bearer ";
  auto const header = request.header("authorization");
  if (!header.starts_with(scheme)) return std::nullopt;
  auto const key = header.substr(scheme.size());
  Bytes32 hash;
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                     reinterpret_cast<unsigned char const*>(key.data()), key.size(), nullptr, 0);
  auto const* const found = hub.bearer(hash);
  return found ? std::optional(found->participant) : std::nullopt;
}

}  // namespace spillway
