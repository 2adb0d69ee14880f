// attest/backend_loader.hpp - finds back ends on this machine: the one linked in, and shared objects in a
// folder.
// Room:   attest, library attest_backend; sees attest/backend.hpp. Loading runs the object's code: only an
//         operator's own folder may be named. Objects stay loaded until the process ends.
// Errors: a sentence that names the file and what is wrong with it.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "attest/backend.hpp"

namespace spillway::attest {

[[nodiscard]] std::expected<Backend, std::string> load_backend(std::filesystem::path const& file);

/// One line of what there could be here.
struct BackendFound {
  std::string name;
  std::optional<Backend> backend;  // nothing: absent
  std::string absent;              // why; empty when present
};

/// The portable one first, then every NAME.so of `folder` by name, then the known names that have no file
/// there. A folder that does not exist is an empty one.
[[nodiscard]] std::vector<BackendFound> find_backends(std::filesystem::path const& folder);

/// The fastest CPU back end present: VNNI, AVX-512, AVX2, portable. Cards are never taken unasked.
[[nodiscard]] Backend best_cpu_backend(std::vector<BackendFound> const& found);

/// The folder "backends" beside the running program.
[[nodiscard]] std::filesystem::path own_backends();

}  // namespace spillway::attest
