// exchange/src/log_signer.hpp - which keys sign the log's heads, and in which order a change of keys becomes
// durable:
//   1. the entry is synced            (keys/log.next.key lies there already)
//   2. keys/<id before>.change        the proof of it, under a head that both keys signed
//   3. checkpoint                     signed by both while the overlap lasts, then by the new key alone
//   4. log.next.key becomes log.key   after the first checkpoint of the new key alone: the old one is gone
// A process that ends between two of these steps takes the next one when it starts again.
// Room:   exchange_pipeline, private. One thread.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "exchange/core.hpp"
#include "journal/keys.hpp"
#include "market/command.hpp"

namespace spillway {

class LogSigner {
 public:
  /// `key`: that of keys/log.key. `core` and the streams say which change was entered last, and how far it
  /// came.
  /// Errors: a key that the journal asks for is not in `keys`.
  [[nodiscard]] static std::expected<LogSigner, JournalError> open(std::filesystem::path const& journal,
                                                                   std::filesystem::path const& archive,
                                                                   LogKey key, ExchangeCore const& core);

  /// Each entry that was synced, in order, with its bytes and its leaf. True: a checkpoint is due now.
  bool saw(Entry const& entry, std::span<Record const> outcome, ByteView bytes, std::uint64_t leaf);

  /// The note over this head; the proof of a change is on disk before it. The head's tiles must be.
  [[nodiscard]] std::expected<std::string, JournalError> sign(std::uint64_t size, Hash256 const& root);
  /// The last note that sign() gave is on disk.
  [[nodiscard]] std::expected<void, JournalError> kept();

 private:
  struct Change {
    LogKeyChange said;
    Stamp until;
    bool over = false;    // an entry behind it was stamped at or after `until`
    bool proven = false;  // its proof is on disk
    bool alone = false;   // the last note was signed by the new key alone
    std::uint64_t leaf = 0;
    std::vector<std::byte> entry;
  };

  LogSigner(std::filesystem::path journal, LogKey key) : journal_(std::move(journal)), key_(std::move(key)) {}
  [[nodiscard]] std::filesystem::path keys() const { return journal_ / "keys"; }
  [[nodiscard]] std::expected<void, JournalError> load_next();
  [[nodiscard]] std::expected<void, JournalError> find_entry(std::filesystem::path const& archive, Seq seq);
  [[nodiscard]] std::expected<void, JournalError> prove(std::uint64_t size, Hash256 const& root);

  std::filesystem::path journal_;
  LogKey key_;
  std::optional<LogKey> next_;
  std::optional<Change> change_;  // until the new key is log.key
};

}  // namespace spillway
