// tests/attest/loader_test.cpp - loader.cpp against real shared objects, right ones and others.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "attest/backend_loader.hpp"
#include "attest/conformance.hpp"

namespace spillway::attest {
namespace {

std::filesystem::path backends() { return std::filesystem::path(SPILLWAY_BIN_DIR) / "backends"; }
std::filesystem::path plain_c() { return SPILLWAY_PLAIN_BACKEND; }

std::filesystem::path fresh_folder(std::string const& name) {
  auto const folder = std::filesystem::path(testing::TempDir()) / ("spillway_loader_" + name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

BackendFound const& named(std::vector<BackendFound> const& found, std::string_view name) {
  auto const at = std::ranges::find(found, name, &BackendFound::name);
  EXPECT_NE(at, found.end()) << name;
  return *at;
}

}  // namespace

TEST(BackendLoader, LoadsABackendWrittenInPlainCAndItConforms) {
  auto const backend = load_backend(plain_c());
  ASSERT_TRUE(backend) << backend.error();
  EXPECT_EQ(backend->name(), "plain");
  ASSERT_EQ(backend->devices().size(), 1u);
  EXPECT_EQ(backend->devices()[0].name, "one thread, three loops");
  EXPECT_TRUE(conforms(conform(*backend, 0, 128)));
}

TEST(BackendLoader, TakesABackendOfTheFirstAbiAndNamesItAsLackingF16x) {
  auto const backend = load_backend(SPILLWAY_FIRST_ABI_BACKEND);
  ASSERT_TRUE(backend) << backend.error();
  EXPECT_TRUE(conforms(conform(*backend, 0, 128)));
  EXPECT_FALSE(backend->lacks(Profile::int8));
  EXPECT_EQ(backend->lacks(Profile::f16x), "first has no F16X: it was built for ABI 1");
  EXPECT_EQ(backend->open(0, 64, 1, Profile::f16x).error(), "first has no F16X: it was built for ABI 1");
}

TEST(BackendLoader, NamesThePortableOneFirstAndWhatIsNotThere) {
  auto const found = find_backends(fresh_folder("empty"));
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].name, "cpu-portable");
  EXPECT_TRUE(found[0].backend);
  for (auto const* name : {"cpu-avx2", "cpu-avx512", "cpu-avx512-vnni", "cann", "cuda", "opencl"}) {
    EXPECT_FALSE(named(found, name).backend);
    EXPECT_NE(named(found, name).absent.find("there is no " + std::string(name) + ".so"), std::string::npos);
  }
  EXPECT_EQ(best_cpu_backend(found).name(), "cpu-portable");
}

TEST(BackendLoader, TreatsAFolderThatDoesNotExistAsAnEmptyOne) {
  auto const found = find_backends(fresh_folder("gone") / "nothing");
  EXPECT_EQ(std::ranges::count_if(found, [](auto const& f) { return f.backend.has_value(); }), 1);
}

TEST(BackendLoader, RefusesFilesThatAreNoBackendAndNamesThem) {
  auto const folder = fresh_folder("others");
  std::ofstream(folder / "text.so") << "not an object\n";
  std::filesystem::copy(plain_c(), folder / "renamed.so");
  std::ofstream(folder / "readme.txt") << "passed over\n";
  auto const found = find_backends(folder);
  EXPECT_NE(named(found, "text").absent.find("text.so"), std::string::npos);
  EXPECT_NE(named(found, "renamed").absent.find("calls itself plain"), std::string::npos);
  EXPECT_EQ(std::ranges::find(found, "readme", &BackendFound::name), found.end());
}

TEST(BackendLoader, RefusesAnObjectWithoutTheSymbol) {
  auto const refused = load_backend(SPILLWAY_NO_BACKEND);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().find("it is not a back end"), std::string::npos) << refused.error();
}

#if defined(__x86_64__)
TEST(BackendLoader, ChoosesByTheProcessorsFeatures) {
  auto const found = find_backends(backends());
  auto const& avx2 = named(found, "cpu-avx2");
  EXPECT_EQ(avx2.backend.has_value(), __builtin_cpu_supports("avx2") != 0) << avx2.absent;
  auto const& avx512 = named(found, "cpu-avx512");
  EXPECT_EQ(avx512.backend.has_value(), __builtin_cpu_supports("avx512bw") != 0) << avx512.absent;
  auto const& vnni = named(found, "cpu-avx512-vnni");
  EXPECT_EQ(vnni.backend.has_value(), __builtin_cpu_supports("avx512vnni") != 0) << vnni.absent;
  auto const expected = vnni.backend     ? "cpu-avx512-vnni"
                        : avx512.backend ? "cpu-avx512"
                        : avx2.backend   ? "cpu-avx2"
                                         : "cpu-portable";
  EXPECT_EQ(best_cpu_backend(found).name(), expected);
}
#endif

}  // namespace spillway::attest
