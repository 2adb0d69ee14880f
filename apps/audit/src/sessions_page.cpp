// apps/audit/src/sessions_page.cpp - what was found about sessions, as a page and as a document.
#include "apps/audit/sessions_audit.hpp"
#include "page_words.hpp"

namespace spillway {
namespace {

namespace json = boost::json;

constexpr std::size_t lines_shown = 10;  // the document has all

std::string document(AuditReport const& journal, SessionsReport const& s) {
  auto out = page::document(journal);
  out["ok"] = journal.ok() && s.ok();
  out["journal_ok"] = journal.ok();
  out["sessions"] = s.sessions;
  out["silent"] = s.silent;
  out["statements"] = s.statements;
  out["stated"] = s.stated;
  out["unstated"] = s.unstated;
  out["asserted"] = s.asserted;
  out["reports"] = s.reports;
  json::array wrong;
  for (auto const& f : s.wrong)
    wrong.push_back(json::object{{"seq", page::number(f.seq.v)},
                                 {"session", page::number(f.session.v)},
                                 {"participant", f.participant.v},
                                 {"reason", f.what}});
  out["wrong"] = std::move(wrong);
  return page::line(out);
}

}  // namespace

std::string sessions_page(AuditReport const& journal, SessionsReport const& s, PageForm form) {
  if (form == PageForm::json) return document(journal, s);
  auto const n = [](std::uint64_t v) { return std::to_string(v); };
  std::string out = "sessions " + n(s.sessions) + " that number what they send, " + n(s.silent) +
                    " of them without a statement\n" + "requests " + n(s.stated) + " proven by " +
                    n(s.statements) + " statements, " + n(s.unstated) + " not signed for, " + n(s.asserted) +
                    " outside of such sessions: the exchange's word\n" + "reports  " + n(s.reports) +
                    " proven to have been received\n";
  for (std::size_t i = 0; i < s.wrong.size() && i < lines_shown; ++i) {
    auto const& f = s.wrong[i];
    out += "WRONG    sequence " + n(f.seq.v) + ", session " + n(f.session.v) + " of participant " +
           n(f.participant.v) + ": " + f.what + "\n";
  }
  if (s.wrong.size() > lines_shown)
    out += "WRONG    and " + n(s.wrong.size() - lines_shown) + " more; --json names all\n";
  for (auto const& note : journal.notes) out += "note     " + note + "\n";
  if (journal.finding) out += "WRONG    the journal: " + journal.finding->reason + "\n";
  return out + (journal.ok() && s.ok() ? "verdict  ok\n" : "verdict  NOT OK\n");
}

}  // namespace spillway
