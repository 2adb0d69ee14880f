// attest/opening_check.hpp - the rows that were asked for, checked while they arrive.
// Room:   attest; sees the other attest headers. No clock, no transport.
// Units:  bytes.
// Errors: RejectReason of the first bad opening in the order asked; after one every call repeats it.
#pragma once

#include <array>
#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "attest/merkle.hpp"
#include "attest/messages.hpp"
#include "attest/verifier.hpp"

namespace spillway::attest {

/// How an Openings message begins.
inline constexpr std::array<std::byte, 5> openings_head{std::byte{'C'}, std::byte{'A'}, std::byte{'P'},
                                                        std::byte{'1'}, std::byte{10}};

/// Takes the bytes of one Openings message in pieces of any size. A row is checked as soon as its last byte
/// is there and is not kept; what is held is one opening and the paths of the last hash_width rows, about
/// 4 n + 16 KiB, however many were asked. A bad row is found at the latest hash_width openings after it; what
/// follows it is not looked at.
class OpeningCheck {
 public:
  /// All four outlive the check. `committed` comes of check_chains.
  OpeningCheck(EpochSecret const& secret, Cap1Params const& params, Commitments const& committed,
               std::span<OpeningPlace const> asked);

  /// The next bytes of the message, its head ("CAP1", kind) among them.
  [[nodiscard]] std::expected<void, RejectReason> take(ByteView bytes);
  /// Nothing follows. Right when everything asked for was there and right.
  [[nodiscard]] std::expected<void, RejectReason> finish();

 private:
  using Checked = std::expected<void, RejectReason>;
  struct Held {  // a right row whose two ways to their roots are still to be walked
    OpeningPlace place{};
    Lanes of_round{}, of_pass{};
    std::vector<Digest> round_path, memory_path;
  };

  [[nodiscard]] std::optional<std::uint32_t> product_of(OpeningPlace const& at) const;
  [[nodiscard]] std::size_t bytes_of(OpeningPlace const& at) const;
  [[nodiscard]] std::size_t wanted() const;
  Checked take_whole(ByteView piece);
  Checked shape(ByteView opening) const;
  Checked row_is_right(OpeningPlace const& at);
  Checked hold(OpeningPlace const& at);
  Checked ways_are_right();
  Checked fail(RejectReason reason);
  FingerprintKey const& key(std::vector<std::optional<FingerprintKey>>& known, std::size_t index,
                            Digest const& of) const;

  EpochSecret const& secret_;
  Cap1Params const& params_;
  Commitments const& committed_;
  std::span<OpeningPlace const> asked_;
  std::vector<std::optional<FingerprintKey>> round_keys_, pass_keys_;  // made when first needed
  std::vector<std::byte> begun_;                                       // of an opening that is not whole yet
  bool head_taken_ = false;
  std::size_t next_ = 0;           // into asked_
  std::vector<std::int32_t> row_;  // of the opening that is looked at
  std::vector<std::int8_t> a_;
  std::vector<Held> held_;
  std::size_t holding_ = 0;
  std::optional<RejectReason> reason_;
};

}  // namespace spillway::attest
