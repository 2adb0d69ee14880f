// reference/csv.hpp - a strict reader of small comma-separated tables, for the shipped tables and the
// importers.
// Room:   market/reference (table maker); sees the standard library and the vocabulary. Format: UTF-8, a
//         header row, LF or CRLF; a field with a comma or a quote stands in quotes, a quote in it is doubled;
//         a quoted field ends on its own line.
// Errors: the first fault, with file, line (from 1) and what to do about it; nothing is guessed or skipped.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace spillway {

struct TableError {
  std::string file;
  int line{};  // from 1; 0 when no line is meant
  std::string sentence;
};

/// "offers.csv:12: the price is not a number"
[[nodiscard]] std::string text(TableError const&);

class CsvTable {
 public:
  struct Row {
    int line{};
    std::vector<std::string> fields;
  };

  std::string file;                  // for errors
  std::vector<std::string> columns;  // of the header
  std::vector<Row> rows;

  /// The field of a row; the column was required when the table was read.
  [[nodiscard]] std::string const& at(Row const&, std::string_view column) const;
  [[nodiscard]] TableError error(Row const&, std::string sentence) const;
};

/// Refuses a table that lacks one of `required`, has a column twice, or a row of another length than the
/// header.
[[nodiscard]] std::expected<CsvTable, TableError> parse_csv(std::string_view content, std::string file,
                                                            std::initializer_list<char const*> required);
[[nodiscard]] std::expected<CsvTable, TableError> read_csv(std::filesystem::path const& path,
                                                           std::initializer_list<char const*> required);

/// A decimal number times 10^places, exactly; empty text, more places or anything else is an error of this
/// row.
[[nodiscard]] std::expected<std::int64_t, TableError> scaled(CsvTable const&, CsvTable::Row const&,
                                                             std::string_view column, int places);

}  // namespace spillway
