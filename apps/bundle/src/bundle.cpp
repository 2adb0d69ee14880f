// apps/bundle/src/bundle.cpp - as much of each stream as the checkpoint covers, cut between two frames.
#include "apps/bundle/bundle.hpp"

#include <algorithm>
#include <fstream>
#include <system_error>
#include <vector>

#include "attest/evidence_store.hpp"
#include "exchange/key_change.hpp"
#include "journal/checkpoint.hpp"
#include "journal/directory.hpp"
#include "journal/log_reader.hpp"
#include "journal/tiles.hpp"
#include "journal/tlog_proof.hpp"

namespace spillway {
namespace {

namespace fs = std::filesystem;

std::unexpected<std::string> no(std::string sentence) { return std::unexpected(std::move(sentence)); }
using Done = std::expected<void, std::string>;

/// The first `bytes` of a file, then zeros up to its size; runs of zeros take no room on the disk.
Done copy_front(fs::path const& from, fs::path const& to, std::uint64_t bytes) {
  std::error_code failed;
  auto const size = fs::file_size(from, failed);
  if (failed) return no("cannot read " + from.string() + ": " + failed.message());
  std::ifstream in(from, std::ios::binary);
  std::ofstream out(to, std::ios::binary);
  std::vector<char> some(std::size_t{1} << 16);
  for (std::uint64_t at = 0; at < bytes && in && out; at += some.size()) {
    auto const count = static_cast<std::streamsize>(std::min<std::uint64_t>(some.size(), bytes - at));
    in.read(some.data(), count);
    bool const empty = std::all_of(some.data(), some.data() + count, [](char c) { return c == 0; });
    if (empty)
      out.seekp(count, std::ios::cur);
    else
      out.write(some.data(), count);
  }
  out.close();
  if (!in) return no("cannot read " + from.string());
  if (!out) return no("cannot write " + to.string() + "; is the disk full?");
  fs::resize_file(to, size, failed);
  if (failed) return no("cannot write " + to.string() + ": " + failed.message());
  return {};
}

class Maker {
 public:
  Maker(JournalDirectory journal, fs::path archive, fs::path out)
      : journal_(std::move(journal)), archive_(std::move(archive)), out_(std::move(out)) {}
  [[nodiscard]] std::expected<Bundled, std::string> make();

 private:
  [[nodiscard]] Done folders();
  [[nodiscard]] Done key_and_head();
  [[nodiscard]] Done key_changes();
  /// Copies a stream up to the last frame for which `wanted` is true, which must be there.
  template <class Wanted>
  [[nodiscard]] Done stream(StreamKind kind, Wanted wanted);
  [[nodiscard]] Done streams();
  [[nodiscard]] Done tiles();
  [[nodiscard]] Done evidence();
  [[nodiscard]] Done evidence_in(fs::path const& folder);
  [[nodiscard]] Done write(fs::path const& file, std::string const& text);

