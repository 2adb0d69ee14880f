// journal/register.hpp - who the numbers in the journal are: one file per participant beside the journal,
// that can be erased. Entries hold a keyed hash of it, which says nothing once the file is gone.
// Room:   journal; sees the standard library (BLAKE2b is libsodium's, inside). Rows are bytes here.
// Units:  participants by number.
// Errors: a sentence with the file. Rows and their keys never appear in one.
// Layout: <number> holds 32 bytes of key, drawn anew for each row, and then the row; mode 0600.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "journal/bytes.hpp"

namespace spillway {

inline constexpr std::size_t largest_register_row = 16 * 1024;

class Register {
 public:
  /// The folder is made with the first row.
  explicit Register(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Replaces the row of a participant, synced, and gives what the journal is to hold of it: BLAKE2b-256 over
  /// the row, keyed with the file's key. A row has at most largest_register_row bytes.
  [[nodiscard]] std::expected<Hash256, std::string> put(std::uint32_t number, ByteView row) const;
  struct Row {
    std::vector<std::byte> bytes;
    Hash256 hash{};
  };
  [[nodiscard]] std::expected<std::optional<Row>, std::string> get(std::uint32_t number) const;
  /// Overwrites the row, then removes it, synced: what the disk keeps in spare blocks is beyond us. False:
  /// there was none.
  [[nodiscard]] std::expected<bool, std::string> erase(std::uint32_t number) const;

 private:
  [[nodiscard]] std::filesystem::path file_of(std::uint32_t number) const;
  [[nodiscard]] std::filesystem::path before_of(std::uint32_t number) const;
  [[nodiscard]] std::filesystem::path half_of(std::uint32_t number) const;
  std::filesystem::path folder_;
};

}  // namespace spillway
