// market/blake2b_tables.hpp - what every BLAKE2b of 32 bytes without a key begins with, and the order in
// which its rounds take the words of a block: for hashes that compute several at one time.
// Room:   market (pure).
// Source: RFC 7693, sections 2.6 and 2.7.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace spillway::blake2b {

inline constexpr std::size_t block_bytes = 128, words_per_block = 16, rounds = 12;
inline constexpr std::uint64_t parameters = 0x01010020;  // a tree of one node, no key, 32 bytes

alignas(32) inline constexpr std::array<std::uint64_t, 8> first_words{
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

/// Of round r, order[r mod 10]: two words for each of four columns, and then of four diagonals.
inline constexpr unsigned char order[10][words_per_block] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

}  // namespace spillway::blake2b
