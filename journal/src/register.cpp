// journal/src/register.cpp - see journal/register.hpp.
#include "journal/register.hpp"

#include <fcntl.h>
#include <sodium.h>

#include <algorithm>

#include "file.hpp"
#include "market/check.hpp"

namespace spillway {
namespace {

constexpr std::size_t key_bytes = 32;

Hash256 keyed_hash(ByteView row, ByteView key) {
  Hash256 out;
  crypto_generichash(reinterpret_cast<unsigned char*>(out.data()), out.size(),
                     reinterpret_cast<unsigned char const*>(row.data()), row.size(),
                     reinterpret_cast<unsigned char const*>(key.data()), key.size());
  return out;
}

/// False: there was none.
std::expected<bool, std::string> wipe(std::filesystem::path const& path) {
  std::error_code failed;
  if (!std::filesystem::exists(path, failed)) {
    if (failed) return std::unexpected("cannot look for " + path.string() + ": " + failed.message());
    return false;
  }
  auto file = File::open(path, O_WRONLY);
  if (!file) return std::unexpected(file.error());
  auto const size = file->size();
  if (!size) return std::unexpected(size.error());
  if (auto done = file->write_at(0, std::vector<std::byte>(*size)); !done)
    return std::unexpected(done.error());
  if (auto done = file->sync(); !done) return std::unexpected(done.error());
  if (!std::filesystem::remove(path, failed) || failed)
    return std::unexpected("cannot remove " + path.string() + ": " + failed.message());
  return true;
}

}  // namespace

std::filesystem::path Register::file_of(std::uint32_t number) const {
  return folder_ / std::to_string(number);
}

// The row before, while it is being replaced: there is one at every moment.
std::filesystem::path Register::before_of(std::uint32_t number) const {
  return folder_ / (std::to_string(number) + ".before");
}

// What a put that was cut off had written of the new row (file.hpp, replace_file).
std::filesystem::path Register::half_of(std::uint32_t number) const {
  return folder_ / (std::to_string(number) + ".tmp");
}

std::expected<Hash256, std::string> Register::put(std::uint32_t number, ByteView row) const {
  sw_check(row.size() <= largest_register_row, "a row of the register has at most 16 KiB");
  std::error_code failed;
  if (std::filesystem::create_directory(folder_, failed)) {
    std::filesystem::permissions(folder_, std::filesystem::perms::owner_all, failed);
    if (auto done = sync_folder(folder_.parent_path()); !done) return std::unexpected(done.error());
  }
  if (failed) return std::unexpected("cannot make " + folder_.string() + ": " + failed.message());
  std::vector<std::byte> file(key_bytes);
  randombytes_buf(file.data(), file.size());
  auto const hash = keyed_hash(row, file);
  file.insert(file.end(), row.begin(), row.end());
  auto const path = file_of(number), before = before_of(number);
  if (std::filesystem::exists(path, failed)) {
    if (auto gone = wipe(before); !gone) return std::unexpected(gone.error());
    std::filesystem::rename(path, before, failed);
  }
  if (failed) return std::unexpected("cannot replace " + path.string() + ": " + failed.message());
  if (auto gone = wipe(half_of(number)); !gone) return std::unexpected(gone.error());
  if (auto done = replace_file(path, file, 0600); !done) return std::unexpected(done.error());
  if (auto gone = wipe(before); !gone) return std::unexpected(gone.error());
  return hash;
}

std::expected<std::optional<Register::Row>, std::string> Register::get(std::uint32_t number) const {
  auto text = read_text(file_of(number), key_bytes + largest_register_row);
  if (text && !*text) text = read_text(before_of(number), key_bytes + largest_register_row);
  if (!text) return std::unexpected(text.error());
  if (!*text) return std::nullopt;
  auto const bytes = as_byte_view(**text);
  if (bytes.size() < key_bytes) return std::unexpected(file_of(number).string() + " is cut short");
  auto const row = bytes.subspan(key_bytes);
  return Row{{row.begin(), row.end()}, keyed_hash(row, bytes.first(key_bytes))};
}

std::expected<bool, std::string> Register::erase(std::uint32_t number) const {
  auto const now = wipe(file_of(number));
  if (!now) return now;
  auto const before = wipe(before_of(number));
  if (!before) return before;
  auto const half = wipe(half_of(number));
  if (!half) return half;
  if (!*now && !*before && !*half) return false;
  if (auto done = sync_folder(folder_); !done) return std::unexpected(done.error());
  return true;
}

}  // namespace spillway
