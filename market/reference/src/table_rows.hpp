// market/reference/src/table_rows.hpp - one reader per shipped table; private to the room.
#pragma once

#include <expected>

#include "reference/tables.hpp"

namespace spillway::table_rows {

template <class T>
using Read = std::expected<T, TableError>;

[[nodiscard]] Read<std::vector<Place>> places(std::string_view csv);
[[nodiscard]] Read<std::vector<AcceleratorClass>> classes(std::string_view csv);
[[nodiscard]] Read<std::vector<Tier>> tiers(std::string_view csv);
[[nodiscard]] Read<std::vector<Model>> models(std::string_view csv);
/// Fills both lists of aliases; every name of ours must be in the tables read before.
[[nodiscard]] Read<void> aliases(std::string_view csv, Tables&);

}  // namespace spillway::table_rows
