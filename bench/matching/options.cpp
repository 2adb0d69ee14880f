// bench/matching/options.cpp - reads the command line.
// Room:   bench; sees the standard library only.
#include "options.hpp"

#include <charconv>
#include <string_view>

namespace spillway::bench {

namespace {

using namespace std::string_view_literals;

template <class Number>
bool read(std::string_view text, Number& number) {
  int base = 10;
  if (text.starts_with("0x")) text.remove_prefix(2), base = 16;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc{} && end == text.data() + text.size();
}

bool read(std::string_view text, std::string& value) { return value = text, !text.empty(); }

/// One argument that stands alone; false when it is none of these.
bool read_switch(std::string_view name, Options& o) {
  if (name == "--bipartite"sv) return o.workload = Workload::bipartite, true;
  if (name == "--storm"sv) return o.workload = Workload::storm, true;
  if (name == "--offers"sv) return o.workload = Workload::offers, true;
  if (name == "--memory"sv) return o.workload = Workload::memory, true;
  if (name == "--growth"sv) return o.workload = Workload::growth, true;
  if (name == "--relink"sv) return o.workload = Workload::relink, true;
  if (name == "--sparse"sv) return o.spacing = 32, true;
  if (name == "--skewed"sv) return o.workload = Workload::bipartite, o.skewed = true;
  if (name == "--callgrind"sv) return o.callgrind = true;
  if (name == "--quick"sv) return o.quick = true;
  return false;
}

bool read_value(std::string_view name, std::string_view value, Options& o) {
  if (name == "--instruments"sv) return read(value, o.instruments) && o.instruments > 0;
  if (name == "--spacing"sv) return read(value, o.spacing) && o.spacing >= 1 && o.spacing <= 32;
  if (name == "--conditions"sv) return read(value, o.conditions) && o.conditions <= 1'000;
  if (name == "--degree"sv) return read(value, o.degree) && o.degree <= 256;
  if (name == "--commands"sv) return read(value, o.commands) && o.commands > 0;
  if (name == "--rounds"sv) return read(value, o.rounds) && o.rounds > 0;
  if (name == "--seed"sv) return read(value, o.seed) && o.seed != 0;
  if (name == "--book"sv) return read(value, o.subject) && (value == "fast"sv || value == "plain"sv);
  if (name == "--market-data"sv) return read(value, o.market_data);
  if (name == "--json"sv) return read(value, o.json);
  return false;
}

}  // namespace

char const* usage() {
  return "usage: matching_bench [workload] [options]\n"
         "workloads (default: the common stream)\n"
         "  --instruments N   the common stream on N books (1 and 1000 have check values)\n"
         "  --sparse          the common stream with every price level alone (--spacing 32)\n"
         "  --bipartite       2,000 instruments, 500 signatures (--skewed; --degree N: each reaches N)\n"
         "  --storm           one ask that improves the best of an instrument with 1 to 500 signatures\n"
         "  --offers --market-data DIR   published offers and their changes\n"
         "  --memory          bytes per resting order at 1,000,000\n"
         "  --growth          books and resting orders x10 and x100\n"
         "  --relink          new tables under 20,000 instruments and 5,000 signatures\n"
         "options\n"
         "  --book fast|plain  --commands N  --rounds N  --seed N  --spacing 1..32\n"
         "  --conditions N   of a thousand orders get one condition more (no check values then)\n"
         "  --callgrind   a fixed small slice under valgrind: instructions per command\n"
         "  --json FILE   the figures as one object      --quick   tiny, for the tests\n";
}

std::expected<Options, std::string> parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    if (read_switch(argv[i], options)) continue;
    if (i + 1 < argc && read_value(argv[i], argv[i + 1], options)) {
      ++i;
      continue;
    }
    return std::unexpected(std::string("not understood: ") + argv[i]);
  }
  if (options.workload == Workload::offers && options.market_data.empty())
    return std::unexpected("--offers needs --market-data DIR");
  return options;
}

}  // namespace spillway::bench
