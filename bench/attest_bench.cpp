// bench/attest_bench.cpp - what one challenge costs prover and verifier, in CPU time of one thread.
//
//   attest_bench [--quick] [--profile int8|f16x] [--backend NAME] [--backends FOLDER] [--json FILE]
//
// Prints a table for the portable back end and the fastest one present; --backend takes that one alone.
// --json writes the same figures. --quick takes tiny matrices, so that a test can run it. `digest` is the end
// of both chains: it is the same on every back end and changes only when the protocol's meaning changes.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attest/backend_loader.hpp"
#include "attest/prover.hpp"
#include "attest/session.hpp"
#include "market/check.hpp"

using namespace spillway;
using namespace spillway::attest;

namespace {

struct Row {
  std::string backend;
  Cap1Params params;
  std::int64_t epoch_us{}, prepare_us{}, rounds_us{}, passes_us{}, openings_us{}, encode_us{}, verify_us{};
  std::size_t answer_bytes{};
  std::string digest;
};

std::int64_t cpu_us() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * micros_per_second + t.tv_nsec / 1'000;
}

template <class Do>
auto timed(std::int64_t& spent_us, Do work) {
  auto const before = cpu_us();
  auto result = work();
  spent_us += cpu_us() - before;
  return result;
}

std::string hex(Digest const& d) {
  std::string out;
  char two[3];
  for (auto const b : d) std::snprintf(two, sizeof two, "%02x", std::to_integer<unsigned>(b)), out += two;
  return out;
}

// What the prover said, each with the time at which it was said.
using Said = std::vector<std::pair<std::vector<std::byte>, Micros>>;

ChallengeSession session_of(std::shared_ptr<EpochSecret const> const& secret, Cap1Params const& params) {
  SessionConfig config;
  config.params = params;
  return {secret, config, {UnitKey{}, NodeId{1}, ClassId{1}}, Bytes32{}, Micros{0}};
}

// The prover's side; the clock is the CPU time that it spends, so floors play no part here.
Said prove(Row& row, std::shared_ptr<EpochSecret const> const& secret, Backend const& backend) {
  auto session = session_of(secret, row.params);
  Prover prover(UnitKey{}, backend);
  Micros now{0};
  Said said{{encode(AttestOpen{UnitKey{}, NodeId{1}, ClassId{1}, row.params.profile, "bench"}), now}};
  auto waiting = session.on_message(said.back().first, now).send;
  RunningHash ends("bench");
  while (!waiting.empty()) {
    auto const message = decode(waiting.front()).value();
    waiting.erase(waiting.begin());
    bool const opens = std::holds_alternative<Open>(message);
    auto& spent = std::holds_alternative<Challenge>(message)      ? row.rounds_us
                  : std::holds_alternative<MemChallenge>(message) ? row.passes_us
                  : opens                                         ? row.openings_us
                                                                  : row.prepare_us;
    auto const before = spent;
    auto const answer = timed(spent, [&] { return prover.answer(message); });
    sw_check(answer.has_value(), "a back end that is present answers");
    now += Micros{spent - before};
    if (!*answer) continue;
    if (auto const* done = std::get_if<RoundsDone>(&**answer)) ends.part(done->last_key);
    if (auto const* done = std::get_if<MemDone>(&**answer)) ends.part(done->last_key);
    auto const bytes = timed(row.encode_us, [&] { return encode(**answer); });
    if (opens) row.answer_bytes = bytes.size();
    said.emplace_back(bytes, now);
    auto const step = session.on_message(bytes, now);
    waiting.insert(waiting.end(), step.send.begin(), step.send.end());
  }
  row.digest = hex(ends.value());
  return said;
}

// The exchange's side over what was said: sessions with equal secrets ask the same, so it can be timed often.
std::int64_t verify_us(std::shared_ptr<EpochSecret const> const& secret, Cap1Params const& params,
                       Said const& said) {
  auto session = session_of(secret, params);
  std::optional<Outcome> outcome;
  std::int64_t spent = 0;
  for (auto const& [bytes, at] : said) {
    auto step = timed(spent, [&] { return session.on_message(bytes, at); });
    if (step.outcome) outcome = step.outcome;
  }
  sw_check(outcome && outcome->admitted(), "an honest prover without floors is admitted");
  return spent;
}

Row measure(Cap1Params const& params, Backend const& backend) {
  constexpr int verifications = 9;
  Row row;
  row.backend = backend.name();
  row.params = params;
  auto const secret = timed(row.epoch_us, [&] {
    return std::make_shared<EpochSecret const>(1, Bytes32{}, Bytes32{}, params.n, params.profile);
  });
  auto const said = prove(row, secret, backend);
  std::vector<std::int64_t> times;
  for (int i = 0; i < verifications; ++i) times.push_back(verify_us(secret, params, said));
  std::ranges::nth_element(times, times.begin() + verifications / 2);
  row.verify_us = times[verifications / 2];
  return row;
}

