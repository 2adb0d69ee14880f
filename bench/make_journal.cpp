// bench/make_journal.cpp - a journal of any length, by the real pipeline without gateway and engines: for the
// auditor's benchmarks, restarts and sizes.
//
//   make_journal --commands N [--traffic orders|jobs] DIR
//
// Prints what it wrote, and the size of each part.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "exchange/pipeline_run.hpp"
#include "journal/bytes.hpp"
#include "journal/log_reader.hpp"

using namespace spillway;
using bench::Traffic;

namespace {

[[noreturn]] void usage() {
  std::fprintf(stderr, "usage: make_journal --commands N [--traffic orders|jobs] DIR\n");
  std::exit(2);
}

/// Bytes up to the last frame, headers included, zero tails left out.
std::uint64_t bytes_in(std::filesystem::path const& journal, StreamKind kind) {
  auto reader = LogReader::open(journal, kind, ReadMode::strict);
  if (!reader) return 0;
  while (true)
    if (auto const frame = reader->next(); !frame || !*frame) return reader->position();
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t commands = 0;
  auto traffic = Traffic::orders;
  std::filesystem::path directory;
  for (int i = 1; i < argc; ++i) {
    std::string const word = argv[i];
    if (word == "--commands" && i + 1 < argc)
      commands = std::strtoull(argv[++i], nullptr, 10);
    else if (word == "--traffic" && i + 1 < argc)
      traffic = std::string(argv[++i]) == "jobs" ? Traffic::jobs : Traffic::orders;
    else if (!word.starts_with("--") && directory.empty())
      directory = word;
    else
      usage();
  }
  if (commands == 0 || directory.empty()) usage();
  auto const started = std::chrono::steady_clock::now();
  bench::PipelineRun run(directory, traffic, usual_segment_bytes);
  run.send(commands);
  auto const jobs = run.trader().jobs_done();
  auto const stopped = run.pipeline().stop();
  std::chrono::duration<double> const took = std::chrono::steady_clock::now() - started;
  auto const counters = run.pipeline().counters();
  std::printf("%llu entries in %llu batches, %llu jobs done, %.1f s\n",
              static_cast<unsigned long long>(stopped.last.v),
              static_cast<unsigned long long>(counters.batches), static_cast<unsigned long long>(jobs),
              took.count());
  auto const per_entry = [&](StreamKind kind) {
    return static_cast<double>(bytes_in(directory, kind)) / static_cast<double>(stopped.last.v);
  };
  std::printf("%.1f bytes of segments and %.1f bytes of records an entry\n", per_entry(StreamKind::entries),
              per_entry(StreamKind::records));
  std::printf("D %s\n", to_hex(stopped.digest).c_str());
  return 0;
}
