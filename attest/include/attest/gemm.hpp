// attest/gemm.hpp - the exact matrix product of CAP-1 on a CPU: int8 x int8 -> int32.
// Room:   attest; sees the standard library only. A prover back end: the verifier never multiplies matrices.
// Units:  n in rows and columns, a power of two from 64 to 16384; matrices are row-major.
// Errors: none; every product fits an int32 because n <= 16384.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace spillway::attest {

/// B made ready for many products: transposed and widened once, so that the inner loop is a plain dot product
/// of int16, which compilers turn into multiply-add-pairs. 2 n^2 bytes.
class RightMatrix {
 public:
  explicit RightMatrix(std::uint32_t n) : n_(n), columns_(std::size_t{n} * n) {}

  void set_row(std::uint32_t row, std::span<std::int8_t const> values);
  [[nodiscard]] std::uint32_t n() const { return n_; }
  [[nodiscard]] std::int16_t const* column(std::uint32_t j) const {
    return columns_.data() + std::size_t{j} * n_;
  }

 private:
  std::uint32_t n_;
  std::vector<std::int16_t> columns_;
};

/// The same on B's n^2 entries as they lie in memory: column j at packed + j n.
void set_packed_row(std::uint32_t n, std::uint32_t row, std::int8_t const* values, std::int16_t* packed);
void multiply(std::span<std::int8_t const> a, std::uint32_t n, std::int16_t const* packed,
              std::span<std::int32_t> c);

/// `c` = `a` * B for a whole number of rows of A; `c` has as many entries as `a`.
void multiply(std::span<std::int8_t const> a, RightMatrix const& b, std::span<std::int32_t> c);

}  // namespace spillway::attest
