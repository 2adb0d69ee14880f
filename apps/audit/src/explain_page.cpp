// apps/audit/src/explain_page.cpp - a life line by line, each group under the entry that caused it.
#include "apps/audit/explain.hpp"
#include "command_words.hpp"
#include "page_words.hpp"

namespace spillway {
namespace {

using namespace page;  // NOLINT: the words that all pages share

json::object row(LifeLine const& l) {
  return {{"seq", number(l.seq.v)},
          {"stamp_us", number(l.stamp.v)},
          {"principal", l.principal.v},
          {"entry", l.entry},
          {"words", l.words}};
}

}  // namespace

std::string explain_page(AuditReport const& report, Life const& life, PageForm form) {
  if (form == PageForm::json) {
    auto out = document(report);
    json::array rows;
    for (auto const& l : life.lines()) rows.push_back(row(l));
    out["about"] = subject_text(life.subject());
    out["life"] = std::move(rows);
    return line(out);
  }
  std::string out = "the life of " + subject_text(life.subject()) + "\n";
  Seq last{};
  for (auto const& l : life.lines()) {
    if (l.seq != last)
      out += "\n" + stamp_text(l.stamp) + "  entry " + std::to_string(l.seq.v) + ": " + who(l.principal) +
             " " + l.entry + "\n";
    out += "    " + l.words + "\n";
    last = l.seq;
  }
  if (life.lines().empty()) out += "no record names it\n";
  return out + "\n" + verdict(report);
}

}  // namespace spillway
