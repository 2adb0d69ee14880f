// apps/text/include/apps/text/table.hpp - rows for people: columns as wide as their widest cell, numbers to
// the right.
// Room:   apps, library text_table; sees the standard library only.
// Units:  a cell's width is counted in code points.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace spillway {

class TextTable {
 public:
  enum class Align : std::uint8_t { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// As many cells as there are columns (checked). Control characters are shown as blanks.
  void add(std::vector<std::string> cells);
  [[nodiscard]] std::size_t rows() const { return rows_.size(); }
  /// Title line and rows, each ended by a line feed, without blanks at the end of lines.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// 1234567 -> "1,234,567", "-1234.50" -> "-1,234.50": thousands set apart in the part before the point.
[[nodiscard]] std::string with_thousands(std::string_view number);

}  // namespace spillway
