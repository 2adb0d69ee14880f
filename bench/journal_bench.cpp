// bench/journal_bench.cpp - the pipeline with its journal in process: throughput of its first stages and of
// all, CPU time of each thread, flushes and bytes an entry, and the time to release beside a bare
// write-and-fdatasync loop in the same run.
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
#include <fstream>
#include <future>
#include <map>
#include <string>
#include <thread>

#include "exchange/follower.hpp"
#include "exchange/pipeline_run.hpp"
#include "exchange/stages.hpp"
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
class BareFile {
 public:
  static constexpr std::size_t page = 4096, pages = 4096;

  explicit BareFile(fs::path const& file) : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600)) {
    std::vector<char> const zeros(page * pages);
    if (fd_ < 0 || ::pwrite(fd_, zeros.data(), zeros.size(), 0) != static_cast<ssize_t>(zeros.size()) ||
        ::fsync(fd_) != 0)
      std::exit((std::fprintf(stderr, "cannot write %s\n", file.c_str()), 1));
  }
  ~BareFile() { ::close(fd_); }
  BareFile(BareFile const&) = delete;
  BareFile& operator=(BareFile const&) = delete;

  void sync(std::size_t times, std::vector<double>& took) {
    std::vector<char> const some(page, 'x');
    for (; times > 0; --times, at_ = (at_ + 1) % pages) {
      auto const before = steady_clock::now();
      if (::pwrite(fd_, some.data(), page, static_cast<off_t>(at_ * page)) != page || ::fdatasync(fd_) != 0)
        std::exit(1);
      took.push_back(micros(steady_clock::now() - before));
    }
  }

 private:
  int fd_;
  std::size_t at_ = 0;
};

/// Bytes up to the last frame, headers included, the zero tail left out.
std::uint64_t bytes_of_entries(fs::path const& journal) {
  auto reader = LogReader::open(journal, StreamKind::entries, ReadMode::strict);
  if (!reader) return 0;
  while (true)
    if (auto const frame = reader->next(); !frame || !*frame) return reader->position();
}

/// CPU time of every living thread, by its number.
struct ThreadTime {
  std::string name;
  double ns{};
};
std::map<std::string, ThreadTime> thread_times() {
  std::map<std::string, ThreadTime> out;
  for (auto const& task : fs::directory_iterator("/proc/self/task")) {
    ThreadTime one;
    std::ifstream(task.path() / "schedstat") >> one.ns;
    std::getline(std::ifstream(task.path() / "comm"), one.name);
    out.emplace(task.path().filename().string(), one);
  }
  return out;
}

/// Threads of one name as one; the main one makes the commands and hears the answers.
void print_times(std::map<std::string, ThreadTime> const& before,
                 std::map<std::string, ThreadTime> const& after, double entries) {
  std::map<std::string, double> by_name;
  double all = 0;
  for (auto const& [task, time] : after) {
    auto const from = before.find(task);
    auto const ns = time.ns - (from == before.end() ? 0 : from->second.ns);
    by_name[task == std::to_string(::getpid()) ? "client" : time.name] += ns;
    all += ns;
  }
  std::printf("  %.2f us of CPU an entry:", all / 1e3 / entries);
  for (auto const& [name, ns] : by_name)
    if (ns / 1e3 / entries >= 0.01) std::printf(" %s %.2f", name.c_str(), ns / 1e3 / entries);
  std::printf("\n");
}

void stages(Options const& options, fs::path const& folder) {
  auto const entries = bench::drawn(options.commands);
  auto const print = [&](char const* name, bench::Stages which, char const* where) {
    auto const run = bench::run_stages(which, entries, folder / where);
    auto const n = static_cast<double>(run.entries);
    std::printf("%s: %.0f durable/s, %.5f flushes an entry, CPU an entry: core %.2f us, journal %.2f us\n",
                name, n / run.seconds, static_cast<double>(run.syncs) / n, run.core_us, run.journal_us);
    fs::remove_all(folder / where);
  };
  print("core and journal alone", bench::Stages::core_and_journal, "alone");
  print("with records, tree and seals", bench::Stages::with_tree_and_seals, "sealed");
}

