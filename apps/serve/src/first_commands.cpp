// apps/serve/src/first_commands.cpp - rules first: everything after them is judged by them.
#include "apps/serve/first_commands.hpp"

#include <iterator>

#include "reference/genesis.hpp"
#include "reference/market_data.hpp"

namespace spillway {
namespace {

std::expected<std::string, std::string> refine(Tables& tables, std::filesystem::path const& market_data) {
  if (market_data.empty())
    return std::string("round trips estimated from distance, input weights as shipped");
  if (!std::filesystem::is_directory(market_data))
    return std::unexpected("the market data directory " + market_data.string() +
                           " does not exist; name another one or leave --market-data out");
  auto const applied = apply_market_data(tables, market_data);
  if (!applied) return std::unexpected(text(applied.error()));
  return std::to_string(applied->round_trips_measured) + " round trips measured, the rest estimated; " +
         std::to_string(applied->models_weighted) + " models with input weights from market prices (" +
         std::to_string(applied->price_rows_used) + " rows used, " +
         std::to_string(applied->price_rows_skipped) + " skipped)";
}

}  // namespace

std::expected<FirstCommands, std::string> first_commands(ServeConfig const& config,
                                                         std::filesystem::path const& market_data,
                                                         Bytes32 const& operator_public_key) {
  auto tables = shipped_tables();
  auto said = refine(tables, market_data);
  if (!said) return std::unexpected(said.error());
  if (config.bytes_per_token_milli)
    for (auto& model : tables.models) model.bytes_per_token_milli = *config.bytes_per_token_milli;
  auto reference = genesis_commands(tables, config.relay.empty() ? default_relay : config.relay);
  if (!reference) return std::unexpected(reference.error());
  FirstCommands first{{SetRules{config.rules}}, std::move(*said)};
  std::move(reference->begin(), reference->end(), std::back_inserter(first.commands));
  first.commands.emplace_back(
      AddParticipant{the_operator, FirmId{1}, static_cast<std::uint32_t>(Role::operator_)});
  first.commands.emplace_back(AddKey{the_operator, the_operators_key, KeyKind::ed25519, operator_public_key});
  if (config.guarantee_fund.v > 0) first.commands.emplace_back(FundGuarantee{config.guarantee_fund});
  return first;
}

}  // namespace spillway
