// apps/selftest/selftest.hpp - what a provider's devices would show an exchange, before any exchange is
// asked.
// Room:   apps, library selftest; sees attest and the shipped class table.
// Units:  operations per second (a multiply-add is two), bytes, bytes per second.
// Rule:   the figures come from a whole challenge through the exchange's own session, in this process; a
//         round trip is therefore next to nothing. They are of this moment and this load.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attest/backend_loader.hpp"
#include "attest/conformance.hpp"
#include "attest/floors.hpp"

namespace spillway {

struct SelftestRequest {
  std::filesystem::path backends;    // folder of shared objects
  std::string backend;               // one name; empty: every back end present
  std::vector<std::string> classes;  // wanted classes; empty: all of the shipped table
  std::int64_t class_scale{1};       // the exchange's
  attest::Cap1Params params;         // of the challenge in each profile; the default is an exchange's
  std::uint32_t largest_golden_n{2'048};
  std::function<Micros()> clock;  // monotonic
};

struct ClassVerdict {
  std::string klass;
  attest::Profile profile{};  // that proves this class
  std::string refused;        // why; empty: admitted
};

struct ProfileFigures {
  attest::Profile profile{};
  std::string lacks;   // the back end does not multiply in it; empty: it does
  std::string failed;  // why there are no figures although it does; empty: there are
  attest::Measured measured;
  std::string klass;  // the strongest one that this profile proves; empty: the unlisted class
};

struct DeviceReport {
  std::string backend;
  attest::Device device;
  std::vector<attest::ConformanceCheck> checks;
  std::vector<ProfileFigures> figures;  // of every profile, INT8 first
  std::vector<ClassVerdict> verdicts;   // in the order of the table or of the request
};

struct SelftestReport {
  std::vector<DeviceReport> devices;
  std::vector<attest::BackendFound> absent;
  std::string wrong;  // why nothing was tested: an unknown class or back end
};

[[nodiscard]] SelftestReport run_selftest(SelftestRequest const& request);

/// True when something was tested and every device of it conforms and was measured in each profile it has.
[[nodiscard]] bool passed(SelftestReport const& report);

/// For people, lines ended by '\n'.
[[nodiscard]] std::string text_of(SelftestReport const& report, SelftestRequest const& request);

}  // namespace spillway
