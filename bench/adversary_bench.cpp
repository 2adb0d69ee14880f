// bench/adversary_bench.cpp - cheats, each against a live exchange: the server itself on loopback, with TLS,
// journal and book. What the unit is told, what the journal says and whether the unit's offer is taken must
// agree, else the bench stops.
//
//   adversary_bench [--quick] [--trials N] [--backend NAME] [--backends FOLDER]
//
// Every cheat has --trials runs (10), honest units as many, with one retry each; before each of them five
// honest runs fix the scale: floors are half of what their median showed. Prints a row per cheat: how often
// it was refused, for what, and how much longer than honest work it took. Ends with 1 unless every cheat is
// refused every time and honest units are admitted at least nine times of ten.
//
// --quick is for tests on busy machines: nothing is measured. The device is made slow on purpose, by waits
// that the system cannot shorten, and floors stand between that and what the cheat would need; honest units
// have none.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <future>
#include <map>
#include <string>

#include "attest/backend_loader.hpp"
#include "attest/verifier.hpp"
#include "census/cheats.hpp"
#include "census/delay_proxy.hpp"
#include "census/live_exchange.hpp"
#include "census/shared_device.hpp"
#include "market/check.hpp"

using namespace std::chrono_literals;
using namespace spillway;
using namespace spillway::attest;
using namespace spillway::census;

