/* attest/backend.h - the C interface between CAP-1's prover and whatever multiplies: a CPU, a GPU, any maker's card.
   A back end is a table of functions. It comes linked in (portable) or as a shared object that exports
   spillway_cap1_backend() and nothing else; it needs no header of Spillway but this one, and no library of ours.
   Source: docs/attestation.md, "A back end of your own". Conformance: attest_conformance FILE.so.

   Rules: every function may be called from any thread, one unit from one thread at a time. Functions that return
   int give 0 or a status of your own above 0, for which `explain` has a sentence; nothing is thrown, nothing
   exits. Arrays belong to the caller and are in host memory, row-major, in the machine's byte order. n is a power
   of two from 64 to 16384. All arithmetic on integers is exact; wrong answers cost their provider its bond. */
#ifndef SPILLWAY_ATTEST_BACKEND_H
#define SPILLWAY_ATTEST_BACKEND_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CAP1_BACKEND_ABI 1u
#define CAP1_LANES 16u
#define CAP1_NO_SLOT UINT32_MAX

/* The two kinds of key stream that matrices are made of: row i of A_t is prf(s_t, CAP1_PRF_A, i), n bytes read as
   int8; row i of B is prf(beacon, CAP1_PRF_B, i). */
#define CAP1_PRF_A 1u
#define CAP1_PRF_B 2u

/* What the prover lends to its back end. A card makes its matrices itself; a CPU need not bring a ChaCha20. */
typedef struct cap1_host {
  uint32_t abi;
  /* ChaCha20 (RFC 8439) key stream, 12-byte nonce (u32 domain, u64 index) little-endian, from block 0. */
  void (*prf)(const uint8_t key[32], uint32_t domain, uint64_t index, uint8_t* out, size_t bytes);
} cap1_host;

/* Sixteen lanes: entry j of a row goes to lane j mod 16 as h = (h ^ x) * factor; h ^= h >> 15, all modulo 2^32. */
typedef struct cap1_lanes_key {
  uint32_t start[CAP1_LANES];
  uint32_t factor[CAP1_LANES];
} cap1_lanes_key;

typedef struct cap1_device {
  char name[64];         /* for people, ends with 0; never evidence of anything */
  uint64_t memory_bytes; /* that a unit may use; 0: not known */
} cap1_device;

typedef struct cap1_unit cap1_unit; /* yours: B, the retained products, streams, ... of one device and n */

typedef struct cap1_backend {
  uint32_t abi;     /* CAP1_BACKEND_ABI */
  uint32_t bytes;   /* sizeof(cap1_backend) when it was built; later ABIs append only */
  const char* name; /* "cpu-avx2", "cann", ...: at most 63 characters of a-z, 0-9 and - */

  /* Null when it can work on this machine, else a sentence that says what is missing. Called first; the others
     are called only after it gave null. */
  const char* (*absent)(void);
  uint32_t (*devices)(void);
  int (*describe)(uint32_t device, cap1_device* out);
  const char* (*explain)(int status);

  /* A unit for products of n x n of which `retained` (0: none) must stay in the device's memory at once. Memory may be
     taken here or when a slot is first written. `host` outlives the unit. */
  int (*open)(uint32_t device, uint32_t n, uint32_t retained, const cap1_host* host, cap1_unit** out);
  void (*close)(cap1_unit* unit);

  /* Makes B of this beacon. Before any clock runs; again for the next epoch. */
  int (*prepare)(cap1_unit* unit, const uint8_t beacon[32]);
  /* C = A(key) * B, whole. Its n rows' lanes under `lanes_key` go to lanes[n * 16]. C stays in `slot` (below
     `retained`, replacing what was there), or is dropped for CAP1_NO_SLOT. The compute clock covers it. */
  int (*round)(cap1_unit* unit, const uint8_t key[32], const cap1_lanes_key* lanes_key, uint32_t slot,
               uint32_t* lanes);
  /* Reads the product in `slot` again: its n rows' lanes under another key. The memory clock covers it. */
  int (*walk)(cap1_unit* unit, uint32_t slot, const cap1_lanes_key* lanes_key, uint32_t* lanes);
  /* One row of a retained product; one row of A(key) * B computed anew, for a product that was dropped. */
  int (*row)(cap1_unit* unit, uint32_t slot, uint32_t row, int32_t* out);
  int (*row_again)(cap1_unit* unit, const uint8_t key[32], uint32_t row, int32_t* out);
  /* The challenge is over: retained products may be freed, B stays. */
  void (*forget)(cap1_unit* unit);
} cap1_backend;

/* The one symbol of a shared object. The table lives as long as the object stays loaded: until the process ends. */
const cap1_backend* spillway_cap1_backend(void);

#ifdef __cplusplus
}
#endif
#endif
