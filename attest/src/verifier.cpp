// attest/verifier.cpp - see attest/verifier.hpp.
#include "attest/verifier.hpp"

#include <algorithm>
#include <utility>

#include "market/check.hpp"
#include "two_dots.hpp"

namespace spillway::attest {

namespace {

constexpr auto prime = field_prime;
constexpr std::uint32_t domain_r = 4;
constexpr std::uint32_t domain_places = 5;

// Draws of 31 bits from a key stream; the one value that is not in F_p is drawn again.
class Draws {
 public:
  Draws(Bytes32 const& key, std::uint32_t domain) : key_(key), domain_(domain) {}

  std::uint32_t word() {
    if (at_ == block_.size()) {
      prf(key_, domain_, index_++, block_);
      at_ = 0;
    }
    std::uint32_t out = 0;
    for (std::uint32_t i = 0; i < 4; ++i) out |= std::to_integer<std::uint32_t>(block_[at_++]) << (8 * i);
    return out;
  }
  std::uint32_t element() {
    for (;;) {
      if (auto const bits = word() & prime; bits != prime) return static_cast<std::uint32_t>(bits);
    }
  }
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(std::uint64_t{word()} * bound >> 32);
  }

 private:
  Bytes32 key_;
  std::uint32_t domain_;
  std::uint64_t index_ = 0;
  std::array<std::byte, 1024> block_{};
  std::size_t at_ = block_.size();
};

}  // namespace

std::string_view sentence(RejectReason reason) {
  switch (reason) {
    case RejectReason::malformed:
      return "the unit sent bytes that are no CAP-1 message";
    case RejectReason::out_of_turn:
      return "the unit sent a message that this step of the challenge does not await";
    case RejectReason::wrong_unit:
      return "the unit named another key, node, class or profile than it was registered with";
    case RejectReason::echo_wrong:
      return "the unit's echo does not repeat the probe";
    case RejectReason::late_open:
      return "the unit did not open its attestation in time";
    case RejectReason::late_echo:
      return "the unit did not echo a probe in time";
    case RejectReason::late_rounds:
      return "the unit did not finish the compute phase in time";
    case RejectReason::late_memory:
      return "the unit did not finish the memory phase in time";
    case RejectReason::late_openings:
      return "the unit did not open the asked rows in time";
    case RejectReason::wrong_count:
      return "the unit sent another number of roots or openings than asked";
    case RejectReason::round_chain_broken:
      return "the round roots do not lead from the nonce to the committed end";
    case RejectReason::pass_chain_broken:
      return "the pass roots do not lead from the memory key to the committed end";
    case RejectReason::other_place:
      return "the unit opened a row that was not asked for";
    case RejectReason::row_length_wrong:
      return "an opened row does not have n entries";
    case RejectReason::row_out_of_range:
      return "an opened row has an entry that no such product can have";
    case RejectReason::row_wrong:
      return "an opened row is not the row of the product";
    case RejectReason::round_path_wrong:
      return "an opened row was not committed in its round";
    case RejectReason::memory_path_wrong:
      return "an opened row was not walked in its memory pass";
    case RejectReason::floor_ops:
      return "the unit computes more slowly than its class demands";
    case RejectReason::floor_bytes:
      return "the unit proved less memory than its class demands";
    case RejectReason::floor_bytes_per_s:
      return "the unit's memory is slower than its class demands";
    case RejectReason::ended_by_caller:
      return "the connection ended before the challenge did";
    case RejectReason::place_unproven:
      return "the unit is farther away than the place that it claims";
  }
  return "unknown reason";
}

Digest make_beacon(Bytes32 const& random, Digest const& previous_root) {
  return hash("cap1-beacon", {random, previous_root});
}

EpochSecret::EpochSecret(std::uint64_t epoch, Bytes32 const& seed, Bytes32 const& beacon, std::uint32_t n,
                         Profile profile)
    : epoch_(epoch), seed_(seed), beacon_(beacon), n_(n), profile_(profile) {
  auto const* const word = profile == Profile::f16x ? "cap1-r-f16x" : "cap1-r";
  Draws draws(hash(word, {seed, le64(epoch), le32(n), beacon}), domain_r);
  for (auto& r : r_) {
    r.resize(n);
    std::ranges::generate(r, [&] { return draws.element(); });
  }
  for (auto& y : y_) y.reserve(n);
  std::vector<std::int8_t> row(n);
  for (std::uint32_t i = 0; i < n; ++i) {  // B passes by row by row and is never held
    b_row(beacon, i, row, profile);
    auto const dots = two_dots(row.data(), r_[0].data(), r_[1].data(), n);
    y_[0].push_back(static_cast<std::uint32_t>(dots.first));
    y_[1].push_back(static_cast<std::uint32_t>(dots.second));
  }
}

Digest EpochSecret::commitment() const { return hash("cap1-seed", {seed_}); }

bool EpochSecret::is_row_of_product(std::span<std::int8_t const> a, std::span<std::int32_t const> row) const {
  sw_check(a.size() == n_ && row.size() == n_, "rows have n entries");
  return two_dots(row.data(), r_[0].data(), r_[1].data(), row.size()) ==
         two_dots(a.data(), y_[0].data(), y_[1].data(), a.size());
}

std::vector<OpeningPlace> EpochSecret::places(Cap1Params const& params, Bytes32 const& nonce,
                                              Digest const& last_round_key,
                                              Digest const& last_pass_root) const {
  auto const opener = hash("cap1-open", {seed_});
  Draws draws(hash("cap1-places", {opener, nonce, last_round_key, last_pass_root}), domain_places);
  std::vector<OpeningPlace> out;
  for (std::uint32_t i = 0; i < params.openings; ++i) {
    auto const round = draws.below(params.rounds);
    auto const row = draws.below(params.n);
    out.push_back({round, row, params.passes == 0 ? 0 : draws.below(params.passes)});
  }
  return out;
}

std::expected<Commitments, RejectReason> check_chains(Cap1Params const& params, Digest const& first_key,
                                                      RoundsDone const& rounds, Bytes32 const& pass_key,
                                                      MemDone const& memory) {
  if (memory.round_roots.size() != params.rounds || memory.pass_roots.size() != params.passes)
    return std::unexpected(RejectReason::wrong_count);
  Commitments out{{first_key}, memory.round_roots, {pass_key}, memory.pass_roots};
  for (auto const& root : out.round_roots)
    out.round_keys.push_back(next_round_key(out.round_keys.back(), root));
  if (out.round_keys.back() != rounds.last_key) return std::unexpected(RejectReason::round_chain_broken);
  for (auto const& root : out.pass_roots) out.pass_keys.push_back(next_pass_key(out.pass_keys.back(), root));
  if (out.pass_keys.back() != memory.last_key) return std::unexpected(RejectReason::pass_chain_broken);
  return out;
}

}  // namespace spillway::attest