double ms(std::int64_t us) { return static_cast<double>(us) / 1'000; }

std::int64_t prover_us(Row const& r) {
  return r.prepare_us + r.rounds_us + r.passes_us + r.openings_us + r.encode_us;
}

double gmac_per_s(Row const& r) {
  return static_cast<double>(work_ops(r.params)) / 2 / static_cast<double>(r.rounds_us) / 1'000;
}

double gib_per_s(Row const& r) {
  return static_cast<double>(retained_bytes(r.params) * r.params.passes) / static_cast<double>(r.passes_us) *
         1e6 / (1 << 30);
}

double ratio(Row const& r) { return static_cast<double>(prover_us(r)) / static_cast<double>(r.verify_us); }

void print(std::vector<Row> const& rows) {
  std::printf("profile %s\n", std::string(name_of(rows.front().params.profile)).c_str());
  std::printf("%-15s %6s %3s %3s %2s %4s | %9s %9s %7s %9s %7s %9s | %9s %9s %9s %7s\n", "back end", "n", "R",
              "W", "P", "k", "B ms", "rounds ms", "GMAC/s", "passes ms", "GiB/s", "open ms", "epoch ms",
              "verify ms", "answer KB", "ratio");
  for (auto const& r : rows) {
    auto const& p = r.params;
    std::printf("%-15s %6u %3u %3u %2u %4u | %9.2f %9.1f %7.1f %9.1f %7.1f %9.2f | %9.2f %9.2f %9zu %7.0f\n",
                r.backend.c_str(), p.n, p.rounds, p.retained, p.passes, p.openings, ms(r.prepare_us),
                ms(r.rounds_us), gmac_per_s(r), ms(r.passes_us), gib_per_s(r),
                ms(r.openings_us + r.encode_us), ms(r.epoch_us), ms(r.verify_us), r.answer_bytes / 1'000,
                ratio(r));
  }
  std::printf(
      "CPU time of one thread; verify ms is the median of nine. ratio = prover / verifier; epoch ms is paid "
      "once per "
      "epoch, not per unit.\n");
}

bool write_json(std::vector<Row> const& rows, char const* path) {
  std::ofstream out(path);
  out << "[";
  for (auto const& r : rows) {
    auto const& p = r.params;
    out << (&r == rows.data() ? "\n" : ",\n") << "{\"backend\":\"" << r.backend << "\",\"profile\":\""
        << name_of(p.profile) << "\",\"n\":" << p.n << ",\"rounds\":" << p.rounds
        << ",\"openings\":" << p.openings << ",\"retained\":" << p.retained << ",\"passes\":" << p.passes
        << ",\"prove_ms\":" << ms(prover_us(r)) << ",\"verify_ms\":" << ms(r.verify_us)
        << ",\"ratio\":" << ratio(r) << ",\"gmac_per_s\":" << gmac_per_s(r)
        << ",\"epoch_ms\":" << ms(r.epoch_us) << ",\"answer_bytes\":" << r.answer_bytes << ",\"digest\":\""
        << r.digest << "\"}";
  }
  out << "\n]\n";
  return out.flush().good();
}

struct Flags {
  bool quick = false;
  Profile profile = Profile::int8;
  std::string backend, json;
  std::filesystem::path backends = own_backends();
};

std::optional<Flags> parse(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    std::string_view const flag = argv[i];
    bool const has_value = i + 1 < argc;
    if (flag == "--quick") {
      flags.quick = true;
    } else if (flag == "--backend" && has_value) {
      flags.backend = argv[++i];
    } else if (flag == "--backends" && has_value) {
      flags.backends = argv[++i];
    } else if (flag == "--profile" && has_value) {
      std::string_view const word = argv[++i];
      if (word != "int8" && word != "f16x") return std::nullopt;
      flags.profile = word == "f16x" ? Profile::f16x : Profile::int8;
    } else if (flag == "--json" && has_value) {
      flags.json = argv[++i];
    } else {
      return std::nullopt;
    }
  }
  return flags;
}

std::vector<Backend> chosen(Flags const& flags) {
  auto const found = find_backends(flags.backends);
  std::vector<Backend> out;
  if (flags.backend.empty()) {
    out.push_back(portable_backend());
    auto const best = best_cpu_backend(found);
    if (best.name() != out.front().name()) out.push_back(best);
    return out;
  }
  for (auto const& entry : found)
    if (entry.name == flags.backend && entry.backend) out.push_back(*entry.backend);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  auto const flags = parse(argc, argv);
  if (!flags) {
    std::fprintf(stderr,
                 "usage: attest_bench [--quick] [--profile int8|f16x] [--backend NAME] [--backends FOLDER] "
                 "[--json FILE]\n");
    return 2;
  }
  std::vector<Cap1Params> const quick_set{{.n = 64, .rounds = 2, .retained = 2, .passes = 2, .openings = 16}};
  std::vector<Cap1Params> const full_set{
      {.n = 1'024, .rounds = 4, .retained = 4, .passes = 4, .openings = 128},
      {},
      {.n = 2'048, .rounds = 4, .retained = 4, .passes = 4, .openings = 128},
      {.n = 4'096, .rounds = 4, .retained = 4, .passes = 4, .openings = 128}};
  auto backends = chosen(*flags);
  std::erase_if(backends, [&](auto const& backend) { return backend.lacks(flags->profile).has_value(); });
  if (backends.empty()) {
    std::fprintf(stderr, "attest_bench: the back end %s is absent or has no %s\n", flags->backend.c_str(),
                 std::string(name_of(flags->profile)).c_str());
    return 1;
  }
  std::vector<Row> rows;
  for (auto params : flags->quick ? quick_set : full_set) {
    params.profile = flags->profile;
    for (auto const& backend : backends) rows.push_back(measure(params, backend));
  }
  print(rows);
  if (!flags->json.empty() && !write_json(rows, flags->json.c_str())) {
    std::fprintf(stderr, "attest_bench: cannot write %s\n", flags->json.c_str());
    return 1;
  }
  return 0;
}
