// apps/demo/src/summary.hpp - what a demonstration came to, for people and as one JSON object.
// Room:   apps, library demo; sees market. Pure.
#pragma once

#include <string>

#include "audit_run.hpp"
#include "figures.hpp"
#include "options.hpp"
#include "tally.hpp"

namespace spillway::demo {

struct Summary {
  Figures figures;
  Tally tally;
  std::int64_t places{};   // distinct leaves with offers, the most at once
  std::int64_t seconds{};  // that the market was open
  std::int64_t class_scale{}, token_scale{};
  int restarts{};  // of the exchange, while it ran
  bool real{};
  AuditFound audit;
  std::string journal, stand_ins;
};

/// Everything that is not what it would be in production, in one line.
[[nodiscard]] std::string stand_ins_line(DemoOptions const& options, bool real);
[[nodiscard]] std::string summary_json(Summary const& summary);
[[nodiscard]] std::string summary_text(Summary const& summary);

}  // namespace spillway::demo
