// apps/demo/src/options.cpp - the flags of `./run`, each with its bounds.
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <limits>
#include <sstream>

namespace spillway::demo {

std::expected<DemoOptions, OptionsEnd> parse_options(int argc, char const* const* argv) {
  DemoOptions o;
  std::int64_t for_s{};
  std::uint64_t seed{};
  bool plain{};
  CLI::App app("A compute market on this machine: exchange, providers, engines, buyers and an auditor.",
               "spillway demo");
  constexpr std::int64_t a_year = 31'536'000;
  auto* const limit = app.add_option("--for", for_s, "seconds from market open; default: until Ctrl-C")
                          ->check(CLI::Range(std::int64_t{1}, a_year));
  app.add_option("--trace", o.trace, "request trace (arrival_us, prompt_tokens, generated_tokens)");
  app.add_option("--trace-start", o.trace_start_s, "seconds of the trace to leave out")
      ->check(CLI::Range(std::int64_t{0}, a_year));
  app.add_option("--speed", o.speed, "trace seconds per second")
      ->check([](std::string const& text) {  // CLI::Range lets nan pass
        double speed{};
        return CLI::detail::lexical_cast(text, speed) && speed >= 0.001 && speed <= 10'000
                   ? std::string()
                   : "Value " + text + " not in range 0.001 to 10000";
      })
      ->capture_default_str();
  app.add_option("--offers", o.offers, "published offers (offers.csv)");
  app.add_option("--market-data", o.market_data,
                 "directory of market data; default: $SPILLWAY_DATA, ../shared/data");
  app.add_option("--journal", o.journal, "journal directory; default: a fresh one, which is kept");
  app.add_option("--port", o.port, "port of the exchange; 0: a free one");
  app.add_option("--json", o.json, "write the summary to this file")->check([](std::string const& file) {
    auto const folder = std::filesystem::absolute(file).parent_path();
    return std::filesystem::is_directory(folder) && !std::filesystem::is_directory(file)
               ? std::string()
               : "no file can be written there; name one in a directory that exists";
  });
  app.add_option("--agents", o.agents, "provider processes")->check(CLI::Range(3, 6))->capture_default_str();
  app.add_option("--nodes", o.nodes, "nodes of all providers together; each proves its units at the start")
      ->check(CLI::Range(6, 240))
      ->capture_default_str();
  app.add_option("--class-scale", o.class_scale, "class floors are divided by this")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000'000}))
      ->capture_default_str();
  app.add_option("--token-scale", o.token_scale, "token counts of the trace are divided by this")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}))
      ->capture_default_str();
  auto* const seeded = app.add_option("--seed", seed, "of every draw; default: that of sim/overlay.toml")
                           ->check(CLI::NonNegativeNumber);
  app.add_flag("--no-view", plain, "plain lines instead of the live table");
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& e) {
    std::ostringstream text;
    int const code = app.exit(e, text, text);
    return std::unexpected(OptionsEnd{code == 0 ? 0 : 2, text.str()});
  }
  if (limit->count() > 0) o.for_s = for_s;
  if (seeded->count() > 0) o.seed = seed;
  o.view = !plain;
  return o;
}

}  // namespace spillway::demo