  JournalDirectory journal_;
  fs::path archive_;
  fs::path out_;
  Bundled made_;
};

std::expected<Bundled, std::string> Maker::make() {
  for (auto const step :
       {&Maker::folders, &Maker::key_and_head, &Maker::streams, &Maker::tiles, &Maker::evidence})
    if (auto const done = (this->*step)(); !done) return std::unexpected(done.error());
  return made_;
}

Done Maker::folders() {
  std::error_code failed;
  for (auto const* const folder : {"", "keys", "segments", "records", "tiles"}) {
    fs::create_directories(out_ / folder, failed);
    if (failed) return no("cannot make " + (out_ / folder).string() + ": " + failed.message());
  }
  return {};
}

Done Maker::write(fs::path const& file, std::string const& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  ++made_.files;
  return out ? Done() : no("cannot write " + file.string() + "; is the disk full?");
}

Done Maker::key_and_head() {
  auto const key = LogKey::load(journal_.keys());
  if (!key) return no(key.error().message + "; run this as the user of the exchange");
  made_.vkey = key->verifier().vkey();
  // Before the streams: what it covers is synced, and no longer moves.
  auto const note = load_checkpoint(journal_.checkpoint());
  if (!note) return no(note.error().message);
  auto const changes = follow_key_changes(journal_.keys(), key->verifier());
  if (!changes) return no(changes.error());
  auto const head = open_checkpoint(*note, keys_of(key->verifier(), *changes));
  if (!head) return no("the file checkpoint: " + head.error().reason);
  made_.size = head->size;
  auto const layout = load_checkpoint(journal_.path() / "LAYOUT");
  if (!layout) return no(layout.error().message);
  for (auto const& [name, text] :
       {std::pair{"LAYOUT", *layout}, {"checkpoint", *note}, {"keys/log.vkey", made_.vkey + "\n"}})
    if (auto const done = write(out_ / name, text); !done) return done;
  return key_changes();
}

// How the keys of all times lead to each other; what the checkpoint does not cover yet is left out.
Done Maker::key_changes() {
  std::error_code failed;
  for (fs::directory_iterator it(journal_.keys(), failed), end; !failed && it != end; it.increment(failed)) {
    if (it->path().extension() != ".change") continue;
    auto const text = load_checkpoint(it->path());
    if (!text) return no(text.error().message);
    auto const proof = parse_tlog_proof(*text);
    auto const head = proof ? parse_note(proof->checkpoint) : std::unexpected(proof.error());
    auto const size = head ? parse_checkpoint_text(head->text) : std::unexpected(head.error());
    if (!size) return no(it->path().string() + ": " + size.error().reason);
    if (size->size > made_.size) continue;
    if (auto const done = write(out_ / "keys" / it->path().filename(), *text); !done) return done;
  }
  return failed ? no("cannot read " + journal_.keys().string() + ": " + failed.message()) : Done();
}

template <class Wanted>
Done Maker::stream(StreamKind kind, Wanted wanted) {
  auto reader = LogReader::open(journal_.path(), kind, ReadMode::allow_torn_tail, archive_);
  if (!reader) return no(reader.error().message);
  LogReader::End end;
  for (;;) {
    auto const frame = reader->next();
    if (!frame) return no("the journal is damaged, and no bundle was made: " + to_string(frame.error()));
    if (!*frame || !wanted(**frame)) break;
    end = reader->end();
  }
  auto const places = find_segments(journal_.path(), archive_, kind);
  if (!places) return no(places.error().message);
  for (std::size_t i = 0; i < end.segments; ++i) {
    auto const& from = (*places)[i].file;
    std::error_code failed;
    auto const whole = fs::file_size(from, failed);
    auto const bytes = i + 1 < end.segments || failed ? whole : end.offset;
    if (auto const done = copy_front(from, out_ / folder_of(kind) / (*places)[i].name, bytes); !done)
      return done;
    ++made_.files;
  }
  return {};
}

Done Maker::streams() {
  std::uint64_t frames = 0;
  Seq last;
  auto const entries = stream(StreamKind::entries, [&](FrameView const& frame) {
    if (frames == made_.size) return false;
    ++frames;
    last = frame.seq;
    made_.entries += frame.type == FrameType::entry;
    return true;
  });
  if (!entries) return entries;
  if (frames < made_.size)
    return no("the checkpoint vouches for " + std::to_string(made_.size) +
              " entries and seals, the segments hold " + std::to_string(frames) +
              "; run spillway-audit verify");
  return stream(StreamKind::records, [&](FrameView const& frame) { return frame.seq <= last; });
}

Done Maker::tiles() {
  TileFolder const from(journal_.tiles()), to(out_ / "tiles");
  for (unsigned level = 0; tile_width_at(level, 0, made_.size) > 0; ++level)
    for (std::uint64_t index = 0; tile_width_at(level, index, made_.size) > 0; ++index) {
      TileName const name{level, index, tile_width_at(level, index, made_.size)};
      auto const hashes = from.read_front(name);
      if (!hashes) return no(hashes.error().message);
      if (!*hashes)
        return no("tiles/" + tile_path(name) +
                  " is missing; start the exchange once, it makes its tiles again");
      if (auto const done = to.write(name, **hashes); !done) return no(done.error().message);
      ++made_.files;
    }
  return {};
}

// After the entries: what they name is there. Who holds the seed of an epoch that lasts can forge its
// answers.
Done Maker::evidence() {
  if (auto const done = evidence_in(attest::evidence_folder); !done) return done;
  if (auto const done = evidence_in(attest::census_folder); !done) return done;
  auto const epochs = attest::epochs_kept(journal_.path() / attest::census_folder);
  if (!epochs) return no(epochs.error());
  for (auto const epoch : *epochs) {
    auto const folder = attest::epoch_folder(attest::census_folder, epoch);
    auto const done = evidence_in(folder);
    // Pruned while it was copied: of an epoch an auditor wants all or nothing.
    bool const pruned = !fs::exists(journal_.path() / folder);
    if (pruned) fs::remove_all(out_ / folder);
    if (!pruned && !done) return done;
  }
  return {};
}

Done Maker::evidence_in(fs::path const& folder) {
  auto const from = journal_.path() / folder, to = out_ / folder;
  std::error_code failed;
  if (!fs::exists(from)) return {};
  fs::create_directories(to, failed);
  for (fs::directory_iterator it(from, failed), end; !failed && it != end; it.increment(failed)) {
    auto const kind = it->path().extension();
    auto const file = to / it->path().filename();
    if (kind == ".open") {
      if (auto const done = write(file, {}); !done) return done;
    } else if (kind == ".cap1" || kind == ".seed") {
      fs::copy_file(it->path(), file, failed);
      ++made_.files;
    }
  }
  return failed ? no("cannot copy " + from.string() + ": " + failed.message()) : Done();
}

}  // namespace

std::expected<Bundled, std::string> make_bundle(fs::path const& journal, fs::path const& out,
                                                fs::path const& archive) {
  auto directory = JournalDirectory::open(journal, DirectoryMode::read_only);
  if (!directory) return no(directory.error().message);
  if (fs::exists(out)) return no(out.string() + " is there already; name a new directory");
  auto part = out;
  part += ".part";
  std::error_code failed;
  fs::remove_all(part, failed);  // of an earlier try
  auto made = Maker(std::move(*directory), archive, part).make();
  if (made) fs::rename(part, out, failed);
  if (made && failed) return no("cannot rename " + part.string() + ": " + failed.message());
  if (!made) fs::remove_all(part, failed);
  return made;
}

}  // namespace spillway
