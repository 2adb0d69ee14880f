// bench/make_journal.cpp - a journal of any length, by the real pipeline without gateway and engines: for the
// auditor's benchmarks, restarts and sizes.
//
//   make_journal --commands N [--traffic orders|jobs] [--resting M] DIR
//   make_journal --restart DIR
//   make_journal --quick DIR
//
// Prints what it wrote, and the size of each part. With --resting, M orders go to rest first, for a day.
// --restart opens such a journal as an exchange that starts does, and prints how long that took. --quick does
// both with a small journal in a folder of DIR, which is made and removed.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <future>
#include <string>
#include <thread>

#include "exchange/pipeline_run.hpp"
#include "journal/bytes.hpp"
#include "journal/log_reader.hpp"

using namespace spillway;
using bench::Traffic;

namespace {

[[noreturn]] void usage() {
  std::fprintf(stderr,
               "usage: make_journal --commands N [--traffic orders|jobs] [--resting M] DIR\n"
               "       make_journal --restart DIR\n"
               "       make_journal --quick DIR\n");
  std::exit(2);
}

/// Bytes up to the last frame, headers included, zero tails left out.
std::uint64_t bytes_in(std::filesystem::path const& journal, StreamKind kind) {
  auto reader = LogReader::open(journal, kind, ReadMode::strict);
  if (!reader) return 0;
  while (true)
    if (auto const frame = reader->next(); !frame || !*frame) return reader->position();
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double own_cpu_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

int restart(std::filesystem::path const& directory) {
  using std::chrono::steady_clock;
  std::promise<void> released;
  PipelineOptions options;
  options.directory = directory;
  options.released = [&](std::shared_ptr<ReleasedBatch const> batch) {
    for (auto const& one : *batch)
      if (one.cookie.request != 0) released.set_value();
  };
  options.log = [](std::string const& line) { std::printf("  %s\n", line.c_str()); };
  auto const started = steady_clock::now();
  auto const cpu = cpu_seconds();
  auto const since = [&] { return std::chrono::duration<double>(steady_clock::now() - started).count(); };
  auto pipeline = Pipeline::open(std::move(options));
  if (!pipeline) return std::fprintf(stderr, "%s\n", pipeline.error().message.c_str()), 1;
  auto const ready = since(), ready_cpu = cpu_seconds() - cpu, own = own_cpu_seconds();
  if ((*pipeline)->submit({{}, Deposit{ParticipantId{100}, Nano{1}}, {0, 1, 0}}) != Refusal::none) return 1;
  released.get_future().wait();
  auto const first = since();
  auto const start = (*pipeline)->start();
  while ((*pipeline)->counters().followed < (*pipeline)->counters().durable)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::printf(
      "%llu entries, snapshot at %llu, %llu replayed: open after %.2f s (%.2f s of CPU time, %.2f s of this "
      "thread), a command durable "
      "after %.2f s, reads up to date after %.2f s\n",
      static_cast<unsigned long long>(start.entries), static_cast<unsigned long long>(start.snapshot.v),
      static_cast<unsigned long long>(start.replayed), ready, ready_cpu, own, first, since());
  return 0;
}

int make(std::filesystem::path const& directory, Traffic traffic, std::uint64_t commands,
         std::uint64_t resting) {
  auto const started = std::chrono::steady_clock::now();
  bench::PipelineRun run(directory, traffic, usual_segment_bytes, resting);
  run.send(commands);
  auto const jobs = run.trader().jobs_done();
  auto const stopped = run.pipeline().stop();
  std::chrono::duration<double> const took = std::chrono::steady_clock::now() - started;
  auto const counters = run.pipeline().counters();
  std::printf("%llu entries in %llu batches, %llu jobs done, %llu orders at rest, %.1f s\n",
              static_cast<unsigned long long>(stopped.last.v),
              static_cast<unsigned long long>(counters.batches), static_cast<unsigned long long>(jobs),
              static_cast<unsigned long long>(run.trader().resting()), took.count());
  auto const per_entry = [&](StreamKind kind) {
    return static_cast<double>(bytes_in(directory, kind)) / static_cast<double>(stopped.last.v);
  };
  std::printf("%.1f bytes of segments and %.1f bytes of records an entry\n", per_entry(StreamKind::entries),
              per_entry(StreamKind::records));
  std::printf("D %s\n", to_hex(stopped.digest).c_str());
  return 0;
}

int quick(std::filesystem::path const& directory) {
  auto const made = directory / "make_journal.quick";
  std::filesystem::remove_all(made);
  int rc = make(made, Traffic::orders, 12'000, 1'000);
  if (rc == 0) rc = restart(made);
  std::filesystem::remove_all(made);
  return rc;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t commands = 0, resting = 0;
  bool again = false, small = false;
  auto traffic = Traffic::orders;
  std::filesystem::path directory;
  for (int i = 1; i < argc; ++i) {
    std::string const word = argv[i];
    if (word == "--commands" && i + 1 < argc)
      commands = std::strtoull(argv[++i], nullptr, 10);
    else if (word == "--resting" && i + 1 < argc)
      resting = std::strtoull(argv[++i], nullptr, 10);
    else if (word == "--restart")
      again = true;
    else if (word == "--quick")
      small = true;
    else if (word == "--traffic" && i + 1 < argc)
      traffic = std::string(argv[++i]) == "jobs" ? Traffic::jobs : Traffic::orders;
    else if (!word.starts_with("--") && directory.empty())
      directory = word;
    else
      usage();
  }
  if (directory.empty() || again + small + (commands > 0) != 1) usage();
  if (small) return quick(directory);
  return again ? restart(directory) : make(directory, traffic, commands, resting);
}
