// apps/agent/agent_config.hpp - what a provider says about itself in one TOML file.
// Room:   apps, library agent; sees market.
// Errors: one line with file, line and what to write instead.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "market/command.hpp"

namespace spillway {

struct AgentOffer {
  ProductKind product{};
  std::string model;         // catalogue name; tokens only
  std::string engine_model;  // what the engine calls it; tokens only
  std::string tier;
  PriceIndex price;            // per million work tokens, or per accelerator-hour
  std::int64_t slots{};        // tokens: at most what the catalogue fits; 0: as many as the engine has
  std::int64_t units_milli{};  // capacity: thousandths of an accelerator
};

struct AgentNode {
  std::uint64_t label{};  // unique within the provider, kept over restarts
  std::string place;
  std::string klass;
  std::uint16_t units{1};
  std::vector<AgentOffer> offers;
};

struct AgentConfig {
  std::string exchange_url;     // wss://host:port/v1/stream
  std::filesystem::path trust;  // PEM of the exchange's certificate; empty: what this machine trusts
  std::filesystem::path credentials;
  std::string engine_url;                // http://host:port/v1; empty: no token jobs
  std::int64_t engine_slots{1};          // jobs that the engine takes at once
  std::string engine_note;               // what stands in for a production engine; empty: nothing
  std::int64_t engine_silence_ms{8000};  // an engine that says nothing for so long has stalled
  std::int64_t proof_retry_ms{5'000};    // after a failed proof, doubling to a minute; not in the file
  bool post_bonds{true};                 // before a unit opens, where the exchange asks for bonds
  std::string lease_start_hook,
      lease_end_hook;  // commands run by the shell; the lease's facts are in SPILLWAY_LEASE_*
  std::vector<AgentNode> nodes;
};

[[nodiscard]] std::expected<AgentConfig, std::string> load_agent_config(std::filesystem::path const& file);

}  // namespace spillway
