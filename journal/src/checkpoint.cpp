// journal/src/checkpoint.cpp - the text of a tree head, and the note around it.
#include "journal/checkpoint.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "file.hpp"
#include "lines.hpp"
#include "market/base64.hpp"

namespace spillway {
namespace {

constexpr std::string_view signature_prefix = "\xE2\x80\x94 ";  // U+2014 and a space

std::unexpected<CheckpointError> refuse(std::string reason) {
  return std::unexpected(CheckpointError{std::move(reason)});
}

/// Bytes of the UTF-8 character at the front, 0 if there is none or it is a control character other than LF.
std::size_t character_bytes(std::string_view text) {
  auto const at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned const lead = at(0);
  if (lead < 0x80) return lead == '\n' || (lead >= 0x20 && lead != 0x7f) ? 1 : 0;
  std::size_t const bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return 0;
  std::uint32_t point = lead & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((at(i) & 0xc0U) != 0x80) return 0;
    point = point << 6 | (at(i) & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0xa0, 0x800, 0x10000};  // below 0xa0: C1 controls
  bool const surrogate = point >= 0xd800 && point <= 0xdfff;
  return point >= smallest[bytes] && point <= 0x10ffff && !surrogate ? bytes : 0;
}

bool clean_text(std::string_view text) {
  while (!text.empty()) {
    std::size_t const bytes = character_bytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

std::expected<NoteSignature, CheckpointError> parse_signature_line(std::string_view line) {
  if (!line.starts_with(signature_prefix))
    return refuse("a signature line does not begin with a dash and a space");
  line.remove_prefix(signature_prefix.size());
  auto const space = line.find(' ');
  if (space == std::string_view::npos) return refuse("a signature line without signature");
  NoteSignature signature;
  signature.name = line.substr(0, space);
  if (!valid_key_name(signature.name)) return refuse("a signature line with a bad key name");
  auto const bytes = bytes_from_base64(line.substr(space + 1));
  if (!bytes || bytes->size() < 5) return refuse("a signature that is not base64 of a key id and more");
  for (std::size_t i = 0; i < 4; ++i)
    signature.key_id = signature.key_id << 8 | std::to_integer<std::uint32_t>((*bytes)[i]);
  signature.bytes.assign(bytes->begin() + 4, bytes->end());
  return signature;
}

std::string signature_line(LogKey const& key, Signature const& signature) {
  std::uint32_t const id = key.verifier().key_id();
  std::vector<std::byte> bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::byte>(id >> shift & 255U));
  bytes.insert(bytes.end(), signature.begin(), signature.end());
  return std::string(signature_prefix) + key.verifier().name() + " " + base64_text(bytes) + "\n";
}

bool signed_well(Note const& note, NoteSignature const& signature, NoteVerifier const& verifier) {
  Signature fixed{};
  if (signature.bytes.size() != fixed.size()) return false;
  std::ranges::copy(signature.bytes, fixed.begin());
  return verifier.verify(note.text, fixed);
}

}  // namespace

std::expected<Note, CheckpointError> parse_note(std::string_view bytes) {
  if (bytes.size() > largest_note_bytes) return refuse("the note is too large");
  if (!clean_text(bytes)) return refuse("the note is not UTF-8 or holds control characters");
  auto const split = bytes.rfind("\n\n");
  if (split == std::string_view::npos)
    return refuse("the note has no empty line between text and signatures");
  Note note{std::string(bytes.substr(0, split + 1)), {}};
  std::string_view lines = bytes.substr(split + 2);
  if (lines.empty()) return refuse("the note has no signature");
  while (!lines.empty()) {
    auto const line = take_line(lines);
    if (!line) return refuse("the last signature line has no line feed");
    if (note.signatures.size() == most_note_signatures) return refuse("the note has too many signatures");
    auto signature = parse_signature_line(*line);
    if (!signature) return std::unexpected(signature.error());
    note.signatures.push_back(std::move(*signature));
  }
  return note;
}

std::string sign_note(std::string_view text, LogKey const& key) {
  return std::string(text) + "\n" + signature_line(key, key.sign(text));
}

std::expected<void, CheckpointError> verify_note(Note const& note, std::span<NoteVerifier const> known) {
  bool verified = false;
  for (NoteSignature const& signature : note.signatures)
    for (NoteVerifier const& verifier : known) {
      if (verifier.name() != signature.name || verifier.key_id() != signature.key_id) continue;
      if (!signed_well(note, signature, verifier))
        return refuse("the signature of " + signature.name + " is wrong");
      verified = true;
    }
  if (!verified) return refuse("no known key signed the note");
  return {};
}

std::string checkpoint_text(Checkpoint const& checkpoint) {
  return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" + base64_text(checkpoint.root) +
         "\n";
}

std::expected<Checkpoint, CheckpointError> parse_checkpoint_text(std::string_view text) {
  Checkpoint checkpoint;
  auto const origin = take_line(text);
  if (!origin || origin->empty()) return refuse("the checkpoint has no origin line");
  checkpoint.origin = *origin;
  auto const size_line = take_line(text);
  auto const size = size_line ? parse_decimal(*size_line) : std::nullopt;
  if (!size) return refuse("the checkpoint's second line is not a size in decimal");
  checkpoint.size = *size;
  auto const root_line = take_line(text);
  auto const root = root_line ? bytes_from_base64(*root_line) : std::nullopt;
  if (!root || root->size() != checkpoint.root.size())
    return refuse("the checkpoint's third line is not a root hash in base64");
  std::ranges::copy(*root, checkpoint.root.begin());
  while (!text.empty()) {
    auto const extension = take_line(text);
    if (!extension || extension->empty())
      return refuse("the checkpoint has an empty or unfinished extension line");
  }
  return checkpoint;
}

std::string sign_checkpoint(std::uint64_t size, Hash256 const& root, LogKey const& key) {
  return sign_note(checkpoint_text({key.verifier().name(), size, root}), key);
}

std::string sign_checkpoint(std::uint64_t size, Hash256 const& root, LogKey const& key, LogKey const& also) {
  auto const text = checkpoint_text({key.verifier().name(), size, root});
  return sign_note(text, key) + signature_line(also, also.sign(text));
}

std::expected<Checkpoint, CheckpointError> open_checkpoint(std::string_view bytes,
                                                           std::span<NoteVerifier const> keys) {
  auto const note = parse_note(bytes);
  if (!note) return std::unexpected(note.error());
  if (auto verified = verify_note(*note, keys); !verified) return std::unexpected(verified.error());
  auto checkpoint = parse_checkpoint_text(note->text);
  if (checkpoint && checkpoint->origin != keys.front().name())
    return refuse("the checkpoint is of " + checkpoint->origin + ", not of " + keys.front().name());
  return checkpoint;
}

std::expected<Checkpoint, CheckpointError> open_checkpoint(std::string_view bytes,
                                                           NoteVerifier const& verifier) {
  return open_checkpoint(bytes, {&verifier, 1});
}

std::expected<void, JournalError> persist_checkpoint(std::filesystem::path const& file,
                                                     std::string_view note) {
  if (auto done = replace_file(file, as_byte_view(note), 0644); !done)
    return std::unexpected(JournalError{JournalErrc::io, done.error()});
  return {};
}

std::expected<std::string, JournalError> load_checkpoint(std::filesystem::path const& file) {
  auto text = read_text(file, largest_note_bytes);
  if (!text) return std::unexpected(JournalError{JournalErrc::io, text.error()});
  return text->value_or(std::string());
}

}  // namespace spillway
