// bench/census_bench.cpp - a census: every unit proves itself to one verifier that checks while it reads.
//
//   census_bench [--quick] [--units N] [--spoiled N] [--n N] [--connections N] [--seed N]
//                [--backend NAME] [--backends FOLDER] [--json]
//
// Two processes: this one is the exchange, its child has the units, each with a key and a nonce of its own
// and a real prover, over loopback. --spoiled of them, at places drawn from --seed, send one wrong thing.
// Ends with 1 unless exactly those are refused, each for the reason that fits, and (without --quick) the
// exchange stayed within 256 MiB. --quick: 200 units with small matrices.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

#include "attest/backend_loader.hpp"
#include "census/agents.hpp"
#include "census/exchange.hpp"

using namespace spillway;
using namespace spillway::attest;
using namespace spillway::census;

namespace {

struct Flags {
  bool quick = false, json = false;
  std::uint64_t units = 10'000, spoiled = 100, n = 1'024, connections = 2, seed = 1;
  std::string backend;
  std::filesystem::path backends = own_backends();
};

std::optional<Flags> parse(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    std::string_view const flag = argv[i];
    auto const number = [&](std::uint64_t& into) {
      std::string_view const text = i + 1 < argc ? argv[++i] : "";
      auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
      return error == std::errc{} && end == text.data() + text.size() && into <= 1'000'000;
    };
    bool known = true;
    if (flag == "--quick") {
      flags.quick = true, flags.units = 200, flags.spoiled = 12, flags.n = 128;
    } else if (flag == "--json") {
      flags.json = true;
    } else if (flag == "--units") {
      known = number(flags.units);
    } else if (flag == "--spoiled") {
      known = number(flags.spoiled);
    } else if (flag == "--n") {
      known = number(flags.n);
    } else if (flag == "--connections") {
      known = number(flags.connections);
    } else if (flag == "--seed") {
      known = number(flags.seed);
    } else if (flag == "--backend" && i + 1 < argc) {
      flags.backend = argv[++i];
    } else if (flag == "--backends" && i + 1 < argc) {
      flags.backends = argv[++i];
    } else {
      known = false;
    }
    if (!known) return std::nullopt;
  }
  bool const sound = flags.spoiled <= flags.units && flags.connections >= 1 && flags.connections <= 64;
  return sound ? std::optional(flags) : std::nullopt;
}

Cap1Params params_of(Flags const& flags) {
  return {.n = static_cast<std::uint32_t>(flags.n), .rounds = 1, .retained = 1, .passes = 1, .openings = 64};
}

std::optional<Backend> backend_of(Flags const& flags) {
  auto const found = find_backends(flags.backends);
  if (flags.backend.empty()) return best_cpu_backend(found);
  for (auto const& entry : found)
    if (entry.name == flags.backend && entry.backend) return entry.backend;
  return std::nullopt;
}

// The child: all units. Its exit status is 0 when every connection was served to its end.
[[noreturn]] void be_the_agents(Flags const& flags, std::uint16_t port, std::vector<Spoil> const& spoils,
                                Backend const& backend) {
  auto const connections = static_cast<std::uint32_t>(flags.connections);
  std::vector<char> served(connections);
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < connections; ++i)
    threads.emplace_back(
        [&, i] { served[i] = answer_for(port, spoils, i, connections, flags.seed, backend); });
  for (auto& thread : threads) thread.join();
  std::_Exit(std::ranges::all_of(served, [](char ok) { return ok != 0; }) ? 0 : 1);
}

// What each spoiled answer must be refused for.
RejectReason reason_for(Spoil spoil) {
  if (spoil == Spoil::entry) return RejectReason::row_wrong;
  if (spoil == Spoil::path) return RejectReason::round_path_wrong;
  return spoil == Spoil::place ? RejectReason::other_place : RejectReason::round_chain_broken;
}

struct Findings {
  std::uint32_t found = 0, missed = 0, wrongly_refused = 0, unanswered = 0;
};

Findings judge(std::vector<Spoil> const& spoils, Report const& report) {
  Findings out;
  for (std::size_t unit = 0; unit < spoils.size(); ++unit) {
    auto const& outcome = report.outcomes[unit];
    bool const honest = spoils[unit] == Spoil::none;
    if (!outcome) {
      ++out.unanswered;
    } else if (honest) {
      out.wrongly_refused += outcome->admitted() ? 0 : 1;
    } else {
      bool const right = outcome->reason == reason_for(spoils[unit]);
      ++(right ? out.found : out.missed);
    }
  }
  return out;
}

