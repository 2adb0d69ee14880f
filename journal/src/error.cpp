// journal/src/error.cpp - damage in one line.
#include "journal/error.hpp"

#include <utility>

namespace spillway {

std::string to_string(Damage const& damage) {
  if (damage.segment.empty()) return damage.reason;
  return damage.segment + " at byte " + std::to_string(damage.offset) + ": " + damage.reason;
}

JournalError damaged(Damage damage) {
  std::string message = "the journal is damaged: " + to_string(damage) +
                        ". Nothing was changed. Restore this file from a copy; do not edit it";
  return {JournalErrc::damaged, std::move(message), std::move(damage)};
}

}  // namespace spillway
