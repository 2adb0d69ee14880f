// tests/matching/embedding_test.cpp - the program of docs/embedding.md, compiled outside of the repository
// against the two libraries, prints what the page says.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace spillway {
namespace {

namespace fs = std::filesystem;

std::string text_of(fs::path const& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// What stands between the first line "```kind" and the next "```".
std::string block(std::string const& page, std::string const& block_kind) {
  auto const open = "\n```" + block_kind + "\n";
  auto const from = page.find(open);
  if (from == std::string::npos) return {};
  auto const first = from + open.size();
  return page.substr(first, page.find("```\n", first) - first);
}

/// Standard output and standard error of a command line; `status` is 0 when it succeeded.
std::string output_of(std::string const& command, int& status) {
  std::string all;
  auto* const pipe = popen((command + " 2>&1").c_str(), "r");
  std::array<char, 4'096> buffer{};
  while (auto const got = std::fread(buffer.data(), 1, buffer.size(), pipe)) all.append(buffer.data(), got);
  status = pclose(pipe);
  return all;
}

TEST(Embedding, TheProgramOfThePageCompilesAndPrintsWhatItSays) {
  auto const page = text_of(fs::path{SPILLWAY_SOURCE_DIR} / "docs" / "embedding.md");
  auto const program = block(page, "cpp");
  ASSERT_FALSE(program.empty());
  EXPECT_LE(std::count(program.begin(), program.end(), '\n'), 60) << "it is a page, not a project";

  auto folder = (fs::temp_directory_path() / "spillway-embedding-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  std::ofstream{fs::path{folder} / "program.cpp"} << program;
  auto const source_dir = std::string{SPILLWAY_SOURCE_DIR};
  int status = 0;
  auto const said =
      output_of(std::string{SPILLWAY_CXX} + " -O0 -Wall -Wextra " + SPILLWAY_FLAGS + " -I " + source_dir +
                    "/market/include -I " + source_dir + "/matching/include " + folder + "/program.cpp " +
                    SPILLWAY_MATCHING + " " + SPILLWAY_MARKET + " -o " + folder + "/program",
                status);
  EXPECT_EQ(status, 0) << said;
  EXPECT_EQ(said, "") << "without a warning";
  EXPECT_EQ(output_of(folder + "/program", status), block(page, "text"));
  EXPECT_EQ(status, 0);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace spillway
