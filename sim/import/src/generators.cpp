// sim/import/src/generators.cpp - stand-ins for offers and requests, fitted to published statistics of the
// real ones.
// Source: medians and spreads of offers of 2026-04-30; the Azure code trace of 2023-11-16 (2.57 requests per
//         second, CV 13.2; prompts: median 1469, mean 2048, 3 to 7437 tokens; answers: median 13, mean 27.9,
//         6 to 1899).
#include <algorithm>
#include <array>
#include <cmath>

#include "market/check.hpp"
#include "sim/offers.hpp"
#include "sim/random.hpp"
#include "sim/trace.hpp"

namespace spillway::sim {
namespace {

/// Prices of a class scatter about their median like a lognormal; `offers` is how often the class was
/// published.
struct ClassPrices {
  char const* name;
  double median_usd;
  double log_spread;
  double least_usd;
  std::int64_t offers;
};
constexpr std::array class_prices{
    ClassPrices{"T4", 0.44, 0.54, 0.35, 269},          ClassPrices{"V100-16", 3.31, 0.63, 0.17, 160},
    ClassPrices{"A100-80-SXM", 4.78, 0.26, 2.79, 155}, ClassPrices{"H100-SXM", 7.89, 0.53, 1.80, 311},
    ClassPrices{"H200-SXM", 12.40, 0.60, 2.35, 43},    ClassPrices{"A10", 3.94, 0.50, 1.10, 134},
    ClassPrices{"MI300X", 7.50, 0.15, 6.00, 17},       ClassPrices{"A100-40-SXM", 2.65, 0.35, 0.67, 139},
    ClassPrices{"L4", 1.05, 0.19, 0.70, 176},          ClassPrices{"B200-SXM", 6.89, 0.12, 6.69, 79},
    ClassPrices{"RTX-4090", 0.40, 0.07, 0.35, 12},     ClassPrices{"RTX-5090", 0.47, 0.08, 0.40, 11},
};
constexpr double dearest_usd = 23.33;
constexpr double spot_share = 0.34;
constexpr std::array unit_sizes{1, 2, 4, 8};
constexpr std::array<std::int64_t, 4> unit_weights{50, 18, 14, 18};

PriceIndex step_of_usd(double usd) {
  auto const step = step_at_or_above(Nano{std::llround(usd * 1e9)});
  sw_check(step.has_value(), "generated prices lie on the grid");
  return *step;
}

bool sells_accelerators(Place const& place) {
  auto const& name = place.name;
  return name.starts_with("azure:") || name.starts_with("gcp:") || name.starts_with("lambda:") ||
         name.starts_with("vast:");
}

constexpr double requests_per_second = 2.57;
constexpr double gap_sigma = 2.273;  // CV 13.2: sigma^2 = ln(1 + 13.2^2)
constexpr double prompt_mu = 7.292, prompt_sigma = 0.9;
constexpr double answer_mu = 2.565, answer_sigma = 1.236;

Tokens tokens(Random& random, double mu, double sigma, double least, double most) {
  return Tokens{std::llround(std::clamp(random.lognormal(mu, sigma), least, most))};
}

}  // namespace

ImportedOffers generated_offers(Tables const& tables, std::uint64_t seed, int count) {
  Random random{seed};
  std::vector<PlaceId> places;
  for (auto const& place : tables.places)
    if (sells_accelerators(place)) places.push_back(place.id);
  std::array<std::int64_t, class_prices.size()> weights{};
  std::ranges::transform(class_prices, weights.begin(), &ClassPrices::offers);

  ImportedOffers generated;
  for (; generated.rows < count; ++generated.rows) {
    auto const& prices = class_prices[random.weighted(weights)];
    auto const* klass = tables.class_of(prices.name);
    sw_check(klass && !places.empty(), "the catalogue holds the generator's classes and places");
    auto const usd = std::clamp(random.lognormal(std::log(prices.median_usd), prices.log_spread),
                                prices.least_usd, dearest_usd);
    auto const size = unit_sizes[random.weighted(unit_weights)];
    generated.offers.push_back({klass->id, places[random.below(places.size())], size, step_of_usd(usd),
                                step_of_usd(usd * spot_share), 0});
  }
  return generated;
}

std::vector<TraceRequest> generated_trace(std::uint64_t seed, std::int64_t seconds) {
  sw_check(seconds >= 0 && seconds <= 10'000'000, "a generated trace lasts between nothing and four months");
  Random random{seed};
  std::vector<double> starts(
      static_cast<std::size_t>(std::llround(requests_per_second * static_cast<double>(seconds))));
  double at = 0;
  for (auto& start : starts) {
    start = at;
    at += random.lognormal(0, gap_sigma);
  }
  std::vector<TraceRequest> requests;
  // Gaps are drawn in shape and then stretched to the span, so that every trace has exactly the published
  // rate.
  auto const stretch = at > 0 ? static_cast<double>(seconds) * 1e6 / at : 0;
  for (auto const start : starts)
    requests.push_back({Micros{std::llround(start * stretch)},
                        tokens(random, prompt_mu, prompt_sigma, 3, 7'437),
                        tokens(random, answer_mu, answer_sigma, 6, 1'899)});
  return requests;
}

}  // namespace spillway::sim
