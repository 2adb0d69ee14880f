// tests/gateway/fuzz_audit_path.cpp - any bytes as a path below /audit/: what is taken has one spelling.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "audit_path.hpp"
#include "journal/keys.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace spillway;
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  auto const path = audit_path::parse(text);
  if (!path) return 0;
  if (text.find("..") != text.npos || text.find('%') != text.npos) std::abort();
  if (auto const* const tile = std::get_if<audit_path::Hashes>(&*path); tile && tile_path(tile->tile) != text)
    std::abort();
  if (auto const* const sizes = std::get_if<audit_path::Growth>(&*path);
      sizes &&
      "proof/consistency/" + std::to_string(sizes->old_size) + "/" + std::to_string(sizes->new_size) != text)
    std::abort();
  if (auto const* const key = std::get_if<audit_path::KeyProof>(&*path);
      key && "key-change/" + key_id_text(key->before_id) != text)
    std::abort();
  return 0;
}
