// apps/bundle/include/apps/bundle/bundle.hpp - copies out of a journal directory what an auditor needs, and
// nothing that is secret.
// Room:   apps, library bundle; sees journal. The exchange may be at work: what its checkpoint covers is
//         copied, exactly.
// Layout: as a journal directory: LAYOUT checkpoint segments/ records/ tiles/ attest/, and keys/log.vkey (the
//         public key) in place of the private one. No LOCK, no projection, no seed of an epoch that lasts.
// Errors: a sentence with what to do; then OUT is not there.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>

namespace spillway {

struct Bundled {
  std::string vkey;
  std::uint64_t size = 0;     // entries and seals
  std::uint64_t entries = 0;  // of these, entries
  std::uint64_t files = 0;
};

/// Reads every byte that it copies as an auditor does: a damaged journal gives no bundle. `out` must not
/// exist. `archive`: where sealed segments were moved to (empty: nowhere); the bundle has them in their old
/// place.
[[nodiscard]] std::expected<Bundled, std::string> make_bundle(std::filesystem::path const& journal,
                                                              std::filesystem::path const& out,
                                                              std::filesystem::path const& archive = {});

}  // namespace spillway
