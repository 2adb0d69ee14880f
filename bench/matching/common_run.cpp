// bench/matching/common_run.cpp - the common stream: floor and book in turn, checked against the published
// values.
// Room:   bench; sees matching.
#include <algorithm>
#include <string>

#include "callgrind.hpp"
#include "drive.hpp"
#include "floor.hpp"
#include "judge.hpp"
#include "runs.hpp"
#include "subjects.hpp"

namespace spillway::bench {

namespace {

constexpr std::size_t full_commands = 2'000'000, quick_commands = 20'000;

void add_mix(Report& report, Mix const& mix) {
  report.add("passive", mix.passive);
  report.add("cancels", mix.cancel);
  report.add("replaces", mix.replace);
  report.add("aggressive", mix.aggressive);
}

bool as_published(CheckValues const& want, std::uint64_t stream, Tally const& got) {
  return want.stream_hash == stream && want.trades == got.trades && want.volume == got.volume &&
         want.rejects == got.rejects && want.notional == got.notional && want.trade_hash == got.hash;
}

void add_figures(Report& report, Figures const& book, Figures const& floor) {
  report.add("cpu_ns_per_command", book.cpu_ns.median());
  report.add("cpu_ns_per_command_least", book.cpu_ns.least());
  report.add("floor_cpu_ns_per_command", floor.cpu_ns.median());
  report.add("floor_cpu_ns_per_command_least", floor.cpu_ns.least());
  Runs ratios;
  for (std::size_t i = 0; i < book.cpu_ns.values.size(); ++i)
    ratios.add(book.cpu_ns.values[i] / floor.cpu_ns.values[i]);
  report.add("ratio_to_floor", ratios.median());
  report.add("p50_ns", book.latency.p50_ns);
  report.add("p99_ns", book.latency.p99_ns);
  report.add("p999_ns", book.latency.p999_ns);
  report.add("floor_p50_ns", floor.latency.p50_ns);
  report.add("floor_p99_ns", floor.latency.p99_ns);
  report.add("floor_p999_ns", floor.latency.p999_ns);
  report.add("rss_bytes", book.rss_bytes);
  report.add("allocations_while_timed", book.allocations);
  report.add("page_faults_while_timed", book.page_faults);
}

std::size_t commands_of(Options const& o) {
  return o.commands != 0 ? o.commands : o.quick ? quick_commands : full_commands;
}

}  // namespace

Held run_common(Options const& options, Report& report) {
  auto const stream = common_stream(options.instruments, commands_of(options), options.seed);
  auto const market = separate_books(options.instruments);
  auto const hash = stream_hash(stream.commands);
  auto const make_floor = [&] { return Floor(stream.books, stream.highest_id); };

  Figures floor, book;
  with_subject(options, market, stream, [&](auto make_book) {
    for (std::uint32_t round = 0; round < options.rounds; ++round) {
      time_round(make_floor, stream, floor);
      time_round(make_book, stream, book);
    }
    floor.latency = latency_of(make_floor, stream);
    book.latency = latency_of(make_book, stream);
  });

  auto const* const published = options.conditions == 0 ? check_values(stream, options.seed) : nullptr;
  bool const same =
      options.conditions == 0 ? floor.tally == book.tally : plain_agrees(market, stream, options, 20);
  bool const right = published == nullptr || as_published(*published, hash, book.tally);

  report.add("workload", options.conditions != 0 ? "common_conditions"
                         : options.spacing == 1  ? "common"
                                                 : "common_spread");
  report.add("book", options.subject);
  report.add("instruments", options.instruments);
  report.add("spacing", options.spacing);
  report.add("commands", std::uint64_t{timed_of(stream).size()});
  report.add("prefill", std::uint64_t{stream.prefill});
  report.add_hash("stream_hash", hash);
  add_tally(report, book.tally);
  add_mix(report, stream.mix);
  for (std::size_t use = 0; use < book.used.size(); ++use)
    report.add(std::string("used_") + Conditions::names[use],
               use == Conditions::ioc ? stream.mix.ioc : book.used[use]);
  report.add(options.conditions == 0 ? "same_as_floor" : "plain_book_agrees_on_a_twentieth", same);
  report.add("check_values", published == nullptr ? "none for this stream"
                             : right              ? "as published"
                                                  : "DIFFER");
  add_figures(report, book, floor);
  return same && right;
}

Held run_slice(Options const& options) {
  if (options.workload == Workload::bipartite) return run_bipartite_slice(options);
  auto const stream =
      common_stream(options.instruments, options.quick ? 2'000 : slice_commands, options.seed);
  auto const market = separate_books(options.instruments);
  Floor floor(stream.books, stream.highest_id);
  drive(floor, prefill_of(stream));
  {
    CountedSlice const slice("floor");
    drive(floor, timed_of(stream));
  }
  return with_subject(options, market, stream, [&](auto make_book) {
    auto book = make_book();
    drive(book, prefill_of(stream));
    {
      CountedSlice const slice(options.subject);
      drive(book, timed_of(stream));
    }
    return book.tally == floor.tally;
  });
}

}  // namespace spillway::bench
