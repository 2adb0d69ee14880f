// bench/matching/drive.hpp - drives a subject through a stream: timed in rounds, or command by command.
// Room:   bench; sees the standard library only.
// Rule:   subjects that are compared take turns within one run, so that a noisy neighbour meets both alike.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

#include "allocations.hpp"
#include "common_workload.hpp"
#include "measure.hpp"
#include "tally.hpp"

namespace spillway::bench {

template <class S>
concept Subject = requires(S s, Command const& command) {
  s.apply(command);
  { s.tally } -> std::convertible_to<Tally>;
};

struct Figures {
  Runs cpu_ns;  // per timed command, one value a round
  Percentiles latency;
  Tally tally;
  std::int64_t rss_bytes{};         // what the book added to the resident set, in its first round
  std::vector<std::uint64_t> used;  // commands per condition, where the subject has any
  std::uint64_t allocations{};      // calls of operator new in the timed part of the last round
  std::int64_t page_faults{};       // in the same part
};

[[nodiscard]] inline std::span<Command const> prefill_of(Stream const& stream) {
  return std::span(stream.commands).first(stream.prefill);
}
[[nodiscard]] inline std::span<Command const> timed_of(Stream const& stream) {
  return std::span(stream.commands).subspan(stream.prefill);
}

/// The loop that is measured: nothing stands between the stream and the book.
template <Subject S>
[[gnu::noinline]] void drive(S& subject, std::span<Command const> commands) {
  for (auto const& command : commands) subject.apply(command);
}

/// One round; `make` gives the subject, which starts empty.
template <class Make>
void time_round(Make make, Stream const& stream, Figures& figures) {
  auto const resident = resident_bytes();
  auto subject = make();
  drive(subject, prefill_of(stream));
  auto const allocated = allocations();
  auto const faults = page_faults();
  auto const start = thread_cpu_ns();
  drive(subject, timed_of(stream));
  auto const spent_ns = thread_cpu_ns() - start;
  figures.allocations = allocations() - allocated;
  figures.page_faults = page_faults() - faults;
  figures.cpu_ns.add(static_cast<double>(spent_ns) / static_cast<double>(timed_of(stream).size()));
  if (figures.rss_bytes == 0) figures.rss_bytes = resident_bytes() - resident;
  figures.tally = subject.tally;
  if constexpr (requires { subject.conditions.used; })
    figures.used.assign(subject.conditions.used.begin(), subject.conditions.used.end());
}

/// One pass with a bracket around every timed command; `kind_of(command)` says which of `kinds` it belongs
/// to.
template <class Make, class KindOf>
void latency_round(Make make, Stream const& stream, std::span<Latencies> kinds, KindOf kind_of) {
  auto subject = make();
  drive(subject, prefill_of(stream));
  for (auto const& command : timed_of(stream)) {
    auto const before = stamp();
    subject.apply(command);
    kinds[kind_of(command)].add(stamp() - before);
  }
}

template <class Make>
[[nodiscard]] Percentiles latency_of(Make make, Stream const& stream) {
  Latencies all(timed_of(stream).size());
  latency_round(make, stream, std::span(&all, 1), [](Command const&) { return std::size_t{0}; });
  return all.percentiles();
}

}  // namespace spillway::bench
