// tests/journal/snapshot_test.cpp - snapshot.cpp: whole or refused, two are kept; and reading a stream from
// the middle (log_reader.cpp), tiles from the middle (tiles.cpp, tile_writer.cpp).
#include "journal/snapshot.hpp"

#include <gtest/gtest.h>

#include "journal/digest.hpp"
#include "journal/log_reader.hpp"
#include "journal/log_writer.hpp"
#include "support.hpp"

namespace spillway {
namespace {

using testing::spit;
using testing::TempDir;

Hash256 leaf(std::uint64_t n) { return leaf_hash(std::as_bytes(std::span(&n, 1))); }

Snapshot sample(Seq seq, std::uint64_t leaves) {
  Snapshot s;
  s.rules_version = 1, s.state_layout = 7, s.seq = seq, s.position = 12'345;
  s.digest[3] = std::byte{9};
  for (std::uint64_t i = 0; i < leaves; ++i) {
    s.tree.append(leaf(i));
    s.tiles.append(leaf(i), [](TileName const&, std::span<Hash256 const>) {});
  }
  s.batch = {leaf(1), leaf(2)};
  s.aside = std::vector<std::byte>(10, std::byte{5});
  s.state = std::vector<std::byte>(300, std::byte{6});
  s.state_bytes = s.state.size();
  s.state_digest = blake2b_256(s.state);
  return s;
}

TEST(Snapshot, IsReadBackAsItWasWritten) {
  for (std::uint64_t const leaves : {1, 255, 256, 70'000}) {
    auto const bytes = encode_snapshot(sample(Seq{77}, leaves));
    auto const again = parse_snapshot(bytes);
    ASSERT_TRUE(again) << again.error();
    EXPECT_EQ(again->seq, Seq{77});
    EXPECT_EQ(again->tree.size(), leaves);
    EXPECT_EQ(again->tiles.size(), leaves);
    EXPECT_EQ(encode_snapshot(*again), bytes);
  }
}

TEST(Snapshot, OneChangedByteAnywhereOrACutIsRefused) {
  auto const whole = encode_snapshot(sample(Seq{77}, 300));
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    auto changed = whole;
    changed[at] ^= std::byte{0x10};
    EXPECT_FALSE(parse_snapshot(changed)) << "byte " << at;
  }
  for (std::size_t bytes = 0; bytes < whole.size(); bytes += 13)
    EXPECT_FALSE(parse_snapshot(std::span(whole).first(bytes))) << bytes << " bytes";
}

TEST(Snapshot, TilesThatAreNotThoseOfItsTreeAreRefusedThoughTheHashIsRight) {
  auto odd = sample(Seq{77}, 300);
  odd.tiles.append(leaf(300), [](TileName const&, std::span<Hash256 const>) {});
  auto const refused = parse_snapshot(encode_snapshot(odd));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().find("tiles"), std::string::npos) << refused.error();
}

TEST(SnapshotFolder, ReadsTheFrontAloneAndTheStateByItsHash) {
  TempDir dir;
  SnapshotFolder const folder(dir.path() / "snapshots");
  auto const written = sample(Seq{77}, 300);
  ASSERT_TRUE(folder.write(written));
  auto const front = folder.read_front(Seq{77});
  ASSERT_TRUE(front) << front.error();
  EXPECT_TRUE(front->state.empty());
  EXPECT_EQ(front->state_bytes, written.state.size());
  EXPECT_EQ(encode_front(*front), encode_front(written));
  StateBytes state;
  ASSERT_TRUE(folder.read_state(*front, state));
  EXPECT_TRUE(same_bytes(state.all(), written.state));

  auto const whole = encode_snapshot(written);
  auto const put = [&](ByteView bytes) {
    auto const* const text = reinterpret_cast<char const*>(bytes.data());
    spit(folder.file(Seq{77}), {text, text + bytes.size()});
  };
  auto changed = whole;
  changed.back() ^= std::byte{1};
  put(changed);
  EXPECT_TRUE(folder.read_front(Seq{77})) << "it is not the front that was changed";
  EXPECT_FALSE(folder.read_state(*front, state));
  put(ByteView(whole).first(whole.size() - 1));
  EXPECT_FALSE(folder.read_front(Seq{77})) << "a byte is missing at the end";
  auto longer = whole;
  longer.push_back(std::byte{});
  put(longer);
  EXPECT_FALSE(folder.read_front(Seq{77})) << "a byte too many";
  for (std::size_t bytes = 0; bytes < 60; ++bytes) {
    put(ByteView(whole).first(bytes));
    EXPECT_FALSE(folder.read_front(Seq{77})) << bytes << " bytes";
  }
}

TEST(SnapshotFolder, KeepsTheNewestTwoAndNamesThemNewestFirst) {
  TempDir dir;
  SnapshotFolder const folder(dir.path() / "snapshots");
  EXPECT_TRUE(folder.list().empty());
  for (std::uint64_t const seq : {100, 200, 300}) ASSERT_TRUE(folder.write(sample(Seq{seq}, 5)));
  EXPECT_EQ(folder.list(), (std::vector{Seq{300}, Seq{200}}));
  spit(folder.path() / (folder.file(Seq{50}).filename().string() + ".tmp"), {'x'});
  ASSERT_TRUE(folder.write(sample(Seq{300}, 5)));
  EXPECT_FALSE(std::filesystem::exists(folder.file(Seq{50}).string() + ".tmp")) << "what a crash left goes";
  spit(folder.path() / "notes.txt", {'x'});
  EXPECT_EQ(folder.list().size(), 2u) << "other files are not ours to judge";
  ASSERT_TRUE(folder.read(Seq{200}));
  std::filesystem::rename(folder.file(Seq{200}), folder.file(Seq{250}));
  EXPECT_FALSE(folder.read(Seq{250})) << "under another name it is another's";
}

TEST(LogReaderFrom, BeginsWithTheSegmentThatHoldsTheSequenceAndCountsAsIfItHadReadAll) {
  TempDir dir;
  LogOptions const options{.segment_bytes = 16'384};
  {
    auto writer = LogWriter::open(dir.path(), StreamKind::entries, options);
    ASSERT_TRUE(writer);
    for (std::uint64_t seq = 1; seq <= 100; ++seq) {
      writer->append(FrameType::entry, Seq{seq}, std::vector<std::byte>(700));
      writer->append(FrameType::seal, Seq{seq}, std::vector<std::byte>(88));
      writer->commit();
    }
  }
  auto all = LogReader::open(dir.path(), StreamKind::entries, ReadMode::strict);
  while (*all->next()) continue;
  ASSERT_GT(all->end().segments, 4u);
  for (std::uint64_t const from : {1, 2, 17, 50, 99, 100, 5'000}) {
    auto reader = LogReader::open(dir.path(), StreamKind::entries, ReadMode::strict, {}, Seq{from});
    ASSERT_TRUE(reader);
    auto const first = reader->next();
    ASSERT_TRUE(first && *first) << from;
    EXPECT_LE((*first)->seq.v, from);
    if (from > 20) {
      EXPECT_GT((*first)->seq.v, 1u) << "earlier segments are not read";
    }
    for (auto frame = reader->next();; frame = reader->next()) {
      ASSERT_TRUE(frame) << to_string(frame.error());
      if (!*frame) break;
    }
    EXPECT_EQ(reader->frames(), all->frames());
    EXPECT_EQ(reader->position(), all->position());
    EXPECT_EQ(reader->last_seq(), Seq{100});
  }
  auto late = options;
  late.from = Seq{90};
  auto writer = LogWriter::open(dir.path(), StreamKind::entries, late);
  ASSERT_TRUE(writer) << writer.error().message;
  EXPECT_EQ(writer->durable_frames(), 200u);
  writer->append(FrameType::entry, Seq{101}, std::vector<std::byte>(10));
  writer->commit();
}

TEST(TileWriterFrom, GoesOnAsOneThatSawEveryLeaf) {
  TempDir whole_dir, half_dir;
  TileWriter whole(whole_dir.path()), half(half_dir.path());
  TileTree tree;
  for (std::uint64_t i = 0; i < 66'000; ++i) {
    whole.append(leaf(i));
    tree.append(leaf(i), [](TileName const&, std::span<Hash256 const>) {});
  }
  EXPECT_EQ(tree.levels(), 3u);
  half.resume(tree);
  for (std::uint64_t i = 66'000; i < 66'500; ++i) {
    whole.append(leaf(i));
    half.append(leaf(i));
  }
  ASSERT_TRUE(whole.write_all() && half.write_all());
  TileFolder const a(whole_dir.path()), b(half_dir.path());
  EXPECT_TRUE(a.has_full_tiles(66'500));
  EXPECT_FALSE(b.has_full_tiles(66'500)) << "what was full before is not its own";
  for (TileName const name :
       {TileName{0, 258, 256}, TileName{0, 259, 196}, TileName{1, 1, 3}, TileName{2, 0, 1}}) {
    auto const left = a.read(name), right = b.read(name);
    ASSERT_TRUE(left && *left && right && *right) << tile_path(name);
    EXPECT_EQ(**left, **right) << tile_path(name);
  }
  EXPECT_FALSE(TileTree::restore(66'000, {}));
}

}  // namespace
}  // namespace spillway
