// exchange/fill_proof.hpp - the receipt of one fill, made out of a journal directory.
// Room:   exchange_pipeline; sees market and journal. The exchange may be writing.
// Errors: a sentence with what is missing; `absent` when no record tells of that fill.
// Source: exchange/receipt.hpp has the form.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>

#include "exchange/projection.hpp"
#include "journal/directory.hpp"
#include "market/ids.hpp"

namespace spillway {

struct NoFillProof {
  std::string sentence;
  bool absent{};     // no such fill
  bool uncovered{};  // the fill is there, its proof is not yet: the tree of `note` ends before its seal
};

/// Reads records and entries from their start: long work in a large journal.
/// A tlog-proof file under the checkpoint `note`, which covers `covered` entries and seals of this journal
/// (`archive`: where its sealed segments were moved to; empty: nowhere).
/// What it says is not checked here: check_fill_proof does, from the text alone.
[[nodiscard]] std::expected<std::string, NoFillProof> make_fill_proof(
    JournalDirectory const& directory, FillId fill, std::uint64_t covered, std::string note,
    std::filesystem::path const& archive = {});

/// The same out of what the projection keeps of the fill, whose seal the note covers (checked): reads a few
/// tiles.
[[nodiscard]] std::expected<std::string, NoFillProof> make_fill_proof(std::filesystem::path const& tiles,
                                                                      ReceiptRow const& row,
                                                                      std::uint64_t covered,
                                                                      std::string note);

}  // namespace spillway
