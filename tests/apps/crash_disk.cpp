// tests/apps/crash_disk.cpp - synced content, and what may have come after it.
#include "crash_disk.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace spillway::crash {
namespace {

using Kind = DiskCall::Kind;
constexpr std::size_t sector_bytes = 512;

std::string folder_of(std::string const& path) {
  auto const slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::size_t up_to(std::size_t most, Dice& dice) {
  return std::uniform_int_distribution<std::size_t>(0, most)(dice);
}

void write_into(FileBytes& file, std::uint64_t at, std::byte const* bytes, std::size_t count) {
  auto const begin = static_cast<std::size_t>(at);
  if (file.size() < begin + count) file.resize(begin + count);
  std::copy_n(bytes, count, file.begin() + static_cast<std::ptrdiff_t>(begin));
}

}  // namespace

void CrashDisk::name(std::map<std::string, int>& names, DiskCall const& call) {
  if (call.kind == Kind::make_file || call.kind == Kind::make_folder) names[call.path] = call.file;
  if (call.kind == Kind::rename) names[call.to] = call.file;
  if (call.kind == Kind::rename || call.kind == Kind::remove) names.erase(call.path);
}

void CrashDisk::apply(DiskCall const& call) {
  Content& content = files_[call.file];
  switch (call.kind) {
    case Kind::make_folder:
    case Kind::make_file:
    case Kind::rename:
    case Kind::remove:
      later_names_[folder_of(call.path)].push_back(call);
      break;
    case Kind::write:
      content.later.push_back({call.number, call.bytes, false});
      break;
    case Kind::truncate:
      content.later.push_back({call.number, {}, true});
      break;
    case Kind::sync_file:
      for (auto const& write : content.later) {
        if (write.truncates)
          content.synced.resize(static_cast<std::size_t>(write.offset));
        else
          write_into(content.synced, write.offset, write.bytes.data(), write.bytes.size());
      }
      content.later.clear();
      break;
    case Kind::sync_folder:
      for (auto const& change : later_names_[call.path]) name(synced_names_, change);
      later_names_.erase(call.path);
      break;
    case Kind::told:
      break;
  }
}

std::map<std::string, int> CrashDisk::names(Loss loss, Dice& dice) const {
  auto all = synced_names_;
  if (loss == Loss::everything) return all;
  for (auto const& [folder, changes] : later_names_) {
    auto const there = loss == Loss::nothing ? changes.size() : up_to(changes.size(), dice);
    for (std::size_t i = 0; i < there; ++i) name(all, changes[i]);
  }
  return all;
}

FileBytes CrashDisk::bytes(Content const& content, Loss loss, Dice& dice) {
  FileBytes file = content.synced;
  if (loss == Loss::everything || content.later.empty()) return file;
  auto const count = content.later.size();
  // The last write that the disk has seen, for all sectors or for each by itself.
  std::size_t const last = loss == Loss::nothing ? count : up_to(count, dice);
  std::map<std::size_t, std::size_t> last_of;
  auto const seen = [&](std::size_t sector) {
    if (loss != Loss::anything) return last;
    auto const [it, fresh] = last_of.try_emplace(sector, 0);
    if (fresh) it->second = up_to(1, dice) == 0 ? (up_to(1, dice) == 0 ? 0 : count) : up_to(count, dice);
    return it->second;
  };
  for (std::size_t i = 0; i < count; ++i) {
    auto const& write = content.later[i];
    if (write.truncates) {
      if (i < last) file.resize(static_cast<std::size_t>(write.offset));
      continue;
    }
    bool const torn = loss == Loss::the_end && i == last;
    std::size_t const whole = torn ? up_to(write.bytes.size(), dice) : write.bytes.size();
    for (std::size_t done = 0; done < write.bytes.size();) {
      auto const at = write.offset + done;
      auto const sector = static_cast<std::size_t>(at / sector_bytes);
      auto const part = std::min<std::size_t>(sector_bytes - at % sector_bytes, write.bytes.size() - done);
      if ((torn && done + part <= whole) || (!torn && i < seen(sector)))
        write_into(file, at, write.bytes.data() + done, part);
      done += part;
    }
  }
  // Its length may have come without the bytes.
  auto const& tail = content.later.back();
  if (loss == Loss::anything && !tail.truncates && up_to(3, dice) == 0)
    file.resize(
        std::max<std::size_t>(file.size(), static_cast<std::size_t>(tail.offset) + tail.bytes.size()));
  return file;
}

DiskState CrashDisk::state(Loss loss, Dice& dice) const {
  DiskState out;
  for (auto const& [path, file] : names(loss, dice)) {
    auto const folder = folder_of(path);
    if (!folder.empty() && !out.contains(folder + "/")) continue;  // its folder is not there
    if (file == 0) {
      out[path + "/"];
      continue;
    }
    auto const content = files_.find(file);
    out[path] = content == files_.end() ? FileBytes() : bytes(content->second, loss, dice);
  }
  return out;
}

void put_down(DiskState const& state, std::filesystem::path const& folder) {
  std::filesystem::create_directories(folder);
  for (auto const& [path, bytes] : state) {
    if (path.ends_with('/')) {
      std::filesystem::create_directory(folder / path);
      continue;
    }
    std::ofstream out(folder / path, std::ios::binary);
    out.write(reinterpret_cast<char const*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    std::filesystem::permissions(folder / path,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    if (!out.flush()) throw std::runtime_error("cannot write " + (folder / path).string());
  }
}

}  // namespace spillway::crash