void throughput(Options const& options, fs::path const& folder) {
  bench::PipelineRun run(folder, bench::Traffic::orders, usual_segment_bytes, 0, options.commands / 2);
  auto const before = run.pipeline().counters();
  auto const times = thread_times();
  auto const started = steady_clock::now();
  run.send(options.commands);
  auto const released = steady_clock::now();
  auto const after = run.pipeline().counters();
  auto const lag = after.durable.v - after.followed.v;
  std::promise<void> there;
  run.pipeline().follower().query(after.durable, [&](FollowerView const& view) {
    (void)view.projection();  // what it has applied is in its tables too
    there.set_value();
  });
  there.get_future().wait();
  auto const followed = steady_clock::now();
  auto const times_after = thread_times();
  run.pipeline().stop();
  auto const entries = static_cast<double>(after.entries - before.entries);
  auto const rate = [&](auto from, auto to) { return entries / (micros(to - from) / 1e6); };
  std::printf("as fast as it goes: %.0f entries, %.0f released/s, %.0f followed/s, follower %llu behind\n",
              entries, rate(started, released), rate(started, followed),
              static_cast<unsigned long long>(lag));
  print_times(times, times_after, entries);
  std::printf("  %.5f flushes an entry, %.1f entries a flush, %.1f bytes an entry\n",
              static_cast<double>(after.flushes - before.flushes) / entries,
              entries / static_cast<double>(after.flushes - before.flushes),
              static_cast<double>(bytes_of_entries(folder)) / static_cast<double>(after.entries));
}

struct Paced {
  std::vector<double> release, sync;  // us
  std::vector<double> ratios;         // of the medians of each second
};

/// Deposits at a steady pace: the time from submit to release. Before each second of it the bare loop: a disk
/// that others use as well is not the same for long.
Paced paced(Options const& options, fs::path const& folder) {
  std::mutex mutex;
  std::vector<double> second;
  PipelineOptions pipeline_options;
  pipeline_options.directory = folder;
  pipeline_options.genesis = bench::Trader::genesis();
  pipeline_options.released = [&](std::shared_ptr<ReleasedBatch const> batch) {
    auto const now = steady_clock::now().time_since_epoch();
    std::lock_guard const lock(mutex);
    for (auto const& one : *batch)
      if (one.cookie.read_ns != 0)
        second.push_back(micros(now - std::chrono::nanoseconds(one.cookie.read_ns)));
  };
  auto pipeline = Pipeline::open(std::move(pipeline_options));
  if (!pipeline) std::exit((std::fprintf(stderr, "%s\n", pipeline.error().message.c_str()), 1));
  BareFile bare(folder / "bare");
  Paced out;
  auto const add = [](std::vector<double>& to, std::vector<double> const& more) {
    to.insert(to.end(), more.begin(), more.end());
  };
  for (std::uint64_t s = 0; s < options.seconds; ++s) {
    std::vector<double> syncs;
    bare.sync(options.commands < 100'000 ? 20 : 200, syncs);
    auto const started = steady_clock::now();
    std::uint64_t sent = 0;
    for (; sent < options.per_second; ++sent) {
      std::this_thread::sleep_until(started +
                                    sent * 1'000'000'000ns / static_cast<std::int64_t>(options.per_second));
      auto const now = std::chrono::nanoseconds(steady_clock::now().time_since_epoch()).count();
      if ((*pipeline)->submit({{}, Deposit{ParticipantId{100}, Nano{1}}, {0, 1, now}}) != Refusal::none)
        break;
    }
    for (bool all = false; !all; std::this_thread::sleep_for(1ms)) {
      std::lock_guard const lock(mutex);
      all = second.size() >= sent;
    }
    std::lock_guard const lock(mutex);
    auto const sync = quantile(syncs, 0.5);
    if (sync > 0) out.ratios.push_back(quantile(second, 0.5) / sync);
    add(out.release, second);
    add(out.sync, syncs);
    second.clear();
  }
  (*pipeline)->stop();
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  auto const options = parse(argc, argv);
  auto const folder = options.directory / "journal_bench";
  fs::remove_all(folder);
  fs::create_directories(folder);
  stages(options, folder);
  throughput(options, folder / "fast");
  fs::remove_all(folder / "fast");
  auto run = paced(options, folder / "paced");
  std::printf("paced at %llu/s: %zu released, median %.0f us, p99 %.0f us\n",
              static_cast<unsigned long long>(options.per_second), run.release.size(),
              quantile(run.release, 0.5), quantile(run.release, 0.99));
  std::printf("bare write + fdatasync: median %.0f us, p99 %.0f us\n", quantile(run.sync, 0.5),
              quantile(run.sync, 0.99));
  std::printf("release / fdatasync, second by second: median %.2f, least %.2f, greatest %.2f\n",
              quantile(run.ratios, 0.5), quantile(run.ratios, 0), quantile(run.ratios, 1));
  fs::remove_all(folder);
  return 0;
}
