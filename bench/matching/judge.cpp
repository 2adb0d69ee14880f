// bench/matching/judge.cpp - runs a slice of a stream on two books and compares what they did.
// Room:   bench; sees matching.
#include "judge.hpp"

#include "subjects.hpp"

namespace spillway::bench {

void add_tally(Report& report, Tally const& tally) {
  report.add("trades", tally.trades);
  report.add("volume", tally.volume);
  report.add("rejects", tally.rejects);
  report.add("refused", tally.refused);
  report.add("notional", tally.notional);
  report.add_hash("trade_hash", tally.hash);
}

Percentiles add_figures(Report& report, Figures const& book, std::span<Latencies const> kinds) {
  Latencies all;
  for (auto const& kind : kinds) all.add(kind);
  auto const latency = all.percentiles();
  report.add("cpu_ns_per_command", book.cpu_ns.median());
  report.add("cpu_ns_per_command_least", book.cpu_ns.least());
  report.add("p50_ns", latency.p50_ns);
  report.add("p99_ns", latency.p99_ns);
  report.add("p999_ns", latency.p999_ns);
  report.add("rss_bytes", book.rss_bytes);
  report.add("allocations_while_timed", book.allocations);
  report.add("page_faults_while_timed", book.page_faults);
  return latency;
}

bool plain_agrees(Market const& market, Stream const& stream, Options const& options, std::size_t part) {
  auto slice = stream;
  auto const prefill = prefill_of(stream).first(stream.prefill / part);
  auto const timed = timed_of(stream).first(timed_of(stream).size() / part);
  slice.commands.assign(prefill.begin(), prefill.end());
  slice.commands.insert(slice.commands.end(), timed.begin(), timed.end());
  Tally plain, measured;
  auto const into = [&](Tally& tally) {
    return [&](auto make) {
      auto book = make();
      drive(book, std::span<Command const>(slice.commands));
      tally = book.tally;
    };
  };
  auto plainly = options;
  plainly.subject = "plain";
  with_subject(plainly, market, slice, into(plain));
  with_subject(options, market, slice, into(measured));
  return plain == measured && (plain.refused == 0 || options.conditions != 0);
}

}  // namespace spillway::bench
