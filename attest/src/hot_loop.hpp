// attest/hot_loop.hpp - one loop, compiled for several x86 instruction sets, chosen when the program starts.
// Room:   attest, private to its sources. Why: a build for any x86-64 would use 16-byte vectors only; the
//         results are integers, equal on every path.
#pragma once

// Sanitizers instrument the chooser, which runs before they are ready; other compilers and machines take the
// plain loop.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define ATTEST_TARGET_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ATTEST_TARGET_CLONES
#endif

// The loops over n^3 and n^2 run bare under sanitizers, else an instrumented prover would need minutes: their
// bounds are checked by their callers, their sums are bounded by n <= 16384. Everything around them stays
// instrumented.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ATTEST_HOT_LOOP __attribute__((no_sanitize("address", "undefined", "thread"), noinline))
#else
#define ATTEST_HOT_LOOP ATTEST_TARGET_CLONES
#endif
