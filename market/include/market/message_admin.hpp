// market/message_admin.hpp - what operators send: people, keys, money, bonds, halts, the register, the log's
// key.
// Room:   market (vocabulary); sees the standard library only.
// Source: docs/protocol.md
#pragma once

#include <cstdint>
#include <string>

#include "market/command.hpp"

namespace spillway::msg {

/// Chosen by the client, echoed in the answer; 0 where the client wants none.
using Request = std::uint64_t;

struct AdminParticipant {
  Request request{};
  ParticipantId participant;
  FirmId firm;
  std::uint32_t roles{};
};
struct AdminKey {
  Request request{};
  ParticipantId participant;
  KeyId key;
  KeyKind kind{};
  Bytes32 value{};
};
struct AdminDeposit {
  Request request{};
  ParticipantId participant;
  Nano amount_nano;
};
struct AdminHalt {
  Request request{};
  bool halted{};
};
struct AdminShutdown {
  Request request{};
};
/// A participant's row of the register, the whole of it.
struct AdminRegister {
  Request request{};
  ParticipantId participant;
  std::string name, contact, payout;
};
struct AdminForget {
  Request request{};
  ParticipantId participant;
};
/// The key behind `keys/log.next.key`, and for how long the present one signs beside it.
struct AdminLogKey {
  Request request{};
  Bytes32 key{};
  Micros overlap;
};
/// A later version of the rules, all their numbers as they are. Never an earlier one.
struct AdminRules {
  Request request{};
  std::uint32_t version{};
};
/// What a unit's bond is from now on, 0: none is asked for; and how long it is held at the end.
struct AdminBonds {
  Request request{};
  Nano bond_per_unit_nano;
  Micros bond_hold;
};
/// The way out of a provider's frozen earnings.
struct AdminFrozen {
  Request request{};
  ParticipantId participant;
  Nano amount_nano;
  FrozenTo to{};
};

}  // namespace spillway::msg
