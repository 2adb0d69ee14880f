// apps/audit/src/sessions_audit.cpp - see apps/audit/sessions_audit.hpp.
#include "apps/audit/sessions_audit.hpp"

#include <algorithm>

#include "journal/digest.hpp"
#include "journal/keys.hpp"
#include "journal/log_reader.hpp"
#include "market/codec.hpp"

namespace spillway {
namespace {

bool was_taken(Outcome const& outcome) {
  return std::ranges::none_of(outcome.records,
                              [](Record const& r) { return r.head.kind == RecordKind::refused; });
}

}  // namespace

SessionsCheck::Session::Session(Entry const& entry, SessionStatement const& first)
    : participant(entry.principal),
      nonce(first.nonce),
      reports_from(first.reports_from),
      requests(blake2b_256, first.session, first.nonce),
      reports(blake2b_256, first.session, first.nonce, first.reports_from),
      reports_stated(first.reports_from) {}

// What a statement says of a number is compared when the journal has come to that number: so no more than the
// statements has to be kept.
std::expected<SessionsCheck, AuditError> SessionsCheck::read(AuditOptions const& options) {
  static auto const wanted = Command(SessionStatement{}).index();
  SessionsCheck check;
  auto entries = LogReader::open(options.directory, StreamKind::entries, ReadMode::glance, options.archive);
  if (!entries) return std::unexpected(AuditError{entries.error().message});
  for (;;) {
    auto const frame = entries->next();
    if (!frame || !*frame) break;  // damage is for the pass to tell
    if ((*frame)->type != FrameType::entry) continue;
    check.read_to_ = (*frame)->seq;
    if (command_index((*frame)->payload) != wanted) continue;
    auto const entry = decode_entry((*frame)->payload);
    auto const* const said = entry ? std::get_if<SessionStatement>(&entry->command) : nullptr;
    if (said == nullptr || entry->seq != (*frame)->seq) break;
    check.hear(*entry, *said);
  }
  return check;
}

void SessionsCheck::hear(Entry const& entry, SessionStatement const& said) {
  auto& session = sessions_.try_emplace(said.session, entry, said).first->second;
  bool const first = session.requests_wanted.empty() && session.reports_wanted.empty();
  if (first) readers_[entry.principal].to_start.emplace(said.reports_from + 1, said.session);
  session.requests_wanted.push_back({said.last_request, said.requests, entry.seq});
  session.reports_wanted.push_back({said.last_report, said.reports, entry.seq});
  compare(session.requests_wanted, session.requests.last(), session.requests.hash(), said.session, session,
          "requests");
  compare(session.reports_wanted, session.reports.last(), session.reports.hash(), said.session, session,
          "reports");
}

void SessionsCheck::gather(ByteView bytes, Entry const& entry, Outcome const& outcome) {
  if (auto const* const key = std::get_if<AddKey>(&entry.command);
      key && key->kind == KeyKind::ed25519 && was_taken(outcome))
    keys_[{key->participant, key->key}] = key->value;
  auto const* const said = std::get_if<SessionStatement>(&entry.command);
  if (said && entry.seq <= read_to_) statement(entry, *said);
  if (entry.session.some())
    request(bytes, entry);
  else if (entry.principal.some() && !said)
    ++report_.asserted;
  for (auto const& record : outcome.records)
    for (auto const& to : {record.head.first, record.head.second})
      if (to.report != 0) report(entry, record, to);
}

void SessionsCheck::request(ByteView bytes, Entry const& entry) {
  ++requests_seen_[entry.session];
  auto const who = whose_.try_emplace(entry.session, entry.principal).first->second;
  if (who != entry.principal)
    return wrong(entry.seq, entry.session, entry.principal,
                 "the session is participant " + std::to_string(who.v) + "'s");
  auto const found = sessions_.find(entry.session);
  if (found == sessions_.end()) return;
  auto& session = found->second;
  if (session.participant != entry.principal)
    return wrong(entry.seq, entry.session, entry.principal,
                 "participant " + std::to_string(session.participant.v) + " signed for this session");
  auto stated = stated_bytes(bytes);
  bool const added =
      stated && session.requests.add(entry.request, std::move(*stated), [&](auto number, auto const& hash) {
        compare(session.requests_wanted, number, hash, entry.session, session, "requests");
      });
  if (!added)
    wrong(entry.seq, entry.session, entry.principal,
          "request " + std::to_string(entry.request) + " of the session is in the journal twice");
}

void SessionsCheck::compare(std::deque<Wanted>& wanted, std::uint64_t number, Bytes32 const& hash,
                            SessionId id, Session const& session, char const* what) {
  for (; !wanted.empty() && wanted.front().number <= number; wanted.pop_front())
    if (wanted.front().number < number || wanted.front().hash != hash)
      wrong(wanted.front().seq, id, session.participant,
            "the " + std::string(what) + " up to " + std::to_string(wanted.front().number) +
                " that were signed for are not those of the journal");
}

// Whoever signs for a request has its answer, so the journal has it before the statement.
void SessionsCheck::statement(Entry const& entry, SessionStatement const& said) {
  ++report_.statements;
  auto& session = sessions_.at(said.session);
  auto const not_well = [&](std::string what) {
    wrong(entry.seq, said.session, entry.principal, std::move(what));
  };
  if (session.participant != entry.principal || session.nonce != said.nonce ||
      session.reports_from != said.reports_from)
    return not_well("two statements of this session differ in participant, login or first report");
  auto const key = keys_.find({entry.principal, said.key});
  if (key == keys_.end() || !is_signed_by(key->second, statement_bytes(said), said.signature))
    return not_well("the signature is not by key " + std::to_string(said.key.v) + " of participant " +
                    std::to_string(entry.principal.v));
  if (said.last_request < session.stated || said.last_report < session.reports_stated)
    return not_well("it says less than the statement before it");
  session.stated = said.last_request, session.reports_stated = said.last_report;
  auto const missing = [&](std::deque<Wanted>& wanted, std::string const& what, std::uint64_t have) {
    if (wanted.empty() || wanted.front().seq > entry.seq) return;
    not_well(what + std::to_string(wanted.front().number) +
             " was signed for, but before this the journal has them up to " + std::to_string(have) +
             " alone");
    wanted.pop_front();
  };
  missing(session.requests_wanted, "request ", session.requests.last());
  missing(session.reports_wanted, "report ", session.reports.last());
}

void SessionsCheck::report(Entry const& entry, Record const& record, Addressee const& to) {
  auto const found = readers_.find(ParticipantId{to.participant});
  if (found == readers_.end()) return;
  auto& [to_start, reading] = found->second;
  for (auto next = to_start.begin(); next != to_start.end() && next->first <= to.report;
       next = to_start.erase(next))
    reading.push_back(next->second);
  for (auto id = reading.begin(); id != reading.end();) {
    auto& session = sessions_.at(*id);
    if (session.reports.add(to.report, entry.seq, entry.stamp, record))
      compare(session.reports_wanted, session.reports.last(), session.reports.hash(), *id, session,
              "reports");
    id = session.reports_wanted.empty() ? reading.erase(id) : id + 1;
  }
}

void SessionsCheck::wrong(Seq seq, SessionId session, ParticipantId who, std::string what) {
  report_.wrong.push_back({seq, session, who, std::move(what)});
}

SessionsReport SessionsCheck::finish() {
  report_.sessions = requests_seen_.size();
  for (auto const& [id, seen] : requests_seen_) {
    auto const found = sessions_.find(id);
    auto const stated = found == sessions_.end() ? 0 : std::min(found->second.stated, seen);
    report_.stated += stated;
    report_.unstated += seen - stated;
    if (found == sessions_.end()) ++report_.silent;
  }
  for (auto const& [id, session] : sessions_)
    report_.reports += session.reports_stated - session.reports_from;
  return std::move(report_);
}

}  // namespace spillway
