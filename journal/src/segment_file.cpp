// journal/src/segment_file.cpp - the header page and the names of segments.
#include "journal/segment_file.hpp"

#include <algorithm>
#include <string_view>
#include <system_error>

#include "endian.hpp"
#include "journal/digest.hpp"
#include "zeros.hpp"

namespace spillway {
namespace {

constexpr std::string_view magic = "SPLWYSEG";
constexpr std::uint32_t version = 1;
// Offsets of the fields; the page's own hash covers all before it.
constexpr std::size_t version_at = 8, kind_at = 12, segment_bytes_at = 16, first_seq_at = 24,
                      first_frame_at = 32, base_at = 40, previous_bytes_at = 48, previous_hash_at = 56,
                      own_hash_at = 88, fields_end = 120;

Damage at(std::size_t offset, std::string reason) { return {"", offset, std::move(reason)}; }

SegmentHeader read_fields(std::byte const* page) {
  SegmentHeader h;
  h.kind = static_cast<StreamKind>(load_le<std::uint32_t>(page + kind_at));
  h.segment_bytes = load_le<std::uint64_t>(page + segment_bytes_at);
  h.first_seq = Seq{load_le<std::uint64_t>(page + first_seq_at)};
  h.first_frame = load_le<std::uint64_t>(page + first_frame_at);
  h.base_position = load_le<std::uint64_t>(page + base_at);
  h.previous_bytes = load_le<std::uint64_t>(page + previous_bytes_at);
  std::copy_n(page + previous_hash_at, h.previous_hash.size(), h.previous_hash.begin());
  return h;
}

bool is_segment_name(std::string_view name) {
  return name.size() == 20 && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

HeaderPage encode_header(SegmentHeader const& h) {
  HeaderPage page{};
  std::ranges::copy(as_byte_view(magic), page.begin());
  store_le(page.data() + version_at, version);
  store_le(page.data() + kind_at, static_cast<std::uint32_t>(h.kind));
  store_le(page.data() + segment_bytes_at, h.segment_bytes);
  store_le(page.data() + first_seq_at, h.first_seq.v);
  store_le(page.data() + first_frame_at, h.first_frame);
  store_le(page.data() + base_at, h.base_position);
  store_le(page.data() + previous_bytes_at, h.previous_bytes);
  std::ranges::copy(h.previous_hash, page.begin() + previous_hash_at);
  std::ranges::copy(blake2b_256(ByteView(page).first(own_hash_at)), page.begin() + own_hash_at);
  return page;
}

std::expected<SegmentHeader, Damage> parse_header(ByteView page) {
  if (page.size() < segment_header_bytes)
    return std::unexpected(at(0, "the file is shorter than its header"));
  page = page.first(segment_header_bytes);
  if (!std::ranges::equal(page.first(magic.size()), as_byte_view(magic)))
    return std::unexpected(at(0, "this is no segment of a spillway journal"));
  auto const found = load_le<std::uint32_t>(page.data() + version_at);
  if (found != version)
    return std::unexpected(at(version_at, "segment version " + std::to_string(found) +
                                              ", this program reads " + std::to_string(version)));
  Hash256 const own = blake2b_256(page.first(own_hash_at));
  if (!std::ranges::equal(own, page.subspan(own_hash_at, own.size())))
    return std::unexpected(at(own_hash_at, "the hash of the header does not match"));
  if (!all_zero(page.subspan(fields_end)))
    return std::unexpected(at(fields_end, "bytes behind the header's fields are not zero"));
  SegmentHeader const h = read_fields(page.data());
  if (h.kind != StreamKind::entries && h.kind != StreamKind::records)
    return std::unexpected(at(kind_at, "unknown kind of stream"));
  if (h.segment_bytes < smallest_segment_bytes || h.segment_bytes > largest_segment_bytes)
    return std::unexpected(at(segment_bytes_at, "no segment has such a size"));
  return h;
}

char const* folder_of(StreamKind kind) { return kind == StreamKind::entries ? "segments" : "records"; }

std::string segment_name(Seq first_seq) {
  std::string const digits = std::to_string(first_seq.v);
  return std::string(20 - digits.size(), '0') + digits;
}

std::expected<std::vector<std::string>, JournalError> list_segments(std::filesystem::path const& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  for (std::filesystem::directory_iterator it(folder, failed), end; !failed && it != end;
       it.increment(failed))
    if (std::string name = it->path().filename().string(); is_segment_name(name))
      names.push_back(std::move(name));
  if (failed && failed != std::errc::no_such_file_or_directory)
    return std::unexpected(
        JournalError{JournalErrc::io, "cannot list " + folder.string() + ": " + failed.message()});
  std::ranges::sort(names);
  return names;
}

std::expected<std::vector<SegmentPlace>, JournalError> find_segments(std::filesystem::path const& journal,
                                                                     std::filesystem::path const& archive,
                                                                     StreamKind kind) {
  std::vector<SegmentPlace> found;
  auto const add = [&](std::filesystem::path const& folder,
                       bool archived) -> std::expected<void, JournalError> {
    auto const names = list_segments(folder);
    if (!names) return std::unexpected(names.error());
    for (auto const& name : *names) found.push_back({name, folder / name, archived});
    return {};
  };
  if (auto done = add(journal / folder_of(kind), false); !done) return std::unexpected(done.error());
  if (!archive.empty()) {
    std::error_code failed;
    if (!std::filesystem::is_directory(archive, failed))
      return std::unexpected(JournalError{JournalErrc::io, "there is no archive " + archive.string() +
                                                               "; is the disk that holds it mounted?"});
    if (auto done = add(archive / folder_of(kind), true); !done) return std::unexpected(done.error());
  }
  // A move that was interrupted leaves a segment in both places; the journal's own is the original.
  std::ranges::stable_sort(found, {}, &SegmentPlace::name);
  auto const twice = std::ranges::unique(found, {}, &SegmentPlace::name);
  found.erase(twice.begin(), twice.end());
  return found;
}

}  // namespace spillway
