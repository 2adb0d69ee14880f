// bench/matching/bipartite_run.cpp - the bipartite walk: orders that accept many instruments, offers met by
// many.
// Room:   bench; sees matching.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "bipartite.hpp"
#include "callgrind.hpp"
#include "drive.hpp"
#include "judge.hpp"
#include "runs.hpp"
#include "subjects.hpp"
#include "yardstick.hpp"

namespace spillway::bench {

namespace {

constexpr std::array band_names = {"1", "2_8", "9_16", "17_64", "65_up"};
constexpr std::array<std::uint32_t, 4> band_ends = {1, 8, 16, 64};
constexpr std::size_t band_count = band_names.size();

std::size_t band_of(std::uint32_t degree) {
  std::size_t band = 0;
  while (band < band_ends.size() && degree > band_ends[band]) ++band;
  return band;
}

/// Bins of latency: buys by the degree of their signature, passive ones first; the last holds all other
/// commands.
constexpr std::size_t bins = 2 * band_count + 1;

std::size_t bin_of(Command const& c, Degrees const& degrees) {
  if (c.verb != Verb::add || c.side != Side::buy) return bins - 1;
  return band_of(degrees.of_signature[c.book]) + (c.aggressive != 0 ? band_count : 0);
}

void add_spread(Report& report, std::string const& name, std::vector<std::uint32_t> values) {
  if (values.empty()) return;
  std::ranges::sort(values);
  report.add(name + "_median", values[values.size() / 2]);
  report.add(name + "_p90", values[values.size() * 9 / 10]);
  report.add(name + "_most", values.back());
}

void add_bins(Report& report, std::vector<Latencies> const& latencies) {
  for (std::size_t bin = 0; bin + 1 < bins; ++bin) {
    auto const p = latencies[bin].percentiles();
    if (p.samples == 0) continue;
    auto const name =
        std::string(bin < band_count ? "passive_buy_" : "aggressive_buy_") + band_names[bin % band_count];
    report.add(name + "_count", std::uint64_t{p.samples});
    report.add(name + "_mean_ns", p.mean_ns);
    report.add(name + "_p50_ns", p.p50_ns);
    report.add(name + "_p999_ns", p.p999_ns);
  }
}

BipartiteSize size_of(Options const& o) {
  BipartiteSize size;
  if (o.quick) size = {.prefill = 4'000, .timed = 10'000};
  if (o.commands != 0) size.timed = o.commands;
  return size;
}

}  // namespace

Held run_bipartite(Options const& options, Report& report) {
  auto const market = bipartite_market({.degree = options.degree, .skewed = options.skewed}, options.seed);
  auto const size = size_of(options);
  auto const stream = bipartite_stream(market, size, options.seed);
  auto const degrees = degrees_of(market);

  Figures book;
  Yardstick ladder(options);
  std::vector<Latencies> latencies(bins);
  with_subject(options, market, stream, [&](auto make) {
    for (std::uint32_t round = 0; round < options.rounds; ++round) {
      ladder.time();
      time_round(make, stream, book);
    }
    ladder.time_alone();
    latency_round(make, stream, latencies, [&](Command const& c) { return bin_of(c, degrees); });
  });
  bool const same = plain_agrees(market, stream, options, 100);

  report.add("workload", options.skewed ? "bipartite_skewed" : "bipartite");
  report.add("book", options.subject);
  report.add("instruments", market.shape.instruments());
  report.add("signatures", std::uint64_t{market.signatures.size()});
  add_spread(report, "instruments_of_signature", degrees.of_signature);
  add_spread(report, "signatures_of_instrument", degrees.of_instrument);
  report.add("prefill", std::uint64_t{stream.prefill});
  report.add("commands", std::uint64_t{timed_of(stream).size()});
  report.add_hash("stream_hash", stream_hash(stream.commands));
  report.add("aggressive", stream.mix.aggressive);
  report.add("ioc", stream.mix.ioc);
  add_tally(report, book.tally);
  report.add("plain_book_agrees_on_a_hundredth", same);
  ladder.add_to(report, book, add_figures(report, book, latencies));
  add_bins(report, latencies);
  return same && book.tally.refused == 0;
}

Held run_bipartite_slice(Options const& options) {
  auto const market = bipartite_market({.degree = options.degree, .skewed = options.skewed}, options.seed);
  auto size = size_of(options);
  size.timed = options.quick ? 2'000 : slice_commands;
  auto const stream = bipartite_stream(market, size, options.seed);
  return with_subject(options, market, stream, [&](auto make_book) {
    auto book = make_book();
    drive(book, prefill_of(stream));
    {
      CountedSlice const slice(options.subject);
      drive(book, timed_of(stream));
    }
    return book.tally.refused == 0;
  });
}

}  // namespace spillway::bench
