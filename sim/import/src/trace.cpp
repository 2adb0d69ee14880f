// sim/import/src/trace.cpp - reads request traces strictly: a replay of half a trace would be a lie.
#include "sim/trace.hpp"

namespace spillway::sim {
namespace {

constexpr std::int64_t tokens_most = 1'000'000;
constexpr auto columns = {"arrival_us", "prompt_tokens", "generated_tokens"};

std::expected<TraceRequest, TableError> request(CsvTable const& table, CsvTable::Row const& row) {
  auto const arrival = scaled(table, row, "arrival_us", 0);
  auto const prompt = scaled(table, row, "prompt_tokens", 0);
  auto const generated = scaled(table, row, "generated_tokens", 0);
  for (auto const* field : {&arrival, &prompt, &generated})
    if (!*field) return std::unexpected(field->error());
  if (*arrival < 0)
    return std::unexpected(table.error(row, "a request does not come before the trace starts"));
  if (*prompt < 1 || *prompt > tokens_most)
    return std::unexpected(table.error(row, "a prompt has 1 to 1000000 tokens"));
  if (*generated < 1 || *generated > tokens_most)
    return std::unexpected(table.error(row, "an answer has 1 to 1000000 tokens"));
  return TraceRequest{Micros{*arrival}, Tokens{*prompt}, Tokens{*generated}};
}

std::expected<std::vector<TraceRequest>, TableError> take(std::expected<CsvTable, TableError> const& table) {
  if (!table) return std::unexpected(table.error());
  std::vector<TraceRequest> requests;
  for (auto const& row : table->rows) {
    auto const next = request(*table, row);
    if (!next) return std::unexpected(next.error());
    if (!requests.empty() && next->arrival < requests.back().arrival)
      return std::unexpected(
          table->error(row, "the request comes before the one above it; sort the trace by arrival_us"));
    requests.push_back(*next);
  }
  return requests;
}

}  // namespace

std::expected<std::vector<TraceRequest>, TableError> read_trace(std::filesystem::path const& file) {
  return take(read_csv(file, columns));
}

std::expected<std::vector<TraceRequest>, TableError> parse_trace(std::string_view csv, std::string file) {
  return take(parse_csv(csv, std::move(file), columns));
}

}  // namespace spillway::sim
