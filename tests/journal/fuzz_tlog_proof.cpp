// tests/journal/fuzz_tlog_proof.cpp - any bytes as a tlog-proof, as the lines of a consistency proof, and as
// the path of a tile.
#include <cstdint>
#include <cstdlib>

#include "journal/tiles.hpp"
#include "journal/tlog_proof.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace spillway;
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  if (auto const proof = parse_tlog_proof(text)) {
    if (tlog_proof_text(*proof) != text) std::abort();
    (void)check_tlog_proof(*proof, proof->extra, nullptr);
  }
  if (auto const lines = parse_proof_lines(text))
    if (proof_lines(*lines) != text) std::abort();
  if (auto const name = parse_tile_path(text))
    if (tile_path(*name) != text) std::abort();
  return 0;
}
