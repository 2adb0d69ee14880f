// attest/prover.cpp - see attest/prover.hpp.
#include "attest/prover.hpp"

#include <algorithm>

#include "attest/merkle.hpp"

namespace spillway::attest {

std::string_view sentence(ProverRefusal refusal) {
  switch (refusal) {
    case ProverRefusal::params_invalid:
      return "the exchange's parameters are outside the protocol";
    case ProverRefusal::params_too_large:
      return "the challenge needs more memory than this unit allows";
    case ProverRefusal::out_of_turn:
      return "this message does not follow the one before";
    case ProverRefusal::opening_out_of_range:
      return "the exchange asked for a row that does not exist";
    case ProverRefusal::backend_failed:
      return "the back end could not do what was asked";
  }
  return "unknown refusal";
}

namespace {

using Answer = std::expected<std::optional<AttestMessage>, ProverRefusal>;

// What one challenge leaves behind for its openings, beside the last W products in the back end.
struct Committed {
  std::vector<Digest> round_keys;  // s_0 .. s_R
  std::vector<MerkleTree> rounds;  // R
  std::vector<MerkleTree> passes;  // P
};

// The products, 2 n^2 bytes of B, twice that while a product is made, and the trees at two digests a row.
std::int64_t memory_needed_bytes(Cap1Params const& p) {
  auto const square = std::int64_t{p.n} * p.n;
  auto const leaves = std::int64_t{p.n} * (p.rounds + std::int64_t{p.retained} * p.passes);
  return retained_bytes(p) + 5 * square + 64 * leaves;
}

void add_leaves(std::vector<Digest>& leaves, std::uint32_t group, std::span<Lanes const> lanes) {
  auto const n = static_cast<std::uint32_t>(lanes.size());
  std::array<ShortInput, hash_width> inputs;
  std::array<Digest, hash_width> made;
  for (std::uint32_t i = 0; i < n; i += hash_width) {  // n is a power of two from 64
    for (std::uint32_t k = 0; k < hash_width; ++k) inputs[k] = leaf_input(group, i + k, n, lanes[i + k]);
    hash_wide(inputs, made);
    leaves.insert(leaves.end(), made.begin(), made.end());
  }
}

template <class Trees>
std::vector<Digest> roots(Trees const& trees) {
  std::vector<Digest> out;
  for (auto const& tree : trees) out.push_back(tree.root());
  return out;
}

}  // namespace

struct Prover::State {
  enum class Step { idle, prepared, computed, walked };

  UnitKey unit{};
  std::int64_t memory_at_most_bytes{};
  Backend backend = portable_backend();
  std::uint32_t device = 0;
  Step step = Step::idle;
  EpochParams epoch{};
  std::optional<DeviceUnit> card;  // holds B of this epoch
  Committed done;
  std::string failure;

  [[nodiscard]] std::uint32_t first_retained() const { return epoch.params.rounds - epoch.params.retained; }

  // Nothing of a challenge outlives a back end that failed in it.
  std::unexpected<ProverRefusal> failed(std::string why) {
    failure = std::move(why);
    card.reset();
    done = {};
    step = Step::idle;
    return std::unexpected(ProverRefusal::backend_failed);
  }

  void forget() {
    if (card) card->forget();
    done = {};
  }

  Answer on(EpochParams const& m) {
    if (!check(m.params)) return std::unexpected(ProverRefusal::params_invalid);
    if (memory_needed_bytes(m.params) > memory_at_most_bytes)
      return std::unexpected(ProverRefusal::params_too_large);
    forget();
    bool const same_b =
        card && epoch.beacon == m.beacon && card->n() == m.params.n && card->retained() == m.params.retained;
    if (!same_b) {
      card.reset();
      auto opened = backend.open(device, m.params.n, m.params.retained);
      if (!opened) return failed(opened.error());
      if (auto const ready = opened->prepare(m.beacon); !ready) return failed(ready.error());
      card = std::move(*opened);
    }
    epoch = m;
    step = Step::prepared;
    return std::nullopt;
  }

  Answer on(RttProbe const& m) {
    if (step == Step::idle) return std::unexpected(ProverRefusal::out_of_turn);
    return RttEcho{m.index, m.nonce};
  }

  Answer on(Challenge const& m) {
    if (step != Step::prepared) return std::unexpected(ProverRefusal::out_of_turn);
    done = {};
    done.round_keys.push_back(first_round_key(m.nonce, unit, epoch.epoch));
    for (std::uint32_t t = 0; t < epoch.params.rounds; ++t)
      if (auto const computed = compute_round(t); !computed) return failed(computed.error());
    step = Step::computed;
    return RoundsDone{done.round_keys.back()};
  }