namespace {

using std::chrono::microseconds;

struct Setting {
  Backend backend;
  Cap1Params params;
  Floors floors;            // that a unit of this class must reach
  microseconds least_use;   // of the device, each
  microseconds least_wait;  // of a throttled phase
  bool quick;
};

struct Trial {
  std::uint32_t units = 1;
  std::optional<Turns> shared = {};        // all units on one device; not set: each has its own
  std::chrono::milliseconds one_way{};     // through a proxy
  std::optional<Micros> claimed_way = {};  // the place that is claimed is so far away, and checked
  bool with_floors = true;
  Program program = {};
};

// Of one unit; zero times: it was refused before anything was measured.
struct Seen {
  std::uint16_t reason = 0;
  std::int64_t compute_us = 0, memory_us = 0;
  [[nodiscard]] bool admitted() const { return reason == 0; }
};

std::int64_t us_for(std::int64_t amount, std::int64_t per_s) {
  return per_s == 0 ? 0 : static_cast<std::int64_t>(__int128{amount} * micros_per_second / per_s);
}

Seen seen_of(Cap1Params const& p, LiveVerdict const& verdict) {
  auto const& m = verdict.measured;
  return {verdict.reason, us_for(work_ops(p), m.ops_per_s),
          us_for(retained_bytes(p) * p.passes, m.bytes_per_s)};
}

std::vector<Seen> run(Setting const& setting, Trial const& trial) {
  LiveOptions options{setting.params, {}, trial.units, trial.claimed_way.has_value()};
  if (trial.with_floors) options.floors = setting.floors;
  LiveExchange exchange(options);
  if (trial.shared) lend_device(setting.backend, *trial.shared, trial.units, setting.least_use);
  auto const backend = trial.shared ? shared_device() : setting.backend;
  auto const place = trial.claimed_way ? place_at(*trial.claimed_way) : std::string();
  std::optional<DelayProxy> proxy;
  if (trial.one_way > 0ms) proxy.emplace(exchange.port(), trial.one_way);
  auto const port = proxy ? proxy->port() : exchange.port();
  std::vector<std::future<LiveVerdict>> agents;
  for (std::uint32_t unit = 0; unit < trial.units; ++unit)
    agents.push_back(std::async(std::launch::async, [&, unit] {
      return prove_live(exchange, port, unit, place, backend, trial.program);
    }));
  std::vector<LiveVerdict> verdicts;
  for (auto& agent : agents) verdicts.push_back(agent.get());
  auto const journal = exchange.stop();
  std::vector<Seen> out;
  for (auto const& verdict : verdicts) {
    sw_check(journal.at(verdict.node) == Journalled{verdict.reason},
             "the journal has the verdict that was told");
    sw_check(verdict.offer_taken == (verdict.reason == 0),
             "offers of admitted units are taken, and no others");
    out.push_back(seen_of(setting.params, verdict));
  }
  return out;
}

// ---- rows ----

struct Honest {  // zero: not measured
  std::int64_t compute_us = 0, memory_us = 0;
};

Honest calibrate(Setting const& setting) {
  LiveExchange exchange({.params = setting.params, .floors = {}});
  std::vector<std::int64_t> compute, memory;
  for (int i = 0; i < 5; ++i) {
    auto const seen =
        seen_of(setting.params, prove_live(exchange, exchange.port(), 0, {}, setting.backend, {}));
    sw_check(seen.admitted(), "an honest unit is admitted where no floor is");
    compute.push_back(seen.compute_us), memory.push_back(seen.memory_us);
  }
  std::ranges::sort(compute), std::ranges::sort(memory);
  return {compute[2], memory[2]};
}

// What is reached by who does the work in these times.
Floors floors_for(Cap1Params const& p, std::int64_t compute_us, std::int64_t memory_us) {
  auto const per_s = [](std::int64_t amount, std::int64_t us) {
    return static_cast<std::int64_t>(__int128{amount} * micros_per_second / us);
  };
  return {per_s(work_ops(p), compute_us), retained_bytes(p), per_s(retained_bytes(p) * p.passes, memory_us)};
}

// The machine's speed of this moment; with --quick the floors stand.
Honest scale(Setting& setting, Trial const& trial) {
  if (setting.quick || !trial.with_floors) return {};
  auto const base = calibrate(setting);
  setting.floors = floors_for(setting.params, 2 * base.compute_us, 2 * base.memory_us);
  return base;
}

struct Tally {
  std::uint32_t trials = 0, stood = 0;  // stood: as it must be
  std::map<std::string, std::uint32_t> verdicts;
  double compute = 0, memory = 0;  // sums, in honest work
  std::uint32_t scaled = 0;
};

void note(Tally& tally, std::vector<Seen> const& outcomes, Honest const& base) {
  for (auto const& o : outcomes) {
    ++tally.verdicts[o.admitted() ? "admitted" : std::string(sentence(RejectReason{o.reason}))];
    if (base.compute_us == 0 || o.memory_us == 0) continue;
    tally.compute += static_cast<double>(o.compute_us) / static_cast<double>(base.compute_us);
    tally.memory += static_cast<double>(o.memory_us) / static_cast<double>(base.memory_us);
    ++tally.scaled;
  }
}

std::int64_t admitted(std::vector<Seen> const& outcomes) {
  return std::ranges::count_if(outcomes, [](auto const& o) { return o.admitted(); });
}

// Refused, as must be: no more of its units than `may` be are admitted.
Tally cheat(Setting& setting, Trial const& trial, int trials, std::int64_t may = 0) {
  Tally tally;
  for (int i = 0; i < trials; ++i) {
    auto const base = scale(setting, trial);
    auto const outcomes = run(setting, trial);
    note(tally, outcomes, base);
    ++tally.trials, tally.stood += admitted(outcomes) <= may ? 1 : 0;
  }
  return tally;
}

// Where no time decides: the reason is known, too.
Tally found(Setting& setting, Program const& program, int trials, RejectReason reason, Trial trial = {}) {
  trial.program = program;
  trial.with_floors = false;
  Tally tally;
  for (int i = 0; i < trials; ++i) {
    auto const outcomes = run(setting, trial);
    note(tally, outcomes, {});
    ++tally.trials, tally.stood += outcomes.front().reason == static_cast<std::uint16_t>(reason) ? 1 : 0;
  }
  return tally;
}

Tally honest(Setting& setting, Trial const& trial, int trials) {
  Tally tally;
  for (int i = 0; i < trials; ++i) {
    auto const base = scale(setting, trial);
    auto outcomes = run(setting, trial);
    if (admitted(outcomes) == 0) {
      note(tally, outcomes, base);
      outcomes = run(setting, trial);
    }
    note(tally, outcomes, base);
    ++tally.trials, tally.stood += admitted(outcomes) == 1 ? 1 : 0;
  }
  return tally;
}

class Table {
 public:
  Table() { std::printf("%-62s %8s %9s %9s  %s\n", "who", "as must", "compute", "memory", "verdicts"); }
  void add(char const* who, Tally const& t, std::uint32_t needed) {
    auto const times = [&](double sum) {
      if (t.scaled == 0) return std::string("-");
      char text[32];
      std::snprintf(text, sizeof text, "%.1fx", sum / t.scaled);
      return std::string(text);
    };
    std::printf("%-62s %4u/%-3u %9s %9s ", who, t.stood, t.trials, times(t.compute).c_str(),
                times(t.memory).c_str());
    for (auto const& [verdict, count] : t.verdicts) std::printf(" %u: %s;", count, verdict.c_str());
    std::printf("\n");
    std::fflush(stdout);
    good_ = good_ && t.stood >= needed;
  }
  [[nodiscard]] bool good() const { return good_; }

 private:
  bool good_ = true;
};

struct Flags {
  bool quick = false;
  int trials = 10;
  std::string backend;
  std::filesystem::path backends = own_backends();
};

std::optional<Flags> parse(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    std::string_view const flag = argv[i];
    bool const has_value = i + 1 < argc;
    if (flag == "--quick") {
      flags.quick = true, flags.trials = 1;
    } else if (flag == "--trials" && has_value) {
      std::string_view const text = argv[++i];
      auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), flags.trials);
      if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    } else if (flag == "--backend" && has_value) {
      flags.backend = argv[++i];
    } else if (flag == "--backends" && has_value) {
      flags.backends = argv[++i];
    } else {
      return std::nullopt;
    }
  }
  return flags.trials >= 1 && flags.trials <= 1'000 ? std::optional(flags) : std::nullopt;
}

