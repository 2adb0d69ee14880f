// market/check.cpp - stops the process when an invariant is broken.
#include "market/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace spillway {

void check_failed(char const* file, int line, char const* condition, char const* rule) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s (%s)\n", file, line, rule, condition);
  std::fflush(stderr);
  std::abort();
}

}  // namespace spillway
