// attest/opening_check.cpp - see attest/opening_check.hpp. The second parser of the room, of one message;
// tests/attest/decode_fuzz.cpp feeds it.
#include "attest/opening_check.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "hot_loop.hpp"
#include "market/check.hpp"

namespace spillway::attest {

namespace {

constexpr std::size_t place_bytes = 12, count_bytes = 4;

std::uint32_t number_at(ByteView bytes, std::size_t at) {
  std::uint32_t out = 0;
  std::memcpy(&out, bytes.data() + at, sizeof out);
  return std::endian::native == std::endian::big ? __builtin_bswap32(out) : out;
}

void read_row(ByteView bytes, std::span<std::int32_t> row) {
  std::memcpy(row.data(), bytes.data(), bytes.size());
  if constexpr (std::endian::native == std::endian::big)
    for (auto& x : row) x = static_cast<std::int32_t>(__builtin_bswap32(static_cast<std::uint32_t>(x)));
}

void read_path(ByteView bytes, std::vector<Digest>& path) {
  path.resize(bytes.size() / sizeof(Digest));
  if (!path.empty()) std::memcpy(path.data(), bytes.data(), bytes.size());
}

struct Extremes {
  std::int32_t least, most;
};
ATTEST_HOT_LOOP void find_extremes(Extremes* out, std::int32_t const* row, std::size_t n) {
  std::int32_t least = 0, most = 0;
  for (std::size_t j = 0; j < n; ++j) {
    least = row[j] < least ? row[j] : least;
    most = row[j] > most ? row[j] : most;
  }
  *out = {least, most};
}

bool in_range(std::span<std::int32_t const> row, Profile profile) {
  Extremes found;
  find_extremes(&found, row.data(), row.size());
  auto const bound = largest_entry(profile, static_cast<std::uint32_t>(row.size()));
  return -bound <= found.least && found.most <= bound;
}

}  // namespace

OpeningCheck::OpeningCheck(EpochSecret const& secret, Cap1Params const& params, Commitments const& committed,
                           std::span<OpeningPlace const> asked)
    : secret_(secret),
      params_(params),
      committed_(committed),
      asked_(asked),
      round_keys_(params.rounds),
      pass_keys_(params.passes),
      row_(params.n),
      a_(params.n),
      held_(hash_width) {
  sw_check(committed.round_roots.size() == params.rounds && committed.pass_roots.size() == params.passes,
           "commitments are those of the challenge");
  sw_check(secret.profile() == params.profile, "the secret is of the challenge's profile");
}

// ---- bytes ----

std::optional<std::uint32_t> OpeningCheck::product_of(OpeningPlace const& at) const {
  auto const first = params_.rounds - params_.retained;
  return at.round < first ? std::nullopt : std::optional(at.round - first);
}

// Follows from what was asked, so memory for an opening is taken before its sender says how long it is.
std::size_t OpeningCheck::bytes_of(OpeningPlace const& at) const {
  auto digests = path_length(at.row, params_.n);
  if (auto const w = product_of(at))
    digests += path_length(std::size_t{*w} * params_.n + at.row, std::size_t{params_.retained} * params_.n);
  return place_bytes + 3 * count_bytes + 4 * std::size_t{params_.n} + digests * sizeof(Digest);
}

std::size_t OpeningCheck::wanted() const {
  return head_taken_ ? bytes_of(asked_[next_]) : openings_head.size() + count_bytes;
}

OpeningCheck::Checked OpeningCheck::take(ByteView bytes) {
  if (reason_) return std::unexpected(*reason_);
  while (!bytes.empty()) {
    if (head_taken_ && next_ == asked_.size()) return fail(RejectReason::malformed);
    auto const want = wanted();
    Checked taken;
    if (begun_.empty() && bytes.size() >= want) {
      taken = take_whole(bytes.first(want));
      bytes = bytes.subspan(want);
    } else {
      auto const more = bytes.first(std::min(bytes.size(), want - begun_.size()));
      begun_.insert(begun_.end(), more.begin(), more.end());
      bytes = bytes.subspan(more.size());
      if (begun_.size() < want) continue;
      taken = take_whole(begun_);
      begun_.clear();
    }
    if (!taken) return taken;
  }
  return {};
}

OpeningCheck::Checked OpeningCheck::take_whole(ByteView piece) {
  if (!head_taken_) {
    head_taken_ = true;
    if (!std::ranges::equal(piece.first(openings_head.size()), openings_head))
      return fail(RejectReason::malformed);
    auto const count = number_at(piece, openings_head.size());
    return count == asked_.size() ? Checked{} : fail(RejectReason::wrong_count);
  }
  auto const& at = asked_[next_];
  if (auto const ok = shape(piece); !ok) return fail(ok.error());
  auto const row_bytes = 4 * std::size_t{params_.n};
  auto rest = piece.subspan(place_bytes + count_bytes);
  read_row(rest.first(row_bytes), row_);
  if (auto const ok = row_is_right(at); !ok) return ok;
  rest = rest.subspan(row_bytes + count_bytes);
  auto& held = held_[holding_];
  auto const round_path = path_length(at.row, params_.n) * sizeof(Digest);
  read_path(rest.first(round_path), held.round_path);
  read_path(rest.subspan(round_path + count_bytes), held.memory_path);
  return hold(at);
}

// What the sender says of an opening's form, as far as its bytes are there.
OpeningCheck::Checked OpeningCheck::shape(ByteView opening) const {
  auto const& at = asked_[next_];
  auto const refuse = [](RejectReason reason) { return std::unexpected(reason); };
  auto const says = [&](std::size_t where, std::size_t what) {
    return opening.size() < where + count_bytes || number_at(opening, where) == what;
  };
  if (!says(0, at.round) || !says(4, at.row) || !says(8, at.pass)) return refuse(RejectReason::other_place);
  if (!says(place_bytes, params_.n)) return refuse(RejectReason::row_length_wrong);
  auto const path = path_length(at.row, params_.n);
  auto const second = place_bytes + count_bytes + 4 * std::size_t{params_.n};
  if (!says(second, path)) return refuse(RejectReason::round_path_wrong);
  auto const third = second + count_bytes + path * sizeof(Digest);
  if (!says(third, (bytes_of(at) - third - count_bytes) / sizeof(Digest)))
    return refuse(RejectReason::memory_path_wrong);
  return {};
}

OpeningCheck::Checked OpeningCheck::finish() {
  if (reason_) return std::unexpected(*reason_);
  if (!head_taken_) return fail(RejectReason::malformed);
  if (next_ < asked_.size()) {
    auto const ok = shape(begun_);
    return fail(ok ? RejectReason::malformed : ok.error());
  }
  return ways_are_right();
}

// ---- rows ----

OpeningCheck::Checked OpeningCheck::row_is_right(OpeningPlace const& at) {
  if (!in_range(row_, params_.profile)) return fail(RejectReason::row_out_of_range);
  a_row(committed_.round_keys[at.round], at.row, a_, params_.profile);
  return secret_.is_row_of_product(a_, row_) ? Checked{} : fail(RejectReason::row_wrong);
}

FingerprintKey const& OpeningCheck::key(std::vector<std::optional<FingerprintKey>>& known, std::size_t index,
                                        Digest const& of) const {
  if (!known[index]) known[index] = fingerprint_key(of);
  return *known[index];
}

OpeningCheck::Checked OpeningCheck::hold(OpeningPlace const& at) {
  auto& held = held_[holding_++];
  held.place = at;
  auto const& of_round = key(round_keys_, at.round, committed_.round_keys[at.round]);
  if (product_of(at)) {
    auto const both = fingerprints(of_round, key(pass_keys_, at.pass, committed_.pass_keys[at.pass]), row_);
    held.of_round = both[0], held.of_pass = both[1];
  } else {
    held.of_round = fingerprint(of_round, row_);
  }
  ++next_;
  return holding_ < held_.size() ? Checked{} : ways_are_right();
}

// ---- ways ----

OpeningCheck::Checked OpeningCheck::ways_are_right() {
  auto const holding = std::exchange(holding_, 0);
  auto const held = std::span(held_).first(holding);
  std::array<ShortInput, hash_width> inputs;
  std::array<Digest, hash_width> leaves;
  std::array<Ascent, hash_width> ways;
  std::array<std::size_t, hash_width> whose;

  auto const hash_leaves = [&](std::size_t count) {
    hash_wide(std::span(inputs).first(count), std::span(leaves).first(count));
    for (std::size_t i = 0; i < count; ++i) ways[i].here = leaves[i];
  };
  for (std::size_t i = 0; i < holding; ++i) {
    auto const& at = held[i].place;
    inputs[i] = leaf_input(at.round, at.row, params_.n, held[i].of_round);
    ways[i] = {{}, at.row, held[i].round_path};
  }
  hash_leaves(holding);
  ascend(std::span(ways).first(holding), params_.n);
  std::size_t first_bad = holding;
  auto reason = RejectReason::round_path_wrong;
  for (std::size_t i = holding; i-- > 0;)
    if (ways[i].here != committed_.round_roots[held[i].place.round]) first_bad = i;

  std::size_t retained = 0;
  for (std::size_t i = 0; i < holding; ++i) {
    auto const& at = held[i].place;
    auto const w = product_of(at);
    if (!w) continue;
    inputs[retained] = leaf_input(*w, at.row, params_.n, held[i].of_pass);
    ways[retained] = {{}, std::size_t{*w} * params_.n + at.row, held[i].memory_path};
    whose[retained++] = i;
  }
  hash_leaves(retained);
  ascend(std::span(ways).first(retained), std::size_t{params_.retained} * params_.n);
  for (std::size_t k = retained; k-- > 0;) {
    if (ways[k].here == committed_.pass_roots[held[whose[k]].place.pass]) continue;
    if (whose[k] < first_bad) first_bad = whose[k], reason = RejectReason::memory_path_wrong;
  }
  if (first_bad == holding) return {};
  reason_ = reason;
  return std::unexpected(reason);
}

// Openings before this one are right as rows; that they were committed comes first.
OpeningCheck::Checked OpeningCheck::fail(RejectReason reason) {
  if (auto const before = ways_are_right(); !before) return before;
  reason_ = reason;
  return std::unexpected(reason);
}

}  // namespace spillway::attest