std::optional<Backend> backend_of(Flags const& flags) {
  auto const found = find_backends(flags.backends);
  if (flags.backend.empty()) return best_cpu_backend(found);
  for (auto const& entry : found)
    if (entry.name == flags.backend && entry.backend) return entry.backend;
  return std::nullopt;
}

Setting setting_of(Flags const& flags, Backend const& backend) {
  if (!flags.quick)
    return {backend, {.n = 1'024, .rounds = 16, .retained = 16, .passes = 4, .openings = 64}, {}, 0us, 0us,
            false};
  Cap1Params const small{.n = 64, .rounds = 4, .retained = 2, .passes = 2, .openings = 8};
  return {backend, small, floors_for(small, 60'000, 60'000), 10ms, 150ms, true};
}

void run_logical(Setting& s, int trials, Table& table) {
  auto const all = static_cast<std::uint32_t>(trials);
  auto const add = [&](char const* who, Program const& program, RejectReason reason) {
    table.add(who, found(s, program, trials, reason), all);
  };
  auto const earlier = std::make_shared<Recording>();
  table.add("honest, no floors, recorded", honest(s, {.with_floors = false, .program = records(earlier)}, 1),
            1);
  add("answers of an earlier challenge", replays(earlier), RejectReason::round_chain_broken);
  add("end of the rounds said first (late root)", commits_late(), RejectReason::round_chain_broken);
  add("one entry of an opened row forged", forges_an_opening(), RejectReason::row_wrong);
  add("B of another epoch", stays_in_an_earlier_epoch(), RejectReason::row_wrong);
  add("another device under the unit's key", lets_another_work(), RejectReason::round_chain_broken);
}

void run_timed(Setting& s, int trials, Table& table) {
  auto const all = static_cast<std::uint32_t>(trials);
  auto const slow = [&](bool compute) { return throttled(compute, true, s.least_wait); };
  table.add("honest", honest(s, {.with_floors = !s.quick}, trials), (9 * all + 9) / 10);
  table.add("throttled four times", cheat(s, {.program = {slow(true), {}, {}}}, trials), all);
  table.add("throttled four times, echoes held back 50 ms",
            cheat(s, {.program = {holds_echoes_back(slow(true)), {}, {}}}, trials), all);
  table.add("products in host memory (simulated: walks four times as long)",
            cheat(s, {.program = {slow(false), {}, {}}}, trials), all);
  table.add("four identities on one device, by turns",
            cheat(s, {.units = 4, .shared = Turns::by_round}, trials), all);
  table.add("four identities on one device, in a row: at most two pass",
            cheat(s, {.units = 4, .shared = Turns::by_challenge}, trials, 2), all);
}

void run_far(Setting& s, int trials, Table& table) {
  if (!server_checks_place()) return void(std::printf("40 ms away: not run, this server checks no places\n"));
  auto const all = static_cast<std::uint32_t>(trials);
  table.add(
      "40 ms away, says 3 ms",
      found(s, {}, trials, RejectReason::place_unproven, {.one_way = 20ms, .claimed_way = Micros{3'000}}),
      all);
  if (s.quick) return;  // on a machine that stands still even who is near is far
  table.add("honest, 40 ms away, says 40 ms (place alone)",
            honest(s, {.one_way = 20ms, .claimed_way = Micros{40'000}, .with_floors = false}, trials),
            (9 * all + 9) / 10);
}

bool run_all(Setting& s, int trials) {
  Table table;
  run_logical(s, trials, table);
  run_timed(s, trials, table);
  run_far(s, trials, table);
  return table.good();
}

}  // namespace

int main(int argc, char** argv) {
  auto const flags = parse(argc, argv);
  if (!flags) {
    std::fprintf(stderr,
                 "usage: adversary_bench [--quick] [--trials N] [--backend NAME] [--backends FOLDER]\n");
    return 2;
  }
  auto const backend = backend_of(*flags);
  if (!backend) {
    std::fprintf(stderr, "adversary_bench: the back end %s is absent\n", flags->backend.c_str());
    return 1;
  }
  try {
    auto setting = setting_of(*flags, *backend);
    if (run_all(setting, flags->trials)) return 0;
    std::fprintf(stderr, "adversary_bench: a cheat passed, or honest units did not\n");
  } catch (std::exception const& wrong) {
    std::fprintf(stderr, "adversary_bench: %s\n", wrong.what());
  }
  return 1;
}
