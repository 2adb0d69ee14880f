// tests/tidy/tree.hpp - the repository as the tidy test sees it: every tracked file, read once.
// Room:   tests/tidy; sees the standard library only.
// Errors: a folder that can't be listed stops the test with a message.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace spillway::tidy {

struct SourceFile {
  std::string path;  // from the root of the repository, with '/'
  std::string text;
};

using Tree = std::vector<SourceFile>;  // sorted by path

/// The files that git tracks; where there is no git, all files but build outputs and installed packages.
[[nodiscard]] Tree read_tree(std::filesystem::path const& root);

}  // namespace spillway::tidy