  DeviceUnit::Done compute_round(std::uint32_t t) {
    auto const key = done.round_keys.back();
    bool const kept = t >= first_retained();
    auto const lanes = card->round(key, kept ? std::optional(t - first_retained()) : std::nullopt);
    if (!lanes) return std::unexpected(lanes.error());
    std::vector<Digest> leaves;
    leaves.reserve(epoch.params.n);
    add_leaves(leaves, t, *lanes);
    done.rounds.emplace_back(std::move(leaves));
    done.round_keys.push_back(next_round_key(key, done.rounds.back().root()));
    return {};
  }

  Answer on(MemChallenge const& m) {
    if (step != Step::computed) return std::unexpected(ProverRefusal::out_of_turn);
    Digest key = m.key;
    for (std::uint32_t p = 0; p < epoch.params.passes; ++p) {
      if (auto const walked = walk_products(key); !walked) return failed(walked.error());
      key = next_pass_key(key, done.passes.back().root());
    }
    step = Step::walked;
    return MemDone{roots(done.rounds), roots(done.passes), key};
  }

  DeviceUnit::Done walk_products(Digest const& key) {
    std::vector<Digest> leaves;
    leaves.reserve(std::size_t{epoch.params.n} * epoch.params.retained);
    for (std::uint32_t w = 0; w < epoch.params.retained; ++w) {
      auto const lanes = card->walk(w, key);
      if (!lanes) return std::unexpected(lanes.error());
      add_leaves(leaves, w, *lanes);
    }
    done.passes.emplace_back(std::move(leaves));
    return {};
  }

  Answer on(Open const& m) {
    if (step != Step::walked) return std::unexpected(ProverRefusal::out_of_turn);
    auto const& p = epoch.params;
    auto const exists = [&](OpeningPlace const& at) {
      return at.round < p.rounds && at.row < p.n && at.pass < std::max(p.passes, 1u);
    };
    if (!std::ranges::all_of(m.places, exists)) return std::unexpected(ProverRefusal::opening_out_of_range);
    Openings out;
    for (auto const& at : m.places) {
      auto opened = open(at);
      if (!opened) return failed(opened.error());
      out.rows.push_back(std::move(*opened));
    }
    forget();
    step = Step::prepared;
    return out;
  }

  // A product that was dropped is gone, but one row of it is n^2 multiplications away.
  std::expected<Opening, std::string> open(OpeningPlace const& at) const {
    auto const n = epoch.params.n;
    Opening out{at, std::vector<std::int32_t>(n), done.rounds[at.round].path(at.row), {}};
    if (at.round < first_retained()) {
      auto const again = card->row_again(done.round_keys[at.round], at.row, out.row);
      if (!again) return std::unexpected(again.error());
      return out;
    }
    auto const w = at.round - first_retained();
    if (auto const read = card->row(w, at.row, out.row); !read) return std::unexpected(read.error());
    out.memory_path = done.passes[at.pass].path(std::size_t{w} * n + at.row);
    return out;
  }

  Answer on(Verdict const&) {
    forget();
    if (step != Step::idle) step = Step::prepared;  // B may serve the next challenge of this epoch
    return std::nullopt;
  }

  // What only a prover says.
  template <class M>
  Answer on(M const&) {
    return std::unexpected(ProverRefusal::out_of_turn);
  }
};

Prover::Prover(UnitKey const& unit, std::int64_t memory_at_most_bytes)
    : Prover(unit, portable_backend(), 0, memory_at_most_bytes) {}

Prover::Prover(UnitKey const& unit, Backend backend, std::uint32_t device, std::int64_t memory_at_most_bytes)
    : state_(std::make_unique<State>()) {
  state_->unit = unit;
  state_->backend = backend;
  state_->device = device;
  state_->memory_at_most_bytes = memory_at_most_bytes;
}
Prover::~Prover() = default;
Prover::Prover(Prover&&) noexcept = default;
Prover& Prover::operator=(Prover&&) noexcept = default;

std::expected<std::optional<AttestMessage>, ProverRefusal> Prover::answer(AttestMessage const& message) {
  return std::visit([&](auto const& m) { return state_->on(m); }, message);
}

std::string const& Prover::backend_failure() const { return state_->failure; }

}  // namespace spillway::attest
