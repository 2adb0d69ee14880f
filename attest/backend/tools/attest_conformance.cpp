// attest/backend/tools/attest_conformance.cpp - judges one back end: attest_conformance [FILE.so] [--device
// N].
//
// Without a file: the portable one. Prints every rule; exit status 0 when all are kept, 1 when one is broken,
// 2 when there is nothing to judge. A back end that does not pass would cost its provider the bond.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "attest/backend_loader.hpp"
#include "attest/conformance.hpp"

using namespace spillway::attest;

int main(int argc, char** argv) {
  char const* file = nullptr;
  std::uint32_t device = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--device") == 0 && i + 1 < argc) {
      device = static_cast<std::uint32_t>(std::strtoul(argv[++i], nullptr, 10));
    } else if (argv[i][0] != '-' && file == nullptr) {
      file = argv[i];
    } else {
      std::fprintf(stderr, "usage: attest_conformance [FILE.so] [--device N]\n");
      return 2;
    }
  }
  auto const backend =
      file == nullptr ? std::expected<Backend, std::string>(portable_backend()) : load_backend(file);
  if (!backend) {
    std::fprintf(stderr, "attest_conformance: %s\n", backend.error().c_str());
    return 2;
  }
  auto const name = std::string(backend->name());
  if (auto const why = backend->absent()) {
    std::fprintf(stderr, "attest_conformance: %s is absent: %s\n", name.c_str(), why->c_str());
    return 2;
  }
  auto const checks = conform(*backend, device);
  for (auto const& check : checks) {
    std::printf("%-5s %s%s%s\n", check.wrong.empty() ? "ok" : "WRONG", check.what.c_str(),
                check.wrong.empty() ? "" : ": ", check.wrong.c_str());
  }
  bool const right = conforms(checks);
  std::printf("%s: %s", name.c_str(), right ? "conforms to CAP-1" : "does NOT conform to CAP-1");
  for (auto const profile : profiles) {
    auto const lacks = backend->lacks(profile);
    std::printf("; %s", lacks ? lacks->c_str() : std::string(name_of(profile)).c_str());
  }
  std::printf("\n");
  return right ? 0 : 1;
}
