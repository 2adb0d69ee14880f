// bench/journal_bench.cpp - the pipeline with its journal in process: throughput, flushes and bytes an entry,
// and the time to release beside a bare write-and-fdatasync loop in the same run.
//
//   journal_bench [--commands N] [--paced PER_SECOND] [--seconds S] [--quick] DIR
//
// DIR must be on the disk that is to be measured; a folder in it is made and removed. Gates are counts and
// the ratio: times of a shared machine do not repeat.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>

#include "exchange/follower.hpp"
#include "exchange/pipeline_run.hpp"
#include "journal/log_reader.hpp"

using namespace spillway;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
namespace fs = std::filesystem;

namespace {

struct Options {
  std::uint64_t commands = 500'000, per_second = 10'000, seconds = 5;
  fs::path directory;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string const word = argv[i];
    auto const number = [&] { return std::strtoull(i + 1 < argc ? argv[++i] : "", nullptr, 10); };
    if (word == "--quick")
      options.commands = 4'000, options.per_second = 1'000, options.seconds = 1;
    else if (word == "--commands")
      options.commands = number();
    else if (word == "--paced")
      options.per_second = number();
    else if (word == "--seconds")
      options.seconds = number();
    else
      options.directory = word;
  }
  if (options.directory.empty() || options.per_second == 0) {
    std::fprintf(stderr,
                 "usage: journal_bench [--commands N] [--paced PER_SECOND] [--seconds S] [--quick] DIR\n");
    std::exit(2);
  }
  return options;
}

double quantile(std::vector<double>& of, double at) {
  if (of.empty()) return 0;
  auto const place = static_cast<std::ptrdiff_t>(at * static_cast<double>(of.size() - 1));
  std::nth_element(of.begin(), of.begin() + place, of.end());
  return of[static_cast<std::size_t>(place)];
}

double micros(steady_clock::duration d) { return std::chrono::duration<double, std::micro>(d).count(); }

/// One page after another in a zero-filled file, each synced: what the disk itself needs.
std::vector<double> bare_syncs(fs::path const& file, std::size_t count) {
  constexpr std::size_t page = 4096;
  std::vector<char> const zeros(page * count), some(page, 'x');
  int const fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  std::vector<double> took;
  if (fd < 0 || ::pwrite(fd, zeros.data(), zeros.size(), 0) != static_cast<ssize_t>(zeros.size()) ||
      ::fsync(fd) != 0)
    std::exit((std::fprintf(stderr, "cannot write %s\n", file.c_str()), 1));
  for (std::size_t i = 0; i < count; ++i) {
    auto const before = steady_clock::now();
    if (::pwrite(fd, some.data(), page, static_cast<off_t>(i * page)) != page || ::fdatasync(fd) != 0)
      std::exit(1);
    took.push_back(micros(steady_clock::now() - before));
  }
  ::close(fd);
  return took;
}

/// Bytes up to the last frame, headers included, the zero tail left out.
std::uint64_t bytes_of_entries(fs::path const& journal) {
  auto reader = LogReader::open(journal, StreamKind::entries, ReadMode::strict);
  if (!reader) return 0;
  while (true)
    if (auto const frame = reader->next(); !frame || !*frame) return reader->position();
}

void throughput(Options const& options, fs::path const& folder) {
  bench::PipelineRun run(folder, bench::Traffic::orders, usual_segment_bytes);
  auto const before = run.pipeline().counters();
  auto const started = steady_clock::now();
  run.send(options.commands);
  auto const released = steady_clock::now();
  auto const after = run.pipeline().counters();
  auto const lag = after.durable.v - after.followed.v;
  run.pipeline().stop();
  auto const followed = steady_clock::now();
  auto const entries = static_cast<double>(after.entries - before.entries);
  auto const rate = [&](auto from, auto to) { return entries / (micros(to - from) / 1e6); };
  std::printf("as fast as it goes: %.0f entries, %.0f released/s, %.0f followed/s, follower %llu behind\n",
              entries, rate(started, released), rate(started, followed),
              static_cast<unsigned long long>(lag));
  std::printf("  %.5f flushes an entry, %.1f entries a flush, %.1f bytes an entry\n",
              static_cast<double>(after.flushes - before.flushes) / entries,
              entries / static_cast<double>(after.flushes - before.flushes),
              static_cast<double>(bytes_of_entries(folder)) / static_cast<double>(after.entries));
}

/// Deposits at a steady pace: the time from submit to release.
std::vector<double> paced(Options const& options, fs::path const& folder) {
  std::mutex mutex;
  std::vector<double> took;
  auto const total = options.per_second * options.seconds;
  took.reserve(total);
  PipelineOptions pipeline_options;
  pipeline_options.directory = folder;
  pipeline_options.genesis = bench::Trader::genesis();
  pipeline_options.released = [&](std::shared_ptr<ReleasedBatch const> batch) {
    auto const now = steady_clock::now().time_since_epoch();
    std::lock_guard const lock(mutex);
    for (auto const& one : *batch)
      if (one.cookie.read_ns != 0) took.push_back(micros(now - std::chrono::nanoseconds(one.cookie.read_ns)));
  };
  auto pipeline = Pipeline::open(std::move(pipeline_options));
  if (!pipeline) std::exit((std::fprintf(stderr, "%s\n", pipeline.error().message.c_str()), 1));
  auto const started = steady_clock::now();
  for (std::uint64_t i = 0; i < total; ++i) {
    std::this_thread::sleep_until(started +
                                  i * 1'000'000'000ns / static_cast<std::int64_t>(options.per_second));
    auto const now = std::chrono::nanoseconds(steady_clock::now().time_since_epoch()).count();
    if ((*pipeline)->submit({{}, Deposit{ParticipantId{100}, Nano{1}}, {0, 1, now}}) != Refusal::none) break;
  }
  (*pipeline)->stop();
  return took;
}

}  // namespace

int main(int argc, char** argv) {
  auto const options = parse(argc, argv);
  auto const folder = options.directory / "journal_bench";
  fs::remove_all(folder);
  fs::create_directories(folder);
  auto syncs = bare_syncs(folder / "bare", options.commands < 100'000 ? 50 : 500);
  throughput(options, folder / "fast");
  auto release = paced(options, folder / "paced");
  auto more = bare_syncs(folder / "bare", options.commands < 100'000 ? 50 : 500);
  syncs.insert(syncs.end(), more.begin(), more.end());
  auto const sync = quantile(syncs, 0.5), median = quantile(release, 0.5);
  std::printf("paced at %llu/s: %zu released, median %.0f us, p99 %.0f us\n",
              static_cast<unsigned long long>(options.per_second), release.size(), median,
              quantile(release, 0.99));
  std::printf("bare write + fdatasync: median %.0f us, p99 %.0f us; release / fdatasync = %.2f\n", sync,
              quantile(syncs, 0.99), sync == 0 ? 0 : median / sync);
  fs::remove_all(folder);
  return 0;
}
