// apps/audit/include/apps/audit/audit.hpp - one pass over a journal: every byte read, every entry applied
// again, every seal, record and the signed checkpoint compared.
// Room:   apps, library audit; sees market, journal, exchange. Links no network, writes nothing, takes no
//         lock.
// Units:  positions in bytes of the stream of entries, times in microseconds.
// Errors: AuditError only where nothing could be looked at; what was found wrong is in the report.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/audit/witnesses.hpp"
#include "exchange/core.hpp"
#include "exchange/outcome_chain.hpp"

namespace spillway {

struct AuditOptions {
  std::filesystem::path directory;
  /// Of the checkpoint's signer; empty: from the key beside the journal, when this user may read it.
  std::string vkey;
  /// Called for each entry as replayed; the outcome is valid during the call.
  std::function<void(Entry const&, Outcome const&)> each{};
  /// Called a few times a second in long work: bytes of the stream of entries. May be empty.
  std::function<void(std::uint64_t done, std::uint64_t of)> progress{};
  /// What matches the entries again. D is the same with either.
  BookKind book{BookKind::fast};
  /// Where the operator moved sealed segments; empty: nowhere.
  std::filesystem::path archive{};
  /// Signed heads that somebody kept, such as a witness: this history must lead to each.
  std::vector<std::filesystem::path> checkpoints{};
  /// Whose cosignatures count, on these heads and on the journal's own.
  WitnessPolicy witnesses{};
  /// Compares the state digests that the journal holds with replay's: the stream of entries is read twice.
  bool states{};
  /// As `each`, with the entry's bytes as stored.
  std::function<void(ByteView, Entry const&, Outcome const&)> each_entry{};
};

/// The first thing that is wrong.
struct AuditFinding {
  std::uint64_t position{};  // in the stream of entries: everything before it was checked and is right
  Seq seq;                   // last sequence that was checked
  std::string reason;        // names file and byte where it is about one
};

struct AuditReport {
  std::optional<AuditFinding> finding;  // nothing: all is well
  std::uint64_t entries{}, seals{}, records_compared{}, tiles_compared{}, states_compared{};
  Seq last;
  Hash256 root{};                     // RFC 6962, over all entries and seals read
  Hash256 digest{};                   // D after the last entry
  std::uint64_t checkpoint_size{};    // frames that the signed checkpoint covers; 0: there is none
  std::string signed_by;              // vkey that verified the checkpoint; empty: nobody could
  bool closed{};                      // the exchange stopped in good order: the checkpoint covers everything
  std::uint64_t torn_bytes{};         // unfinished at the end: a crash, or an exchange at work
  std::vector<std::string> notes;     // what a reader should know though nothing is wrong
  WitnessReport witnesses;            // who else vouches, as far as the options asked
  std::vector<AccountView> accounts;  // after the last entry that was applied, by key
  Micros took, computed;              // by the clock, and of the processor

  [[nodiscard]] bool ok() const { return !finding; }
};

struct AuditError {
  std::string sentence;
};

[[nodiscard]] std::expected<AuditReport, AuditError> audit_journal(AuditOptions const& options);

}  // namespace spillway
