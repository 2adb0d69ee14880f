// tests/tidy/rules.cpp - rules on purity, third parties, and what may not stand in any file.
#include "rules.hpp"

#include <algorithm>
#include <array>

#include "text.hpp"

namespace spillway::tidy {
namespace {

struct Banned {
  std::string_view word;
  std::string_view instead;
};

constexpr std::string_view kTime = "no clock in a pure room: take the stamp of the entry as an argument";
constexpr std::string_view kChance =
    "no randomness in a pure room: draw it at the edge and carry it in the command";
constexpr std::string_view kThreads = "no threads in a pure room: the pipeline owns them";
constexpr std::string_view kReal =
    "no floating point in a pure room: use integers with a unit (market/units.hpp)";
constexpr std::string_view kOrder =
    "no unordered containers in a pure room: use std::map, std::set or a sorted vector";
constexpr std::string_view kInput = "no input or output in a pure room: do it at the edge";

constexpr std::array kBanned = {
    Banned{"<chrono>", kTime},
    Banned{"<ctime>", kTime},
    Banned{"system_clock", kTime},
    Banned{"steady_clock", kTime},
    Banned{"clock_gettime", kTime},
    Banned{"gettimeofday", kTime},
    Banned{"std::time", kTime},
    Banned{"high_resolution_clock", kTime},
    Banned{"<random>", kChance},
    Banned{"random_device", kChance},
    Banned{"mt19937", kChance},
    Banned{"rand(", kChance},
    Banned{"randombytes_buf", kChance},
    Banned{"getrandom", kChance},
    Banned{"<thread>", kThreads},
    Banned{"<mutex>", kThreads},
    Banned{"<atomic>", kThreads},
    Banned{"<future>", kThreads},
    Banned{"thread_local", kThreads},
    Banned{"<condition_variable>", kThreads},
    Banned{"double", kReal},
    Banned{"float", kReal},
    Banned{"unordered_map", kOrder},
    Banned{"unordered_set", kOrder},
    Banned{"unordered_multimap", kOrder},
    Banned{"unordered_multiset", kOrder},
    Banned{"<iostream>", kInput},
    Banned{"<fstream>", kInput},
    Banned{"<filesystem>", kInput},
    Banned{"getenv", kInput},
};

// Where a header of somebody else may be included; tests may include any.
struct Guest {
  std::string_view header;
  std::vector<std::string_view> rooms;
};

std::vector<Guest> const& guests() {
  static std::vector<Guest> const all = {
      {"<lmdb.h>", {"journal/src/"}},
      {"<sodium", {"attest/", "journal/", "gateway/"}},
      {"<openssl/", {"attest/", "journal/", "gateway/"}},
      {"<boost/beast", {"gateway/wire/"}},
      {"<flatbuffers/", {"market/src/codec"}},
      {"_generated.h", {"market/src/codec"}},
  };
  return all;
}

bool starts_with_any(std::string_view path, std::vector<std::string_view> const& starts) {
  return std::ranges::any_of(starts, [&](auto start) { return path.starts_with(start); });
}

void check_code_line(SourceFile const& file, std::size_t number, std::string_view line, Breaches& breaches) {
  for (auto const& [word, instead] : kBanned) {
    if (has_word(line, word)) {
      breaches.push_back({file.path, number, "'" + std::string(word) + "': " + std::string(instead)});
    }
  }
}

void check_include(SourceFile const& file, std::size_t number, std::string_view line, Breaches& breaches) {
  if (!line.starts_with("#include")) return;
  for (auto const& [header, rooms] : guests()) {
    if (line.find(header) == std::string_view::npos || starts_with_any(file.path, rooms)) continue;
    breaches.push_back({file.path, number,
                        "'" + std::string(header) + "' is included only under " + std::string(rooms.front()) +
                            ": use that room's own header"});
  }
}

template <class Check>
Breaches for_each_code_line(Tree const& tree, Check check) {
  Breaches breaches;
  for (auto const& file : tree) {
    if (!is_cpp(file.path)) continue;
    auto const code = code_of(file.text);
    std::size_t number = 0;
    for (auto const line : lines_of(code)) check(file, ++number, line, breaches);
  }
  return breaches;
}

bool is_codec(std::string_view path) { return path.starts_with("market/src/codec"); }

bool is_edge_of_market(std::string_view path) {
  return is_codec(path) || starts_with_any(path, {"market/tools/", "market/reference/", "market/fuzz/"});
}

// A path on this machine: '/' + folder + '/', not in the middle of a longer path or address.
bool names_folder(std::string_view line, std::string_view folder) {
  auto const at = line.find("/" + std::string(folder) + "/");
  if (at == std::string_view::npos) return false;
  auto const before = at == 0 ? ' ' : line[at - 1];
  return std::string_view(" \t\"'`(=:<>,[").find(before) != std::string_view::npos;
}

}  // namespace

bool is_pure(std::string_view path) {
  if (!is_cpp(path)) return false;
  if (path.starts_with("market/")) return !is_edge_of_market(path);
  return starts_with_any(path, {"matching/", "settlement/include/", "settlement/src/", "attest/registry/",
                                "exchange/include/exchange/core", "exchange/src/core", "exchange/core/"});
}

Breaches pure_rooms_stay_pure(Tree const& tree) {
  return for_each_code_line(tree, [](auto const& file, auto number, auto line, auto& breaches) {
    if (is_pure(file.path)) check_code_line(file, number, line, breaches);
  });
}

Breaches third_parties_stay_in_their_room(Tree const& tree) {
  return for_each_code_line(tree, [](auto const& file, auto number, auto line, auto& breaches) {
    if (!file.path.starts_with("tests/")) check_include(file, number, line, breaches);
  });
}

Breaches nothing_names_one_machine(Tree const& tree) {
  // Split in two, or this file would breach its own rule.
  static std::vector<std::string> const registries = {
      "registry.npmjs"
      ".org",
      "deb.debian"
      ".org",
      "pypi"
      ".org",
      "proxy.golang"
      ".org",
      "crates"
      ".io"};
  Breaches breaches;
  for (auto const& file : tree) {
    std::size_t number = 0;
    for (auto const line : lines_of(file.text)) {
      ++number;
      bool const folder =
          !file.path.starts_with(".ci/") &&
          (names_folder(line, "work") || names_folder(line, "home") || names_folder(line, "root"));
      if (folder)
        breaches.push_back({file.path, number, "a path of one machine: write it from the repository's root"});
      for (auto const& host : registries) {
        if (line.find(host) == std::string_view::npos) continue;
        breaches.push_back({file.path, number,
                            "a package registry's host: name packages only, clients know their registry"});
      }
    }
  }
  return breaches;
}

}  // namespace spillway::tidy
