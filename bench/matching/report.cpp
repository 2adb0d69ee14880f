// bench/matching/report.cpp - prints and writes the figures of one run.
// Room:   bench; sees the standard library only.
#include "report.hpp"

#include <cstdio>
#include <fstream>

namespace spillway::bench {

void Report::add(std::string_view key, std::string_view value) {
  lines_.push_back({std::string(key), std::string(value), true});
}

void Report::add(std::string_view key, std::uint64_t value) {
  lines_.push_back({std::string(key), std::to_string(value), false});
}

void Report::add(std::string_view key, std::int64_t value) {
  lines_.push_back({std::string(key), std::to_string(value), false});
}

void Report::add(std::string_view key, double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.2f", value);
  lines_.push_back({std::string(key), text, false});
}

void Report::add(std::string_view key, bool value) {
  lines_.push_back({std::string(key), value ? "true" : "false", false});
}

void Report::add_hash(std::string_view key, std::uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  lines_.push_back({std::string(key), text, true});
}

void Report::print() const {
  for (auto const& line : lines_) std::printf("%-34s %s\n", line.key.c_str(), line.value.c_str());
  std::fflush(stdout);
}

bool Report::write_json(std::string const& path) const {
  std::ofstream out(path);
  out << "{";
  char const* separator = "\n  ";
  for (auto const& line : lines_) {
    char const* const quote = line.text ? "\"" : "";
    out << separator << '"' << line.key << "\": " << quote << line.value << quote;
    separator = ",\n  ";
  }
  out << "\n}\n";
  return out.flush().good();
}

}  // namespace spillway::bench
