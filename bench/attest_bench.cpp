// bench/attest_bench.cpp - what one challenge costs prover and verifier, in CPU time of one thread.
//
//   attest_bench [--quick] [--json FILE]
//
// Prints a table; --json writes the same figures. --quick takes tiny matrices, so that a test can run it.
// `digest` is the end of both chains: it changes only when the protocol's meaning changes.
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "attest/prover.hpp"
#include "attest/session.hpp"
#include "market/check.hpp"

using namespace spillway;
using namespace spillway::attest;

namespace {

struct Row {
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

// One challenge through the real session; its own clock is the CPU time spent, so floors play no part here.
Row measure(Cap1Params const& params) {
  Row row;
  row.params = params;
  UnitKey const unit{};
  auto const secret = timed(
      row.epoch_us, [&] { return std::make_shared<EpochSecret const>(1, Bytes32{}, Bytes32{}, params.n); });
  SessionConfig config;
  config.params = params;
  ChallengeSession session(secret, config, {unit, NodeId{1}, ClassId{1}}, Bytes32{}, Micros{0});
  Prover prover(unit);
  std::vector<std::vector<std::byte>> waiting =
      session.on_message(encode(AttestOpen{unit, NodeId{1}, ClassId{1}, Profile::int8, "bench"}), Micros{0})
          .send;
  Micros now{0};
  std::optional<Outcome> outcome;
  RunningHash ends("bench");
  while (!waiting.empty()) {
    auto const message = decode(waiting.front()).value();
    waiting.erase(waiting.begin());
    bool const rounds = std::holds_alternative<Challenge>(message),
               passes = std::holds_alternative<MemChallenge>(message);
    bool const opens = std::holds_alternative<Open>(message);
    auto& spent = rounds ? row.rounds_us : passes ? row.passes_us : opens ? row.openings_us : row.prepare_us;
    auto const before = spent;
    auto const answer = timed(spent, [&] { return prover.answer(message); }).value();
    now += Micros{spent - before};
    if (!answer) continue;
    if (auto const* done = std::get_if<RoundsDone>(&*answer)) ends.part(done->last_key);
    if (auto const* done = std::get_if<MemDone>(&*answer)) ends.part(done->last_key);
    auto const bytes = timed(row.encode_us, [&] { return encode(*answer); });
    if (opens) row.answer_bytes = bytes.size();
    auto step = timed(row.verify_us, [&] { return session.on_message(bytes, now); });
    waiting.insert(waiting.end(), step.send.begin(), step.send.end());
    if (step.outcome) outcome = step.outcome;
  }
  sw_check(outcome && outcome->admitted(), "an honest prover without floors is admitted");
  row.digest = hex(ends.value());
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
  std::printf("%6s %3s %3s %2s %4s | %9s %9s %7s %9s %7s %9s | %9s %9s %9s %7s\n", "n", "R", "W", "P", "k",
              "B ms", "rounds ms", "GMAC/s", "passes ms", "GiB/s", "open ms", "epoch ms", "verify ms",
              "answer KB", "ratio");
  for (auto const& r : rows) {
    auto const& p = r.params;
    std::printf("%6u %3u %3u %2u %4u | %9.2f %9.1f %7.1f %9.1f %7.1f %9.2f | %9.2f %9.2f %9zu %7.0f\n", p.n,
                p.rounds, p.retained, p.passes, p.openings, ms(r.prepare_us), ms(r.rounds_us), gmac_per_s(r),
                ms(r.passes_us), gib_per_s(r), ms(r.openings_us + r.encode_us), ms(r.epoch_us),
                ms(r.verify_us), r.answer_bytes / 1'000, ratio(r));
  }
  std::printf(
      "CPU time of one thread. ratio = prover / verifier; epoch ms is paid once per epoch, not per unit.\n");
}

bool write_json(std::vector<Row> const& rows, char const* path) {
  std::ofstream out(path);
  out << "[";
  for (auto const& r : rows) {
    auto const& p = r.params;
    out << (&r == rows.data() ? "\n" : ",\n") << "{\"n\":" << p.n << ",\"rounds\":" << p.rounds
        << ",\"retained\":" << p.retained << ",\"passes\":" << p.passes << ",\"openings\":" << p.openings
        << ",\"prepare_us\":" << r.prepare_us << ",\"rounds_us\":" << r.rounds_us
        << ",\"passes_us\":" << r.passes_us << ",\"openings_us\":" << r.openings_us
        << ",\"encode_us\":" << r.encode_us << ",\"epoch_us\":" << r.epoch_us
        << ",\"verify_us\":" << r.verify_us << ",\"answer_bytes\":" << r.answer_bytes << ",\"digest\":\""
        << r.digest << "\"}";
  }
  out << "\n]\n";
  return out.flush().good();
}

}  // namespace

int main(int argc, char** argv) {
  bool quick = false;
  char const* json = nullptr;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--quick") == 0) {
      quick = true;
    } else if (std::strcmp(argv[i], "--json") == 0 && i + 1 < argc) {
      json = argv[++i];
    } else {
      std::fprintf(stderr, "usage: attest_bench [--quick] [--json FILE]\n");
      return 2;
    }
  }
  std::vector<Cap1Params> const quick_set{{.n = 64, .rounds = 2, .retained = 2, .passes = 2, .openings = 16}};
  std::vector<Cap1Params> const full_set{
      {.n = 1'024, .rounds = 4, .retained = 4, .passes = 4, .openings = 64},
      {.n = 1'024, .rounds = 8, .retained = 8, .passes = 4, .openings = 128},
      {},
      {.n = 2'048, .rounds = 4, .retained = 4, .passes = 4, .openings = 64}};
  std::vector<Row> rows;
  for (auto const& params : quick ? quick_set : full_set) rows.push_back(measure(params));
  print(rows);
  if (json != nullptr && !write_json(rows, json)) {
    std::fprintf(stderr, "attest_bench: cannot write %s\n", json);
    return 1;
  }
  return 0;
}
