// bench/adversary_bench.cpp - cheats that time decides, against the exchange's own challenge over loopback.
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
#include <filesystem>
#include <map>
#include <string>
#include <thread>

#include "attest/backend_loader.hpp"
#include "census/agents.hpp"
#include "census/delay_proxy.hpp"
#include "census/exchange.hpp"
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
  std::uint64_t seed = 0;
};

struct Trial {
  std::uint32_t units = 1;
  std::optional<Turns> shared = {};     // all units on one device; not set: each has its own
  std::chrono::milliseconds one_way{};  // through a proxy
  std::optional<Micros> rtt_of_place = {};
  bool with_floors = true;
  Manners manners = {};
};

std::vector<Outcome> run(Setting& setting, Trial const& trial) {
  auto config = patient(setting.params);
  if (trial.with_floors) config.floors = setting.floors;
  config.rtt_of_place = trial.rtt_of_place;
  Exchange exchange(config, trial.units, ++setting.seed);
  if (trial.shared) lend_device(setting.backend, *trial.shared, trial.units, setting.least_use);
  auto const backend = trial.shared ? shared_device() : setting.backend;
  std::optional<DelayProxy> proxy;
  if (trial.one_way > 0ms) proxy.emplace(exchange.port(), trial.one_way);
  auto const port = proxy ? proxy->port() : exchange.port();
  std::vector<std::thread> agents;
  for (std::uint32_t unit = 0; unit < trial.units; ++unit)
    agents.emplace_back([&, unit] { (void)Connection(port).answer(unit, backend, trial.manners); });
  auto const report = exchange.hold(trial.units);
  for (auto& agent : agents) agent.join();
  std::vector<Outcome> out;
  for (auto const& outcome : report.outcomes) out.push_back(outcome.value());
  return out;
}

// ---- manners ----

Manners throttled(Setting const& s, bool compute, bool memory) {
  return [=, least = s.least_wait](AttestMessage const& asked, AttestMessage&, microseconds took) {
    bool const slow = (compute && std::holds_alternative<Challenge>(asked)) ||
                      (memory && std::holds_alternative<MemChallenge>(asked));
    if (slow) std::this_thread::sleep_for(std::max(3 * took, least));
  };
}

Manners holds_echoes_back(Manners then) {
  return [then](AttestMessage const& asked, AttestMessage& answer, microseconds took) {
    if (std::holds_alternative<RttProbe>(asked)) std::this_thread::sleep_for(50ms);
    then(asked, answer, took);
  };
}

// ---- rows ----

struct Honest {  // zero: not measured
  std::int64_t compute_us = 0, memory_us = 0;
};

Honest calibrate(Setting& setting) {
  std::vector<std::int64_t> compute, memory;
  for (int i = 0; i < 5; ++i) {
    auto const outcome = run(setting, {.with_floors = false}).front();
    sw_check(outcome.admitted(), "an honest unit is admitted where no floor is");
    compute.push_back(outcome.compute_time.v), memory.push_back(outcome.memory_time.v);
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
Honest scale(Setting& setting) {
  if (setting.quick) return {};
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

void note(Tally& tally, std::vector<Outcome> const& outcomes, Honest const& base) {
  for (auto const& o : outcomes) {
    ++tally.verdicts[o.reason ? std::string(sentence(*o.reason)) : "admitted"];
    if (base.compute_us == 0 || o.memory_time.v == 0) continue;
    tally.compute += static_cast<double>(o.compute_time.v) / static_cast<double>(base.compute_us);
    tally.memory += static_cast<double>(o.memory_time.v) / static_cast<double>(base.memory_us);
    ++tally.scaled;
  }
}

std::int64_t admitted(std::vector<Outcome> const& outcomes) {
  return std::ranges::count_if(outcomes, [](auto const& o) { return o.admitted(); });
}

// A cheat stands where more of its units are admitted than `may` be.
Tally cheat(Setting& setting, Trial const& trial, int trials, std::int64_t may = 0) {
  Tally tally;
  for (int i = 0; i < trials; ++i) {
    auto const base = scale(setting);
    auto const outcomes = run(setting, trial);
    note(tally, outcomes, base);
    ++tally.trials, tally.stood += admitted(outcomes) <= may ? 1 : 0;
  }
  return tally;
}

Tally honest(Setting& setting, Trial const& trial, int trials) {
  Tally tally;
  for (int i = 0; i < trials; ++i) {
    auto const base = scale(setting);
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

bool run_all(Setting& s, int trials) {
  Table table;
  auto const all = static_cast<std::uint32_t>(trials);
  bool const floors = !s.quick;
  Micros const far{s.quick ? 3'600 * micros_per_second : 40'000};
  table.add("honest", honest(s, {.with_floors = floors}, trials), (9 * all + 9) / 10);
  table.add("throttled four times", cheat(s, {.manners = throttled(s, true, true)}, trials), all);
  table.add("throttled four times, echoes held back 50 ms",
            cheat(s, {.manners = holds_echoes_back(throttled(s, true, true))}, trials), all);
  table.add("products in host memory (simulated: walks four times as long)",
            cheat(s, {.manners = throttled(s, false, true)}, trials), all);
  table.add("four identities on one device, by turns",
            cheat(s, {.units = 4, .shared = Turns::by_round}, trials), all);
  table.add("four identities on one device, in a row: at most two pass",
            cheat(s, {.units = 4, .shared = Turns::by_challenge}, trials, 2), all);
  table.add("40 ms away, says 3 ms",
            cheat(s, {.one_way = 20ms, .rtt_of_place = Micros{3'000}, .with_floors = false}, trials), all);
  table.add("honest, 40 ms away, says 40 ms (place alone)",
            honest(s, {.one_way = 20ms, .rtt_of_place = far, .with_floors = false}, trials),
            (9 * all + 9) / 10);
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
  auto setting = setting_of(*flags, *backend);
  if (run_all(setting, flags->trials)) return 0;
  std::fprintf(stderr, "adversary_bench: a cheat passed, or honest units did not\n");
  return 1;
}
