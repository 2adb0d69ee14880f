// attest/backend/x86/module.cpp - the shared object around one kernel: its name, and whether this processor
// has it. Compiled without the kernel's instructions, so that the question can be asked anywhere. The build
// says which.
#include "kernel.hpp"

namespace {

#if defined(CAP1_AVX2)
constexpr char const* name = "cpu-avx2";
constexpr char const* needs = "this processor has no AVX2";
bool present() { return __builtin_cpu_supports("avx2") != 0; }
#elif defined(CAP1_AVX512)
constexpr char const* name = "cpu-avx512";
constexpr char const* needs = "this processor has no AVX-512 F and BW";
bool present() { return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0; }
#elif defined(CAP1_AVX512_VNNI)
constexpr char const* name = "cpu-avx512-vnni";
constexpr char const* needs = "this processor has no AVX-512 F, BW and VNNI";
bool present() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512vnni") != 0;
}
#endif

char const* absent() {
  __builtin_cpu_init();
  return present() ? nullptr : needs;
}

constexpr cap1_backend table = spillway::attest::cpu::table<spillway::attest::x86::kernel>(name, absent);

}  // namespace

extern "C" __attribute__((visibility("default"))) cap1_backend const* spillway_cap1_backend(void) {
  return &table;
}
