// apps/demo/src/demo_command.cpp - flags to a story on one loop; signals end it in good order.
#include "apps/demo/demo_command.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <functional>

#include "market_demo.hpp"

namespace spillway {
namespace demo {
namespace {

constexpr int good = 0, not_good = 1, misused = 2;

int refuse(std::string const& sentence, int code) {
  std::fprintf(stderr, "spillway demo: %s\n", sentence.c_str());
  return code;
}

// While the market opens, a signal ends everything at once; once it is open, in good order; the second time,
// at once.
class Signals {
 public:
  Signals(boost::asio::io_context& loop, MarketDemo& story)
      : loop_(loop), story_(story), set_(loop, SIGINT, SIGTERM, SIGHUP) {
    wait();
  }
  void forget() { set_.cancel(); }

 private:
  void wait() {
    set_.async_wait([this](boost::system::error_code error, int) {
      if (error) return;
      if (!story_.open() || asked_) return loop_.stop();
      asked_ = true;
      story_.request_stop();
      wait();
    });
  }
  boost::asio::io_context& loop_;
  MarketDemo& story_;
  boost::asio::signal_set set_;
  bool asked_{};
};

using Told = std::optional<std::expected<Summary, std::string>>;

wire::awaitable<void> tell(MarketDemo& story, Told& into) { into = co_await story.run(); }

Told play(DemoOptions const& options, MarketInput input, RunDirectory run) {
  boost::asio::io_context loop(1);
  Told told;
  bool const live = options.view && ::isatty(STDOUT_FILENO) == 1;
  MarketDemo story(loop.get_executor(), options, std::move(input), std::move(run), live);
  Signals signals(loop, story);
  wire::spawn(loop.get_executor(), tell(story, told), [&](std::exception_ptr broke) {
    if (broke) try {
        std::rethrow_exception(broke);
      } catch (std::exception const& e) {
        told = std::unexpected(std::string(e.what()));
      }
    signals.forget();
    loop.stop();
  });
  loop.run();
  return told;
}

int run(DemoOptions const& options) {
  auto input = read_market_input(options);
  if (!input) return refuse(input.error(), not_good);
  auto directory = make_run_directory(options.journal);
  if (!directory) return refuse(directory.error(), not_good);
  auto const told = play(options, std::move(*input), std::move(*directory));
  if (!told) return refuse("stopped before the market was closed; the journal stays as it is", not_good);
  if (!*told) return refuse((*told).error(), not_good);
  auto const& summary = **told;
  std::printf("\n%s", summary_text(summary).c_str());
  std::fflush(stdout);
  if (!options.json.empty())
    if (auto written = write_text(options.json, summary_json(summary)); !written)
      return refuse(written.error(), not_good);
  return summary.audit.verdict == "ok" && summary.audit.books_balance ? good : not_good;
}

}  // namespace
}  // namespace demo

int run_demo_command(int argc, char** argv) {
  auto const options = demo::parse_options(argc, argv);
  if (!options) {
    std::fputs(options.error().text.c_str(), options.error().exit_code == 0 ? stdout : stderr);
    return options.error().exit_code;
  }
  try {
    return demo::run(*options);
  } catch (std::exception const& e) {
    return demo::refuse(e.what(), demo::not_good);
  }
}

}  // namespace spillway
