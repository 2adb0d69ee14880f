// tests/journal/fuzz_checkpoint.cpp - any bytes as a note, a checkpoint, a cosignature, a verifier key.
#include <cstdint>
#include <cstdlib>

#include "journal/checkpoint.hpp"
#include "journal/cosignature.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace spillway;
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  (void)parse_note("text\n\n\xE2\x80\x94 " + std::string(text) + "\n");
  if (auto const note = parse_note(text)) {
    if (note->text.empty() || note->text.back() != '\n' || note->signatures.empty()) std::abort();
    (void)verify_note(*note, {});
  }
  if (auto const checkpoint = parse_checkpoint_text(text))
    if (!text.starts_with(checkpoint_text(*checkpoint))) std::abort();
  if (auto const verifier = NoteVerifier::from_vkey(text))
    if (verifier->vkey() != text) std::abort();
  static auto const witness = WitnessKey::from_seed("w", {});
  if (auto const note = parse_note("text\n\n\xE2\x80\x94 w " + std::string(text) + "\n"))
    if (auto const at = witness.verifier().cosigned_at(*note); at && *at) std::abort();  // nobody signed that
  if (auto const verifier = WitnessVerifier::from_vkey(text))
    if (verifier->vkey() != text) std::abort();
  return 0;
}
