// apps/serve/src/operator_key.cpp - load, or make and save.
#include "apps/serve/operator_key.hpp"

#include "apps/serve/first_commands.hpp"
#include "gateway/client/credentials.hpp"
#include "journal/log_reader.hpp"

namespace spillway {

std::expected<Bytes32, std::string> operator_public_key(std::filesystem::path const& file) {
  if (std::filesystem::exists(file)) {
    auto const kept = load_credentials(file);
    if (!kept) return std::unexpected(kept.error());
    if (kept->participant != the_operator || kept->role != Role::operator_)
      return std::unexpected(
          "the key file " + file.string() +
          " is not the first operator's (participant 1, role operator); name another --data "
          "directory");
    return kept->public_key();
  }
  auto const made = make_credentials(the_operator, the_operators_key, Role::operator_);
  if (auto const saved = save_credentials(file, made); !saved) return std::unexpected(saved.error());
  return made.public_key();
}

// Whatever is there but cannot be read is for recovery to judge: it is no new journal.
bool journal_is_empty(std::filesystem::path const& journal) {
  auto entries = LogReader::open(journal, StreamKind::entries, ReadMode::allow_torn_tail);
  if (!entries) return false;
  auto const first = entries->next();
  return first && !*first;
}

}  // namespace spillway
