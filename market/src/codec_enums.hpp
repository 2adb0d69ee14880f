// market/src/codec_enums.hpp - which numbers of an enum are known and how the schema calls them.
// Room:   market, private; sees FlatBuffers (generated from market/schema).
#pragma once

#include <concepts>
#include <optional>
#include <string_view>

#include "client_generated.h"
#include "common_generated.h"
#include "fields.hpp"
#include "market/command.hpp"
#include "market/message.hpp"
#include "market/record.hpp"
#include "market/refusal.hpp"

namespace spillway::wire {

/// What the schema knows of `E`: the names of its numbers ("" for a number it does not know) and its values.
template <class E>
struct EnumOf;

#define SW_ENUM(ours, space, title)                                                                  \
  template <>                                                                                        \
  struct EnumOf<ours> {                                                                              \
    static_assert(sizeof(space::title) == sizeof(ours));                                             \
    static char const* name(ours e) { return space::EnumName##title(static_cast<space::title>(e)); } \
    static auto const& values() { return space::EnumValues##title(); }                               \
  }
SW_ENUM(ProductKind, fb, ProductKind);
SW_ENUM(PlaceKind, fb, PlaceKind);
SW_ENUM(Origin, fb, Origin);
SW_ENUM(Role, fb, Role);
SW_ENUM(KeyKind, fb, KeyKind);
SW_ENUM(TimeInForce, fb, TimeInForce);
SW_ENUM(FaultPolicy, fb, FaultPolicy);
SW_ENUM(CancelReason, fb, CancelReason);
SW_ENUM(FinishReason, fb, FinishReason);
SW_ENUM(Fault, fb, Fault);
SW_ENUM(FailCode, fb, FailCode);
SW_ENUM(OrderPhase, fb, OrderPhase);
SW_ENUM(OfferPhase, fb, OfferPhase);
SW_ENUM(JobPhase, fb, JobPhase);
SW_ENUM(LeasePhase, fb, LeasePhase);
SW_ENUM(NodePhase, fb, NodePhase);
SW_ENUM(UnitPhase, fb, UnitPhase);
SW_ENUM(EpochPhase, fb, EpochPhase);
SW_ENUM(CensusVerdict, fb, CensusVerdict);
SW_ENUM(CheckKind, fb, CheckKind);
SW_ENUM(DrainReason, fb, DrainReason);
SW_ENUM(FrozenTo, fb, FrozenTo);
SW_ENUM(RecordKind, fb, RecordKind);
SW_ENUM(Refusal, fb, Refusal);
SW_ENUM(msg::ReadKind, fb::client, ReadKind);
#undef SW_ENUM

template <class E>
bool known(E e) {
  return *EnumOf<E>::name(e) != '\0';
}

template <class E>
std::optional<E> enum_named(std::string_view name) {
  for (auto const value : EnumOf<E>::values()) {
    auto const e = static_cast<E>(value);
    if (name == EnumOf<E>::name(e)) return e;
  }
  return std::nullopt;
}

}  // namespace spillway::wire
