// market/src/command_fields.hpp - the fields of every command, in the order of market/schema/entry.fbs.
// Room:   market, private; sees the standard library only.
#pragma once

#include <cstddef>

#include "fields.hpp"
#include "market/command.hpp"
#include "market/predicate.hpp"
#include "market/reference.hpp"

namespace spillway::wire {

/// Rows of one table in one entry; the size of an entry binds earlier.
inline constexpr std::size_t most_rows = 4'096;

template <>
struct Fields<Rules> {
  static constexpr auto list = std::tuple{field("version", &Rules::version),
                                          field("acknowledgement", &Rules::acknowledgement),
                                          field("first_token_slack", &Rules::first_token_slack),
                                          field("silence", &Rules::silence),
                                          field("node_grace", &Rules::node_grace),
                                          field("lease_ready_slack", &Rules::lease_ready_slack),
                                          field("lease_slice", &Rules::lease_slice),
                                          field("usage_mark", &Rules::usage_mark),
                                          field("attestation_validity", &Rules::attestation_validity),
                                          field("token_order_default", &Rules::token_order_default),
                                          field("token_order_longest", &Rules::token_order_longest),
                                          field("taker_fee_bps", &Rules::taker_fee_bps),
                                          field("maker_rebate_bps", &Rules::maker_rebate_bps),
                                          field("sla_rebate_milli", &Rules::sla_rebate_milli),
                                          field("class_scale", &Rules::class_scale),
                                          field("bond_per_unit", &Rules::bond_per_unit),
                                          field("bond_hold", &Rules::bond_hold)};
};
template <>
struct Fields<SetRules> {
  static constexpr auto list = std::tuple{field("rules", &SetRules::rules)};
};
template <>
struct Fields<Place> {
  static constexpr auto list = std::tuple{field("id", &Place::id),
                                          field("parent", &Place::parent),
                                          field("kind", &Place::kind),
                                          field("name", &Place::name),
                                          field("title", &Place::title),
                                          field("country", &Place::country),
                                          field("lat_micro", &Place::lat_micro),
                                          field("lon_micro", &Place::lon_micro),
                                          field("pue_milli", &Place::pue_milli),
                                          field("green_milli", &Place::green_milli)};
};
template <>
struct Fields<DefinePlaces> {
  static constexpr auto list = std::tuple{field("rows", &DefinePlaces::rows, most_rows)};
};
template <>
struct Fields<RoundTrip> {
  static constexpr auto list =
      std::tuple{field("rtt_us", &RoundTrip::rtt_us), field("estimated", &RoundTrip::estimated)};
};
template <>
struct Fields<DefineRoundTrips> {
  static constexpr auto list =
      std::tuple{field("from", &DefineRoundTrips::from),
                 field("to_each_place", &DefineRoundTrips::to_each_place, most_rows)};
};
template <>
struct Fields<AcceleratorClass> {
  static constexpr auto list =
      std::tuple{field("id", &AcceleratorClass::id),
                 field("name", &AcceleratorClass::name),
                 field("maker", &AcceleratorClass::maker),
                 field("origin", &AcceleratorClass::origin),
                 field("memory_mib", &AcceleratorClass::memory_mib),
                 field("bandwidth_mb_s", &AcceleratorClass::bandwidth_mb_s),
                 field("fp16_gflops", &AcceleratorClass::fp16_gflops),
                 field("int8_gops", &AcceleratorClass::int8_gops),
                 field("smallest_part_milli", &AcceleratorClass::smallest_part_milli),
                 field("micro_degrees_per_hour", &AcceleratorClass::micro_degrees_per_hour),
                 field("calibrated", &AcceleratorClass::calibrated)};
};
template <>
struct Fields<DefineClasses> {
  static constexpr auto list = std::tuple{field("rows", &DefineClasses::rows, most_rows)};
};
template <>
struct Fields<Tier> {
  static constexpr auto list = std::tuple{field("id", &Tier::id),
                                          field("name", &Tier::name),
                                          field("product", &Tier::product),
                                          field("base_us", &Tier::base_us),
                                          field("per_1k_input_us", &Tier::per_1k_input_us),
                                          field("output_rate_min", &Tier::output_rate_min),
                                          field("input_max", &Tier::input_max),
                                          field("output_max", &Tier::output_max)};
};
template <>
struct Fields<DefineTiers> {
  static constexpr auto list = std::tuple{field("rows", &DefineTiers::rows, most_rows)};
};
template <>
struct Fields<Model> {
  static constexpr auto list = std::tuple{field("id", &Model::id),
                                          field("name", &Model::name),
                                          field("parameters_millions", &Model::parameters_millions),
                                          field("active_millions", &Model::active_millions),
                                          field("bits_per_parameter", &Model::bits_per_parameter),
                                          field("kv_bytes_per_token", &Model::kv_bytes_per_token),
                                          field("input_weight_milli", &Model::input_weight_milli),
                                          field("bytes_per_token_milli", &Model::bytes_per_token_milli),
                                          field("count_tolerance_milli", &Model::count_tolerance_milli)};
};
template <>
struct Fields<DefineModels> {
  static constexpr auto list = std::tuple{field("rows", &DefineModels::rows, most_rows)};
};
template <>
struct Fields<DefineRelay> {
  static constexpr auto list = std::tuple{field("place", &DefineRelay::place)};
};
template <>
struct Fields<SetHalt> {
  static constexpr auto list = std::tuple{field("halted", &SetHalt::halted)};
};
template <>
struct Fields<AddParticipant> {
  static constexpr auto list =
      std::tuple{field("participant", &AddParticipant::participant), field("firm", &AddParticipant::firm),
                 field("roles", &AddParticipant::roles)};
};
template <>
struct Fields<AddKey> {
  static constexpr auto list =
      std::tuple{field("participant", &AddKey::participant), field("key", &AddKey::key),
                 field("kind", &AddKey::kind), field("value", &AddKey::value)};
};
template <>
struct Fields<Deposit> {
  static constexpr auto list =
      std::tuple{field("participant", &Deposit::participant), field("amount", &Deposit::amount)};
};
template <>
struct Fields<FundGuarantee> {
  static constexpr auto list = std::tuple{field("amount", &FundGuarantee::amount)};
};
template <>
struct Fields<RegisterNode> {
  static constexpr auto list =
      std::tuple{field("label", &RegisterNode::label), field("place", &RegisterNode::place),
                 field("klass", &RegisterNode::klass), field("units_max", &RegisterNode::units_max)};
};
template <>
struct Fields<UnitAttested> {
  static constexpr auto list = std::tuple{field("node", &UnitAttested::node),
                                          field("unit", &UnitAttested::unit),
                                          field("unit_key", &UnitAttested::unit_key),
                                          field("klass", &UnitAttested::klass),
                                          field("ops_per_s", &UnitAttested::ops_per_s),
                                          field("bytes", &UnitAttested::bytes),
                                          field("bytes_per_s", &UnitAttested::bytes_per_s),
                                          field("evidence_level", &UnitAttested::evidence_level),
                                          field("transcript", &UnitAttested::transcript)};
};
template <>
struct Fields<UnitRejected> {
  static constexpr auto list =
      std::tuple{field("node", &UnitRejected::node), field("unit", &UnitRejected::unit),
                 field("reason", &UnitRejected::reason)};
};
template <>
struct Fields<NodeLost> {
  static constexpr auto list = std::tuple{field("node", &NodeLost::node)};
};
template <>
struct Fields<NodeBack> {
  static constexpr auto list = std::tuple{field("node", &NodeBack::node)};
};
template <>
struct Fields<PostOffer> {
  static constexpr auto list = std::tuple{field("client", &PostOffer::client),
                                          field("node", &PostOffer::node),
                                          field("product", &PostOffer::product),
                                          field("model", &PostOffer::model),
                                          field("tier", &PostOffer::tier),
                                          field("price", &PostOffer::price),
                                          field("quantity", &PostOffer::quantity),
                                          field("fill_min", &PostOffer::fill_min),
                                          field("fill_max", &PostOffer::fill_max),
                                          field("replenish", &PostOffer::replenish),
                                          field("end", &PostOffer::end)};
};
template <>
struct Fields<AmendOffer> {
  static constexpr auto list =
      std::tuple{field("offer", &AmendOffer::offer), field("price", &AmendOffer::price),
                 field("quantity", &AmendOffer::quantity)};
};
template <>
struct Fields<CancelOffer> {
  static constexpr auto list = std::tuple{field("offer", &CancelOffer::offer)};
};
template <>
struct Fields<Predicate> {
  static constexpr auto list = std::tuple{field("product", &Predicate::product),
                                          field("models", &Predicate::models),
                                          field("classes", &Predicate::classes),
                                          field("within", &Predicate::within),
                                          field("outside", &Predicate::outside),
                                          field("tier", &Predicate::tier),
                                          field("origin", &Predicate::origin),
                                          field("pue_max_milli", &Predicate::pue_max_milli),
                                          field("green_min_milli", &Predicate::green_min_milli),
                                          field("buyer_place", &Predicate::buyer_place),
                                          field("network", &Predicate::network),
                                          field("ready", &Predicate::ready),
                                          field("input", &Predicate::input)};
};
template <>
struct Fields<PlaceOrder> {
  static constexpr auto list = std::tuple{field("client", &PlaceOrder::client),
                                          field("predicate", &PlaceOrder::predicate),
                                          field("tif", &PlaceOrder::tif),
                                          field("market", &PlaceOrder::market),
                                          field("limit", &PlaceOrder::limit),
                                          field("prefer_near", &PlaceOrder::prefer_near),
                                          field("good_for", &PlaceOrder::good_for),
                                          field("input", &PlaceOrder::input),
                                          field("output_max", &PlaceOrder::output_max),
                                          field("policy", &PlaceOrder::policy),
                                          field("quantity", &PlaceOrder::quantity),
                                          field("term", &PlaceOrder::term)};
};
template <>
struct Fields<AmendOrder> {
  static constexpr auto list =
      std::tuple{field("order", &AmendOrder::order), field("limit", &AmendOrder::limit),
                 field("quantity", &AmendOrder::quantity)};
};
template <>
struct Fields<CancelOrder> {
  static constexpr auto list =
      std::tuple{field("order", &CancelOrder::order), field("reason", &CancelOrder::reason)};
};
template <>
struct Fields<ReleaseLease> {
  static constexpr auto list = std::tuple{field("lease", &ReleaseLease::lease)};
};
template <>
struct Fields<JobAcknowledged> {
  static constexpr auto list = std::tuple{field("job", &JobAcknowledged::job)};
};
template <>
struct Fields<JobFirstToken> {
  static constexpr auto list =
      std::tuple{field("job", &JobFirstToken::job), field("latency", &JobFirstToken::latency)};
};
template <>
struct Fields<JobMarked> {
  static constexpr auto list = std::tuple{field("job", &JobMarked::job), field("output", &JobMarked::output)};
};
template <>
struct Fields<JobCompleted> {
  static constexpr auto list = std::tuple{field("job", &JobCompleted::job),
                                          field("finish", &JobCompleted::finish),
                                          field("counted_output", &JobCompleted::counted_output),
                                          field("claimed_output", &JobCompleted::claimed_output),
                                          field("claimed_input", &JobCompleted::claimed_input),
                                          field("claim_signature", &JobCompleted::claim_signature)};
};
template <>
struct Fields<JobFailed> {
  static constexpr auto list = std::tuple{field("job", &JobFailed::job),
                                          field("fault", &JobFailed::fault),
                                          field("code", &JobFailed::code),
                                          field("counted_output", &JobFailed::counted_output),
                                          field("claimed_output", &JobFailed::claimed_output),
                                          field("claimed_input", &JobFailed::claimed_input),
                                          field("claim_signature", &JobFailed::claim_signature)};
};
template <>
struct Fields<LeaseReady> {
  static constexpr auto list = std::tuple{field("lease", &LeaseReady::lease)};
};
template <>
struct Fields<LeaseFailed> {
  static constexpr auto list =
      std::tuple{field("lease", &LeaseFailed::lease), field("fault", &LeaseFailed::fault),
                 field("code", &LeaseFailed::code)};
};
template <>
struct Fields<Tick> {
  static constexpr auto list = std::tuple<>{};
};
template <>
struct Fields<Resumed> {
  static constexpr auto list =
      std::tuple{field("gap", &Resumed::gap), field("relay_lost", &Resumed::relay_lost)};
};
template <>
struct Fields<SetRegister> {
  static constexpr auto list =
      std::tuple{field("participant", &SetRegister::participant), field("row", &SetRegister::row)};
};
template <>
struct Fields<SessionStatement> {
  static constexpr auto list = std::tuple{field("session", &SessionStatement::session),
                                          field("key", &SessionStatement::key),
                                          field("nonce", &SessionStatement::nonce),
                                          field("last_request", &SessionStatement::last_request),
                                          field("requests", &SessionStatement::requests),
                                          field("reports_from", &SessionStatement::reports_from),
                                          field("last_report", &SessionStatement::last_report),
                                          field("reports", &SessionStatement::reports),
                                          field("signature", &SessionStatement::signature)};
};

template <>
struct Fields<LogKeyChange> {
  static constexpr auto list =
      std::tuple{field("before", &LogKeyChange::before), field("after", &LogKeyChange::after),
                 field("before_id", &LogKeyChange::before_id), field("after_id", &LogKeyChange::after_id),
                 field("overlap", &LogKeyChange::overlap)};
};

template <>
struct Fields<EpochOpen> {
  static constexpr auto list =
      std::tuple{field("epoch", &EpochOpen::epoch), field("commitment", &EpochOpen::commitment),
                 field("beacon", &EpochOpen::beacon)};
};
template <>
struct Fields<EpochClose> {
  static constexpr auto list =
      std::tuple{field("epoch", &EpochClose::epoch), field("seed", &EpochClose::seed)};
};
template <>
struct Fields<UnitChecked> {
  static constexpr auto list = std::tuple{field("epoch", &UnitChecked::epoch),
                                          field("node", &UnitChecked::node),
                                          field("unit", &UnitChecked::unit),
                                          field("unit_key", &UnitChecked::unit_key),
                                          field("verdict", &UnitChecked::verdict),
                                          field("reason", &UnitChecked::reason),
                                          field("ops_per_s", &UnitChecked::ops_per_s),
                                          field("transcript", &UnitChecked::transcript),
                                          field("kind", &UnitChecked::kind)};
};

template <>
struct Fields<StateDigest> {
  static constexpr auto list =
      std::tuple{field("seq", &StateDigest::seq), field("layout", &StateDigest::layout),
                 field("digest", &StateDigest::digest)};
};

template <>
struct Fields<NodeDrain> {
  static constexpr auto list =
      std::tuple{field("node", &NodeDrain::node), field("reason", &NodeDrain::reason)};
};

template <>
struct Fields<BondPost> {
  static constexpr auto list = std::tuple{field("node", &BondPost::node), field("unit", &BondPost::unit)};
};
template <>
struct Fields<BondTake> {
  static constexpr auto list = std::tuple{field("node", &BondTake::node), field("unit", &BondTake::unit)};
};
template <>
struct Fields<FrozenSettle> {
  static constexpr auto list =
      std::tuple{field("participant", &FrozenSettle::participant), field("amount", &FrozenSettle::amount),
                 field("to", &FrozenSettle::to)};
};

template <>
struct Fields<Continue> {
  static constexpr auto list = std::tuple<>{};
};
template <>
struct Fields<CancelAll> {
  static constexpr auto list =
      std::tuple{field("participant", &CancelAll::participant), field("node", &CancelAll::node),
                 field("instrument", &CancelAll::instrument)};
};

template <>
inline constexpr bool fixed_layout<RoundTrip> = true;
template <>
inline constexpr bool fixed_layout<UnitRejected> = true;
template <>
inline constexpr bool fixed_layout<NodeLost> = true;
template <>
inline constexpr bool fixed_layout<NodeBack> = true;
template <>
inline constexpr bool fixed_layout<PostOffer> = true;
template <>
inline constexpr bool fixed_layout<AmendOffer> = true;
template <>
inline constexpr bool fixed_layout<CancelOffer> = true;
template <>
inline constexpr bool fixed_layout<AmendOrder> = true;
template <>
inline constexpr bool fixed_layout<CancelOrder> = true;
template <>
inline constexpr bool fixed_layout<ReleaseLease> = true;
template <>
inline constexpr bool fixed_layout<JobAcknowledged> = true;
template <>
inline constexpr bool fixed_layout<JobFirstToken> = true;
template <>
inline constexpr bool fixed_layout<JobMarked> = true;
template <>
inline constexpr bool fixed_layout<JobCompleted> = true;
template <>
inline constexpr bool fixed_layout<JobFailed> = true;
template <>
inline constexpr bool fixed_layout<LeaseReady> = true;
template <>
inline constexpr bool fixed_layout<LeaseFailed> = true;
template <>
inline constexpr bool fixed_layout<Resumed> = true;
template <>
inline constexpr bool fixed_layout<CancelAll> = true;

}  // namespace spillway::wire
