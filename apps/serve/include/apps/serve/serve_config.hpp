// apps/serve/include/apps/serve/serve_config.hpp - the numbers of an exchange that its operator may change,
// in one TOML file.
// Room:   apps, library serve; sees market, gateway server.
// Units:  last in the names of the keys; money is decimal text.
// Errors: one line with file, line and what to write instead.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/server/exchange_server.hpp"
#include "market/command.hpp"

namespace spillway {

struct ServeConfig {
  // [rules], [market]: read when the journal is empty, later starts follow the journal
  Rules rules;
  std::string relay;                                  // a leaf; empty: the shipped one
  Nano guarantee_fund{1'000'000'000'000};             // 1,000 units
  std::optional<std::int32_t> bytes_per_token_milli;  // of every model: a stand-in for real tokenizers
  // [journal]: read at every start; segments that are there keep their size
  std::uint64_t segment_mib{64};
  std::uint64_t snapshot_entries{1'000'000};
  std::int64_t snapshot_every_s{600};
  // [memory]: read at every start
  std::uint32_t resident_rows{0};  // CoreLimits::resident, of each of the two cores
  // [server], [door], [challenge], [engine]: read at every start; address, port and files come from flags
  ServerConfig server;
};

[[nodiscard]] std::expected<ServeConfig, std::string> parse_serve_config(std::string_view text,
                                                                         std::string const& file);
[[nodiscard]] std::expected<ServeConfig, std::string> load_serve_config(std::filesystem::path const& file);

}  // namespace spillway
