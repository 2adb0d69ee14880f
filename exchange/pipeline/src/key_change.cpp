// exchange/src/key_change.cpp - reads a key change and believes it only as far as the key before signed it.
#include "exchange/key_change.hpp"

#include "journal/merkle.hpp"
#include "journal/tlog_proof.hpp"
#include "market/codec.hpp"

namespace spillway {
namespace {

std::unexpected<std::string> no(std::string sentence) { return std::unexpected(std::move(sentence)); }

}  // namespace

std::filesystem::path key_change_file(std::filesystem::path const& keys, std::uint32_t before_id) {
  return keys / (key_id_text(before_id) + ".change");
}

std::expected<KeyChange, std::string> check_key_change(std::string_view text, NoteVerifier const& before) {
  auto const proof = parse_tlog_proof(text);
  if (!proof) return no(proof.error().reason);
  auto const entry = decode_entry(proof->extra);
  if (!entry) return no("its entry cannot be decoded: " + entry.error().sentence);
  auto const* const said = std::get_if<LogKeyChange>(&entry->command);
  if (said == nullptr) return no("its entry changes no key");
  auto after = NoteVerifier::of(before.name(), said->after);
  if (said->before != before.public_key() || said->before_id != before.key_id() ||
      said->after_id != after.key_id())
    return no("its entry changes another key, or the ids in it are not those of its keys");
  if (said->after_id == said->before_id) return no("its entry names the key before as the one that comes");
  auto const head = check_tlog_proof(*proof, proof->extra, &before);
  if (!head) return no("by the key before: " + head.error().reason);
  if (auto const too = open_checkpoint(proof->checkpoint, after); !too)
    return no("by the key that comes: " + too.error().reason);
  return KeyChange{entry->seq, entry->stamp, *said, proof->index, *head, std::move(after)};
}

std::expected<std::vector<KeyChange>, std::string> follow_key_changes(std::filesystem::path const& keys,
                                                                      NoteVerifier const& trusted) {
  std::vector<KeyChange> found;
  for (auto key = trusted;; key = found.back().after) {
    auto const file = key_change_file(keys, key.key_id());
    auto const text = load_checkpoint(file);
    if (!text) return no(text.error().message);
    if (text->empty() && !std::filesystem::exists(file)) return found;
    auto change = check_key_change(*text, key);
    if (!change) return no(file.string() + ": " + change.error());
    if (!found.empty() && change->leaf <= found.back().leaf)
      return no(file.string() + ": it is older than the change before it");
    found.push_back(std::move(*change));
  }
}

std::vector<NoteVerifier> keys_of(NoteVerifier const& trusted, std::vector<KeyChange> const& changes) {
  std::vector<NoteVerifier> keys{trusted};
  for (auto const& change : changes) keys.push_back(change.after);
  return keys;
}

}  // namespace spillway
