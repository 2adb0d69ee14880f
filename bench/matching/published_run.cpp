// bench/matching/published_run.cpp - the published offers as books, with orders drawn around them.
// Room:   bench; sees matching.
#include <cstdio>
#include <vector>

#include "drive.hpp"
#include "judge.hpp"
#include "published_offers.hpp"
#include "runs.hpp"
#include "subjects.hpp"

namespace spillway::bench {

namespace {

constexpr std::size_t full_commands = 1'000'000, quick_commands = 20'000;
enum Bin : std::size_t { offers, orders, cancels, bins };

std::size_t bin_of(Command const& c) {
  if (c.side == Side::sell) return offers;
  return c.verb == Verb::add ? orders : cancels;
}

void add_bin(Report& report, std::string const& name, Percentiles const& p) {
  report.add(name + "_count", std::uint64_t{p.samples});
  report.add(name + "_p50_ns", p.p50_ns);
  report.add(name + "_p99_ns", p.p99_ns);
  report.add(name + "_p999_ns", p.p999_ns);
}

}  // namespace

Held run_offers(Options const& options, Report& report) {
  auto const wanted = options.commands != 0 ? options.commands
                      : options.quick       ? quick_commands
                                            : full_commands;
  auto const published = published_market(options.market_data, wanted, options.seed);
  if (!published) {
    std::fprintf(stderr, "matching_bench: %s\n", published.error().c_str());
    return false;
  }
  auto const& [market, stream, offer_rows, changes, instruments_used, prices] = *published;

  Figures book;
  std::vector<Latencies> latencies(bins);
  with_subject(options, market, stream, [&](auto make) {
    for (std::uint32_t round = 0; round < options.rounds; ++round) time_round(make, stream, book);
    latency_round(make, stream, latencies, bin_of);
  });
  bool const same = plain_agrees(market, stream, options, 20);

  report.add("workload", "offers");
  report.add("book", options.subject);
  report.add("instruments", std::uint64_t{instruments_used});
  report.add("signatures", std::uint64_t{market.signatures.size()});
  report.add("offers_published", std::uint64_t{offer_rows});
  report.add("price_changes", std::uint64_t{changes});
  report.add("different_prices", std::uint64_t{prices});
  report.add("prefill", std::uint64_t{stream.prefill});
  report.add("commands", std::uint64_t{timed_of(stream).size()});
  report.add_hash("stream_hash", stream_hash(stream.commands));
  add_tally(report, book.tally);
  report.add("plain_book_agrees_on_a_twentieth", same);
  add_figures(report, book, latencies);
  add_bin(report, "offer_changes", latencies[offers].percentiles());
  add_bin(report, "orders", latencies[orders].percentiles());
  add_bin(report, "cancels", latencies[cancels].percentiles());
  return same && book.tally.refused == 0;
}

}  // namespace spillway::bench
