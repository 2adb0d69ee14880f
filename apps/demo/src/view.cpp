// apps/demo/src/view.cpp - see view.hpp.
#include "view.hpp"

#include <algorithm>
#include <cstdio>

#include "apps/text/table.hpp"
#include "figure_text.hpp"

namespace spillway::demo {
namespace {

constexpr std::int64_t seconds_between_lines = 5;

}  // namespace

std::string view_text(ViewFacts const& facts) {
  auto const& f = facts.figures;
  auto const& t = facts.tally;
  using Align = TextTable::Align;
  TextTable market({{"offers", Align::right},
                    {"places", Align::right},
                    {"orders", Align::right},
                    {"fills", Align::right},
                    {"jobs running", Align::right},
                    {"done", Align::right},
                    {"failed", Align::right},
                    {"leases", Align::right},
                    {"tokens/s", Align::right},
                    {"volume", Align::right},
                    {"fees", Align::right}});
  market.add({count(f.offers_live), count(f.places), count(f.orders), count(f.fills), count(f.jobs_open),
              count(f.jobs_completed), count(f.jobs_failed), count(f.leases_open), count(facts.tokens_per_s),
              money(f.volume_nano), money(f.fees_nano)});
  TextTable busiest({{"busiest instruments"},
                     {"trades", Align::right},
                     {"best ask", Align::right},
                     {"best bid", Align::right}});
  for (auto const& row : facts.busiest)
    busiest.add(
        {row.name, count(row.trades), row.ask.empty() ? "-" : row.ask, row.bid.empty() ? "-" : row.bid});
  return "spillway, open for " + count(facts.seconds) + " s" +
         (facts.exchange_up ? "" : " - THE EXCHANGE IS DOWN") + "\n" + market.text() +
         "requests: " + count(t.sent) + " sent, " + count(t.in_flight) + " under way, " + count(t.completed) +
         " answered, " + count(t.failed) + " failed, " + count(t.unfilled) + " found no offer, " +
         count(t.refused) + " refused, " + count(t.unreached) + " cut off\n" + busiest.text() +
         facts.stand_ins + "\n";
}

std::string view_line(ViewFacts const& facts) {
  auto const& f = facts.figures;
  return std::to_string(facts.seconds) + " s: " + count(f.offers_live) + " offers, " +
         count(facts.tally.sent) + " requests, " + count(f.orders) + " orders, " + count(f.fills) +
         " fills, " + count(f.jobs_open) + " jobs running, " + count(f.jobs_completed) + " done, " +
         count(f.jobs_failed) + " failed, " + count(f.leases_open) + " leases, " + count(facts.tokens_per_s) +
         " tokens/s, volume " + money(f.volume_nano) + ", fees " + money(f.fees_nano) +
         (facts.exchange_up ? "" : ", THE EXCHANGE IS DOWN");
}

void Screen::clear() {
  if (lines_drawn_ > 0) std::printf("\x1b[%dF\x1b[J", lines_drawn_);
  lines_drawn_ = 0;
}

void Screen::say(std::string const& line) {
  clear();
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

void Screen::show(ViewFacts const& facts) {
  if (live_) {
    clear();
    auto const text = view_text(facts);
    std::fputs(("\x1b[?7l" + text + "\x1b[?7h").c_str(),
               stdout);  // long lines are cut: a wrapped one counts twice
    lines_drawn_ = static_cast<int>(std::ranges::count(text, '\n'));
  } else if (last_line_s_ < 0 || facts.seconds >= last_line_s_ + seconds_between_lines) {
    last_line_s_ = facts.seconds;
    std::printf("%s\n", view_line(facts).c_str());
  }
  std::fflush(stdout);
}

}  // namespace spillway::demo
