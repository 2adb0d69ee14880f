// attest/prover.cpp - see attest/prover.hpp.
#include "attest/prover.hpp"

#include <algorithm>

#include "attest/gemm.hpp"
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
  }
  return "unknown refusal";
}

namespace {

using Product = std::vector<std::int32_t>;
using Answer = std::expected<std::optional<AttestMessage>, ProverRefusal>;

// What one challenge leaves behind for its openings.
struct Transcript {
  std::vector<Digest> round_keys;  // s_0 .. s_R
  std::vector<MerkleTree> rounds;  // R
  std::vector<Product> products;   // the last W
  std::vector<MerkleTree> passes;  // P
};

// The products, 2 n^2 bytes of B, twice that while a product is made, and the trees at two digests a row.
std::int64_t memory_needed_bytes(Cap1Params const& p) {
  auto const square = std::int64_t{p.n} * p.n;
  auto const leaves = std::int64_t{p.n} * (p.rounds + std::int64_t{p.retained} * p.passes);
  return retained_bytes(p) + 5 * square + 64 * leaves;
}

std::vector<std::int8_t> make_a(Digest const& key, std::uint32_t n) {
  std::vector<std::int8_t> a(std::size_t{n} * n);
  for (std::uint32_t i = 0; i < n; ++i) a_row(key, i, std::span(a).subspan(std::size_t{i} * n, n));
  return a;
}

RightMatrix make_b(Bytes32 const& beacon, std::uint32_t n) {
  RightMatrix b(n);
  std::vector<std::int8_t> row(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    b_row(beacon, i, row);
    b.set_row(i, row);
  }
  return b;
}

void add_leaves(std::vector<Digest>& leaves, FingerprintKey const& key, std::uint32_t group, std::uint32_t n,
                Product const& product) {
  for (std::uint32_t i = 0; i < n; ++i) {
    auto const row = std::span(product).subspan(std::size_t{i} * n, n);
    leaves.push_back(leaf(group, i, n, fingerprint(key, row)));
  }
}

MerkleTree commit_round(Digest const& key, std::uint32_t round, std::uint32_t n, Product const& product) {
  std::vector<Digest> leaves;
  leaves.reserve(n);
  add_leaves(leaves, fingerprint_key(key), round, n, product);
  return MerkleTree(std::move(leaves));
}

MerkleTree walk_products(Digest const& key, std::uint32_t n, std::vector<Product> const& products) {
  std::vector<Digest> leaves;
  leaves.reserve(std::size_t{n} * products.size());
  auto const lanes = fingerprint_key(key);
  for (std::uint32_t w = 0; w < products.size(); ++w) add_leaves(leaves, lanes, w, n, products[w]);
  return MerkleTree(std::move(leaves));
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
  Step step = Step::idle;
  EpochParams epoch{};
  std::optional<RightMatrix> b;
  Transcript done;

  [[nodiscard]] std::uint32_t first_retained() const { return epoch.params.rounds - epoch.params.retained; }

  Answer on(EpochParams const& m) {
    if (!check(m.params)) return std::unexpected(ProverRefusal::params_invalid);
    if (memory_needed_bytes(m.params) > memory_at_most_bytes)
      return std::unexpected(ProverRefusal::params_too_large);
    bool const same_b = b && epoch.beacon == m.beacon && epoch.params.n == m.params.n;
    if (!same_b) b = make_b(m.beacon, m.params.n);
    epoch = m;
    done = {};
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
    for (std::uint32_t t = 0; t < epoch.params.rounds; ++t) compute_round(t);
    step = Step::computed;
    return RoundsDone{done.round_keys.back()};
  }

  void compute_round(std::uint32_t t) {
    auto const n = epoch.params.n;
    auto const key = done.round_keys.back();
    Product product(std::size_t{n} * n);
    multiply(make_a(key, n), *b, product);
    done.rounds.push_back(commit_round(key, t, n, product));
    done.round_keys.push_back(next_round_key(key, done.rounds.back().root()));
    if (t >= first_retained()) done.products.push_back(std::move(product));
  }

  Answer on(MemChallenge const& m) {
    if (step != Step::computed) return std::unexpected(ProverRefusal::out_of_turn);
    Digest key = m.key;
    for (std::uint32_t p = 0; p < epoch.params.passes; ++p) {
      done.passes.push_back(walk_products(key, epoch.params.n, done.products));
      key = next_pass_key(key, done.passes.back().root());
    }
    step = Step::walked;
    return MemDone{roots(done.rounds), roots(done.passes), key};
  }

  Answer on(Open const& m) {
    if (step != Step::walked) return std::unexpected(ProverRefusal::out_of_turn);
    auto const& p = epoch.params;
    auto const exists = [&](OpeningPlace const& at) {
      return at.round < p.rounds && at.row < p.n && at.pass < p.passes;
    };
    if (!std::ranges::all_of(m.places, exists)) return std::unexpected(ProverRefusal::opening_out_of_range);
    Openings out;
    for (auto const& at : m.places) out.rows.push_back(open(at));
    done = {};
    step = Step::prepared;
    return out;
  }

  Opening open(OpeningPlace const& at) const {
    auto const n = epoch.params.n;
    Opening out{at, {}, done.rounds[at.round].path(at.row), {}};
    if (at.round < first_retained()) {
      out.row = row_again(at);
      return out;
    }
    auto const w = at.round - first_retained();
    auto const row = std::span(done.products[w]).subspan(std::size_t{at.row} * n, n);
    out.row.assign(row.begin(), row.end());
    out.memory_path = done.passes[at.pass].path(std::size_t{w} * n + at.row);
    return out;
  }

  // The product was dropped; one row of it is n^2 multiplications away.
  Product row_again(OpeningPlace const& at) const {
    std::vector<std::int8_t> a(epoch.params.n);
    a_row(done.round_keys[at.round], at.row, a);
    Product row(epoch.params.n);
    multiply(a, *b, row);
    return row;
  }

  Answer on(Verdict const&) {
    done = {};
    if (step != Step::idle) step = Step::prepared;  // B may serve the next challenge of this epoch
    return std::nullopt;
  }

  // What only a prover says.
  template <class M>
  Answer on(M const&) {
    return std::unexpected(ProverRefusal::out_of_turn);
  }
};

Prover::Prover(UnitKey const& unit, std::int64_t memory_at_most_bytes) : state_(std::make_unique<State>()) {
  state_->unit = unit;
  state_->memory_at_most_bytes = memory_at_most_bytes;
}
Prover::~Prover() = default;
Prover::Prover(Prover&&) noexcept = default;
Prover& Prover::operator=(Prover&&) noexcept = default;

std::expected<std::optional<AttestMessage>, ProverRefusal> Prover::answer(AttestMessage const& message) {
  return std::visit([&](auto const& m) { return state_->on(m); }, message);
}

}  // namespace spillway::attest
