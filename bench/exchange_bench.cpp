// bench/exchange_bench.cpp - what one command and one whole job cost in Exchange::apply: risk, holds,
// matching, dispatch, postings, records. CPU time of one thread, nothing else in it.
//
//   exchange_bench [--commands N] [--workload orders|jobs] [--book plain|fast] [--quick]
//                  [--json FILE]
//
// Workloads are bench/exchange/trader.hpp: order traffic, and whole jobs. `D` changes only when outcomes do.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string>

#include "exchange/core.hpp"
#include "exchange/outcome_chain.hpp"
#include "exchange/trader.hpp"

using namespace spillway;
using bench::Traffic;

namespace {

constexpr std::size_t wave = 1'024;
constexpr Micros between{10};  // stamps of two commands

struct Options {
  std::uint64_t commands = 1'000'000;
  BookKind book = BookKind::fast;
  std::string workload;  // of both, where none is named
  std::string json;
};

struct Measured {
  std::uint64_t commands{}, jobs{}, refused{}, records{};
  std::int64_t cpu_ns{};
  std::string digest;
};

std::int64_t cpu_ns() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

/// Applies waves; only apply itself is timed. D is computed outside of the timed part.
class Run {
 public:
  Run(Traffic traffic, Options const& options)
      : core_({.book = options.book}), trader_(traffic, 0x9E3779B97F4A7C15) {
    for (auto& command : bench::Trader::genesis()) one({{}, std::move(command)});
    for (auto& sent : trader_.supply()) one(std::move(sent));
    measured_ = {};
    while (measured_.commands < options.commands) {
      auto sent = trader_.wave(std::min<std::uint64_t>(wave, options.commands - measured_.commands));
      apply(sent);
    }
    measured_.jobs = trader_.jobs_done();
    measured_.refused = trader_.refused();
    measured_.digest = to_hex(chain_.digest());
  }
  [[nodiscard]] Measured const& measured() const { return measured_; }

 private:
  void one(bench::Sent sent) {
    std::vector<bench::Sent> single{std::move(sent)};
    apply(single);
  }
  void apply(std::vector<bench::Sent>& sent) {
    entries_.clear();
    for (auto& s : sent) {
      stamp_ = stamp_ + between;
      entries_.push_back({Seq{++seq_}, stamp_, s.who, std::move(s.command)});
    }
    if (outcomes_.size() < entries_.size()) outcomes_.resize(entries_.size());
    for (auto& outcome : outcomes_) outcome.clear();
    auto const before = cpu_ns();
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      // One ahead, as the sequencer says what comes before it writes it down.
      if (i + 1 < entries_.size()) core_.expect(entries_[i + 1]);
      core_.apply(entries_[i], outcomes_[i]);
    }
    measured_.cpu_ns += cpu_ns() - before;
    measured_.commands += entries_.size();
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      chain_.add(entries_[i].seq, outcomes_[i].records);
      measured_.records += outcomes_[i].records.size();
      trader_.told(entries_[i], outcomes_[i].records);
    }
    (void)chain_.seal();
  }

  ExchangeCore core_;
  bench::Trader trader_;
  OutcomeChain chain_;
  Stamp stamp_{1'700'000'000'000'000};
  std::uint64_t seq_ = 0;
  std::vector<Entry> entries_;
  std::vector<Outcome> outcomes_;
  Measured measured_;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string const word = argv[i];
    bool const more = i + 1 < argc;
    if (word == "--quick")
      options.commands = 4'000;
    else if (word == "--commands" && more)
      options.commands = std::strtoull(argv[++i], nullptr, 10);
    else if (word == "--book" && more)
      options.book = std::strcmp(argv[++i], "plain") == 0 ? BookKind::plain : BookKind::fast;
    else if (word == "--workload" && more)
      options.workload = argv[++i];
    else if (word == "--json" && more)
      options.json = argv[++i];
    else {
      std::fprintf(stderr,
                   "usage: exchange_bench [--commands N] [--workload orders|jobs] [--book plain|fast] "
                   "[--quick] [--json FILE]\n");
      std::exit(2);
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  auto const options = parse(argc, argv);
  std::string rows;
  for (auto const traffic : {Traffic::orders, Traffic::jobs}) {
    char const* const name = traffic == Traffic::orders ? "orders" : "jobs";
    if (!options.workload.empty() && options.workload != name) continue;
    auto const m = Run(traffic, options).measured();
    auto const per_command = static_cast<double>(m.cpu_ns) / static_cast<double>(m.commands);
    auto const per_job = m.jobs == 0 ? 0.0 : static_cast<double>(m.cpu_ns) / static_cast<double>(m.jobs);
    std::printf("%-7s %9llu commands, %8llu jobs done, %llu refused, %.2f records each\n", name,
                static_cast<unsigned long long>(m.commands), static_cast<unsigned long long>(m.jobs),
                static_cast<unsigned long long>(m.refused),
                static_cast<double>(m.records) / static_cast<double>(m.commands));
    std::printf("        %.0f ns a command", per_command);
    if (traffic == Traffic::jobs) std::printf(", %.0f ns a whole job", per_job);
    std::printf("\n        D %s\n", m.digest.c_str());
    rows += (rows.empty() ? "" : ",") + std::string("{\"workload\":\"") + name +
            "\",\"commands\":" + std::to_string(m.commands) + ",\"jobs\":" + std::to_string(m.jobs) +
            ",\"cpu_ns\":" + std::to_string(m.cpu_ns) + ",\"digest\":\"" + m.digest + "\"}";
  }
  if (!options.json.empty()) std::ofstream(options.json) << "[" << rows << "]\n";
  return 0;
}
