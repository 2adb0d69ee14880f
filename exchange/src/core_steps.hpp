// exchange/src/core_steps.hpp - the short steps of the state that many handlers take: part of core_state.hpp.
// Room:   exchange_core (pure), internal.
#pragma once

#include "core_state.hpp"

namespace spillway {

inline core::Participant& ExchangeCore::State::member(ParticipantId who) {
  if (lately->id != who) lately = &the(participants, who);
  return *lately;
}

inline bool ExchangeCore::State::is_member(ParticipantId who) {
  if (!who.some()) return false;
  auto* const found = lately->id == who ? lately : participants.find(who);
  if (found != nullptr) lately = found;
  return found != nullptr;
}

[[gnu::always_inline]] inline Record& ExchangeCore::State::next_record(RecordKind kind, std::uint16_t code) {
  // Copied, since a row of zeroes is made by an instruction that takes longer than all the rest.
  static constexpr Record blank;
  auto& records = out->records;
  records.push_back(blank);
  auto& record = records.back();
  record.head.kind = kind;
  record.head.code = code;
  return record;
}

inline void ExchangeCore::State::address(Addressee& to, ParticipantId who) {
  if (!who.some()) return;
  to.participant = who.v;
  to.report = ++member(who).reports;
}

template <class Body>
Body& ExchangeCore::State::begin_record(std::uint16_t code, ParticipantId first, ParticipantId second) {
  static_assert(sizeof(Body) <= sizeof Record::body && std::has_unique_object_representations_v<Body>);
  auto& record = next_record(record::kind_of<Body>, code);
  address(record.head.first, first);
  if (second != first) address(record.head.second, second);
  return *std::launder(reinterpret_cast<Body*>(record.body.data()));
}

/// A deal is known to its buyer and, when that is somebody else, to its provider.
template <class Deals, class Deal>
void ExchangeCore::State::join_sides(Deals& deals, Deal const& deal, core::Chain core::Participant::*chain) {
  auto const join = [&](ParticipantId who) {
    auto const link = [who](auto& of) -> core::Link& { return of.of[side_of(of, who)]; };
    (the(participants, who).*chain).join(deals, deals.row_of(deal), link);
  };
  join(deal.buyer);
  if (deal.provider != deal.buyer) join(deal.provider);
}

template <class Deals, class Deal>
void ExchangeCore::State::leave_sides(Deals& deals, Deal const& deal, core::Chain core::Participant::*chain) {
  auto const leave = [&](ParticipantId who) {
    auto const link = [who](auto& of) -> core::Link& { return of.of[side_of(of, who)]; };
    (the(participants, who).*chain).leave(deals, deals.row_of(deal), link);
  };
  leave(deal.buyer);
  if (deal.provider != deal.buyer) leave(deal.provider);
}

}  // namespace spillway
