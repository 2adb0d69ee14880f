// attest/evidence/src/evidence_store.cpp - see attest/evidence_store.hpp.
#include "attest/evidence_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>

namespace spillway::attest {

namespace fs = std::filesystem;

namespace {

constexpr char const* transcript_ending = ".cap1";
constexpr char const* seed_ending = ".seed";
constexpr char const* open_ending = ".open";
constexpr char const* pruned_ending = ".old";
constexpr mode_t owner_only = 0600;

std::string hex(ByteView bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (auto const b : bytes) {
    out += digits[std::to_integer<std::size_t>(b >> 4)];
    out += digits[std::to_integer<std::size_t>(b & std::byte{15})];
  }
  return out;
}

std::optional<Bytes32> bytes32(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  Bytes32 out{};
  if (text.size() != 2 * out.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const digit = digits.find(text[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    out[i / 2] = out[i / 2] << 4 | std::byte(digit);
  }
  return out;
}

std::unexpected<std::string> failed(fs::path const& file, std::string const& what) {
  return std::unexpected(file.string() + ": " + what);
}
std::unexpected<std::string> failed(fs::path const& file) { return failed(file, std::strerror(errno)); }

bool write_all(int file, ByteView bytes) {
  while (!bytes.empty()) {
    auto const wrote = ::write(file, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return true;
}

Kept sync_directory(fs::path const& directory) {
  int const at = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (at < 0) return failed(directory);
  bool const synced = ::fsync(at) == 0;
  ::close(at);
  if (!synced) return failed(directory);
  return {};
}

// Under another name until it is complete: no reader sees a half.
Kept write_file(fs::path const& file, ByteView bytes) {
  auto const unfinished = fs::path(file).concat(".new");
  int const out = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, owner_only);
  if (out < 0) return failed(unfinished);
  bool const written = write_all(out, bytes) && ::fsync(out) == 0;
  auto const why = errno;
  ::close(out);
  if (!written) {
    ::unlink(unfinished.c_str());
    return failed(unfinished, std::strerror(why));
  }
  if (::rename(unfinished.c_str(), file.c_str()) != 0) return failed(file);
  return sync_directory(file.parent_path());
}

// Nothing: there is no such file.
std::expected<std::optional<std::vector<std::byte>>, std::string> read_file(fs::path const& file) {
  std::error_code error;
  auto const size = fs::file_size(file, error);
  if (error == std::errc::no_such_file_or_directory) return std::nullopt;
  if (error) return failed(file, error.message());
  if (size > largest_transcript_bytes) return failed(file, std::string(sentence(TranscriptError::too_large)));
  std::ifstream in(file, std::ios::binary);
  std::vector<char> const text(std::istreambuf_iterator<char>(in), {});
  if (!in.is_open() || in.bad()) return failed(file, "it can't be read");
  auto const bytes = std::as_bytes(std::span(text));
  return std::vector<std::byte>(bytes.begin(), bytes.end());
}

std::expected<std::vector<fs::path>, std::string> files_ending(fs::path const& directory,
                                                               std::string_view ending) {
  std::vector<fs::path> out;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    if (it->path().filename().string().ends_with(ending)) out.push_back(it->path());
  if (error) return failed(directory, error.message());
  std::ranges::sort(out);
  return out;
}

fs::path seed_file(fs::path const& directory, Bytes32 const& beacon) {
  return directory / (hex(beacon) + seed_ending);
}

}  // namespace

std::expected<EvidenceStore, std::string> EvidenceStore::open(fs::path directory) {
  std::error_code error;
  if (fs::create_directories(directory, error); error) return failed(directory, error.message());
  fs::permissions(directory, fs::perms::owner_all, error);
  if (error) return failed(directory, error.message());
  EvidenceStore store(std::move(directory));
  if (auto const closed = store.close_epochs(); !closed) return std::unexpected(closed.error());
  return store;
}

Kept EvidenceStore::open_epoch(Bytes32 const& beacon, Bytes32 const& seed) {
  auto const text = hex(seed) + "\n";
  return write_file(seed_file(directory_, beacon).concat(open_ending), std::as_bytes(std::span(text)));
}

Kept EvidenceStore::close_epochs() {
  auto const open = files_ending(directory_, std::string(seed_ending) + open_ending);
  if (!open) return std::unexpected(open.error());
  for (auto const& file : *open)
    if (::rename(file.c_str(), fs::path(file).replace_extension().c_str()) != 0) return failed(file);
  return sync_directory(directory_);
}

Kept EvidenceStore::keep(Transcript const& transcript) {
  return write_file(directory_ / (hex(hash_of(transcript)) + transcript_ending), encode(transcript));
}

fs::path epoch_folder(fs::path const& census, std::uint64_t epoch) { return census / std::to_string(epoch); }

std::expected<std::vector<std::uint64_t>, std::string> epochs_kept(fs::path const& census) {
  std::vector<std::uint64_t> out;
  std::error_code error;
  if (!fs::exists(census, error)) return out;
  for (fs::directory_iterator it(census, error), end; !error && it != end; it.increment(error)) {
    auto const name = it->path().filename().string();
    std::uint64_t epoch = 0;
    auto const read = std::from_chars(name.data(), name.data() + name.size(), epoch);
    // The name that is given, and no other way to write the number.
    std::error_code unreadable;
    if (read.ec == std::errc{} && std::to_string(epoch) == name && it->is_directory(unreadable))
      out.push_back(epoch);
  }
  if (error) return failed(census, error.message());
  std::ranges::sort(out);
  return out;
}

// A folder gets another name before its files go: no auditor meets an epoch of which a part is there.
Kept prune_epochs(fs::path const& census, std::uint64_t before) {
  auto const epochs = epochs_kept(census);
  if (!epochs) return std::unexpected(epochs.error());
  std::error_code error;
  for (auto const epoch : *epochs) {
    if (epoch >= before) break;
    auto const folder = epoch_folder(census, epoch);
    auto const old = fs::path(folder).concat(pruned_ending);
    fs::remove_all(old, error);  // of an earlier try, where the folder came back from a copy
    if (!error) fs::rename(folder, old, error);
    if (error) return failed(folder, error.message());
  }
  if (auto const synced = sync_directory(census); !synced) return synced;
  for (auto const* const ending : {pruned_ending, seed_ending}) {
    auto const files = files_ending(census, ending);
    if (!files) return std::unexpected(files.error());
    for (auto const& file : *files)
      if (fs::remove_all(file, error); error) return failed(file, error.message());
  }
  return {};
}

bool EvidenceReader::present() const {
  std::error_code error;
  return fs::is_directory(directory_, error);
}

fs::path EvidenceReader::file_of(Digest const& transcript) const {
  return directory_ / (hex(transcript) + transcript_ending);
}

std::expected<std::optional<Transcript>, std::string> EvidenceReader::transcript(Digest const& hash) const {
  auto const file = file_of(hash);
  auto const bytes = read_file(file);
  if (!bytes) return std::unexpected(bytes.error());
  if (!*bytes) return std::nullopt;
  auto out = decode_transcript(**bytes);
  if (!out) return failed(file, std::string(sentence(out.error())));
  return std::move(*out);
}

std::expected<std::optional<Bytes32>, std::string> EvidenceReader::seed(Bytes32 const& beacon) const {
  auto const file = seed_file(directory_, beacon);
  auto const bytes = read_file(file);
  if (!bytes) return std::unexpected(bytes.error());
  if (!*bytes) return std::nullopt;
  std::string_view text(reinterpret_cast<char const*>((*bytes)->data()), (*bytes)->size());
  if (text.ends_with('\n')) text.remove_suffix(1);
  auto const seed = bytes32(text);
  if (!seed) return failed(file, "no 64 hexadecimal digits");
  return seed;
}

bool EvidenceReader::epoch_is_open(Bytes32 const& beacon) const {
  std::error_code error;
  return fs::exists(seed_file(directory_, beacon).concat(open_ending), error);
}

std::expected<std::vector<std::string>, std::string> EvidenceReader::transcripts() const {
  auto const files = files_ending(directory_, transcript_ending);
  if (!files) return std::unexpected(files.error());
  std::vector<std::string> out;
  for (auto const& file : *files) out.push_back(file.filename().string());
  return out;
}

}  // namespace spillway::attest
