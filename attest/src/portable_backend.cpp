// attest/portable_backend.cpp - "cpu-portable": the loops of gemm.cpp and fingerprint.cpp behind
// attest/backend.h.
#include <cstring>

#include "attest/backend.hpp"
#include "attest/gemm.hpp"
#include "cpu_backend.hpp"
#include "market/check.hpp"

namespace spillway::attest {

namespace {

std::size_t packed_elements(std::uint32_t n) { return std::size_t{n} * n; }

void pack(std::int8_t const* b, std::uint32_t n, std::int16_t* packed) {
  for (std::uint32_t row = 0; row < n; ++row) set_packed_row(n, row, b + std::size_t{row} * n, packed);
}

void multiply_packed(std::int8_t const* a, std::uint32_t rows, std::uint32_t n, std::int16_t const* packed,
                     std::int32_t* c) {
  auto const entries = std::size_t{rows} * n;
  multiply(std::span(a, entries), n, packed, std::span(c, entries));
}

void walk(cap1_lanes_key const& key, std::int32_t const* c, std::uint32_t rows, std::uint32_t n,
          std::uint32_t* lanes) {
  FingerprintKey own;
  for (std::size_t i = 0; i < CAP1_LANES; ++i) own.start[i] = key.start[i], own.factor[i] = key.factor[i];
  for (std::uint32_t i = 0; i < rows; ++i) {
    auto const row = fingerprint(own, std::span(c + std::size_t{i} * n, n));
    std::memcpy(lanes + std::size_t{i} * CAP1_LANES, row.data(), sizeof row);
  }
}

constexpr CpuKernel kernel{packed_elements, pack, multiply_packed, walk};

constexpr cap1_backend portable = cpu::table<kernel>("cpu-portable", []() -> char const* { return nullptr; });

}  // namespace

Backend portable_backend() {
  auto const backend = Backend::checked(&portable);
  sw_check(backend.has_value(), "the portable back end is whole");
  return *backend;
}

}  // namespace spillway::attest
