// apps/demo/src/run_directory.hpp - where one demonstration keeps its files: beside the journal, never inside
// it.
// Room:   apps, library demo.
// Errors: a sentence that names the path.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "gateway/client/credentials.hpp"

namespace spillway::demo {

struct RunDirectory {
  std::filesystem::path journal;  // of the exchange; the auditor reads it
  std::filesystem::path files;    // all else; JOURNAL.demo when the user named the journal
  bool resumed{};                 // the journal has entries from before

  [[nodiscard]] std::filesystem::path data() const {
    return files / "exchange";
  }  // certificate, operator's key
  [[nodiscard]] std::filesystem::path logs() const { return files / "logs"; }
  [[nodiscard]] std::filesystem::path models() const { return files / "models"; }
  [[nodiscard]] std::filesystem::path keys() const { return files / "keys"; }
};

/// `journal` empty: a fresh temporary directory.
[[nodiscard]] std::expected<RunDirectory, std::string> make_run_directory(
    std::filesystem::path const& journal);
[[nodiscard]] std::expected<void, std::string> write_text(std::filesystem::path const& file,
                                                          std::string const& text);
/// The key of a participant, made at the first run and kept.
[[nodiscard]] std::expected<Credentials, std::string> kept_credentials(std::filesystem::path const& file,
                                                                       ParticipantId who, Role role);

}  // namespace spillway::demo
