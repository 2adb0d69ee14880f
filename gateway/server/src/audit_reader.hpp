// gateway/server/src/audit_reader.hpp - answers out of the journal directory, by reading its files alone.
// Room:   gateway, target server, private; sees journal, exchange_pipeline (receipts). Knows no network.
// Thread: any one; blocks on the disk. The exchange may be writing.
// Rule:   nothing beyond the published checkpoint is shown, and no answer names a file of this machine.
#pragma once

#include <filesystem>
#include <string>

#include "audit_path.hpp"
#include "exchange/projection.hpp"
#include "journal/checkpoint.hpp"
#include "market/ids.hpp"

namespace spillway {

struct AuditReply {
  int status = 200;
  std::string body;  // of an error: the sentence
  char const* content_type = "";
  char const* cache = "";  // Cache-Control
};

/// Who asks; nobody for a stranger.
struct AuditGuest {
  ParticipantId who;
  bool reads_all = false;  // auditor or operator
};

class AuditReader {
 public:
  AuditReader(std::filesystem::path journal, std::filesystem::path archive)
      : journal_(std::move(journal)), archive_(std::move(archive)) {}
  /// Whether `guest` may ask is decided before, but for receipts: a party of a fill gets its own.
  /// `kept`: what the projection has of the fill whose receipt is asked for; null: nothing.
  [[nodiscard]] AuditReply answer(audit_path::Path const& path, AuditGuest const& guest,
                                  ReceiptRow const* kept) const;

 private:
  struct Published {
    std::string note;
    Checkpoint head;
  };
  [[nodiscard]] std::expected<Published, AuditReply> published() const;
  [[nodiscard]] AuditReply hashes(TileName const& tile) const;
  [[nodiscard]] AuditReply entries(TileName const& tile) const;
  [[nodiscard]] AuditReply growth(audit_path::Growth const& sizes) const;
  [[nodiscard]] AuditReply key_change(std::uint32_t before_id) const;
  [[nodiscard]] AuditReply receipt(FillId fill, AuditGuest const& guest, ReceiptRow const* kept) const;

  std::filesystem::path journal_;
  std::filesystem::path archive_;  // of sealed segments; empty: none
};

}  // namespace spillway
