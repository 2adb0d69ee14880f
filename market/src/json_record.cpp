// market/json_record.cpp - outcome records by field names, for people who read reports.
#include <boost/json/serialize.hpp>
#include <string_view>

#include "codec_titles.hpp"
#include "json_write.hpp"
#include "market/command.hpp"
#include "market/json.hpp"
#include "record_fields.hpp"

namespace spillway::wire {
namespace {

template <class Body>
struct PhaseOf {
  using type = std::uint8_t;
};
template <>
struct PhaseOf<record::OrderState> {
  using type = OrderPhase;
};
template <>
struct PhaseOf<record::OfferState> {
  using type = OfferPhase;
};
template <>
struct PhaseOf<record::JobState> {
  using type = JobPhase;
};
template <>
struct PhaseOf<record::LeaseState> {
  using type = LeasePhase;
};
template <>
struct PhaseOf<record::NodeState> {
  using type = NodePhase;
};
template <>
struct PhaseOf<record::UnitState> {
  using type = UnitPhase;
};
template <>
struct PhaseOf<record::EpochState> {
  using type = EpochPhase;
};

/// A small number of a body, by name where the field's name says of which enum it is.
template <class Body>
json::value small_value(std::string_view field, std::uint8_t number) {
  using Phase = typename PhaseOf<Body>::type;
  if constexpr (std::is_enum_v<Phase>) {
    if (field == "phase") return enum_value(static_cast<Phase>(number));
  }
  if (field == "fault") return enum_value(static_cast<Fault>(number));
  if (field == "finish") return enum_value(static_cast<FinishReason>(number));
  if (field == "tif") return enum_value(static_cast<TimeInForce>(number));
  if (field == "product") return enum_value(static_cast<ProductKind>(number));
  return json::value(number);
}

json::value command_value(std::uint16_t index) {
  if (index >= std::variant_size_v<Command>) return json::value(index);
  return command_title(index + 1u);
}

template <class Body>
void show_body(Body const& body, json::object& out) {
  for_each_field<Body>([&](auto const& f, auto) {
    auto const& value = body.*f.member;
    using Member = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::same_as<Member, std::uint8_t>) {
      out[f.name] = small_value<Body>(f.name, value);
    } else if constexpr (std::same_as<Member, std::uint16_t>) {
      out[f.name] = std::string_view{f.name} == "command" ? command_value(value) : json::value(value);
    } else {
      out[f.name] = value_of(value);
    }
  });
}

json::value code_value(RecordHead const& head) {
  switch (head.kind) {
    case RecordKind::refused:
      return enum_value(static_cast<Refusal>(head.code));
    case RecordKind::job_state:
    case RecordKind::lease_state:
      return enum_value(static_cast<FailCode>(head.code));
    default:
      return json::value(head.code);
  }
}

}  // namespace

json::object shown(Record const& record) {
  json::object out;
  out["kind"] = enum_value(record.head.kind);
  out["code"] = code_value(record.head);
  if (record.head.first.participant != 0) out["first"] = object_of(record.head.first);
  if (record.head.second.participant != 0) out["second"] = object_of(record.head.second);
  visit_record_kind(record.head.kind,
                    [&]<class Body>(std::in_place_type_t<Body>) { show_body(record.as<Body>(), out); });
  return out;
}

}  // namespace spillway::wire

namespace spillway {

std::string json_text(Record const& record) { return boost::json::serialize(wire::shown(record)); }

}  // namespace spillway
