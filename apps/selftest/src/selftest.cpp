// apps/selftest/src/selftest.cpp - see apps/selftest/selftest.hpp.
#include "apps/selftest/selftest.hpp"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>

#include "attest/prover.hpp"
#include "attest/session.hpp"
#include "reference/tables.hpp"

namespace spillway {
namespace {

using namespace attest;

constexpr Micros patience{600 * micros_per_second};  // slow is a figure here, not a refusal

SessionConfig config_of(Cap1Params const& params) {
  SessionConfig config;
  config.params = params;
  config.open_within = config.echo_within = config.rounds_within = config.memory_within =
      config.openings_within = patience;
  return config;
}

// One challenge without floors, the prover and the exchange taking turns on this thread.
std::expected<Measured, std::string> challenged(Backend const& backend, std::uint32_t device,
                                                Cap1Params const& params,
                                                std::function<Micros()> const& clock) {
  UnitKey const unit{};
  auto const secret = std::make_shared<EpochSecret const>(1, Bytes32{}, Bytes32{}, params.n, params.profile);
  Claimant const who{unit, NodeId{1}, ClassId{1}};
  ChallengeSession session(secret, config_of(params), who, Bytes32{}, clock());
  Prover prover(unit, backend, device);
  std::deque<std::vector<std::byte>> asked;
  std::optional<Outcome> outcome;
  auto const say = [&](AttestMessage const& message) {
    auto step = session.on_message(encode(message), clock());
    asked.insert(asked.end(), step.send.begin(), step.send.end());
    if (step.outcome) outcome = step.outcome;
  };
  say(AttestOpen{unit, who.node, who.wanted, params.profile, std::string(backend.name())});
  while (!asked.empty()) {
    auto const message = decode(asked.front());
    asked.pop_front();
    auto const answer = prover.answer(message.value());
    if (!answer) {
      auto const& why = prover.backend_failure();
      return std::unexpected(why.empty() ? std::string(sentence(answer.error())) : why);
    }
    if (*answer) say(**answer);
  }
  if (!outcome || !outcome->admitted())
    return std::unexpected(outcome ? outcome->explain() : "the challenge did not end");
  return outcome->measured;
}

std::string grouped(std::int64_t value) {
  auto digits = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

std::string refusal(AcceleratorClass const& klass, ProfileFigures const& of, std::int64_t class_scale) {
  auto const floors = floors_of(klass);
  if (!floors) return "the table has no rate, memory or bandwidth for it";
  if (!of.lacks.empty()) return of.lacks;
  if (!of.failed.empty()) return "no figures in " + std::string(name_of(of.profile));
  auto const fits = admits(of.measured, *floors, class_scale);
  if (fits) return {};
  return std::string(name_of(fits.error().which)) + ": measured " + grouped(fits.error().measured) +
         ", needed " + grouped(fits.error().needed);
}

void judge(DeviceReport& report, std::vector<AcceleratorClass> const& classes, std::int64_t class_scale) {
  std::map<Profile, std::int64_t> strongest;
  for (auto const& klass : classes) {
    auto const profile = profile_of(klass);
    auto& figures = *std::ranges::find(report.figures, profile, &ProfileFigures::profile);
    auto why = refusal(klass, figures, class_scale);
    if (why.empty() && !klass.unlisted() && floors_of(klass)->ops_per_s > strongest[profile]) {
      strongest[profile] = floors_of(klass)->ops_per_s;
      figures.klass = klass.name;
    }
    report.verdicts.push_back({klass.name, profile, std::move(why)});
  }
}

ProfileFigures figures_of(Backend const& backend, std::uint32_t device, Profile profile,
                          SelftestRequest const& request) {
  ProfileFigures out{profile, backend.lacks(profile).value_or(""), {}, {}, {}};
  if (!out.lacks.empty()) return out;
  auto params = request.params;
  params.profile = profile;
  auto const measured = challenged(backend, device, params, request.clock);
  if (measured) out.measured = *measured;
  if (!measured) out.failed = measured.error();
  return out;
}

DeviceReport tested(Backend const& backend, std::uint32_t index, Device const& device,
                    SelftestRequest const& request, std::vector<AcceleratorClass> const& classes) {
  DeviceReport report{std::string(backend.name()), device, {}, {}, {}};
  report.checks = conform(backend, index, request.largest_golden_n);
  for (auto const profile : profiles) report.figures.push_back(figures_of(backend, index, profile, request));
  judge(report, classes, request.class_scale);
  return report;
}

std::expected<std::vector<AcceleratorClass>, std::string> wanted(std::vector<std::string> const& names) {
  auto tables = shipped_tables();
  if (names.empty()) return std::move(tables.classes);
  std::vector<AcceleratorClass> out;
  for (auto const& name : names) {
    auto const* const klass = tables.class_of(name);
    if (klass == nullptr) return std::unexpected("the class table has no \"" + name + "\"");
    out.push_back(*klass);
  }
  return out;
}

void add_verdicts(std::string& out, DeviceReport const& device) {
  for (auto const& verdict : device.verdicts) {
    char line[160];
    std::snprintf(line, sizeof line, "    %-14s %s %s%s\n", verdict.klass.c_str(),
                  std::string(name_of(verdict.profile)).c_str(),
                  verdict.refused.empty() ? "admitted" : "refused: ", verdict.refused.c_str());
    out += line;
  }
}

void add_figures(std::string& out, ProfileFigures const& of, Device const& device) {
  out += "  " + std::string(name_of(of.profile)) + "\n";
  if (!of.lacks.empty() || !of.failed.empty()) {
    out += "    figures       none: " + (of.lacks.empty() ? of.failed : of.lacks) + "\n";
    return;
  }
  out += "    operations/s  " + grouped(of.measured.ops_per_s) + "\n";
  out += "    memory bytes  " + grouped(of.measured.bytes) +
         " (what this challenge asks for; the machine says " +
         grouped(static_cast<std::int64_t>(device.memory_bytes)) + ")\n";
  out += "    bytes/s       " + grouped(of.measured.bytes_per_s) + "\n";
  out += "    class         " + (of.klass.empty() ? "none of these: only UNLISTED" : of.klass) + "\n";
}

void add_device(std::string& out, DeviceReport const& device) {
  out += device.backend + ": " + device.device.name + "\n";
  auto const kept = std::ranges::count_if(device.checks, [](auto const& c) { return c.wrong.empty(); });
  out += "  conformance   " + std::to_string(kept) + " of " + std::to_string(device.checks.size()) +
         " rules kept, digests " + (conforms(device.checks) ? "equal to the golden ones" : "WRONG") + "\n";
  for (auto const& check : device.checks)
    if (!check.wrong.empty()) out += "    WRONG " + check.what + ": " + check.wrong + "\n";
  for (auto const& figures : device.figures) add_figures(out, figures, device.device);
  out += "  classes, each by the profile that proves it\n";
  add_verdicts(out, device);
}

}  // namespace

SelftestReport run_selftest(SelftestRequest const& request) {
  SelftestReport report;
  auto const classes = wanted(request.classes);
  if (!classes) {
    report.wrong = classes.error();
    return report;
  }
  for (auto const& found : find_backends(request.backends)) {
    if (!request.backend.empty() && found.name != request.backend) continue;
    if (!found.backend) {
      report.absent.push_back(found);
      continue;
    }
    auto const devices = found.backend->devices();
    for (std::uint32_t i = 0; i < devices.size(); ++i)
      report.devices.push_back(tested(*found.backend, i, devices[i], request, *classes));
  }
  if (report.devices.empty() && report.absent.empty())
    report.wrong = "there is no back end \"" + request.backend + "\"";
  return report;
}

bool passed(SelftestReport const& report) {
  return !report.devices.empty() && std::ranges::all_of(report.devices, [](auto const& device) {
    auto const measured = [](auto const& figures) { return figures.failed.empty(); };
    return std::ranges::all_of(device.figures, measured) && conforms(device.checks);
  });
}

std::string text_of(SelftestReport const& report, SelftestRequest const& request) {
  if (!report.wrong.empty()) return report.wrong + "\n";
  auto const& p = request.params;
  std::string out = "CAP-1, n = " + std::to_string(p.n) + ", R = " + std::to_string(p.rounds) +
                    ", W = " + std::to_string(p.retained) + ", P = " + std::to_string(p.passes) +
                    ", k = " + std::to_string(p.openings) + "; floors of the class table / class_scale " +
                    grouped(request.class_scale) + (request.class_scale > 1 ? " (attestation: scaled)" : "") +
                    "\n\n";
  for (auto const& device : report.devices) {
    add_device(out, device);
    out += "\n";
  }
  for (auto const& entry : report.absent) out += "absent: " + entry.name + ": " + entry.absent + "\n";
  return out;
}

}  // namespace spillway