double ms(std::int64_t us) { return static_cast<double>(us) / 1'000; }
std::int64_t us_of(timeval const& t) { return t.tv_sec * micros_per_second + t.tv_usec; }

}  // namespace

int main(int argc, char** argv) {
  auto const flags = parse(argc, argv);
  if (!flags || !check(params_of(*flags))) {
    std::fprintf(
        stderr,
        "usage: census_bench [--quick] [--units N] [--spoiled N] [--n N] [--connections N] [--seed N] "
        "[--backend NAME] [--backends FOLDER] [--json]\n");
    return 2;
  }
  auto const backend = backend_of(*flags);
  if (!backend) {
    std::fprintf(stderr, "census_bench: the back end %s is absent\n", flags->backend.c_str());
    return 1;
  }
  auto const units = static_cast<std::uint32_t>(flags->units);
  auto const spoils = draw_spoils(units, static_cast<std::uint32_t>(flags->spoiled), flags->seed);
  auto const began = std::chrono::steady_clock::now();
  Exchange exchange(patient(params_of(*flags)), units, flags->seed);
  auto const child = ::fork();
  if (child < 0) return 1;
  if (child == 0) be_the_agents(*flags, exchange.port(), spoils, *backend);
  auto const report = exchange.hold(static_cast<std::uint32_t>(flags->connections));
  int status = 0;
  rusage of_child{}, own{};
  ::wait4(child, &status, 0, &of_child);
  ::getrusage(RUSAGE_SELF, &own);
  auto const wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();

  auto const findings = judge(spoils, report);
  auto const peak_mib = static_cast<double>(own.ru_maxrss) / 1'024;
  auto const p = params_of(*flags);
  if (flags->json) {
    std::printf(
        "{\"units\":%u,\"spoiled\":%llu,\"found\":%u,\"missed\":%u,\"wrongly_refused\":%u,\"unanswered\":%u,"
        "\"n\":%u,\"rounds\":%u,\"openings\":%u,\"backend\":\"%s\",\"connections\":%llu,"
        "\"verify_cpu_ms\":%.1f,\"verify_cpu_ms_per_unit\":%.3f,\"worker_cpu_ms\":%.1f,"
        "\"prover_cpu_ms\":%.1f,\"bytes_in\":%llu,\"bytes_out\":%llu,\"bytes_passed_over\":%llu,"
        "\"peak_mib\":%.1f,\"wall_s\":%.1f}\n",
        units, static_cast<unsigned long long>(flags->spoiled), findings.found, findings.missed,
        findings.wrongly_refused, findings.unanswered, p.n, p.rounds, p.openings,
        std::string(backend->name()).c_str(), static_cast<unsigned long long>(flags->connections),
        ms(report.session_cpu_us), ms(report.session_cpu_us) / units, ms(report.worker_cpu_us),
        ms(us_of(of_child.ru_utime) + us_of(of_child.ru_stime)),
        static_cast<unsigned long long>(report.bytes_in), static_cast<unsigned long long>(report.bytes_out),
        static_cast<unsigned long long>(report.bytes_passed_over), peak_mib, wall_s);
  } else {
    std::printf("%u units, n = %u, R = %u, k = %u: %u of %llu spoiled ones found, %u honest ones refused\n",
                units, p.n, p.rounds, p.openings, findings.found,
                static_cast<unsigned long long>(flags->spoiled), findings.wrongly_refused);
    std::printf("verifier: %.1f ms CPU (%.3f ms a unit), with reading %.1f ms; peak %.1f MiB\n",
                ms(report.session_cpu_us), ms(report.session_cpu_us) / units, ms(report.worker_cpu_us),
                peak_mib);
    std::printf("network: %.1f MB in, %.1f MB out, %.1f MB passed over after a bad row\n",
                static_cast<double>(report.bytes_in) / 1e6, static_cast<double>(report.bytes_out) / 1e6,
                static_cast<double>(report.bytes_passed_over) / 1e6);
  }
  bool const right = findings.found == flags->spoiled && findings.missed == 0 &&
                     findings.wrongly_refused == 0 && findings.unanswered == 0;
  bool const small = flags->quick || peak_mib <= 256;
  if (!right) std::fprintf(stderr, "census_bench: not exactly the spoiled units were refused\n");
  if (!small) std::fprintf(stderr, "census_bench: the exchange took more than 256 MiB\n");
  return right && small && status == 0 ? 0 : 1;
}
