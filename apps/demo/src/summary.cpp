// apps/demo/src/summary.cpp - see summary.hpp.
#include "summary.hpp"

#include <boost/json.hpp>

#include "apps/text/table.hpp"
#include "config_text.hpp"
#include "figure_text.hpp"

namespace spillway::demo {
namespace {

constexpr std::int64_t nano_per_micro = 1'000;

std::string share(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return {};
  auto const milli = part * 1000 / whole;
  return " (" + std::to_string(milli / 10) + "." + std::to_string(milli % 10) + " %)";
}

std::string faults(Figures const& f) {
  return "by fault: buyer " + count(f.failed_buyer) + ", provider " + count(f.failed_provider) +
         ", exchange " + count(f.failed_exchange) + ", none " + count(f.failed_none);
}

}  // namespace

std::string stand_ins_line(DemoOptions const& options, bool real) {
  return "stand-ins: class_scale " + std::to_string(options.class_scale) +
         " (attestation: scaled), token_scale " + std::to_string(options.token_scale) + ", engine " +
         engine_note + ", round trips from the table, buyers from sim/overlay.toml, data " +
         (real ? "real" : "generated");
}

std::string summary_json(Summary const& s) {
  auto const& f = s.figures;
  boost::json::object const document{
      {"offers", f.offers_most},
      {"places", s.places},
      {"requests", s.tally.sent},
      {"orders", f.orders},
      {"fills", f.fills},
      {"jobs_completed", f.jobs_completed},
      {"jobs_failed", f.jobs_failed},
      {"jobs_failed_by_fault", boost::json::object{{"buyer", f.failed_buyer},
                                                   {"provider", f.failed_provider},
                                                   {"exchange", f.failed_exchange},
                                                   {"none", f.failed_none}}},
      {"leases", f.leases},
      {"tokens", f.tokens},
      {"volume_micro", f.volume_nano / nano_per_micro},
      {"fees_micro", f.fees_nano / nano_per_micro},
      {"match_p50_ns", f.match_p50_ns},
      {"match_p99_ns", f.match_p99_ns},
      {"ack_p50_us", f.ack_p50_us},
      {"ack_p99_us", f.ack_p99_us},
      {"first_token_p50_us", f.first_token_p50_us},
      {"requests_unfilled", s.tally.unfilled},
      {"requests_refused", s.tally.refused},
      {"requests_unreached", s.tally.unreached},
      {"class_scale", s.class_scale},
      {"token_scale", s.token_scale},
      {"data", s.real ? "real" : "generated"},
      {"engine", engine_note},
      {"seconds", s.seconds},
      {"exchange_restarts", s.restarts},
      {"journal", s.journal},
      {"stand_ins", s.stand_ins},
      {"digest", s.audit.digest},
      {"audit", s.audit.verdict},
      {"books_balance", s.audit.books_balance}};
  return boost::json::serialize(document) + "\n";
}

std::string summary_text(Summary const& s) {
  auto const& f = s.figures;
  std::string out;
  auto row = [&](std::string name, std::string const& value) {
    name.resize(12, ' ');
    out += name + value + "\n";
  };
  row("open for",
      count(s.seconds) + " s" + (s.restarts > 0 ? ", exchange restarts: " + count(s.restarts) : ""));
  row("offers", count(f.offers_most) + " live at once, in " + count(s.places) + " places");
  row("requests", count(static_cast<std::int64_t>(s.tally.sent)) + " sent; " +
                      count(static_cast<std::int64_t>(s.tally.unfilled)) + " found no offer, " +
                      count(static_cast<std::int64_t>(s.tally.refused)) + " refused, " +
                      count(static_cast<std::int64_t>(s.tally.unreached)) + " cut off");
  row("orders", count(f.orders) + " accepted, " + count(f.fills) + " fills, " + count(f.leases) + " leases");
  row("jobs", count(f.jobs_completed) + " completed" +
                  share(f.jobs_completed, f.jobs_completed + f.jobs_failed) + ", " + count(f.jobs_failed) +
                  " failed; " + faults(f));
  row("work", count(f.tokens) + " output tokens settled; first token after " +
                  count(f.first_token_p50_us / 1000) + " ms (median)");
  row("money", money(f.volume_nano) + " charged for work, and " + money(f.fees_nano) + " in fees");
  row("match",
      "p50 " + count(f.match_p50_ns) + " ns, p99 " + count(f.match_p99_ns) + " ns (apply of an order)");
  row("answer", "p50 " + count(f.ack_p50_us) + " us, p99 " + count(f.ack_p99_us) +
                    " us (frame read to answer written)");
  row("digest", s.audit.digest);
  row("books", s.audit.books_balance ? "balance" : "DO NOT BALANCE");
  row("audit", s.audit.verdict);
  row("journal", s.journal);
  return out + s.stand_ins + "\n";
}

}  // namespace spillway::demo
