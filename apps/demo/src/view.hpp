// apps/demo/src/view.hpp - the live view: one table on a terminal, now and then a line elsewhere.
// Room:   apps, library demo. `view_text` and `view_line` are pure.
#pragma once

#include <string>
#include <vector>

#include "figures.hpp"
#include "tally.hpp"

namespace spillway::demo {

struct BusyInstrument {
  std::string name, ask, bid;
  std::uint64_t trades{};
};
struct ViewFacts {
  std::int64_t seconds{};  // since the market opened
  Figures figures;
  Tally tally;
  std::int64_t tokens_per_s{};
  std::vector<BusyInstrument> busiest;
  bool exchange_up{true};
  std::string stand_ins;
};
[[nodiscard]] std::string view_text(ViewFacts const& facts);
[[nodiscard]] std::string view_line(ViewFacts const& facts);

/// Draws over what it drew before; notices scroll by above the table.
class Screen {
 public:
  explicit Screen(bool live) : live_(live) {}
  void say(std::string const& line);
  void show(ViewFacts const& facts);
  /// What is drawn stays; nothing is drawn over it.
  void leave() { lines_drawn_ = 0; }

 private:
  void clear();
  bool live_;
  int lines_drawn_{};
  std::int64_t last_line_s_{-1};
};

}  // namespace spillway::demo
