// bench/matching/links_run.cpp - what links cost: an ask that improves the best of an instrument which many
// signatures accept, and new tables under a whole market.
// Room:   bench; sees matching.
#include <algorithm>
#include <string>

#include "bipartite.hpp"
#include "drive.hpp"
#include "matching/relink.hpp"
#include "runs.hpp"
#include "subjects.hpp"

namespace spillway::bench {

namespace {

/// Every signature accepts the first instrument and one of its own.
Market star(std::uint32_t links) {
  Market market{{1, static_cast<std::uint16_t>(links + 1)}, {}, false};
  for (std::uint32_t row = 1; row <= links; ++row) {
    auto predicate = predicate_of(market.shape, row);
    predicate.within.insert(predicate.within.begin(), market.shape.place(0));
    market.signatures.push_back(std::move(predicate));
  }
  return market;
}

/// One resting bid per signature and one ask above; then asks between them come and go.
Stream storm_stream(std::uint32_t links, std::uint32_t pairs) {
  Stream stream;
  stream.books = links + 1;
  std::uint32_t id = 0;
  for (std::uint32_t row = 0; row < links; ++row)
    stream.commands.push_back({Verb::add, Side::buy, 0, 0, row, ++id, 0, base_price - 100, 10});
  stream.commands.push_back({Verb::add, Side::sell, 0, 0, 0, ++id, 0, base_price + 100, 10});
  stream.prefill = stream.commands.size();
  for (std::uint32_t pair = 0; pair < pairs; ++pair) {
    stream.commands.push_back({Verb::add, Side::sell, 0, 0, 0, ++id, 0, base_price + pair % 50, 10});
    stream.commands.push_back({Verb::cancel, Side::sell, 0, 0, 0, id, 0, 0, 0});
  }
  stream.highest_id = id;
  stream.open_most[0] = links, stream.open_most[1] = 2;
  return stream;
}

/// Signatures of one class or a few, anywhere within a round trip of their buyer.
Market wide_market(bool quick, std::uint64_t seed) {
  Draws draws(seed);
  Market market{quick ? MarketShape{10, 20} : MarketShape{100, 200}, {}, true};
  std::uint32_t const signatures = quick ? 50 : 5'000;
  for (int tries = 0; market.signatures.size() < signatures && tries < 1'000'000; ++tries) {
    Predicate p;
    p.product = ProductKind::capacity;
    for (auto more = 1 + draws.below(4); more > 0; --more)
      p.classes.push_back(ClassId{static_cast<std::uint16_t>(1 + draws.below(market.shape.classes))});
    std::ranges::sort(p.classes);
    p.classes.erase(std::ranges::unique(p.classes).begin(), p.classes.end());
    p.buyer_place = market.shape.place(draws.below(market.shape.instruments()));
    p.network = Micros{1'000 * std::int64_t{2 + draws.below(30)}};
    market.signatures.push_back(std::move(p));
  }
  return market;
}

std::uint64_t edges_of(Eligibility const& eligibility) {
  std::uint64_t edges = 0;
  for (std::uint32_t row = 1; row <= eligibility.signature_count(); ++row)
    edges += eligibility.edges(SignatureId{row}).size();
  return edges;
}

}  // namespace

Held run_storm(Options const& options, Report& report) {
  std::uint32_t const pairs = options.quick ? 1'000 : 200'000;
  report.add("workload", "storm");
  report.add("book", options.subject);
  report.add("pairs", pairs);
  bool held = true;
  for (auto const links : {1u, 8u, 32u, 100u, 200u, 500u}) {
    auto const market = star(links);
    auto const stream = storm_stream(links, pairs);
    Figures book;
    with_subject(options, market, stream, [&](auto make) {
      for (std::uint32_t round = 0; round < options.rounds; ++round) time_round(make, stream, book);
    });
    report.add("pair_cpu_ns_links_" + std::to_string(links), 2 * book.cpu_ns.median());
    held = held && book.tally.refused == 0 && book.tally.trades == 0 && book.tally.rejects == 0;
  }
  return held;
}

Held run_relink(Options const& options, Report& report) {
  auto const market = wide_market(options.quick, options.seed);
  auto const stream =
      bipartite_stream(market, {.prefill = options.quick ? 2'000u : 200'000u, .timed = 1}, options.seed);
  constexpr std::size_t step_rows = 16;
  Runs stall_ns, step_ns, prepared_ns;
  std::uint64_t before = 0, after = 0;
  bool const held = with_subject(options, market, stream, [&](auto make) {
    auto subject = make();
    drive(subject, prefill_of(stream));
    before = edges_of(subject.book().eligibility());
    bool taken = true;
    for (std::uint32_t turn = 1; turn <= options.rounds; ++turn) {
      auto next = subject.tables();
      turn_round_trips(next, market.shape, turn);
      auto relink = subject.book().relink(next);
      double longest = 0, all = 0;
      for (bool done = false; !done;) {
        auto const start = thread_cpu_ns();
        done = relink.step(step_rows);
        auto const spent = static_cast<double>(thread_cpu_ns() - start);
        longest = std::max(longest, spent);
        all += spent;
      }
      step_ns.add(longest);
      prepared_ns.add(all);
      std::swap(subject.tables(), next);
      auto const start = thread_cpu_ns();
      taken = subject.book().adopt(relink) == Refusal::none && taken;
      stall_ns.add(static_cast<double>(thread_cpu_ns() - start));
    }
    after = edges_of(subject.book().eligibility());
    return taken && subject.tally.refused == 0;
  });
  report.add("workload", "relink");
  report.add("book", options.subject);
  report.add("instruments", market.shape.instruments());
  report.add("signatures", std::uint64_t{market.signatures.size()});
  report.add("resting", std::uint64_t{stream.prefill});
  report.add("edges_before", before);
  report.add("edges_after", after);
  report.add("prepared_us", prepared_ns.median() / 1'000);
  report.add("longest_step_us", step_ns.median() / 1'000);
  report.add("stall_us", stall_ns.median() / 1'000);
  report.add("stall_us_least", stall_ns.least() / 1'000);
  return held;
}

}  // namespace spillway::bench
