// gateway/server/src/audit_door.hpp - /audit/: checkpoint, tiles and proofs for everybody, receipts for their
// parties, entries for auditors.
// Room:   gateway, target server, private.
// Thread: the loop's.
// Rule:   GET only; each read of entries is logged.
// Source: https://c2sp.org/tlog-tiles
#pragma once

#include <memory>
#include <optional>

#include "audit_desk.hpp"
#include "gateway/wire/http.hpp"
#include "hub.hpp"

namespace spillway {

class AuditDoor {
 public:
  AuditDoor(Hub& hub, std::filesystem::path const& journal, std::filesystem::path const& archive)
      : hub_(hub), quick_(journal, archive), long_(journal, archive) {}
  [[nodiscard]] static bool serves(std::string_view path) {
    return path == "/audit" || path.starts_with("/audit/");
  }
  wire::awaitable<void> handle(wire::HttpRequest request, wire::HttpResponder& out);

 private:
  /// Nothing: `refused` says why not.
  [[nodiscard]] std::optional<AuditGuest> admit(wire::RequestHead const& request,
                                                audit_path::Path const& path, AuditReply& refused) const;
  wire::awaitable<AuditReply> ask(audit_path::Path path, AuditGuest guest);
  struct Kept {  // by the projection, of a fill; nothing when it has none
    std::shared_ptr<ReceiptRow const> row;
  };
  wire::awaitable<std::optional<Kept>> kept_of(FillId fill);
  void log_entries(audit_path::Entries const& asked, AuditGuest const& guest, std::string const& address,
                   int status) const;

  Hub& hub_;
  std::size_t receipts_waiting_{};  // for the follower
  AuditDesk quick_, long_;          // entries take a while: nobody waits behind them for a tile
};

}  // namespace spillway
