// market/ids.hpp - the names of things: explicit, comparable, hashable numbers without arithmetic.
// Room:   market (vocabulary); sees the standard library only.
// Rule:   0 is never a live id; a default-constructed id means "none".
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace spillway {

template <class Tag, class Rep>
struct Id {
  using rep = Rep;
  Rep v{};

  constexpr Id() = default;
  constexpr explicit Id(Rep raw) : v(raw) {}
  [[nodiscard]] constexpr bool some() const { return v != 0; }
  friend constexpr auto operator<=>(Id, Id) = default;
};

using Seq = Id<struct SeqTag, std::uint64_t>;  // place of an entry in the journal, from 1, without gaps
using ParticipantId = Id<struct ParticipantTag, std::uint32_t>;
using FirmId = Id<struct FirmTag, std::uint32_t>;    // related participants share one
using KeyId = Id<struct KeyTag, std::uint32_t>;      // per participant
using NodeId = Id<struct NodeTag, std::uint32_t>;    // a pool of units of one class at one site
using OfferId = Id<struct OfferTag, std::uint64_t>;  // the sequence of the entry that made it
using OrderId = Id<struct OrderTag, std::uint64_t>;  // the sequence of the entry that made it
using FillId =
    Id<struct FillTag, std::uint64_t>;  // dense from 1; the job or lease of a fill has the same number
using JobId = Id<struct JobTag, std::uint64_t>;                  // = fill id
using LeaseId = Id<struct LeaseTag, std::uint64_t>;              // = fill id
using TransferId = Id<struct TransferTag, std::uint64_t>;        // dense from 1
using ClientOrderId = Id<struct ClientOrderTag, std::uint64_t>;  // chosen by the participant; its retry key
using SessionId = Id<struct SessionTag, std::uint64_t>;          // of one login
using InstrumentId = Id<struct InstrumentTag, std::uint32_t>;    // dense from 1
using SignatureId = Id<struct SignatureTag, std::uint32_t>;      // dense from 1
using PlaceId = Id<struct PlaceTag, std::uint16_t>;              // row of the place table, from 1
using ClassId = Id<struct ClassTag, std::uint16_t>;              // row of the accelerator class table, from 1
using ModelId = Id<struct ModelTag, std::uint16_t>;              // row of the model table, from 1
using TierId = Id<struct TierTag, std::uint8_t>;                 // row of the tier table, from 1

}  // namespace spillway

template <class Tag, class Rep>
struct std::hash<spillway::Id<Tag, Rep>> {
  std::size_t operator()(spillway::Id<Tag, Rep> id) const noexcept { return std::hash<Rep>{}(id.v); }
};
