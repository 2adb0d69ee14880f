// gateway/server/src/descriptors.cpp - see descriptors.hpp.
#include "descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace spillway {
namespace {

constexpr std::uint64_t most_connections = 4096, fewest_connections = 16;

}  // namespace

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  rlimit raised = limit;
  raised.rlim_cur = raised.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

std::size_t connections_for(std::uint64_t descriptors) {
  auto const spare = descriptors - std::min(descriptors, descriptors_in_reserve);
  return std::clamp(spare, fewest_connections, most_connections);
}

}  // namespace spillway
