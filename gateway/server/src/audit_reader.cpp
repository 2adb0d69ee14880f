// gateway/server/src/audit_reader.cpp - checkpoint, tiles, entry bundles, proofs.
#include "audit_reader.hpp"

#include <algorithm>

#include "exchange/fill_proof.hpp"
#include "exchange/key_change.hpp"
#include "exchange/receipt.hpp"
#include "journal/leaf_range.hpp"
#include "journal/tiled_tree.hpp"
#include "journal/tlog_proof.hpp"

namespace spillway {
namespace {

constexpr char const* octets = "application/octet-stream";
constexpr char const* plain = "text/plain; charset=utf-8";
// The head moves once a second; a partial tile's hashes never change, but soon nobody asks for it.
constexpr char const* for_a_second = "max-age=1";
constexpr char const* for_a_minute = "max-age=60";
constexpr char const* for_ever = "public, max-age=31536000, immutable";
constexpr char const* for_its_reader = "private, no-store";

AuditReply no(int status, std::string sentence) { return {status, std::move(sentence), "", "no-store"}; }

AuditReply beyond(Checkpoint const& head) {
  return no(404, "the published tree has " + std::to_string(head.size) +
                     " entries and seals; it has no such tile, or not of this width yet");
}

char const* cache_of(TileName const& tile) { return tile.width == tile_width ? for_ever : for_a_minute; }

bool covers(Checkpoint const& head, TileName const& tile) {
  return tile_width_at(tile.level, tile.index, head.size) >= tile.width;
}

/// Whether `who` is a party of the fill, and no third one stands in its command: a receipt shows all of it.
bool between(FillReceipt const& receipt, ParticipantId who) {
  auto const& fill = receipt.outcome[receipt.record].head;
  auto const party = [&](std::uint32_t p) {
    return p == fill.first.participant || p == fill.second.participant;
  };
  return party(who.v) && std::ranges::all_of(receipt.outcome, [&](Record const& r) {
           auto const known = [&](Addressee const& a) { return a.participant == 0 || party(a.participant); };
           return known(r.head.first) && known(r.head.second);
         });
}

}  // namespace

auto AuditReader::published() const -> std::expected<Published, AuditReply> {
  auto note = load_checkpoint(journal_ / "checkpoint");
  if (!note) return std::unexpected(no(503, "the checkpoint can't be read at the moment; try again"));
  auto const parsed = parse_note(*note);
  auto const head = parsed ? parse_checkpoint_text(parsed->text) : std::unexpected(parsed.error());
  if (!head) return std::unexpected(no(503, "there is no checkpoint yet; try again in a second"));
  return Published{std::move(*note), *head};
}

AuditReply AuditReader::answer(audit_path::Path const& path, AuditGuest const& guest,
                               ReceiptRow const* kept) const {
  if (auto const* const tile = std::get_if<audit_path::Hashes>(&path)) return hashes(tile->tile);
  if (auto const* const tile = std::get_if<audit_path::Entries>(&path)) return entries(tile->tile);
  if (auto const* const sizes = std::get_if<audit_path::Growth>(&path)) return growth(*sizes);
  if (auto const* const fill = std::get_if<audit_path::Receipt>(&path))
    return receipt(fill->fill, guest, kept);
  if (auto const* const key = std::get_if<audit_path::KeyProof>(&path)) return key_change(key->before_id);
  auto now = published();
  if (!now) return now.error();
  return {200, std::move(now->note), plain, for_a_second};
}

// Between the proof and the checkpoint that follows it the proof is ahead: it is shown with that.
AuditReply AuditReader::key_change(std::uint32_t before_id) const {
  auto const now = published();
  if (!now) return now.error();
  auto text = load_checkpoint(key_change_file(journal_ / "keys", before_id));
  auto const proof = text ? parse_tlog_proof(*text) : std::unexpected(CheckpointError{});
  auto const note = proof ? parse_note(proof->checkpoint) : std::unexpected(proof.error());
  auto const head = note ? parse_checkpoint_text(note->text) : std::unexpected(note.error());
  if (!head || head->size > now->head.size)
    return no(404, "no change of the key " + key_id_text(before_id) + " is known");
  return {200, std::move(*text), plain, for_ever};
}

AuditReply AuditReader::hashes(TileName const& tile) const {
  auto const now = published();
  if (!now) return now.error();
  if (!covers(now->head, tile)) return beyond(now->head);
  auto const found = TileFolder(journal_ / "tiles").read_front(tile);
  if (!found || !*found)
    return no(503,
              "this tile can't be read at the moment; try again, or ask the exchange to start once more: "
              "it makes its tiles again");
  std::string body;
  for (auto const& hash : **found)
    body.append(reinterpret_cast<char const*>(hash.data()), hash.size());  // bytes as they are
  return {200, std::move(body), octets, cache_of(tile)};
}

AuditReply AuditReader::entries(TileName const& tile) const {
  auto const now = published();
  if (!now) return now.error();
  if (!covers(now->head, tile)) return beyond(now->head);
  auto const leaves = read_leaves(journal_, archive_, tile.index * tile_width, tile.width);
  if (!leaves) return no(503, "these entries can't be read at the moment");
  std::string body;
  for (auto const& leaf : *leaves) {
    body += static_cast<char>(leaf.size() >> 8);
    body += static_cast<char>(leaf.size() & 255U);
    body.append(reinterpret_cast<char const*>(leaf.data()), leaf.size());
  }
  return {200, std::move(body), octets, for_its_reader};
}

AuditReply AuditReader::growth(audit_path::Growth const& sizes) const {
  auto const now = published();
  if (!now) return now.error();
  if (sizes.new_size > now->head.size)
    return no(404, "the published tree has " + std::to_string(now->head.size) + " entries and seals, not " +
                       std::to_string(sizes.new_size));
  TiledTree tree(TileFolder(journal_ / "tiles"), sizes.new_size);
  auto const proof = tree.consistency(sizes.old_size);
  if (!proof) return no(503, "a tile of this proof can't be read at the moment; try again");
  return {200, proof_lines(*proof), plain, for_a_minute};
}

AuditReply AuditReader::receipt(FillId fill, AuditGuest const& guest, ReceiptRow const* kept) const {
  auto now = published();
  if (!now) return now.error();
  // Somebody else learns not even whether there is such a fill.
  auto const not_yours = no(404, "no fill " + std::to_string(fill.v) +
                                     " that only you and the other side stand in, or none under a checkpoint "
                                     "yet: ask again after further trades, or ask an auditor");
  if (!kept || kept->leaf >= now->head.size)
    return guest.reads_all ? no(404, "no fill " + std::to_string(fill.v) +
                                         ", or the checkpoint does not cover the seal behind it yet; ask "
                                         "again after further entries, or when the exchange has stopped")
                           : not_yours;
  auto const receipt = parse_receipt(kept->receipt);
  if (!receipt) return no(503, "the receipt can't be made at the moment");
  if (!guest.reads_all && !between(*receipt, guest.who)) return not_yours;
  auto made = make_fill_proof(journal_ / "tiles", *kept, now->head.size, std::move(now->note));
  if (!made) return no(503, "the receipt can't be made at the moment");
  return {200, std::move(*made), plain, for_its_reader};
}

}  // namespace spillway
