// tests/market/fuzz_csv.cpp - any bytes are a table or one named fault; every row of a table is as long as
// its header.
#include <cstddef>
#include <cstdint>

#include "market/check.hpp"
#include "reference/csv.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const content{reinterpret_cast<char const*>(data), size};
  auto const table = spillway::parse_csv(content, "fuzz.csv", {});
  if (!table) {
    sw_check(!table.error().sentence.empty(), "a fault has words");
    return 0;
  }
  for (auto const& row : table->rows) {
    sw_check(row.fields.size() == table->columns.size(), "rows are as long as the header");
    for (auto const& column : table->columns) (void)spillway::scaled(*table, row, column, 6);
  }
  return 0;
}
