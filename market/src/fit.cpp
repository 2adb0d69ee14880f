// market/fit.cpp - how many jobs a model serves on a class: memory left beside the weights, in caches of full
// length.
// Room:   market (vocabulary); sees the standard library only.
// Source: market.md, "models": floor((memory - weights x 1.1) / (KV bytes per token x the tier's maximum
//         tokens)).
#include <algorithm>
#include <array>
#include <limits>

#include "market/reference.hpp"

namespace spillway {
namespace {

constexpr std::array<std::int64_t, 5> card_counts{1, 2, 4, 8, 16};

/// Weights with ten per cent for the engine itself, raised to a whole byte.
std::int64_t weight_bytes_raised(Model const& model) {
  auto const bits = model.parameters_millions * 1'000'000 * model.bits_per_parameter;
  return (bits * 11 + 79) / 80;
}

}  // namespace

std::optional<Fit> Reference::fit(ModelId model_id, ClassId class_id, TierId tier_id) const {
  auto const* model = find(model_id);
  auto const* klass = find(class_id);
  auto const* tier = find(tier_id);
  if (!model || !klass || !tier || tier->product != ProductKind::tokens) return std::nullopt;

  auto const card_bytes = std::int64_t{klass->memory_mib} << 20;
  auto const job_bytes = model->kv_bytes_per_token * (std::int64_t{tier->input_max} + tier->output_max);
  for (auto const cards : card_counts) {
    auto const free = cards * card_bytes - weight_bytes_raised(*model);
    if (free < job_bytes) continue;
    auto const slots = std::min<std::int64_t>(free / job_bytes, std::numeric_limits<std::int32_t>::max());
    return Fit{static_cast<std::int32_t>(cards), static_cast<std::int32_t>(slots)};
  }
  return std::nullopt;
}

}  // namespace spillway
