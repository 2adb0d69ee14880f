// bench/matching/report.hpp - the figures of one run, in the order in which they were found: for people and
// as JSON.
// Room:   bench; sees the standard library only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spillway::bench {

class Report {
 public:
  void add(std::string_view key, std::string_view value);
  void add(std::string_view key, char const* value) { add(key, std::string_view(value)); }
  void add(std::string_view key, std::uint64_t value);
  void add(std::string_view key, std::int64_t value);
  void add(std::string_view key, std::uint32_t value) { add(key, std::uint64_t{value}); }
  void add(std::string_view key, double value);  // two decimals
  void add(std::string_view key, bool value);
  /// Sixteen digits, as text.
  void add_hash(std::string_view key, std::uint64_t value);

  void print() const;
  /// One object; false when the file cannot be written.
  [[nodiscard]] bool write_json(std::string const& path) const;

 private:
  struct Line {
    std::string key, value;
    bool text{};  // quoted in JSON
  };
  std::vector<Line> lines_;
};

}  // namespace spillway::bench
