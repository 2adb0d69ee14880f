// apps/audit/sessions_audit.hpp - what clients signed over their own sessions, held against the journal: that
// nothing they sent was left out, changed or repeated, and that they got the reports that the records say.
// Room:   apps, library audit; sees market, journal, exchange. Links no network, writes nothing.
// Rule:   what nobody signed for is counted, not condemned: the last second of a session that was cut off,
//         and clients that sign nothing, are the exchange's word alone.
#pragma once

#include <deque>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/audit/audit.hpp"
#include "apps/audit/audit_page.hpp"
#include "market/session_chain.hpp"

namespace spillway {

/// A statement that does not hold, or an entry that cannot be its session's.
struct SessionFinding {
  Seq seq;
  SessionId session;
  ParticipantId participant;
  std::string what;
};

struct SessionsReport {
  std::uint64_t sessions{};    // that numbered their requests
  std::uint64_t silent{};      // of these, without any statement
  std::uint64_t statements{};  // looked at
  std::uint64_t stated{};      // requests that a statement proves
  std::uint64_t unstated{};    // requests of sessions that no statement covers
  std::uint64_t asserted{};    // entries of participants outside of such sessions: the exchange's word
  std::uint64_t reports{};     // that a statement proves to have been received
  std::vector<SessionFinding> wrong;

  [[nodiscard]] bool ok() const { return wrong.empty(); }
};

/// Reads the statements first; then checks while the audit replays: `gather` is AuditOptions::each_entry.
class SessionsCheck {
 public:
  [[nodiscard]] static std::expected<SessionsCheck, AuditError> read(AuditOptions const& options);

  void gather(ByteView bytes, Entry const& entry, Outcome const& outcome);
  [[nodiscard]] SessionsReport finish();

 private:
  struct Wanted {
    std::uint64_t number{};
    Bytes32 hash{};
    Seq seq;  // of the statement
  };
  struct Session {
    Session(Entry const& entry, SessionStatement const& first);
    ParticipantId participant;
    Bytes32 nonce;
    std::uint64_t reports_from;
    RequestChain requests;
    ReportChain reports;
    std::deque<Wanted> requests_wanted, reports_wanted;
    std::uint64_t stated{}, reports_stated;
  };
  struct Reader {
    std::multimap<std::uint64_t, SessionId> to_start;  // by the first report
    std::vector<SessionId> reading;
  };

  void hear(Entry const& entry, SessionStatement const& said);
  void request(ByteView bytes, Entry const& entry);
  void statement(Entry const& entry, SessionStatement const& said);
  void report(Entry const& entry, Record const& record, Addressee const& to);
  void compare(std::deque<Wanted>& wanted, std::uint64_t number, Bytes32 const& hash, SessionId id,
               Session const& session, char const* what);
  void wrong(Seq seq, SessionId session, ParticipantId who, std::string what);

  std::map<SessionId, Session> sessions_;             // with a statement
  std::map<SessionId, std::uint64_t> requests_seen_;  // of every session that numbers them
  std::map<SessionId, ParticipantId> whose_;
  std::map<ParticipantId, Reader> readers_;
  std::map<std::pair<ParticipantId, KeyId>, Bytes32> keys_;
  Seq read_to_;  // statements behind it came while we looked
  SessionsReport report_;
};

[[nodiscard]] std::string sessions_page(AuditReport const& journal, SessionsReport const& sessions,
                                        PageForm form);

}  // namespace spillway
