/* tests/attest/first_abi.c - the example back end as it was built for ABI 1: INT8 only, a shorter table. */
#define spillway_cap1_backend of_today
#include "plain.c"
#undef spillway_cap1_backend
#include <stddef.h>

static int open_int8(uint32_t device, uint32_t n, uint32_t retained, const cap1_host* host, cap1_unit** out) {
  return host->abi == 1 ? open_unit(device, n, retained, CAP1_PROFILE_INT8, host, out) : no_device;
}

static const cap1_backend first = {1,          offsetof(cap1_backend, profiles),
                                   "first",    absent,
                                   devices,    describe,
                                   explain,    open_int8,
                                   close_unit, prepare,
                                   round_of,   walk,
                                   row,        row_again,
                                   forget,     0,
                                   NULL};

const cap1_backend* spillway_cap1_backend(void);
const cap1_backend* spillway_cap1_backend(void) { return &first; }
