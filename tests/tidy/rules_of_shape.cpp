// tests/tidy/rules_of_shape.cpp - rules on how files look and where they stand.
#include <algorithm>
#include <set>

#include "rules.hpp"
#include "text.hpp"

namespace spillway::tidy {
namespace {

constexpr std::size_t kColumnsMax = 110;
constexpr std::size_t kLinesMax = 450;
constexpr std::size_t kBytesMax = 1'000'000;
constexpr std::size_t kHeadLines = 15;  // where a test may say which further sources it covers

std::vector<std::string_view> const kRooms = {"market",  "matching", "attest",  "settlement",
                                              "journal", "exchange", "gateway", "apps",
                                              "sim",     "tests",    "bench",   "web"};

std::string_view room_of(std::string_view path) { return path.substr(0, path.find('/')); }
std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// "market/ids.hpp" names "market/include/market/ids.hpp": some of its folders, in order, and the file.
bool names_path(std::string_view name, std::string_view path) {
  auto const wanted = parts_of(name);
  auto const parts = parts_of(path);
  if (wanted.size() < 2 || wanted.back() != parts.back()) return false;
  std::size_t met = 0;
  for (auto const part : parts) {
    if (met < wanted.size() && wanted[met] == part) ++met;
  }
  return met == wanted.size();
}

bool says_purpose(SourceFile const& file) {
  auto const first = std::string_view(file.text).substr(0, file.text.find('\n'));
  auto const dash = first.find(" - ");
  if (!first.starts_with("// ") || dash == std::string_view::npos || dash + 3 >= first.size()) return false;
  return names_path(first.substr(3, dash - 3), file.path);
}

bool is_source(std::string_view path) {
  return path.ends_with(".cpp") && path.find("/src/") != std::string_view::npos &&
         !path.starts_with("tests/");
}

bool head_names(SourceFile const& test, std::string_view name) {
  auto lines = lines_of(test.text);
  if (lines.size() > kHeadLines) lines.resize(kHeadLines);
  return std::ranges::any_of(lines, [&](auto line) {
    return line.starts_with("//") && has_word(line, name) && !line.starts_with("#include");
  });
}

bool is_tested(std::string_view source, Tree const& tree) {
  auto const folder = "tests/" + std::string(room_of(source)) + "/";
  auto const name = std::string(name_of(source));
  auto const own = name.substr(0, name.size() - 4) + "_test.cpp";
  return std::ranges::any_of(tree, [&](SourceFile const& file) {
    if (!file.path.starts_with(folder) || !file.path.ends_with(".cpp")) return false;
    return name_of(file.path) == own || head_names(file, name);
  });
}

}  // namespace

Breaches lines_fit(Tree const& tree) {
  Breaches breaches;
  for (auto const& file : tree) {
    if (!is_cpp(file.path)) continue;
    std::size_t number = 0;
    for (auto const line : lines_of(file.text)) {
      ++number;
      auto const columns = columns_of(line);
      if (columns <= kColumnsMax) continue;
      breaches.push_back({file.path, number,
                          std::to_string(columns) + " columns: break the line at " +
                              std::to_string(kColumnsMax) + " (clang-format does)"});
    }
  }
  return breaches;
}

Breaches files_stay_small(Tree const& tree) {
  Breaches breaches;
  for (auto const& file : tree) {
    if (file.text.size() > kBytesMax) {
      breaches.push_back({file.path, 0, "over 1 MB: generate it, or keep it outside of the repository"});
    }
    if (!is_cpp(file.path) && !file.path.ends_with(".mjs")) continue;
    auto const count = lines_of(file.text).size();
    if (count > kLinesMax) {
      breaches.push_back(
          {file.path, kLinesMax + 1, std::to_string(count) + " lines: split the file by concept"});
    }
  }
  return breaches;
}

Breaches files_say_their_purpose(Tree const& tree) {
  Breaches breaches;
  for (auto const& file : tree) {
    if (!is_cpp(file.path) || says_purpose(file)) continue;
    auto const example = std::string(room_of(file.path)) + "/" + std::string(name_of(file.path));
    breaches.push_back({file.path, 1, "start with the line '// " + example + " - what it is for'"});
  }
  return breaches;
}

Breaches rooms_have_a_readme(Tree const& tree) {
  std::set<std::string_view> rooms;
  std::set<std::string_view> with_readme;
  for (auto const& file : tree) {
    auto const room = room_of(file.path);
    if (std::ranges::find(kRooms, room) == kRooms.end()) continue;
    rooms.insert(room);
    if (file.path == std::string(room) + "/README.md") with_readme.insert(room);
  }
  Breaches breaches;
  for (auto const room : rooms) {
    if (with_readme.contains(room)) continue;
    breaches.push_back(
        {std::string(room) + "/README.md", 0,
         "is missing: write the room's card (purpose, what it may see, front doors, how to test)"});
  }
  return breaches;
}

Breaches sources_have_a_test(Tree const& tree) {
  Breaches breaches;
  for (auto const& file : tree) {
    if (!is_source(file.path) || is_tested(file.path, tree)) continue;
    auto const name = std::string(name_of(file.path));
    auto const folder = "tests/" + std::string(room_of(file.path)) + "/";
    breaches.push_back({file.path, 0,
                        "has no test: write " + folder + name.substr(0, name.size() - 4) +
                            "_test.cpp, or name '" + name + "' in the head of the test that covers it"});
  }
  return breaches;
}

}  // namespace spillway::tidy
