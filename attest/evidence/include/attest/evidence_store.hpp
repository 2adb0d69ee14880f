// attest/evidence_store.hpp - transcripts by their hash and seeds by their epoch's beacon, as files.
// Room:   attest, target attest_evidence; sees attest. Files: HASH.cap1 (attest/transcript.hpp), BEACON.seed
//         (64 hex digits and a line feed), BEACON.seed.open while the epoch lasts: who holds that one can
//         forge answers of this epoch, so it is for nobody but the exchange.
// Errors: a sentence with the file's name.
// Thread: one writer; readers may look at any time.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "attest/transcript.hpp"

namespace spillway::attest {

/// In the directory of the journal.
inline constexpr char const* evidence_folder = "attest";
/// The same for light challenges: seeds here, transcripts in a folder for each epoch, named by its number.
inline constexpr char const* census_folder = "census";

using Kept = std::expected<void, std::string>;

class EvidenceStore {
 public:
  /// Makes the directory (0700) when it is missing. Epochs that were open when an earlier exchange ended are
  /// over: their seeds are revealed.
  [[nodiscard]] static std::expected<EvidenceStore, std::string> open(std::filesystem::path directory);

  /// Before the epoch is used: a seed that is lost makes its transcripts worthless.
  [[nodiscard]] Kept open_epoch(Bytes32 const& beacon, Bytes32 const& seed);
  [[nodiscard]] Kept close_epochs();
  /// Synced before it returns: the journal names the hash only afterwards.
  [[nodiscard]] Kept keep(Transcript const& transcript);

 private:
  explicit EvidenceStore(std::filesystem::path directory) : directory_(std::move(directory)) {}
  std::filesystem::path directory_;
};

/// Of an epoch, in the folder of censuses.
[[nodiscard]] std::filesystem::path epoch_folder(std::filesystem::path const& census, std::uint64_t epoch);
/// Those whose folders are there, ascending; none where there is no folder of censuses.
[[nodiscard]] std::expected<std::vector<std::uint64_t>, std::string> epochs_kept(
    std::filesystem::path const& census);
/// Removes the folders of all epochs before this one, each at once to whoever reads, and revealed seeds,
/// which the journal has. What an earlier call left unfinished is finished. May take as long as files are
/// many; no other call need wait for it.
[[nodiscard]] Kept prune_epochs(std::filesystem::path const& census, std::uint64_t before);

/// What an auditor reads. Nothing found is no error.
class EvidenceReader {
 public:
  explicit EvidenceReader(std::filesystem::path directory) : directory_(std::move(directory)) {}

  [[nodiscard]] bool present() const;
  [[nodiscard]] std::filesystem::path file_of(Digest const& transcript) const;
  [[nodiscard]] std::expected<std::optional<Transcript>, std::string> transcript(Digest const& hash) const;
  [[nodiscard]] std::expected<std::optional<Bytes32>, std::string> seed(Bytes32 const& beacon) const;
  [[nodiscard]] bool epoch_is_open(Bytes32 const& beacon) const;
  /// Names of all transcript files, sorted.
  [[nodiscard]] std::expected<std::vector<std::string>, std::string> transcripts() const;

 private:
  std::filesystem::path directory_;
};

}  // namespace spillway::attest
