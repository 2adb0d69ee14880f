// apps/demo/src/figures.hpp - what the exchange counts, as its `status` read tells it.
// Room:   apps, library demo; sees market. Pure.
// Units:  last in the names; money in nano-units.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace spillway::demo {

struct Figures {
  // of the exchange process: from 0 after a restart
  std::int64_t orders{}, refused{}, fills{}, jobs_completed{}, jobs_failed{}, leases{}, tokens{};
  std::int64_t failed_buyer{}, failed_provider{}, failed_exchange{}, failed_none{};
  std::int64_t volume_nano{}, fees_nano{};
  std::int64_t offers_most{};
  std::int64_t match_p50_ns{}, match_p99_ns{}, ack_p50_us{}, ack_p99_us{}, first_token_p50_us{};
  // of the market: as it is
  std::int64_t offers_live{}, places{}, units_attested{}, nodes_up{}, jobs_open{}, leases_open{};
  bool books_balance{};
  std::string attestation;  // "scaled" or "full"
};

/// The error names what is missing in the document.
[[nodiscard]] std::expected<Figures, std::string> parse_figures(std::string_view status_json);
/// Totals of a process that is gone and of the one after it: counts add up, of percentiles the worse one
/// stands, the state of the market is the later one.
[[nodiscard]] Figures together(Figures const& gone, Figures const& now);

}  // namespace spillway::demo
