// bench/matching/callgrind.cpp - speaks to valgrind from inside, and starts it from outside.
// Room:   bench; sees the standard library only.
#include "callgrind.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_DUMP_STATS_AT(name) static_cast<void>(name)
#endif

namespace spillway::bench {

namespace {

namespace fs = std::filesystem;

/// "events: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw" names the columns of "totals: ...".
std::expected<SliceCounts, std::string> read_dump(fs::path const& path) {
  std::ifstream in(path);
  SliceCounts slice;
  std::vector<std::string> events;
  bool counted = false;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string head, word;
    words >> head;
    if (head == "desc:" && line.find("Client Request: ") != std::string::npos)
      slice.name = line.substr(line.find("Client Request: ") + 16);
    if (head == "events:")
      while (words >> word) events.push_back(word);
    if (head != "totals:") continue;
    std::uint64_t count{};
    for (auto const& event : events) {
      if (!(words >> count)) break;
      if (event == "Ir") slice.instructions = count, counted = true;
      if (event == "D1mr" || event == "D1mw") slice.d1_misses += count;
      if (event == "DLmr" || event == "DLmw") slice.ll_misses += count;
    }
  }
  if (!counted) return std::unexpected("no totals in " + path.string());
  return slice;
}

std::expected<std::vector<SliceCounts>, std::string> read_dumps(fs::path const& folder) {
  std::vector<SliceCounts> slices;
  for (std::size_t part = 1;; ++part) {
    auto const path = folder / ("out." + std::to_string(part));
    if (!fs::exists(path)) break;
    auto slice = read_dump(path);
    if (!slice) return std::unexpected(slice.error());
    if (!slice->name.empty()) slices.push_back(*std::move(slice));
  }
  if (slices.empty()) return std::unexpected("valgrind counted no slice");
  return slices;
}

int run(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child{};
  if (posix_spawnp(&child, argv[0], nullptr, nullptr, argv.data(), environ) != 0) return -1;
  int status{};
  if (waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

bool under_valgrind() { return RUNNING_ON_VALGRIND != 0; }

CountedSlice::CountedSlice(std::string name) : name_(std::move(name)) {
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
}

CountedSlice::~CountedSlice() {
  CALLGRIND_DUMP_STATS_AT(name_.c_str());
  CALLGRIND_STOP_INSTRUMENTATION;
}

std::expected<std::vector<SliceCounts>, std::string> count_slices(int argc, char** argv) {
  std::string folder = (fs::temp_directory_path() / "matching_bench_XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return std::unexpected("no folder for valgrind's output");
  std::vector<std::string> words{"valgrind",
                                 "--quiet",
                                 "--tool=callgrind",
                                 "--cache-sim=yes",
                                 "--instr-atstart=no",
                                 "--callgrind-out-file=" + folder + "/out",
                                 fs::read_symlink("/proc/self/exe")};
  words.insert(words.end(), argv + 1, argv + argc);
  auto const status = run(std::move(words));
  auto slices = status == 0
                    ? read_dumps(folder)
                    : std::unexpected(std::string("valgrind did not run, or the slice failed under it"));
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  return slices;
}

}  // namespace spillway::bench
