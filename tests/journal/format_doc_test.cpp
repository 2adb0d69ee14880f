// tests/journal/format_doc_test.cpp - the bytes that docs/formats/journal.md shows are those that are
// written. Covers src/frame.cpp, src/seal.cpp, src/segment_file.cpp, src/tiles.cpp as documented.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "journal/digest.hpp"
#include "journal/merkle.hpp"
#include "journal/seal.hpp"
#include "journal/tiles.hpp"
#include "support.hpp"

namespace spillway {
namespace {

using namespace testing;  // NOLINT: the helpers of this folder

/// The pairs of hex digits at the front of an indented line; what follows them is for people.
std::string hex_of(std::string const& line) {
  std::string hex;
  std::istringstream words(line);
  auto const digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  for (std::string word; words >> word && word.size() == 2 && digit(word[0]) && digit(word[1]);) hex += word;
  return hex;
}

/// The page's hex blocks by the name in the comment above each.
std::map<std::string, std::string> blocks() {
  std::map<std::string, std::string> found;
  std::ifstream page(fs::path(SPILLWAY_SOURCE_DIR) / "docs/formats/journal.md");
  std::string name;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("<!-- "))
      name = line.substr(5, line.find(' ', 5) - 5);
    else if (line.starts_with("    ") && !name.empty())
      found[name] += hex_of(line);
    else
      name.clear();
  }
  return found;
}

std::string hex_from(fs::path const& file, std::size_t at, std::size_t bytes) {
  auto const content = slurp(file);
  return to_hex(std::as_bytes(std::span(content)).subspan(at, bytes));
}

TEST(FormatPage, ShowsTheBytesThatAreWritten) {
  auto const page = blocks();
  ASSERT_EQ(page.size(), 5u);
  TempDir dir;
  Seal seal{Seq{1}, Seq{1}, 0, next_digest(first_digest(), {}), empty_root()};
  auto const sealed = encode_seal(seal);
  {
    auto log = must_open(dir.path(), StreamKind::entries, small_segments(65'536));
    log.append(FrameType::entry, Seq{1}, as_byte_view("abc"));
    log.append(FrameType::seal, Seq{1}, sealed);
    log.commit();
    auto records = must_open(dir.path(), StreamKind::records, small_segments(65'536));
    records.append(FrameType::records, Seq{1}, {});
    records.commit();
    TileWriter tiles(dir.path() / "tiles");
    tiles.append(leaf_hash(as_byte_view("abc")));
    tiles.append(leaf_hash(sealed));
    ASSERT_TRUE(tiles.write_all());
  }
  auto const segment = dir.path() / "segments" / segment_name(Seq{1});
  EXPECT_EQ(page.at("header"), hex_from(segment, 0, 120));
  EXPECT_EQ(page.at("frames"), hex_from(segment, segment_header_bytes, 32 + 112));
  EXPECT_EQ(page.at("record"),
            hex_from(dir.path() / "records" / segment_name(Seq{1}), segment_header_bytes, 24));
  EXPECT_EQ(page.at("tile"), hex_from(dir.path() / "tiles/tile/0/000.p/2", 0, 64));
  EXPECT_EQ(page.at("root"), to_hex(node_hash(leaf_hash(as_byte_view("abc")), leaf_hash(sealed))));
}

}  // namespace
}  // namespace spillway
