// bench/matching/yardstick.hpp - the bare ladder on the common stream, beside a workload that no ladder can
// do: what the machine of this run is worth.
// Room:   bench; sees the standard library only.
// Source: of one run only ratios can be compared with a run on another machine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "drive.hpp"
#include "floor.hpp"
#include "options.hpp"
#include "report.hpp"

namespace spillway::bench {

class Yardstick {
  struct Of {
    std::uint32_t books;
    Stream stream;
    Figures figures{};
    [[nodiscard]] auto make() const {
      return [this] { return Floor(stream.books, stream.highest_id); };
    }
  };

 public:
  explicit Yardstick(Options const& o)
      : of_{Of{1, common_stream(1, commands_of(o), o.seed)},
            Of{1'000, common_stream(1'000, commands_of(o), o.seed)}} {}

  /// One round of each, in turn with the rounds of what is measured.
  void time() {
    for (auto& of : of_) time_round(of.make(), of.stream, of.figures);
  }
  void time_alone() {
    for (auto& of : of_) of.figures.latency = latency_of(of.make(), of.stream);
  }

  /// The ladder's figures, and those of `measured` (its `latency` too) as multiples of them, round by round.
  void add_to(Report& report, Figures const& measured, Percentiles const& latency) const {
    for (auto const& of : of_) {
      auto const name = "floor_" + std::to_string(of.books) + "_";
      Runs ratios;
      for (std::size_t i = 0; i < measured.cpu_ns.values.size(); ++i)
        ratios.add(measured.cpu_ns.values[i] / of.figures.cpu_ns.values[i]);
      report.add(name + "cpu_ns_per_command", of.figures.cpu_ns.median());
      report.add(name + "p50_ns", of.figures.latency.p50_ns);
      report.add(name + "p999_ns", of.figures.latency.p999_ns);
      report.add("ratio_to_" + name + "cpu_ns", ratios.median());
      report.add("ratio_to_" + name + "cpu_ns_least", ratios.least());
      report.add("ratio_of_p50_to_" + name + "cpu_ns", latency.p50_ns / of.figures.cpu_ns.median());
      report.add("ratio_of_p999_to_" + name + "cpu_ns", latency.p999_ns / of.figures.cpu_ns.median());
    }
  }

 private:
  static std::size_t commands_of(Options const& o) { return o.quick ? 20'000 : 2'000'000; }

  std::array<Of, 2> of_;
};

}  // namespace spillway::bench
