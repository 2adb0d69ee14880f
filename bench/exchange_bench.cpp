// bench/exchange_bench.cpp - what one command and one whole job cost in Exchange::apply: risk, holds,
// matching, dispatch, postings, records. CPU time of one thread, nothing else in it.
//
//   exchange_bench [--workload common|orders|jobs] [--instruments N] [--commands N] [--book plain|fast]
//                  [--once] [--quick] [--json FILE]
//
// `common` is the common stream of matching_bench with accounts (exchange/common_traffic.hpp), on 1 and on
// 1,000 instruments; its trades must be the published ones, and the bare ladder and the book alone run in
// turn with it. `orders` and `jobs` are exchange/trader.hpp: order traffic, and whole jobs; beside each wave
// the book alone takes the same orders (bare_book.hpp). Ratios depend less on the machine than times do.
// Memory of the tables is there before (CoreLimits::resident). Afterwards the entries, as a journal in
// memory, are decoded, applied by a new core and chained into D once more: a replay without its files,
// frames, leaves and roots. `D` changes only when outcomes do.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "exchange/common_traffic.hpp"
#include "exchange/core_run.hpp"
#include "exchange/trader.hpp"
#include "matching/drive.hpp"
#include "matching/floor.hpp"
#include "matching/subjects.hpp"

using namespace spillway;
using bench::Measured;
using bench::Traffic;

