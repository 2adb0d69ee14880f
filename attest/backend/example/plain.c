/* attest/backend/example/plain.c - the smallest right back end, in plain C: where a maker's own one begins.
   cc -O2 -shared -fPIC -I attest/include -o plain.so attest/backend/example/plain.c && attest_conformance plain.so
   Slow on purpose. A card keeps B, A and the products in its own memory, makes A and B there with its own ChaCha20,
   and brings back only lanes and opened rows. */
#include <attest/backend.h>
#include <stdlib.h>
#include <string.h>

enum { done = 0, no_memory, no_device, out_of_range };

struct cap1_unit {
  const cap1_host* host;
  uint32_t n, retained, profile;
  int8_t* b;       /* null until prepare() */
  int32_t* spare;  /* a product that nobody keeps */
  int32_t** slots; /* null until written */
};

static const char* absent(void) { return NULL; }
static uint32_t devices(void) { return 1; }

static int describe(uint32_t device, cap1_device* out) {
  if (device != 0) return no_device;
  memset(out, 0, sizeof *out);
  strcpy(out->name, "one thread, three loops");
  return done;
}

static const char* explain(int status) {
  static const char* const words[] = {"done", "out of memory", "no such device", "a slot, a row or n is out of range"};
  return status >= 0 && status <= out_of_range ? words[status] : "unknown status";
}

static void forget(cap1_unit* u) {
  for (uint32_t i = 0; i < u->retained; ++i) {
    free(u->slots[i]);
    u->slots[i] = NULL;
  }
}

static void close_unit(cap1_unit* u) {
  forget(u);
  free(u->slots);
  free(u->spare);
  free(u->b);
  free(u);
}

static int open_unit(uint32_t device, uint32_t n, uint32_t retained, uint32_t profile, const cap1_host* host,
                     cap1_unit** out) {
  if (device != 0) return no_device;
  if (n < 64 || n > 16384 || (n & (n - 1)) != 0) return out_of_range;
  if (profile != CAP1_PROFILE_INT8 && profile != CAP1_PROFILE_F16X) return out_of_range;
  cap1_unit* u = calloc(1, sizeof *u);
  if (u == NULL) return no_memory;
  u->host = host, u->n = n, u->retained = retained, u->profile = profile;
  u->slots = calloc(retained, sizeof *u->slots);
  u->spare = malloc((size_t)n * n * sizeof *u->spare);
  if (u->slots == NULL || u->spare == NULL) {
    u->retained = u->slots == NULL ? 0 : retained;
    close_unit(u);
    return no_memory;
  }
  *out = u;
  return done;
}

/* A row of A or B. A card whose FP16 unit multiplies makes FP16 of these small integers instead of int8. */
static void matrix_row(const cap1_unit* u, const uint8_t key[32], int of_a, uint32_t row, int8_t* out) {
  uint8_t pairs[8192];
  if (u->profile == CAP1_PROFILE_INT8) {
    u->host->prf(key, of_a ? CAP1_PRF_A : CAP1_PRF_B, row, (uint8_t*)out, u->n);
    return;
  }
  u->host->prf(key, of_a ? CAP1_PRF_A_F16X : CAP1_PRF_B_F16X, row, pairs, u->n / 2);
  for (uint32_t j = 0; j < u->n; ++j) {
    const int four = j % 2 == 0 ? pairs[j / 2] & 15 : pairs[j / 2] >> 4;
    out[j] = (int8_t)(four < 8 ? four : four - 16);
  }
}

static int prepare(cap1_unit* u, const uint8_t beacon[32]) {
  if (u->b == NULL) u->b = malloc((size_t)u->n * u->n);
  if (u->b == NULL) return no_memory;
  for (uint32_t i = 0; i < u->n; ++i) matrix_row(u, beacon, 0, i, u->b + (size_t)i * u->n);
  return done;
}

static int row_again(cap1_unit* u, const uint8_t key[32], uint32_t row, int32_t* out) {
  int8_t a[16384];
  if (u->b == NULL || row >= u->n) return out_of_range;
  matrix_row(u, key, 1, row, a);
  memset(out, 0, u->n * sizeof *out);
  for (uint32_t k = 0; k < u->n; ++k)
    for (uint32_t j = 0; j < u->n; ++j) out[j] += a[k] * u->b[(size_t)k * u->n + j];
  return done;
}

static void walk_product(const cap1_unit* u, const int32_t* c, const cap1_lanes_key* key, uint32_t* lanes) {
  for (uint32_t i = 0; i < u->n; ++i, c += u->n, lanes += CAP1_LANES) {
    memcpy(lanes, key->start, sizeof key->start);
    for (uint32_t j = 0; j < u->n; ++j) {
      uint32_t* h = &lanes[j % CAP1_LANES];
      *h = (*h ^ (uint32_t)c[j]) * key->factor[j % CAP1_LANES];
      *h ^= *h >> 15;
    }
  }
}

static int round_of(cap1_unit* u, const uint8_t key[32], const cap1_lanes_key* lanes_key, uint32_t slot,
                    uint32_t* lanes) {
  int32_t* c = u->spare;
  if (u->b == NULL || (slot != CAP1_NO_SLOT && slot >= u->retained)) return out_of_range;
  if (slot != CAP1_NO_SLOT) {
    if (u->slots[slot] == NULL) u->slots[slot] = malloc((size_t)u->n * u->n * sizeof *c);
    c = u->slots[slot];
    if (c == NULL) return no_memory;
  }
  for (uint32_t i = 0; i < u->n; ++i) (void)row_again(u, key, i, c + (size_t)i * u->n);
  walk_product(u, c, lanes_key, lanes);
  return done;
}

static int walk(cap1_unit* u, uint32_t slot, const cap1_lanes_key* lanes_key, uint32_t* lanes) {
  if (slot >= u->retained || u->slots[slot] == NULL) return out_of_range;
  walk_product(u, u->slots[slot], lanes_key, lanes);
  return done;
}

static int row(cap1_unit* u, uint32_t slot, uint32_t at, int32_t* out) {
  if (slot >= u->retained || u->slots[slot] == NULL || at >= u->n) return out_of_range;
  memcpy(out, u->slots[slot] + (size_t)at * u->n, u->n * sizeof *out);
  return done;
}

static const cap1_backend table = {CAP1_BACKEND_ABI, sizeof(cap1_backend), "plain", absent, devices, describe,
                                   explain, NULL, close_unit, prepare, round_of, walk, row, row_again, forget,
                                   CAP1_DOES(CAP1_PROFILE_INT8) | CAP1_DOES(CAP1_PROFILE_F16X), open_unit};

const cap1_backend* spillway_cap1_backend(void) { return &table; }
