// apps/audit/src/states_check.hpp - the state digests of a journal, held against the states of a replay.
// Room:   audit, private.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "apps/audit/audit.hpp"
#include "exchange/core.hpp"

namespace spillway {

class StatesCheck {
 public:
  StatesCheck() = default;  // compares nothing
  /// An entry names a state that the pass has left behind by then, so the names are gathered first. Damage is
  /// left to the pass: what lies behind it is not gathered.
  [[nodiscard]] static std::expected<StatesCheck, AuditError> read(AuditOptions const& options);

  /// After each entry; a sentence when the exchange said another state than this one.
  [[nodiscard]] std::string at(ExchangeCore const& core);
  [[nodiscard]] std::uint64_t compared() const { return compared_; }
  [[nodiscard]] std::uint64_t of_other_layouts() const { return of_other_layouts_; }

 private:
  std::vector<StateDigest> said_;  // by sequence
  std::size_t next_{};
  std::uint64_t compared_{}, of_other_layouts_{};
};

}  // namespace spillway
