// tests/tidy/tree.cpp - lists by git, or by walking the folder.
#include "tree.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <utility>

namespace spillway::tidy {
namespace {

namespace fs = std::filesystem;

struct ClosePipe {
  void operator()(std::FILE* pipe) const { pclose(pipe); }
};

std::string output_of(std::string const& command) {
  std::unique_ptr<std::FILE, ClosePipe> pipe{popen(command.c_str(), "r")};
  if (!pipe) throw std::runtime_error("can't run: " + command);
  std::string out;
  std::array<char, 4096> part{};
  while (auto const n = std::fread(part.data(), 1, part.size(), pipe.get())) out.append(part.data(), n);
  return out;
}

std::vector<std::string> split(std::string const& text, char end) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < text.size();) {
    auto const stop = std::min(text.find(end, at), text.size());
    parts.push_back(text.substr(at, stop - at));
    at = stop + 1;
  }
  return parts;
}

bool is_output(fs::path const& name) {
  return name == ".git" || name == "node_modules" || name == "var" || name.string().starts_with("build");
}

std::vector<std::string> walked(fs::path const& root) {
  std::vector<std::string> paths;
  for (auto at = fs::recursive_directory_iterator(root); at != fs::recursive_directory_iterator(); ++at) {
    if (at->is_directory() && is_output(at->path().filename())) at.disable_recursion_pending();
    if (at->is_regular_file()) paths.push_back(fs::relative(at->path(), root).generic_string());
  }
  return paths;
}

std::string contents(fs::path const& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

Tree read_tree(fs::path const& root) {
  auto paths = split(output_of("git -C '" + root.string() + "' ls-files -z 2>/dev/null"), '\0');
  if (paths.empty()) paths = walked(root);
  std::ranges::sort(paths);
  Tree tree;
  for (auto& path : paths) {
    auto const full = root / path;
    if (fs::is_regular_file(full))
      tree.push_back({std::move(path), contents(full)});  // removed ones are skipped
  }
  return tree;
}

}  // namespace spillway::tidy
