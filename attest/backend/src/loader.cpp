// attest/backend/src/loader.cpp - see attest/backend_loader.hpp.
#include <dlfcn.h>

#include <algorithm>
#include <array>

#include "attest/backend_loader.hpp"

namespace spillway::attest {

namespace {

// Slowest first. The cards have no back end here yet; a maker adds one as NAME.so.
constexpr std::array<std::string_view, 3> cpus{"cpu-avx2", "cpu-avx512", "cpu-avx512-vnni"};
constexpr std::array<std::string_view, 6> cards{"bang", "cann", "cuda", "hip", "musa", "opencl"};

BackendFound judged(Backend const& backend) {
  BackendFound out{std::string(backend.name()), std::nullopt, {}};
  if (auto why = backend.absent()) {
    out.absent = std::move(*why);
  } else {
    out.backend = backend;
  }
  return out;
}

BackendFound looked_into(std::filesystem::path const& file) {
  auto const backend = load_backend(file);
  if (!backend) return {file.stem().string(), std::nullopt, backend.error()};
  auto found = judged(*backend);
  if (found.name != file.stem().string())
    return {file.stem().string(), std::nullopt, file.string() + " calls itself " + found.name};
  return found;
}

std::vector<std::filesystem::path> objects_in(std::filesystem::path const& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (auto at = std::filesystem::directory_iterator(folder, error);
       !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    if (at->path().extension() == ".so") files.push_back(at->path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

std::expected<Backend, std::string> load_backend(std::filesystem::path const& file) {
  auto const path = std::filesystem::absolute(file);  // a bare name would be searched for elsewhere
  auto const refused = [&](std::string const& why) { return std::unexpected(file.string() + ": " + why); };
  ::dlerror();
  void* const object = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (object == nullptr) {
    auto const* const why = ::dlerror();
    return refused(why == nullptr ? "cannot be loaded" : why);
  }
  auto const entry =
      reinterpret_cast<decltype(&spillway_cap1_backend)>(::dlsym(object, "spillway_cap1_backend"));
  if (entry == nullptr) return refused("has no spillway_cap1_backend: it is not a back end");
  auto backend = Backend::checked(entry());
  if (!backend) return refused(backend.error());
  return *backend;
}

std::vector<BackendFound> find_backends(std::filesystem::path const& folder) {
  std::vector<BackendFound> found{judged(portable_backend())};
  for (auto const& file : objects_in(folder)) found.push_back(looked_into(file));
  auto const add_missing = [&](std::string_view name) {
    if (std::ranges::find(found, name, &BackendFound::name) != found.end()) return;
    found.push_back(
        {std::string(name), std::nullopt, "there is no " + std::string(name) + ".so in " + folder.string()});
  };
  std::ranges::for_each(cpus, add_missing);
  std::ranges::for_each(cards, add_missing);
  return found;
}

Backend best_cpu_backend(std::vector<BackendFound> const& found) {
  auto best = portable_backend();
  for (auto const name : cpus) {
    auto const at = std::ranges::find(found, name, &BackendFound::name);
    if (at != found.end() && at->backend) best = *at->backend;
  }
  return best;
}

std::filesystem::path own_backends() {
  std::error_code error;
  auto const self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (error ? std::filesystem::path() : self.parent_path()) / "backends";
}

}  // namespace spillway::attest
