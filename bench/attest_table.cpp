// bench/attest_table.cpp - the class table in the order of what a class can do, and how well that order
// agrees with measured tokens per second.
//
//   attest_table [--market-data DIR]
//
// A class scores min(operations, bandwidth), both relative to H100-SXM. With DIR/llm_throughput.csv (MLPerf
// Inference v5.1) it prints Spearman's rank correlation for every benchmark that has four of our classes or
// more; without it that part is skipped with a message. Nothing is timed.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "attest/floors.hpp"
#include "attest/rank.hpp"
#include "reference/csv.hpp"
#include "reference/tables.hpp"

using namespace spillway;

namespace {

constexpr char const* yardstick = "H100-SXM";
constexpr std::size_t fewest_classes = 4;

// By the profile that proves the class: INT8 rates compared, or FP16 rates for a part without INT8 units.
double rate(AcceleratorClass const& klass, attest::Profile profile) {
  return static_cast<double>(profile == attest::Profile::int8 ? klass.int8_gops : klass.fp16_gflops);
}

struct Score {
  double operations, bandwidth;
  [[nodiscard]] double value() const { return std::min(operations, bandwidth); }
};

Score score(AcceleratorClass const& klass, AcceleratorClass const& one) {
  auto const profile = attest::profile_of(klass);
  return {rate(klass, profile) / rate(one, profile), double{1} * klass.bandwidth_mb_s / one.bandwidth_mb_s};
}

void print_table(Tables const& tables, AcceleratorClass const& one) {
  auto classes = tables.classes;
  std::ranges::stable_sort(classes, std::ranges::greater{},
                           [&](auto const& klass) { return score(klass, one).value(); });
  std::printf("%-15s %8s %8s %8s  %-7s %s\n", "class", "score", "ops", "bytes/s", "profile", "calibrated");
  for (auto const& klass : classes) {
    auto const s = score(klass, one);
    std::printf("%-15s %8.3f %8.3f %8.3f  %-7s %s\n", klass.name.c_str(), s.value(), s.operations,
                s.bandwidth, std::string(attest::name_of(attest::profile_of(klass))).c_str(),
                klass.calibrated ? "yes" : "no");
  }
}

// The best result of each of our classes, by benchmark.
using Best = std::map<std::string, std::map<std::string, double>>;

Best best_results(CsvTable const& results, Tables const& tables) {
  Best best;
  for (auto const& row : results.rows) {
    auto const* const klass = tables.class_of(results.at(row, "accelerator"));
    if (!klass) continue;
    auto& of = best[results.at(row, "model") + " " + results.at(row, "scenario")][klass->name];
    of = std::max(of, std::strtod(results.at(row, "tokens_per_second_per_accelerator").c_str(), nullptr));
  }
  return best;
}

void print_correlations(Best const& best, Tables const& tables, AcceleratorClass const& one) {
  std::printf("\n%-28s %8s %12s\n", "MLPerf Inference v5.1", "classes", "correlation");
  for (auto const& [benchmark, results] : best) {
    if (results.size() < fewest_classes) continue;
    std::vector<double> ours, theirs;
    for (auto const& [name, tokens_per_s] : results) {
      ours.push_back(score(*tables.class_of(name), one).value());
      theirs.push_back(tokens_per_s);
    }
    std::printf("%-28s %8zu %12.2f\n", benchmark.c_str(), results.size(),
                bench::rank_correlation(ours, theirs));
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::filesystem::path data;
  if (argc == 3 && std::string_view(argv[1]) == "--market-data") data = argv[2];
  if (argc != 1 && data.empty()) {
    std::fprintf(stderr, "attest_table [--market-data DIR]\n");
    return 2;
  }
  auto const tables = shipped_tables();
  auto const& one = *tables.class_of(yardstick);
  print_table(tables, one);
  auto const file = data / "llm_throughput.csv";
  if (data.empty() || !std::filesystem::exists(file)) {
    std::printf(
        "\nno llm_throughput.csv (--market-data DIR): the comparison with measured rates is skipped\n");
    return 0;
  }
  auto const results =
      read_csv(file, {"accelerator", "model", "scenario", "tokens_per_second_per_accelerator"});
  if (!results) {
    std::fprintf(stderr, "%s\n", text(results.error()).c_str());
    return 1;
  }
  print_correlations(best_results(*results, tables), tables, one);
  return 0;
}
