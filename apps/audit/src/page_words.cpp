// apps/audit/src/page_words.cpp - the verdict in words and as a document.
#include "page_words.hpp"

#include <ctime>

namespace spillway::page {

// Thousandths are enough; the document has a number, as plots want one.
std::string seconds_text(Micros took) {
  auto const milli = std::to_string(took.v / 1000 % 1000);
  return std::to_string(took.v / micros_per_second) + "." + std::string(3 - milli.size(), '0') + milli;
}

std::string stamp_text(Stamp stamp) {
  std::time_t const second = stamp.v / micros_per_second;
  std::tm parts{};
  gmtime_r(&second, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts)};
}

json::object document(AuditReport const& report) {
  json::object out{{"ok", report.ok()},
                   {"entries", report.entries},
                   {"seals", report.seals},
                   {"last_seq", number(report.last.v)},
                   {"records_compared", report.records_compared},
                   {"tiles_compared", report.tiles_compared},
                   {"states_compared", report.states_compared},
                   {"root", to_hex(report.root)},
                   {"digest", to_hex(report.digest)},
                   {"checkpoint_size", report.checkpoint_size},
                   {"signed_by", report.signed_by},
                   {"closed", report.closed},
                   {"torn_bytes", report.torn_bytes},
                   {"seconds", json::parse(seconds_text(report.took))},
                   {"cpu_seconds", json::parse(seconds_text(report.computed))}};
  json::array notes;
  for (auto const& note : report.notes) notes.emplace_back(note);
  out["notes"] = std::move(notes);
  if (report.witnesses.quorum > 0) {
    json::array words;
    for (auto const& word : report.witnesses.words)
      words.push_back(json::object{
          {"name", word.name}, {"size", word.size}, {"time", word.time_s}, {"wrong", word.wrong}});
    out["witnesses"] = std::move(words);
    out["quorum"] = report.witnesses.quorum;
    out["quorum_size"] = report.witnesses.covered();
  }
  if (report.finding) {
    out["position"] = number(report.finding->position);
    out["seq"] = number(report.finding->seq.v);
    out["reason"] = report.finding->reason;
  }
  return out;
}

std::string verdict(AuditReport const& report) {
  std::string out;
  for (auto const& note : report.notes) out += "note     " + note + "\n";
  if (report.ok()) return out + "verdict  ok\n";
  return out + "verdict  NOT OK, checked up to sequence " + std::to_string(report.finding->seq.v) +
         ", position " + std::to_string(report.finding->position) + "\nreason   " + report.finding->reason +
         "\n";
}

}  // namespace spillway::page
