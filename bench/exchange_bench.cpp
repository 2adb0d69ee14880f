// bench/exchange_bench.cpp - what one command and one whole job cost in Exchange::apply: risk, holds,
// matching, dispatch, postings, records. CPU time of one thread, nothing else in it.
//
//   exchange_bench [--commands N] [--workload orders|jobs] [--book plain|fast] [--once] [--quick]
//                  [--json FILE]
//
// Workloads are bench/exchange/trader.hpp: order traffic, and whole jobs. `D` changes only when outcomes do.
// Beside each wave the book alone takes the same orders (bare_book.hpp): the ratio depends less on the
// machine than the times do. Afterwards the entries, as a journal in memory, are decoded, applied by a new
// core and chained into D once more, as a replay does.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <optional>
#include <span>
#include <string>

#include "exchange/bare_book.hpp"
#include "exchange/core.hpp"
#include "exchange/outcome_chain.hpp"
#include "exchange/trader.hpp"
#include "market/check.hpp"
#include "market/codec.hpp"

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
  bool once = false;  // for who counts instructions of apply: nothing is applied again
};

struct Measured {
  std::uint64_t commands{}, jobs{}, refused{}, records{};
  std::int64_t cpu_ns{};
  std::uint64_t book_commands{};
  std::int64_t book_cpu_ns{};  // of the book alone
  std::uint64_t entries{};     // applied again
  std::int64_t again_cpu_ns{};
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
      : options_(options), core_({.book = options.book}), trader_(traffic, 0x9E3779B97F4A7C15) {
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
    if (!options.once) apply_again();
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
    time_book();
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      chain_.add(entries_[i].seq, outcomes_[i].records);
      measured_.records += outcomes_[i].records.size();
      trader_.told(entries_[i], outcomes_[i].records);
      auto const bytes = encode(entries_[i]);
      journal_.insert(journal_.end(), bytes.begin(), bytes.end());
      ends_.push_back(journal_.size());
    }
    (void)chain_.seal();
  }
  /// Made once the tables are there. What comes before the first order brings it up to the market as it is.
  void time_book() {
    if (!book_ && core_.genesis_done()) book_.emplace(core_.reference());
    if (!book_) return;
    book_->prepare(entries_);
    auto const before = cpu_ns();
    measured_.book_commands += book_->apply();
    measured_.book_cpu_ns += cpu_ns() - before;
  }
  /// What a replay does but for files, frames and seals: entries decoded, applied, their outcomes chained.
  void apply_again() {
    ExchangeCore core({.book = options_.book});
    OutcomeChain chain;
    Outcome outcome;
    auto const before = cpu_ns();
    std::size_t begin = 0;
    for (auto const end : ends_) {
      auto const entry = decode_entry(std::span(journal_).subspan(begin, end - begin));
      sw_check(entry, "what was encoded is decoded");
      outcome.clear();
      core.apply(*entry, outcome);
      chain.add(entry->seq, outcome.records);
      if (entry->seq.v % wave == 0) (void)chain.seal();
      begin = end;
    }
    measured_.again_cpu_ns = cpu_ns() - before;
    measured_.entries = ends_.size();
    sw_check(to_hex(chain.digest()) == measured_.digest, "the same entries have the same outcomes");
  }

  Options const& options_;
  ExchangeCore core_;
  std::optional<bench::BareBook> book_;
  bench::Trader trader_;
  OutcomeChain chain_;
  Stamp stamp_{1'700'000'000'000'000};
  std::uint64_t seq_ = 0;
  std::vector<Entry> entries_;
  std::vector<Outcome> outcomes_;
  std::vector<std::byte> journal_;  // payloads of all entries
  std::vector<std::size_t> ends_;
  Measured measured_;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string const word = argv[i];
    bool const more = i + 1 < argc;
    if (word == "--quick")
      options.commands = 4'000;
    else if (word == "--once")
      options.once = true;
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
                   "[--once] [--quick] [--json FILE]\n");
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
    auto const per_book_command = static_cast<double>(m.book_cpu_ns) / static_cast<double>(m.book_commands);
    std::printf("\n        the book alone on the same orders: %.0f ns, so a command takes %.1f times as long",
                per_book_command, per_command / per_book_command);
    if (traffic == Traffic::jobs) std::printf(", a whole job %.1f times", per_job / per_book_command);
    if (m.entries > 0) {
      auto const per_entry = static_cast<double>(m.again_cpu_ns) / static_cast<double>(m.entries);
      std::printf("\n        applied again from its entries, with D: %.0f ns an entry, %.2f M/s", per_entry,
                  1'000 / per_entry);
    }
    std::printf("\n        D %s\n", m.digest.c_str());
    rows += (rows.empty() ? "" : ",") + std::string("{\"workload\":\"") + name +
            "\",\"commands\":" + std::to_string(m.commands) + ",\"jobs\":" + std::to_string(m.jobs) +
            ",\"cpu_ns\":" + std::to_string(m.cpu_ns) +
            ",\"book_commands\":" + std::to_string(m.book_commands) +
            ",\"book_cpu_ns\":" + std::to_string(m.book_cpu_ns) +
            ",\"again_entries\":" + std::to_string(m.entries) +
            ",\"again_cpu_ns\":" + std::to_string(m.again_cpu_ns) + ",\"digest\":\"" + m.digest + "\"}";
  }
  if (!options.json.empty()) std::ofstream(options.json) << "[" << rows << "]\n";
  return 0;
}
