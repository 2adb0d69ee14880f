// market/src/message_server_fields.hpp - the fields of what the exchange says, in the order of
// market/schema/server.fbs.
// Room:   market, private; sees the standard library only.
#pragma once

#include "command_fields.hpp"
#include "fields.hpp"
#include "market/message.hpp"
#include "message_client_fields.hpp"

namespace spillway::wire {

template <>
struct Fields<msg::ServerHello> {
  static constexpr auto list = std::tuple{
      field("nonce", &msg::ServerHello::nonce), field("server_time_us", &msg::ServerHello::server_time_us),
      field("server_name", &msg::ServerHello::server_name), field("version", &msg::ServerHello::version)};
};
template <>
struct Fields<msg::Welcome> {
  static constexpr auto list = std::tuple{field("request", &msg::Welcome::request),
                                          field("participant", &msg::Welcome::participant),
                                          field("role", &msg::Welcome::role),
                                          field("session", &msg::Welcome::session),
                                          field("reports_have", &msg::Welcome::reports_have),
                                          field("rules", &msg::Welcome::rules),
                                          field("stamp_us", &msg::Welcome::stamp_us),
                                          field("states", &msg::Welcome::states)};
};
template <>
struct Fields<msg::Answer> {
  static constexpr auto list = std::tuple{field("request", &msg::Answer::request),
                                          field("refusal", &msg::Answer::refusal),
                                          field("sentence", &msg::Answer::sentence, 1'024),
                                          field("id", &msg::Answer::id),
                                          field("seq", &msg::Answer::seq),
                                          field("repeat", &msg::Answer::repeat),
                                          field("number", &msg::Answer::number),
                                          field("entry", &msg::Answer::entry)};
};
template <>
struct Fields<msg::Report> {
  static constexpr auto list =
      std::tuple{field("report", &msg::Report::report), field("seq", &msg::Report::seq),
                 field("stamp_us", &msg::Report::stamp_us), field("record", &msg::Report::record)};
};
template <>
struct Fields<msg::Throttle> {
  static constexpr auto list =
      std::tuple{field("code", &msg::Throttle::code), field("sentence", &msg::Throttle::sentence, 1'024),
                 field("retry_after_us", &msg::Throttle::retry_after_us)};
};
template <>
struct Fields<msg::Closing> {
  static constexpr auto list =
      std::tuple{field("code", &msg::Closing::code), field("sentence", &msg::Closing::sentence, 1'024)};
};
template <>
struct Fields<msg::Pong> {
  static constexpr auto list = std::tuple{field("request", &msg::Pong::request)};
};
template <>
struct Fields<msg::Dispatch> {
  static constexpr auto list =
      std::tuple{field("job", &msg::Dispatch::job),
                 field("order", &msg::Dispatch::order),
                 field("node", &msg::Dispatch::node),
                 field("model", &msg::Dispatch::model),
                 field("instrument", &msg::Dispatch::instrument),
                 field("price", &msg::Dispatch::price),
                 field("input", &msg::Dispatch::input),
                 field("output_max", &msg::Dispatch::output_max),
                 field("policy", &msg::Dispatch::policy),
                 field("prompt", &msg::Dispatch::prompt, largest_prompt_bytes),
                 field("first_token_deadline_us", &msg::Dispatch::first_token_deadline_us)};
};
template <>
struct Fields<msg::CancelJob> {
  static constexpr auto list =
      std::tuple{field("job", &msg::CancelJob::job), field("code", &msg::CancelJob::code)};
};
template <>
struct Fields<msg::LeaseStart> {
  static constexpr auto list =
      std::tuple{field("lease", &msg::LeaseStart::lease), field("node", &msg::LeaseStart::node),
                 field("lots", &msg::LeaseStart::lots), field("buyer", &msg::LeaseStart::buyer),
                 field("term_us", &msg::LeaseStart::term_us)};
};
template <>
struct Fields<msg::LeaseStop> {
  static constexpr auto list =
      std::tuple{field("lease", &msg::LeaseStop::lease), field("code", &msg::LeaseStop::code)};
};
template <>
struct Fields<msg::AttestVerdict> {
  static constexpr auto list = std::tuple{field("node", &msg::AttestVerdict::node),
                                          field("unit", &msg::AttestVerdict::unit),
                                          field("admitted", &msg::AttestVerdict::admitted),
                                          field("reason", &msg::AttestVerdict::reason),
                                          field("sentence", &msg::AttestVerdict::sentence, 1'024),
                                          field("ops_per_s", &msg::AttestVerdict::ops_per_s),
                                          field("bytes", &msg::AttestVerdict::bytes),
                                          field("bytes_per_s", &msg::AttestVerdict::bytes_per_s),
                                          field("expires_us", &msg::AttestVerdict::expires_us)};
};
template <>
struct Fields<msg::ChunkToBuyer> {
  static constexpr auto list =
      std::tuple{field("order", &msg::ChunkToBuyer::order), field("job", &msg::ChunkToBuyer::job),
                 field("content", &msg::ChunkToBuyer::content, largest_prompt_bytes)};
};
template <>
struct Fields<msg::JobEnd> {
  static constexpr auto list = std::tuple{field("order", &msg::JobEnd::order),
                                          field("job", &msg::JobEnd::job),
                                          field("phase", &msg::JobEnd::phase),
                                          field("fault", &msg::JobEnd::fault),
                                          field("code", &msg::JobEnd::code),
                                          field("finish", &msg::JobEnd::finish),
                                          field("input", &msg::JobEnd::input),
                                          field("output", &msg::JobEnd::output),
                                          field("charge_nano", &msg::JobEnd::charge_nano),
                                          field("latency_us", &msg::JobEnd::latency_us)};
};
template <>
struct Fields<msg::Level> {
  static constexpr auto list =
      std::tuple{field("price", &msg::Level::price), field("lots", &msg::Level::lots)};
};
template <>
struct Fields<msg::BookTop> {
  static constexpr auto list =
      std::tuple{field("instrument", &msg::BookTop::instrument), field("seq", &msg::BookTop::seq),
                 field("ask", &msg::BookTop::ask), field("bid", &msg::BookTop::bid)};
};
template <>
struct Fields<msg::Trade> {
  static constexpr auto list =
      std::tuple{field("instrument", &msg::Trade::instrument), field("seq", &msg::Trade::seq),
                 field("price", &msg::Trade::price), field("lots", &msg::Trade::lots),
                 field("stamp_us", &msg::Trade::stamp_us)};
};
template <>
struct Fields<msg::ReadResult> {
  static constexpr auto list =
      std::tuple{field("request", &msg::ReadResult::request), field("seq", &msg::ReadResult::seq),
                 field("json", &msg::ReadResult::json, largest_read_bytes)};
};

}  // namespace spillway::wire
