// gateway/client/src/says_the_same.cpp - a message beside the command that the exchange made of it.
#include <type_traits>

#include "session_diary.hpp"

namespace spillway {
namespace {

bool same(msg::Wanted const& m, Predicate const& p) {
  auto const limit = [](std::int32_t asked, std::int32_t kept) {
    return asked > 0 ? kept == asked : kept == unknown_milli;
  };
  return m.product == p.product && m.models.size() == p.models.size() &&
         m.classes.size() == p.classes.size() && m.within.size() == p.within.size() &&
         m.outside.size() == p.outside.size() && m.tier.empty() != p.tier.some() && m.origin == p.origin &&
         limit(m.pue_max_milli, p.pue_max_milli) && limit(m.green_min_milli, p.green_min_milli) &&
         m.buyer_place.empty() != p.buyer_place.some() && m.network_us == p.network && m.ready_us == p.ready;
}

// An order of tokens without a bound gets one from the exchange.
bool same(msg::PlaceOrder const& m, PlaceOrder const& c) {
  return m.client == c.client && same(m.wanted, c.predicate) && m.tif == c.tif && m.market == c.market &&
         m.limit == c.limit && m.prefer_near == c.prefer_near && m.good_for_us == c.good_for &&
         m.input == c.input && (m.output_max.v == 0 || m.output_max == c.output_max) &&
         m.policy == c.policy && m.quantity == c.quantity && m.term_us == c.term;
}
// By id, or by the client's own number, which the exchange looks up.
bool same(msg::AmendOrder const& m, AmendOrder const& c) {
  return (!m.order.some() || m.order == c.order) && m.limit == c.limit && m.quantity == c.quantity;
}
bool same(msg::CancelOrder const& m, CancelOrder const& c) {
  return (!m.order.some() || m.order == c.order) && c.reason == CancelReason::asked;
}
bool same(msg::ReleaseLease const& m, ReleaseLease const& c) { return m.lease == c.lease; }
bool same(msg::RegisterNode const& m, RegisterNode const& c) {
  return m.label == c.label && m.units == c.units_max;
}
// Capacity has no model: a name that an offer of it carries is left out.
bool same(msg::PostOffer const& m, PostOffer const& c) {
  return m.client == c.client && m.node == c.node && m.product == c.product &&
         (m.product == ProductKind::tokens && !m.model.empty()) == c.model.some() && m.price == c.price &&
         m.quantity == c.quantity && m.fill_min == c.fill_min && m.fill_max == c.fill_max &&
         m.replenish == c.replenish && m.end_us == c.end;
}
bool same(msg::AmendOffer const& m, AmendOffer const& c) {
  return m.offer == c.offer && m.price == c.price && m.quantity == c.quantity;
}
bool same(msg::CancelOffer const& m, CancelOffer const& c) { return m.offer == c.offer; }
bool same(msg::CancelAll const& m, CancelAll const& c) {
  return m.participant == c.participant && m.node == c.node && m.instrument == c.instrument;
}
bool same(msg::LeaseReadyMsg const& m, LeaseReady const& c) { return m.lease == c.lease; }
bool same(msg::LeaseEndedMsg const& m, LeaseFailed const& c) {
  return m.lease == c.lease && c.fault == Fault::provider && m.code == c.code;
}
bool same(msg::AdminParticipant const& m, AddParticipant const& c) {
  return m.participant == c.participant && m.firm == c.firm && m.roles == c.roles;
}
bool same(msg::AdminKey const& m, AddKey const& c) {
  return m.participant == c.participant && m.key == c.key && m.kind == c.kind && m.value == c.value;
}
bool same(msg::AdminDeposit const& m, Deposit const& c) {
  return m.participant == c.participant && m.amount_nano == c.amount;
}
bool same(msg::AdminHalt const& m, SetHalt const& c) { return m.halted == c.halted; }
bool same(msg::AdminRegister const& m, SetRegister const& c) {
  return m.participant == c.participant && c.row != Bytes32{};
}
bool same(msg::AdminForget const& m, SetRegister const& c) {
  return m.participant == c.participant && c.row == Bytes32{};
}
bool same(msg::AdminRules const& m, SetRules const& c) { return m.version == c.rules.version; }
bool same(msg::BondPost const& m, BondPost const& c) { return m.node == c.node && m.unit == c.unit; }
bool same(msg::BondTake const& m, BondTake const& c) { return m.node == c.node && m.unit == c.unit; }
bool same(msg::AdminBonds const& m, SetRules const& c) {
  return m.bond_per_unit_nano == c.rules.bond_per_unit && m.bond_hold == c.rules.bond_hold;
}
bool same(msg::AdminFrozen const& m, FrozenSettle const& c) {
  return m.participant == c.participant && m.amount_nano == c.amount && m.to == c.to;
}
bool same(msg::AdminLogKey const& m, LogKeyChange const& c) {
  return m.key == c.after && m.overlap == c.overlap;
}

/// The command that a message becomes; void where it becomes none.
template <class Message>
struct Made {
  using type = void;
};
template <class Command>
struct As {
  using type = Command;
};
template <>
struct Made<msg::PlaceOrder> : As<PlaceOrder> {};
template <>
struct Made<msg::AmendOrder> : As<AmendOrder> {};
template <>
struct Made<msg::CancelOrder> : As<CancelOrder> {};
template <>
struct Made<msg::ReleaseLease> : As<ReleaseLease> {};
template <>
struct Made<msg::RegisterNode> : As<RegisterNode> {};
template <>
struct Made<msg::PostOffer> : As<PostOffer> {};
template <>
struct Made<msg::AmendOffer> : As<AmendOffer> {};
template <>
struct Made<msg::CancelOffer> : As<CancelOffer> {};
template <>
struct Made<msg::CancelAll> : As<CancelAll> {};
template <>
struct Made<msg::LeaseReadyMsg> : As<LeaseReady> {};
template <>
struct Made<msg::LeaseEndedMsg> : As<LeaseFailed> {};
template <>
struct Made<msg::AdminParticipant> : As<AddParticipant> {};
template <>
struct Made<msg::AdminKey> : As<AddKey> {};
template <>
struct Made<msg::AdminDeposit> : As<Deposit> {};
template <>
struct Made<msg::AdminHalt> : As<SetHalt> {};
template <>
struct Made<msg::AdminRegister> : As<SetRegister> {};
template <>
struct Made<msg::AdminForget> : As<SetRegister> {};
template <>
struct Made<msg::AdminRules> : As<SetRules> {};
template <>
struct Made<msg::AdminLogKey> : As<LogKeyChange> {};
template <>
struct Made<msg::BondPost> : As<BondPost> {};
template <>
struct Made<msg::BondTake> : As<BondTake> {};
template <>
struct Made<msg::AdminBonds> : As<SetRules> {};
template <>
struct Made<msg::AdminFrozen> : As<FrozenSettle> {};

}  // namespace

bool becomes_command(ClientMessage const& message) {
  return std::visit([]<class M>(M const&) { return !std::is_void_v<typename Made<M>::type>; }, message);
}

bool says_the_same(ClientMessage const& asked, Command const& journalled) {
  return std::visit(
      [&]<class M>(M const& m) {
        using C = typename Made<M>::type;
        if constexpr (std::is_void_v<C>) {
          return false;
        } else {
          auto const* const c = std::get_if<C>(&journalled);
          return c != nullptr && same(m, *c);
        }
      },
      asked);
}

}  // namespace spillway
