// market/src/record_fields.hpp - the fields of outcome records by name, pads and spares left out; for JSON
// and tests.
// Room:   market, private; sees the standard library only.
#pragma once

#include "fields.hpp"
#include "market/record.hpp"

namespace spillway::wire {

template <>
struct Fields<Addressee> {
  static constexpr auto list =
      std::tuple{field("participant", &Addressee::participant), field("report", &Addressee::report)};
};
template <>
struct Fields<RecordHead> {
  static constexpr auto list =
      std::tuple{field("kind", &RecordHead::kind), field("code", &RecordHead::code),
                 field("first", &RecordHead::first), field("second", &RecordHead::second)};
};
template <>
struct Fields<record::Refused> {
  static constexpr auto list =
      std::tuple{field("client", &record::Refused::client), field("about", &record::Refused::about),
                 field("command", &record::Refused::command)};
};
template <>
struct Fields<record::Accepted> {
  static constexpr auto list =
      std::tuple{field("client", &record::Accepted::client), field("made", &record::Accepted::made),
                 field("command", &record::Accepted::command)};
};
template <>
struct Fields<record::OrderState> {
  static constexpr auto list = std::tuple{field("order", &record::OrderState::order),
                                          field("client", &record::OrderState::client),
                                          field("open_lots", &record::OrderState::open_lots),
                                          field("filled_lots", &record::OrderState::filled_lots),
                                          field("held_nano", &record::OrderState::held_nano),
                                          field("limit", &record::OrderState::limit),
                                          field("signature", &record::OrderState::signature),
                                          field("phase", &record::OrderState::phase),
                                          field("tif", &record::OrderState::tif),
                                          field("product", &record::OrderState::product)};
};
template <>
struct Fields<record::OfferState> {
  static constexpr auto list = std::tuple{field("offer", &record::OfferState::offer),
                                          field("client", &record::OfferState::client),
                                          field("rest_lots", &record::OfferState::rest_lots),
                                          field("node", &record::OfferState::node),
                                          field("instrument", &record::OfferState::instrument),
                                          field("price", &record::OfferState::price),
                                          field("phase", &record::OfferState::phase)};
};
template <>
struct Fields<record::Fill> {
  static constexpr auto list = std::tuple{
      field("fill", &record::Fill::fill),       field("order", &record::Fill::order),
      field("offer", &record::Fill::offer),     field("lots", &record::Fill::lots),
      field("price", &record::Fill::price),     field("instrument", &record::Fill::instrument),
      field("node", &record::Fill::node),       field("path_us", &record::Fill::path_us),
      field("product", &record::Fill::product), field("taker_is_buyer", &record::Fill::taker_is_buyer)};
};
template <>
struct Fields<record::JobState> {
  static constexpr auto list = std::tuple{field("job", &record::JobState::job),
                                          field("order", &record::JobState::order),
                                          field("input", &record::JobState::input),
                                          field("output", &record::JobState::output),
                                          field("charge_nano", &record::JobState::charge_nano),
                                          field("guarantee_nano", &record::JobState::guarantee_nano),
                                          field("latency_us", &record::JobState::latency_us),
                                          field("phase", &record::JobState::phase),
                                          field("fault", &record::JobState::fault),
                                          field("finish", &record::JobState::finish),
                                          field("late", &record::JobState::late)};
};
template <>
struct Fields<record::LeaseState> {
  static constexpr auto list = std::tuple{field("lease", &record::LeaseState::lease),
                                          field("order", &record::LeaseState::order),
                                          field("lots", &record::LeaseState::lots),
                                          field("used_us", &record::LeaseState::used_us),
                                          field("charge_nano", &record::LeaseState::charge_nano),
                                          field("guarantee_nano", &record::LeaseState::guarantee_nano),
                                          field("phase", &record::LeaseState::phase),
                                          field("fault", &record::LeaseState::fault)};
};
template <>
struct Fields<record::Posting> {
  static constexpr auto list = std::tuple{field("transfer", &record::Posting::transfer),
                                          field("debit_owner", &record::Posting::debit_owner),
                                          field("credit_owner", &record::Posting::credit_owner),
                                          field("debit_kind", &record::Posting::debit_kind),
                                          field("credit_kind", &record::Posting::credit_kind),
                                          field("amount_nano", &record::Posting::amount_nano),
                                          field("about", &record::Posting::about)};
};
template <>
struct Fields<record::NodeState> {
  static constexpr auto list = std::tuple{field("label", &record::NodeState::label),
                                          field("node", &record::NodeState::node),
                                          field("attested_units", &record::NodeState::attested_units),
                                          field("place", &record::NodeState::place),
                                          field("klass", &record::NodeState::klass),
                                          field("phase", &record::NodeState::phase)};
};
template <>
struct Fields<record::UnitState> {
  static constexpr auto list = std::tuple{field("node", &record::UnitState::node),
                                          field("unit", &record::UnitState::unit),
                                          field("klass", &record::UnitState::klass),
                                          field("ops_per_s", &record::UnitState::ops_per_s),
                                          field("bytes", &record::UnitState::bytes),
                                          field("bytes_per_s", &record::UnitState::bytes_per_s),
                                          field("expires_us", &record::UnitState::expires_us),
                                          field("phase", &record::UnitState::phase),
                                          field("evidence_level", &record::UnitState::evidence_level)};
};
template <>
struct Fields<record::ParticipantState> {
  static constexpr auto list = std::tuple{field("participant", &record::ParticipantState::participant),
                                          field("roles", &record::ParticipantState::roles),
                                          field("firm", &record::ParticipantState::firm),
                                          field("keys", &record::ParticipantState::keys)};
};
template <>
struct Fields<record::InstrumentListed> {
  static constexpr auto list = std::tuple{field("instrument", &record::InstrumentListed::instrument),
                                          field("model", &record::InstrumentListed::model),
                                          field("klass", &record::InstrumentListed::klass),
                                          field("place", &record::InstrumentListed::place),
                                          field("product", &record::InstrumentListed::product),
                                          field("tier", &record::InstrumentListed::tier)};
};
template <>
struct Fields<record::MarketState> {
  static constexpr auto list = std::tuple{field("halted", &record::MarketState::halted),
                                          field("rules_version", &record::MarketState::rules_version)};
};
template <>
struct Fields<record::EpochState> {
  static constexpr auto list =
      std::tuple{field("epoch", &record::EpochState::epoch),   field("value", &record::EpochState::value),
                 field("phase", &record::EpochState::phase),   field("passed", &record::EpochState::passed),
                 field("missed", &record::EpochState::missed), field("failed", &record::EpochState::failed)};
};

/// Calls f(std::in_place_type<Body>) for the body that records of `kind` have; false for an unknown kind.
template <class F>
bool visit_record_kind(RecordKind kind, F&& f) {
  return [&]<class... Body>(std::type_identity<std::tuple<Body...>>) {
    return ((record::kind_of<Body> == kind && (f(std::in_place_type<Body>), true)) || ...);
  }(std::type_identity<std::tuple<record::Refused, record::Accepted, record::OrderState, record::OfferState,
                                  record::Fill, record::JobState, record::LeaseState, record::Posting,
                                  record::NodeState, record::UnitState, record::ParticipantState,
                                  record::InstrumentListed, record::MarketState, record::EpochState>>{});
}

}  // namespace spillway::wire
