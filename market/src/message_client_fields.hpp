// market/src/message_client_fields.hpp - the fields of what clients say, in the order of
// market/schema/client.fbs.
// Room:   market, private; sees the standard library only.
#pragma once

#include "fields.hpp"
#include "market/message.hpp"

namespace spillway::wire {

template <>
struct Fields<msg::AttestFrame> {
  static constexpr auto list =
      std::tuple{field("node", &msg::AttestFrame::node), field("unit", &msg::AttestFrame::unit),
                 field("bytes", &msg::AttestFrame::bytes, largest_attest_bytes),
                 field("epoch", &msg::AttestFrame::epoch)};
};
template <>
struct Fields<msg::Login> {
  static constexpr auto list = std::tuple{field("request", &msg::Login::request),
                                          field("participant", &msg::Login::participant),
                                          field("key", &msg::Login::key),
                                          field("role", &msg::Login::role),
                                          field("server_name", &msg::Login::server_name),
                                          field("exporter_used", &msg::Login::exporter_used),
                                          field("signature", &msg::Login::signature),
                                          field("last_report", &msg::Login::last_report),
                                          field("cancel_on_disconnect", &msg::Login::cancel_on_disconnect),
                                          field("states", &msg::Login::states)};
};
template <>
struct Fields<msg::Logout> {
  static constexpr auto list = std::tuple{field("request", &msg::Logout::request)};
};
template <>
struct Fields<msg::Ping> {
  static constexpr auto list = std::tuple{field("request", &msg::Ping::request)};
};
template <>
struct Fields<msg::Wanted> {
  static constexpr auto list = std::tuple{field("product", &msg::Wanted::product),
                                          field("models", &msg::Wanted::models),
                                          field("classes", &msg::Wanted::classes),
                                          field("within", &msg::Wanted::within),
                                          field("outside", &msg::Wanted::outside),
                                          field("tier", &msg::Wanted::tier),
                                          field("origin", &msg::Wanted::origin),
                                          field("pue_max_milli", &msg::Wanted::pue_max_milli),
                                          field("green_min_milli", &msg::Wanted::green_min_milli),
                                          field("buyer_place", &msg::Wanted::buyer_place),
                                          field("network_us", &msg::Wanted::network_us),
                                          field("ready_us", &msg::Wanted::ready_us)};
};
template <>
struct Fields<msg::PlaceOrder> {
  static constexpr auto list = std::tuple{field("request", &msg::PlaceOrder::request),
                                          field("client", &msg::PlaceOrder::client),
                                          field("wanted", &msg::PlaceOrder::wanted),
                                          field("tif", &msg::PlaceOrder::tif),
                                          field("market", &msg::PlaceOrder::market),
                                          field("limit", &msg::PlaceOrder::limit),
                                          field("prefer_near", &msg::PlaceOrder::prefer_near),
                                          field("good_for_us", &msg::PlaceOrder::good_for_us),
                                          field("input", &msg::PlaceOrder::input),
                                          field("output_max", &msg::PlaceOrder::output_max),
                                          field("policy", &msg::PlaceOrder::policy),
                                          field("quantity", &msg::PlaceOrder::quantity),
                                          field("term_us", &msg::PlaceOrder::term_us),
                                          field("stream", &msg::PlaceOrder::stream),
                                          field("prompt", &msg::PlaceOrder::prompt, largest_prompt_bytes)};
};
template <>
struct Fields<msg::AmendOrder> {
  static constexpr auto list =
      std::tuple{field("request", &msg::AmendOrder::request), field("order", &msg::AmendOrder::order),
                 field("client", &msg::AmendOrder::client), field("limit", &msg::AmendOrder::limit),
                 field("quantity", &msg::AmendOrder::quantity)};
};
template <>
struct Fields<msg::CancelOrder> {
  static constexpr auto list =
      std::tuple{field("request", &msg::CancelOrder::request), field("order", &msg::CancelOrder::order),
                 field("client", &msg::CancelOrder::client)};
};
template <>
struct Fields<msg::ReleaseLease> {
  static constexpr auto list =
      std::tuple{field("request", &msg::ReleaseLease::request), field("lease", &msg::ReleaseLease::lease)};
};
template <>
struct Fields<msg::RegisterNode> {
  static constexpr auto list =
      std::tuple{field("request", &msg::RegisterNode::request), field("label", &msg::RegisterNode::label),
                 field("place", &msg::RegisterNode::place), field("klass", &msg::RegisterNode::klass),
                 field("units", &msg::RegisterNode::units)};
};
template <>
struct Fields<msg::PostOffer> {
  static constexpr auto list =
      std::tuple{field("request", &msg::PostOffer::request),     field("client", &msg::PostOffer::client),
                 field("node", &msg::PostOffer::node),           field("product", &msg::PostOffer::product),
                 field("model", &msg::PostOffer::model),         field("tier", &msg::PostOffer::tier),
                 field("price", &msg::PostOffer::price),         field("quantity", &msg::PostOffer::quantity),
                 field("fill_min", &msg::PostOffer::fill_min),   field("fill_max", &msg::PostOffer::fill_max),
                 field("replenish", &msg::PostOffer::replenish), field("end_us", &msg::PostOffer::end_us)};
};
template <>
struct Fields<msg::AmendOffer> {
  static constexpr auto list =
      std::tuple{field("request", &msg::AmendOffer::request), field("offer", &msg::AmendOffer::offer),
                 field("price", &msg::AmendOffer::price), field("quantity", &msg::AmendOffer::quantity)};
};
template <>
struct Fields<msg::CancelAll> {
  static constexpr auto list = std::tuple{
      field("request", &msg::CancelAll::request), field("participant", &msg::CancelAll::participant),
      field("node", &msg::CancelAll::node), field("instrument", &msg::CancelAll::instrument)};
};
template <>
struct Fields<msg::CancelOffer> {
  static constexpr auto list =
      std::tuple{field("request", &msg::CancelOffer::request), field("offer", &msg::CancelOffer::offer)};
};
template <>
struct Fields<msg::BondPost> {
  static constexpr auto list =
      std::tuple{field("request", &msg::BondPost::request), field("node", &msg::BondPost::node),
                 field("unit", &msg::BondPost::unit)};
};
template <>
struct Fields<msg::BondTake> {
  static constexpr auto list =
      std::tuple{field("request", &msg::BondTake::request), field("node", &msg::BondTake::node),
                 field("unit", &msg::BondTake::unit)};
};
template <>
struct Fields<msg::JobAck> {
  static constexpr auto list =
      std::tuple{field("request", &msg::JobAck::request), field("job", &msg::JobAck::job)};
};
template <>
struct Fields<msg::JobRefuse> {
  static constexpr auto list =
      std::tuple{field("request", &msg::JobRefuse::request), field("job", &msg::JobRefuse::job),
                 field("code", &msg::JobRefuse::code)};
};
template <>
struct Fields<msg::JobChunk> {
  static constexpr auto list =
      std::tuple{field("request", &msg::JobChunk::request), field("job", &msg::JobChunk::job),
                 field("content", &msg::JobChunk::content, largest_chunk_bytes),
                 field("raw", &msg::JobChunk::raw, largest_chunk_bytes)};
};
template <>
struct Fields<msg::JobDone> {
  static constexpr auto list = std::tuple{field("request", &msg::JobDone::request),
                                          field("job", &msg::JobDone::job),
                                          field("finish", &msg::JobDone::finish),
                                          field("claimed_output", &msg::JobDone::claimed_output),
                                          field("claimed_input", &msg::JobDone::claimed_input),
                                          field("signature", &msg::JobDone::signature)};
};
template <>
struct Fields<msg::JobFail> {
  static constexpr auto list = std::tuple{field("request", &msg::JobFail::request),
                                          field("job", &msg::JobFail::job),
                                          field("code", &msg::JobFail::code),
                                          field("claimed_output", &msg::JobFail::claimed_output),
                                          field("claimed_input", &msg::JobFail::claimed_input),
                                          field("signature", &msg::JobFail::signature)};
};
template <>
struct Fields<msg::LeaseReadyMsg> {
  static constexpr auto list =
      std::tuple{field("request", &msg::LeaseReadyMsg::request), field("lease", &msg::LeaseReadyMsg::lease)};
};
template <>
struct Fields<msg::LeaseEndedMsg> {
  static constexpr auto list =
      std::tuple{field("request", &msg::LeaseEndedMsg::request), field("lease", &msg::LeaseEndedMsg::lease),
                 field("code", &msg::LeaseEndedMsg::code)};
};
template <>
struct Fields<msg::Read> {
  static constexpr auto list = std::tuple{field("request", &msg::Read::request),
                                          field("kind", &msg::Read::kind),
                                          field("instrument", &msg::Read::instrument),
                                          field("order", &msg::Read::order),
                                          field("most", &msg::Read::most),
                                          field("wait_for_seq", &msg::Read::wait_for_seq),
                                          field("participant", &msg::Read::participant),
                                          field("place_order", &msg::Read::place_order),
                                          field("account", &msg::Read::account),
                                          field("from_us", &msg::Read::from_us),
                                          field("to_us", &msg::Read::to_us)};
};
template <>
struct Fields<msg::Subscribe> {
  static constexpr auto list =
      std::tuple{field("request", &msg::Subscribe::request), field("topics", &msg::Subscribe::topics),
                 field("instruments", &msg::Subscribe::instruments, 4'096)};
};
template <>
struct Fields<msg::AdminParticipant> {
  static constexpr auto list =
      std::tuple{field("request", &msg::AdminParticipant::request),
                 field("participant", &msg::AdminParticipant::participant),
                 field("firm", &msg::AdminParticipant::firm), field("roles", &msg::AdminParticipant::roles)};
};
template <>
struct Fields<msg::AdminKey> {
  static constexpr auto list =
      std::tuple{field("request", &msg::AdminKey::request), field("participant", &msg::AdminKey::participant),
                 field("key", &msg::AdminKey::key), field("kind", &msg::AdminKey::kind),
                 field("value", &msg::AdminKey::value)};
};
template <>
struct Fields<msg::AdminDeposit> {
  static constexpr auto list = std::tuple{field("request", &msg::AdminDeposit::request),
                                          field("participant", &msg::AdminDeposit::participant),
                                          field("amount_nano", &msg::AdminDeposit::amount_nano)};
};
template <>
struct Fields<msg::AdminHalt> {
  static constexpr auto list =
      std::tuple{field("request", &msg::AdminHalt::request), field("halted", &msg::AdminHalt::halted)};
};
template <>
struct Fields<msg::AdminShutdown> {
  static constexpr auto list = std::tuple{field("request", &msg::AdminShutdown::request)};
};
template <>
struct Fields<msg::SessionStatement> {
  static constexpr auto list = std::tuple{field("request", &msg::SessionStatement::request),
                                          field("last_request", &msg::SessionStatement::last_request),
                                          field("requests", &msg::SessionStatement::requests),
                                          field("last_report", &msg::SessionStatement::last_report),
                                          field("reports", &msg::SessionStatement::reports),
                                          field("signature", &msg::SessionStatement::signature)};
};
template <>
struct Fields<msg::AdminRegister> {
  static constexpr auto list = std::tuple{
      field("request", &msg::AdminRegister::request), field("participant", &msg::AdminRegister::participant),
      field("name", &msg::AdminRegister::name), field("contact", &msg::AdminRegister::contact),
      field("payout", &msg::AdminRegister::payout)};
};
template <>
struct Fields<msg::AdminForget> {
  static constexpr auto list = std::tuple{field("request", &msg::AdminForget::request),
                                          field("participant", &msg::AdminForget::participant)};
};
template <>
struct Fields<msg::AdminRules> {
  static constexpr auto list =
      std::tuple{field("request", &msg::AdminRules::request), field("version", &msg::AdminRules::version)};
};
template <>
struct Fields<msg::AdminBonds> {
  static constexpr auto list = std::tuple{field("request", &msg::AdminBonds::request),
                                          field("bond_per_unit_nano", &msg::AdminBonds::bond_per_unit_nano),
                                          field("bond_hold", &msg::AdminBonds::bond_hold)};
};
template <>
struct Fields<msg::AdminFrozen> {
  static constexpr auto list = std::tuple{
      field("request", &msg::AdminFrozen::request), field("participant", &msg::AdminFrozen::participant),
      field("amount_nano", &msg::AdminFrozen::amount_nano), field("to", &msg::AdminFrozen::to)};
};
template <>
struct Fields<msg::AdminLogKey> {
  static constexpr auto list =
      std::tuple{field("request", &msg::AdminLogKey::request), field("key", &msg::AdminLogKey::key),
                 field("overlap", &msg::AdminLogKey::overlap)};
};

}  // namespace spillway::wire
