// market/reference/src/csv.cpp - splits text into rows and fields, strictly.
#include "reference/csv.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "market/check.hpp"
#include "market/decimal.hpp"

namespace spillway {
namespace {

using Fields = std::vector<std::string>;
using Sentence = std::string;

/// One quoted field; `line` stands behind its opening quote and is moved behind its closing one.
std::expected<std::string, Sentence> quoted_field(std::string_view& line) {
  std::string field;
  while (true) {
    auto const quote = line.find('"');
    if (quote == line.npos)
      return std::unexpected("a quoted field does not end; close the quote on the same line");
    field += line.substr(0, quote);
    line.remove_prefix(quote + 1);
    if (!line.starts_with('"')) return field;
    field += '"';
    line.remove_prefix(1);
  }
}

std::expected<Fields, Sentence> split_line(std::string_view line) {
  Fields fields;
  while (true) {
    if (line.starts_with('"')) {
      line.remove_prefix(1);
      auto field = quoted_field(line);
      if (!field) return std::unexpected(field.error());
      if (!line.empty() && line.front() != ',')
        return std::unexpected("text follows a closing quote; double the quotes inside a field");
      fields.push_back(std::move(*field));
    } else {
      auto const field = line.substr(0, line.find(','));
      if (field.find('"') != field.npos)
        return std::unexpected("a quote stands inside a plain field; quote the whole field");
      fields.emplace_back(field);
      line.remove_prefix(field.size());
    }
    if (line.empty()) return fields;
    line.remove_prefix(1);  // the comma
  }
}

std::expected<void, TableError> check_columns(CsvTable const& table,
                                              std::initializer_list<char const*> required) {
  for (auto const* column : required)
    if (std::ranges::find(table.columns, column) == table.columns.end())
      return std::unexpected(
          TableError{table.file, 1, "the column \"" + std::string(column) + "\" is missing"});
  auto sorted = table.columns;
  std::ranges::sort(sorted);
  if (auto const twin = std::ranges::adjacent_find(sorted); twin != sorted.end())
    return std::unexpected(
        TableError{table.file, 1, "the column \"" + *twin + "\" stands twice in the header"});
  return {};
}

std::expected<void, TableError> take_line(CsvTable& table, std::string_view line, int number) {
  auto const fail = [&](std::string sentence) {
    return std::unexpected(TableError{table.file, number, std::move(sentence)});
  };
  if (line.find('\0') != line.npos)
    return fail("a zero byte stands here; save the table as plain UTF-8 text");
  auto fields = split_line(line);
  if (!fields) return fail(fields.error());
  if (number == 1) {
    table.columns = std::move(*fields);
    return {};
  }
  if (fields->size() != table.columns.size())
    return fail("the row has " + std::to_string(fields->size()) + " fields, the header has " +
                std::to_string(table.columns.size()));
  table.rows.push_back({number, std::move(*fields)});
  return {};
}

}  // namespace

std::string text(TableError const& error) {
  return error.file + (error.line > 0 ? ":" + std::to_string(error.line) : "") + ": " + error.sentence;
}

std::string const& CsvTable::at(Row const& row, std::string_view column) const {
  auto const found = std::ranges::find(columns, column);
  sw_check(found != columns.end(), "a column that is read was required when the table was read");
  return row.fields[static_cast<std::size_t>(found - columns.begin())];
}

TableError CsvTable::error(Row const& row, std::string sentence) const {
  return {file, row.line, std::move(sentence)};
}

std::expected<CsvTable, TableError> parse_csv(std::string_view content, std::string file,
                                              std::initializer_list<char const*> required) {
  CsvTable table;
  table.file = std::move(file);
  if (content.starts_with("\xEF\xBB\xBF")) content.remove_prefix(3);
  int number = 0;
  while (!content.empty()) {
    auto line = content.substr(0, content.find('\n'));
    content.remove_prefix(std::min(line.size() + 1, content.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (auto taken = take_line(table, line, ++number); !taken) return std::unexpected(taken.error());
  }
  if (number == 0)
    return std::unexpected(TableError{table.file, 0, "the file is empty; a header row is needed"});
  if (auto good = check_columns(table, required); !good) return std::unexpected(good.error());
  return table;
}

std::expected<CsvTable, TableError> read_csv(std::filesystem::path const& path,
                                             std::initializer_list<char const*> required) {
  std::ifstream in{path, std::ios::binary};
  if (!in)
    return std::unexpected(
        TableError{path.string(), 0, "cannot be opened; check the path and its permissions"});
  std::string const content{std::istreambuf_iterator<char>{in}, {}};
  if (in.bad()) return std::unexpected(TableError{path.string(), 0, "cannot be read to its end"});
  return parse_csv(content, path.filename().string(), required);
}

std::expected<std::int64_t, TableError> scaled(CsvTable const& table, CsvTable::Row const& row,
                                               std::string_view column, int places) {
  auto const fail = [&](char const* why) {
    return std::unexpected(
        table.error(row, std::string(column) + " \"" + table.at(row, column) + "\": " + why));
  };
  auto const nano = parse_money(table.at(row, column));
  if (!nano) return fail(sentence(nano.error()));
  std::int64_t step = 1;
  for (int i = places; i < 9; ++i) step *= 10;
  if (nano->v % step != 0) return fail(sentence(DecimalError::too_many_places));
  return nano->v / step;
}

}  // namespace spillway
