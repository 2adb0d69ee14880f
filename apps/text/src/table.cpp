// apps/text/src/table.cpp - measures all cells, then writes them.
#include "apps/text/table.hpp"

#include <algorithm>

#include "market/check.hpp"

namespace spillway {
namespace {

bool starts_a_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_a_character));
}

void put(std::string& line, std::string_view cell, std::size_t width, TextTable::Align align) {
  std::string const blanks(width - width_of(cell), ' ');
  line += align == TextTable::Align::right ? blanks + std::string(cell) : std::string(cell) + blanks;
}

}  // namespace

void TextTable::add(std::vector<std::string> cells) {
  sw_check(cells.size() == columns_.size(), "a row has a cell for each column");
  for (auto& cell : cells)
    std::replace_if(
        cell.begin(), cell.end(), [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }, ' ');
  rows_.push_back(std::move(cells));
}

std::string TextTable::text() const {
  std::vector<std::string> titles;
  std::vector<std::size_t> widths;
  for (auto const& column : columns_)
    titles.push_back(column.title), widths.push_back(width_of(column.title));
  for (auto const& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  std::string out;
  auto write = [&](std::vector<std::string> const& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) line += "  ";
      put(line, cells[i], widths[i], columns_[i].align);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  };
  write(titles);
  for (auto const& row : rows_) write(row);
  return out;
}

std::string with_thousands(std::string_view number) {
  auto const point = std::min(number.find('.'), number.size());
  std::size_t const first = !number.empty() && number.front() == '-' ? 1 : 0;
  std::string out(number.substr(0, first));
  for (std::size_t i = first; i < point; ++i) {
    if (i > first && (point - i) % 3 == 0) out += ',';
    out += number[i];
  }
  return out + std::string(number.substr(point));
}

}  // namespace spillway
