// tests/attest/reference.hpp - CAP-1's prover written a second time, slow and plain, from
// docs/attestation.md; it can cheat.
// Room:   tests; sees attest's hash and messages, but neither its product, its fingerprint loop nor its tree.
#pragma once

#include <cstdlib>
#include <functional>
#include <vector>

#include "attest/cap1.hpp"
#include "attest/messages.hpp"

namespace spillway::attest::reference {

using Matrix8 = std::vector<std::int8_t>;
using Matrix32 = std::vector<std::int32_t>;

inline Bytes32 bytes32(std::uint8_t first) {
  Bytes32 out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = std::byte(first + i);
  return out;
}

inline Matrix32 product(Matrix8 const& a, Matrix8 const& b, std::size_t n) {
  Matrix32 c(a.size());
  for (std::size_t i = 0; i < a.size() / n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t k = 0; k < n; ++k) c[i * n + j] += a[i * n + k] * b[k * n + j];
  return c;
}

/// The nearest number of so many significant bits, ties to even: 8 are BF16's, 11 are FP16's.
inline std::int32_t rounded(std::int32_t x, int bits) {
  int dropped = 0;
  while (std::abs(x) >> dropped >= 1 << bits) ++dropped;
  if (dropped == 0) return x;
  auto const half = std::int32_t{1} << (dropped - 1);
  auto const up = half - 1 + (x >> dropped & 1);
  return (x + up) >> dropped << dropped;
}

inline Lanes fingerprint(FingerprintKey const& key, std::span<std::int32_t const> row) {
  Lanes h = key.start;
  for (std::size_t j = 0; j < row.size(); ++j) {
    auto& lane = h[j % 16];
    lane = (lane ^ static_cast<std::uint32_t>(row[j])) * key.factor[j % 16];
    lane ^= lane >> 15;
  }
  return h;
}

inline Digest root_of(std::vector<Digest> level) {
  while (level.size() > 1) {
    std::vector<Digest> above;
    for (std::size_t i = 0; i < level.size(); i += 2)
      above.push_back(i + 1 < level.size() ? hash("cap1-node", {level[i], level[i + 1]}) : level[i]);
    level = above;
  }
  return level.front();
}

inline std::vector<Digest> path_of(std::vector<Digest> level, std::size_t index) {
  std::vector<Digest> path;
  for (; level.size() > 1; index /= 2) {
    auto const partner = index % 2 == 0 ? index + 1 : index - 1;
    if (partner < level.size()) path.push_back(level[partner]);
    std::vector<Digest> above;
    for (std::size_t i = 0; i < level.size(); i += 2)
      above.push_back(i + 1 < level.size() ? hash("cap1-node", {level[i], level[i + 1]}) : level[i]);
    level = above;
  }
  return path;
}

/// Everything a prover commits to for one challenge. `alter` may change a product before it is committed: the
/// cheat. `multiply` may be a faster one where n is large.
struct Prover {
  using Multiply = Matrix32 (*)(Matrix8 const& a, Matrix8 const& b, std::size_t n);
  using Alter = std::function<void(std::uint32_t round, Matrix32& product)>;

  EpochParams epoch;
  std::vector<Matrix32> products;
  std::vector<std::vector<Digest>> round_leaves, pass_leaves;
  RoundsDone rounds;
  MemDone memory;

  Prover(EpochParams const& e, UnitKey const& unit, Bytes32 const& nonce, Bytes32 const& pass_key,
         Alter alter = {}, Multiply multiply = product)
      : epoch(e) {
    auto const& p = e.params;
    auto const b = matrix(e.beacon, b_row);
    auto key = hash("cap1-start", {nonce, unit, le64(e.epoch)});
    for (std::uint32_t t = 0; t < p.rounds; ++t) {
      products.push_back(multiply(matrix(key, a_row), b, p.n));
      if (alter) alter(t, products.back());
      round_leaves.push_back(leaves_of(key, t, products.back()));
      memory.round_roots.push_back(root_of(round_leaves.back()));
      key = hash("cap1-round", {key, memory.round_roots.back()});
    }
    rounds.last_key = key;
    walk(pass_key);
  }

  [[nodiscard]] Openings open(std::vector<OpeningPlace> const& places) const {
    Openings out;
    for (auto const& at : places) {
      auto const first = epoch.params.rounds - epoch.params.retained;
      auto const row =
          std::span(products[at.round]).subspan(std::size_t{at.row} * epoch.params.n, epoch.params.n);
      auto& o = out.rows.emplace_back(
          Opening{at, {row.begin(), row.end()}, path_of(round_leaves[at.round], at.row), {}});
      if (at.round >= first)
        o.memory_path =
            path_of(pass_leaves[at.pass], std::size_t{at.round - first} * epoch.params.n + at.row);
    }
    return out;
  }

 private:
  template <class Row>
  Matrix8 matrix(Bytes32 const& key, Row make_row) const {
    auto const n = epoch.params.n;
    Matrix8 m(std::size_t{n} * n);
    for (std::uint32_t i = 0; i < n; ++i)
      make_row(key, i, std::span(m).subspan(std::size_t{i} * n, n), epoch.params.profile);
    return m;
  }
  std::vector<Digest> leaves_of(Digest const& key, std::uint32_t group, Matrix32 const& c) const {
    auto const n = epoch.params.n;
    std::vector<Digest> out;
    for (std::uint32_t i = 0; i < n; ++i)
      out.push_back(
          leaf(group, i, n,
               reference::fingerprint(fingerprint_key(key), std::span(c).subspan(std::size_t{i} * n, n))));
    return out;
  }
  void walk(Bytes32 key) {
    auto const first = epoch.params.rounds - epoch.params.retained;
    for (std::uint32_t pass = 0; pass < epoch.params.passes; ++pass) {
      auto& leaves = pass_leaves.emplace_back();
      for (std::uint32_t w = 0; w < epoch.params.retained; ++w) {
        auto const more = leaves_of(key, w, products[first + w]);
        leaves.insert(leaves.end(), more.begin(), more.end());
      }
      memory.pass_roots.push_back(root_of(leaves));
      key = hash("cap1-pass", {key, memory.pass_roots.back()});
    }
    memory.last_key = key;
  }
};

}  // namespace spillway::attest::reference
