// apps/audit/src/attest_page.cpp - what was found about proofs, as a page and as a document.
#include <boost/json.hpp>

#include "apps/audit/attest_audit.hpp"

namespace spillway {
namespace {

namespace json = boost::json;

constexpr std::size_t most_lines = 10;  // of each kind; the document has all

std::string line_of(ProofFinding const& f) {
  return "sequence " + std::to_string(f.seq.v) + ", node " + std::to_string(f.node.v) + " unit " +
         std::to_string(f.unit) + ": " + f.what;
}

template <class Items, class Line>
void add_lines(std::string& out, char const* head, Items const& items, Line line) {
  for (std::size_t i = 0; i < items.size() && i < most_lines; ++i) out += head + line(items[i]) + "\n";
  if (items.size() > most_lines)
    out += head + ("and " + std::to_string(items.size() - most_lines) + " more; --json names all\n");
}

json::array rows(std::vector<ProofFinding> const& findings) {
  json::array out;
  for (auto const& f : findings)
    out.push_back(json::object{
        {"seq", std::to_string(f.seq.v)}, {"node", f.node.v}, {"unit", f.unit}, {"reason", f.what}});
  return out;
}

std::string line_of(CensusFinding const& f) {
  auto const where =
      f.node.some() ? ", node " + std::to_string(f.node.v) + " unit " + std::to_string(f.unit) : "";
  return "sequence " + std::to_string(f.seq.v) + ", epoch " + std::to_string(f.epoch) + where + ": " + f.what;
}

json::array rows(std::vector<CensusFinding> const& findings) {
  json::array out;
  for (auto const& f : findings)
    out.push_back(json::object{{"seq", std::to_string(f.seq.v)},
                               {"epoch", std::to_string(f.epoch)},
                               {"node", f.node.v},
                               {"unit", f.unit},
                               {"reason", f.what}});
  return out;
}

json::object census_of(CensusReport const& c) {
  json::array strangers;
  for (auto const& name : c.strangers) strangers.emplace_back(name);
  return {{"epochs", c.epochs},
          {"verdicts", c.verdicts},
          {"rechecked", c.rechecked},
          {"unanswered", c.unanswered},
          {"pruned", c.pruned},
          {"epoch_open", c.epoch_open},
          {"seed_lost", c.seed_lost},
          {"wrong", rows(c.wrong)},
          {"missing", rows(c.missing)},
          {"kept_from", c.kept_from},
          {"strangers", std::move(strangers)},
          {"unreadable", c.unreadable},
          {"probes", c.probes}};
}

std::string document(AuditReport const& journal, ProofReport const& proofs) {
  json::array strangers;
  for (auto const& name : proofs.strangers) strangers.emplace_back(name);
  json::object const out{{"ok", journal.ok() && proofs.ok()},
                         {"proofs", proofs.proofs},
                         {"rechecked", proofs.rechecked},
                         {"epoch_open", proofs.epoch_open},
                         {"wrong", rows(proofs.wrong)},
                         {"missing", rows(proofs.missing)},
                         {"strangers", std::move(strangers)},
                         {"unreadable", proofs.unreadable},
                         {"census", census_of(proofs.census)},
                         {"journal_ok", journal.ok()},
                         {"reason", journal.finding ? journal.finding->reason : std::string()}};
  return json::serialize(out) + "\n";
}

}  // namespace

std::string attest_page(AuditReport const& journal, ProofReport const& proofs, PageForm form) {
  if (form == PageForm::json) return document(journal, proofs);
  std::string out = "proofs   " + std::to_string(proofs.proofs) + " in the journal, " +
                    std::to_string(proofs.rechecked) + " checked again from their transcripts, " +
                    std::to_string(proofs.epoch_open) + " of an epoch that is still open\n";
  add_lines(out, "WRONG    ", proofs.wrong, [](ProofFinding const& f) { return line_of(f); });
  add_lines(out, "missing  ", proofs.missing, [](ProofFinding const& f) { return line_of(f); });
  add_lines(out, "stranger ", proofs.strangers,
            [](std::string const& name) { return name + ": no entry names it, it counts for nothing"; });
  if (!proofs.unreadable.empty()) out += "WRONG    " + proofs.unreadable + "\n";
  auto const& c = proofs.census;
  if (c.epochs > 0)
    out += "census   " + std::to_string(c.epochs) + " epochs, " + std::to_string(c.verdicts) + " verdicts, " +
           std::to_string(c.probes) + " of them of probes: " + std::to_string(c.rechecked) +
           " checked again from their transcripts, " + std::to_string(c.unanswered) +
           " of units that did not answer, " + std::to_string(c.pruned) + " pruned with their epochs, " +
           std::to_string(c.seed_lost) + " without a seed, " + std::to_string(c.epoch_open) +
           " of an epoch that is still open\n";
  add_lines(out, "WRONG    ", c.wrong, [](CensusFinding const& f) { return line_of(f); });
  add_lines(out, "missing  ", c.missing, [](CensusFinding const& f) { return line_of(f); });
  add_lines(out, "stranger ", c.strangers,
            [](std::string const& name) { return name + ": no entry names it, it counts for nothing"; });
  if (!c.unreadable.empty()) out += "WRONG    " + c.unreadable + "\n";
  for (auto const& note : journal.notes) out += "note     " + note + "\n";
  if (journal.finding) out += "WRONG    the journal: " + journal.finding->reason + "\n";
  return out + (journal.ok() && proofs.ok() ? "verdict  ok\n" : "verdict  NOT OK\n");
}

}  // namespace spillway