namespace {

constexpr std::uint64_t common_commands = 2'000'000, other_commands = 1'000'000, quick_commands = 4'000;

struct Asked {
  std::uint64_t commands = 0;     // 0: what the workload prescribes
  std::uint32_t instruments = 0;  // of `common`; 0: 1, and then 1,000
  BookKind book = BookKind::fast;
  std::string workload;  // of all, where none is named
  std::string json;
  bool once = false;  // for who counts instructions of apply: nothing is applied again, nothing runs beside
};

double per(std::int64_t ns, std::uint64_t commands) {
  return commands == 0 ? 0.0 : static_cast<double>(ns) / static_cast<double>(commands);
}

void print_rest(Measured const& m) {
  if (m.entries > 0) {
    auto const per_entry = per(m.again_cpu_ns, m.entries);
    std::printf("        applied again from its entries, with D: %.0f ns an entry, %.2f M/s\n", per_entry,
                1'000 / per_entry);
  }
  std::printf("        D %s\n", m.digest.c_str());
}

std::string json_of(std::string const& workload, Measured const& m, std::string const& more) {
  return "{\"workload\":\"" + workload + "\",\"commands\":" + std::to_string(m.commands) +
         ",\"cpu_ns\":" + std::to_string(m.cpu_ns) +
         ",\"allocations_while_timed\":" + std::to_string(m.allocations) +
         ",\"again_entries\":" + std::to_string(m.entries) +
         ",\"again_cpu_ns\":" + std::to_string(m.again_cpu_ns) + more + ",\"digest\":\"" + m.digest + "\"}";
}

/// A row for --json.
std::string run_trader(Traffic traffic, Asked const& asked) {
  bench::Trader trader(traffic, bench::reference_seed);
  bench::CorePlan plan;
  plan.limits.book = asked.book;
  plan.timed = asked.commands != 0 ? asked.commands : other_commands;
  plan.limits.resident = static_cast<std::uint32_t>(plan.timed / 2);
  plan.book_beside = true, plan.again = !asked.once;
  auto const m = measure_core(trader, plan);
  char const* const name = traffic == Traffic::orders ? "orders" : "jobs";
  auto const jobs = trader.jobs_done();
  auto const command_ns = per(m.cpu_ns, m.commands), job_ns = per(m.cpu_ns, jobs);
  auto const book_ns = per(m.book_cpu_ns, m.book_commands);
  std::printf("%-7s %9llu commands, %8llu jobs done, %llu refused, %.2f records each\n", name,
              static_cast<unsigned long long>(m.commands), static_cast<unsigned long long>(jobs),
              static_cast<unsigned long long>(m.refused),
              static_cast<double>(m.records) / static_cast<double>(m.commands));
  std::printf("        %.0f ns a command", command_ns);
  if (traffic == Traffic::jobs) std::printf(", %.0f ns a whole job", job_ns);
  std::printf("\n        the book alone on the same orders: %.0f ns, so a command takes %.1f times as long",
              book_ns, command_ns / book_ns);
  if (traffic == Traffic::jobs) std::printf(", a whole job %.1f times", job_ns / book_ns);
  std::printf("\n");
  print_rest(m);
  return json_of(name, m,
                 ",\"jobs\":" + std::to_string(jobs) + ",\"book_commands\":" +
                     std::to_string(m.book_commands) + ",\"book_cpu_ns\":" + std::to_string(m.book_cpu_ns));
}

bool as_published(bench::Stream const& stream, bench::Tally const& fills) {
  auto const* const want = bench::check_values(stream, bench::reference_seed);
  if (fills.refused > 0) return false;  // for more than a dead target
  return want == nullptr ||
         (want->stream_hash == stream_hash(stream.commands) && want->trades == fills.trades &&
          want->volume == fills.volume && want->rejects == fills.rejects &&
          want->notional == fills.notional && want->trade_hash == fills.hash);
}

/// Adds a row for --json; false when the trades are not those of the stream.
bool run_common(std::uint32_t instruments, Asked const& asked, std::string& rows) {
  auto const commands = asked.commands != 0 ? asked.commands : common_commands;
  auto const stream = bench::common_stream(instruments, commands, bench::reference_seed,
                                           commands < 100'000 && instruments == 1 ? 1'000 : 0);
  auto const market = bench::separate_books(instruments);
  bench::Options const book_options;
  bench::Figures floor, book;
  auto const yardsticks = [&] {
    if (asked.once) return;
    time_round([&] { return bench::Floor(stream.books, stream.highest_id); }, stream, floor);
    with_subject(book_options, market, stream, [&](auto make) { time_round(make, stream, book); });
  };
  bench::CommonTraffic traffic(stream);
  bench::CorePlan plan;
  plan.limits = traffic.limits();
  plan.limits.book = asked.book;
  plan.limits.resident = static_cast<std::uint32_t>(stream.commands.size() / 2);
  plan.before = stream.prefill, plan.timed = UINT64_MAX, plan.again = !asked.once;
  yardsticks();
  auto const m = measure_core(traffic, plan);
  yardsticks();

  auto const timed = timed_of(stream).size();
  auto const command_ns = per(m.cpu_ns, timed);
  std::printf("common  %9llu commands on %u instruments, %llu trades, %llu refused, %.2f records each\n",
              static_cast<unsigned long long>(timed), instruments,
              static_cast<unsigned long long>(traffic.fills().trades),
              static_cast<unsigned long long>(m.refused),
              static_cast<double>(m.records) / static_cast<double>(m.commands));
  std::printf("        %.0f ns a command, %llu allocations\n", command_ns,
              static_cast<unsigned long long>(m.allocations));
  std::string ratios;
  if (!asked.once) {
    auto const floor_ns = floor.cpu_ns.median(), book_ns = book.cpu_ns.median();
    std::printf(
        "        the bare ladder: %.1f ns, so a command takes %.1f times as long; the book alone: %.1f ns, "
        "%.1f "
        "times\n",
        floor_ns, command_ns / floor_ns, book_ns, command_ns / book_ns);
    ratios = ",\"floor_ns\":" + std::to_string(floor_ns) + ",\"book_ns\":" + std::to_string(book_ns);
  }
  bool const right = as_published(stream, traffic.fills()) && (asked.once || traffic.fills() == floor.tally);
  bool const published = bench::check_values(stream, bench::reference_seed) != nullptr;
  char const* const said = !right       ? "DIFFER"
                           : published  ? "as published"
                           : asked.once ? "not compared"
                                        : "as the bare ladder's";
  std::printf("        trades: %s\n", said);
  print_rest(m);
  rows += (rows.empty() ? "" : ",") + json_of("common", m,
                                              ",\"instruments\":" + std::to_string(instruments) +
                                                  ",\"timed\":" + std::to_string(timed) + ratios);
  return right;
}

Asked parse(int argc, char** argv) {
  Asked asked;
  for (int i = 1; i < argc; ++i) {
    std::string const word = argv[i];
    bool const more = i + 1 < argc;
    if (word == "--quick")
      asked.commands = quick_commands;
    else if (word == "--once")
      asked.once = true;
    else if (word == "--commands" && more)
      asked.commands = std::strtoull(argv[++i], nullptr, 10);
    else if (word == "--instruments" && more)
      asked.instruments = static_cast<std::uint32_t>(std::strtoul(argv[++i], nullptr, 10));
    else if (word == "--book" && more)
      asked.book = std::strcmp(argv[++i], "plain") == 0 ? BookKind::plain : BookKind::fast;
    else if (word == "--workload" && more)
      asked.workload = argv[++i];
    else if (word == "--json" && more)
      asked.json = argv[++i];
    else {
      std::fprintf(stderr,
                   "usage: exchange_bench [--workload common|orders|jobs] [--instruments N] [--commands N]\n"
                   "                      [--book plain|fast] [--once] [--quick] [--json FILE]\n");
      std::exit(2);
    }
  }
  return asked;
}

}  // namespace

int main(int argc, char** argv) {
  auto const asked = parse(argc, argv);
  auto const wanted = [&](char const* name) { return asked.workload.empty() || asked.workload == name; };
  std::string rows;
  bool right = true;
  for (auto const instruments : {1u, 1'000u})
    if (wanted("common") && (asked.instruments == 0 || instruments == 1))
      right &= run_common(asked.instruments != 0 ? asked.instruments : instruments, asked, rows);
  for (auto const traffic : {Traffic::orders, Traffic::jobs})
    if (wanted(traffic == Traffic::orders ? "orders" : "jobs"))
      rows += (rows.empty() ? "" : ",") + run_trader(traffic, asked);
  if (!asked.json.empty()) std::ofstream(asked.json) << "[" << rows << "]\n";
  return right ? 0 : 1;
}
