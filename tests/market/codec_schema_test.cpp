// tests/market/codec_schema_test.cpp - the compiled schema and the plain structs say the same: fields, types,
// layout. Covers the descriptions that all codecs walk: command, message and record fields of market/src.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "codec_fixed.hpp"
#include "codec_titles.hpp"
#include "command_fields.hpp"
#include "flatbuffers/reflection_generated.h"
#include "message_client_fields.hpp"
#include "message_server_fields.hpp"
#include "record_fields.hpp"
#include "record_generated.h"

namespace spillway::wire {
namespace {

/// By walking: LookupByKey of 2.0.8 makes gcc warn of its own strcmp under the sanitizers.
template <class Items>
auto named(Items const& items, std::string const& name) -> decltype(items.Get(0)) {
  for (auto const* item : items) {
    if (item->name()->str() == name) return item;
  }
  return nullptr;
}

class Schema {
 public:
  explicit Schema(std::string const& name) {
    std::ifstream file(std::string{SPILLWAY_SCHEMA_DIR} + "/" + name + ".bfbs", std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
  }
  [[nodiscard]] reflection::Schema const& get() const { return *reflection::GetSchema(bytes_.data()); }
  [[nodiscard]] reflection::Object const* object(std::string const& name) const {
    return named(*get().objects(), name);
  }

 private:
  std::string bytes_;
};

reflection::Field const* field_with_id(reflection::Object const& object, std::size_t id) {
  for (auto const* f : *object.fields()) {
    if (f->id() == id) return f;
  }
  return nullptr;
}

template <class R>
reflection::BaseType base_of() {
  using reflection::BaseType;
  constexpr bool is_signed = std::is_signed_v<R>;
  if (sizeof(R) == 1) return is_signed ? BaseType::Byte : BaseType::UByte;
  if (sizeof(R) == 2) return is_signed ? BaseType::Short : BaseType::UShort;
  if (sizeof(R) == 4) return is_signed ? BaseType::Int : BaseType::UInt;
  return is_signed ? BaseType::Long : BaseType::ULong;
}

template <class Member>
reflection::BaseType scalar_base() {
  return std::same_as<Member, bool> ? reflection::BaseType::Bool : base_of<raw_t<Member>>();
}

/// How a member of this type stands in a table.
template <class Member>
std::pair<reflection::BaseType, reflection::BaseType> table_type() {
  using reflection::BaseType;
  if constexpr (scalar<Member>) {
    return {scalar_base<Member>(), BaseType::None};
  } else if constexpr (std::same_as<Member, std::string>) {
    return {BaseType::String, BaseType::None};
  } else if constexpr (bytes_n<Member> || byte_list<Member> || std::same_as<Member, Record>) {
    return {BaseType::Vector, BaseType::UByte};
  } else if constexpr (list<Member>) {
    using Item = typename Member::value_type;
    if constexpr (scalar<Item>) return {BaseType::Vector, scalar_base<Item>()};
    return {BaseType::Vector, std::same_as<Item, std::string> ? BaseType::String : BaseType::Obj};
  } else {
    return {BaseType::Obj, BaseType::None};
  }
}

/// How many initializers an aggregate takes: a field that its description forgets is found out.
struct Anything {
  template <class T>
  operator T() const {
    std::unreachable();
  }  // a type to ask about, never called
};
template <class T, class... A>
consteval std::size_t arity() {
  if constexpr (requires { T{A{}..., Anything{}}; }) {
    return arity<T, A..., Anything>();
  } else {
    return sizeof...(A);
  }
}

template <class T>
void expect_described(Schema const& schema, std::string const& name) {
  static_assert(field_count<T> == arity<T>(), "every field of the struct is described");
  auto const* object = schema.object(name);
  ASSERT_NE(object, nullptr) << name;
  EXPECT_EQ(object->is_struct(), fixed_layout<T>) << name;
  EXPECT_EQ(object->fields()->size(), field_count<T>) << name;
  for_each_field<T>([&](auto const& f, auto i) {
    using Member = typename std::remove_cvref_t<decltype(f)>::type;
    auto const* field = field_with_id(*object, i);
    ASSERT_NE(field, nullptr) << name << " has no field " << i;
    EXPECT_EQ(field->name()->str(), f.name) << name;
    if constexpr (fixed_layout<T>) {
      EXPECT_EQ(field->offset(), layout_of<T>.at[i]) << name << "." << f.name;
    } else {
      auto const [base, element] = table_type<Member>();
      EXPECT_EQ(field->type()->base_type(), base) << name << "." << f.name;
      EXPECT_EQ(field->type()->element(), element) << name << "." << f.name;
    }
  });
  if constexpr (fixed_layout<T>) {
    EXPECT_EQ(static_cast<std::size_t>(object->bytesize()), layout_of<T>.size) << name;
    EXPECT_EQ(static_cast<std::size_t>(object->minalign()), layout_of<T>.align) << name;
  }
}

template <class Variant>
void expect_union(std::string const& file, char const* (*title)(std::size_t)) {
  Schema const schema{file};
  for (std::size_t i = 0; i < std::variant_size_v<Variant>; ++i) {
    visit_index<Variant>(i, [&]<class One>(std::in_place_type_t<One>) {
      std::string const space =
          std::same_as<One, msg::AttestFrame> ? "spillway.fb." : "spillway.fb." + file + ".";
      expect_described<One>(schema, space + title(i + 1));
    });
  }
}

TEST(Schema, HasTheFieldsOfEveryCommand) {
  expect_union<Command>("entry", command_title);
  Schema const schema{"entry"};
  expect_described<Rules>(schema, "spillway.fb.Rules");
  expect_described<Place>(schema, "spillway.fb.entry.Place");
  expect_described<RoundTrip>(schema, "spillway.fb.entry.RoundTrip");
  expect_described<AcceleratorClass>(schema, "spillway.fb.entry.AcceleratorClass");
  expect_described<Tier>(schema, "spillway.fb.entry.Tier");
  expect_described<Model>(schema, "spillway.fb.entry.Model");
  expect_described<Predicate>(schema, "spillway.fb.entry.Predicate");
}

TEST(Schema, HasTheFieldsOfEveryMessage) {
  expect_union<ClientMessage>("client", client_title);
  expect_union<ServerMessage>("server", server_title);
  expect_described<msg::Wanted>(Schema{"client"}, "spillway.fb.client.Wanted");
  expect_described<msg::Level>(Schema{"server"}, "spillway.fb.server.Level");
}

/// Offsets of the C++ struct itself: records are stored as they lie in memory.
template <class T>
void expect_laid_out(Schema const& schema, std::string const& name) {
  auto const* object = schema.object("spillway.fb.record." + name);
  ASSERT_NE(object, nullptr) << name;
  EXPECT_EQ(static_cast<std::size_t>(object->bytesize()), sizeof(T)) << name;
  T const body{};
  std::size_t described = 0;
  for_each_field<T>([&](auto const& f, auto) {
    auto const* field = named(*object->fields(), f.name);
    ASSERT_NE(field, nullptr) << name << "." << f.name;
    auto const at = reinterpret_cast<char const*>(&(body.*f.member)) - reinterpret_cast<char const*>(&body);
    EXPECT_EQ(field->offset(), at) << name << "." << f.name;
    ++described;
  });
  for (auto const* field : *object->fields()) {
    auto const text = field->name()->str();
    if (text == "pad" || text == "spare") ++described;
  }
  EXPECT_EQ(described, object->fields()->size()) << name << ": every field but pads and spares is described";
}

TEST(Schema, LaysOutRecordsAsTheyLieInMemory) {
  Schema const schema{"record"};
  expect_laid_out<Addressee>(schema, "Addressee");
  expect_laid_out<RecordHead>(schema, "RecordHead");
  std::size_t bodies = 0;
  for (std::uint16_t kind = 1; kind < 100; ++kind) {
    std::string const title = EnumOf<RecordKind>::name(RecordKind{kind});
    bool const known_body = visit_record_kind(RecordKind{kind}, [&]<class Body>(std::in_place_type_t<Body>) {
      expect_laid_out<Body>(schema, title);
      ++bodies;
    });
    EXPECT_EQ(known_body, !title.empty()) << kind;
  }
  EXPECT_EQ(bodies, 15u);
}

std::string camel(std::string const& snake) {
  std::string out;
  bool up = true;
  for (char const c : snake) {
    if (c == '_') {
      up = true;
      continue;
    }
    out += up && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    up = false;
  }
  return out;
}

TEST(Schema, CallsEveryRefusalAsTheMarketDoes) {
  for (std::uint16_t code = 0; code < 1'000; ++code) {
    std::string const ours = name(Refusal{code});
    EXPECT_EQ(EnumOf<Refusal>::name(Refusal{code}), ours == "unknown" ? "" : camel(ours)) << code;
  }
}

#define SW_SAME(kind, ours, theirs) \
  static_assert(static_cast<int>(kind::ours) == static_cast<int>(fb::kind::theirs))
SW_SAME(ProductKind, tokens, Tokens);
SW_SAME(ProductKind, capacity, Capacity);
SW_SAME(PlaceKind, country, Country);
SW_SAME(PlaceKind, region, Region);
SW_SAME(PlaceKind, city, City);
SW_SAME(PlaceKind, site, Site);
SW_SAME(PlaceKind, jurisdiction, Jurisdiction);
SW_SAME(Origin, us, Us);
SW_SAME(Origin, cn, Cn);
SW_SAME(Origin, other, Other);
SW_SAME(Role, provider, Provider);
SW_SAME(Role, buyer, Buyer);
SW_SAME(Role, auditor, Auditor);
SW_SAME(Role, operator_, Operator);
SW_SAME(KeyKind, ed25519, Ed25519);
SW_SAME(KeyKind, bearer_blake2b, BearerBlake2b);
SW_SAME(TimeInForce, ioc, Ioc);
SW_SAME(TimeInForce, fok, Fok);
SW_SAME(TimeInForce, gtc, Gtc);
SW_SAME(TimeInForce, timed, Timed);
SW_SAME(FaultPolicy, error_frame, ErrorFrame);
SW_SAME(FaultPolicy, re_run, ReRun);
SW_SAME(CancelReason, asked, Asked);
SW_SAME(CancelReason, disconnected, Disconnected);
SW_SAME(FinishReason, stop, Stop);
SW_SAME(FinishReason, length, Length);
SW_SAME(Fault, buyer, Buyer);
SW_SAME(Fault, provider, Provider);
SW_SAME(Fault, exchange, Exchange);
SW_SAME(Fault, none, None);
SW_SAME(FailCode, refused, Refused);
SW_SAME(FailCode, not_acknowledged, NotAcknowledged);
SW_SAME(FailCode, first_token_late, FirstTokenLate);
SW_SAME(FailCode, stalled, Stalled);
SW_SAME(FailCode, engine_died, EngineDied);
SW_SAME(FailCode, engine_error, EngineError);
SW_SAME(FailCode, node_lost, NodeLost);
SW_SAME(FailCode, buyer_left, BuyerLeft);
SW_SAME(FailCode, prompt_missing, PromptMissing);
SW_SAME(FailCode, relay_died, RelayDied);
SW_SAME(FailCode, engine_refused_request, EngineRefusedRequest);
SW_SAME(FailCode, output_unread, OutputUnread);
SW_SAME(OrderPhase, resting, Resting);
SW_SAME(OrderPhase, filled, Filled);
SW_SAME(OrderPhase, cancelled, Cancelled);
SW_SAME(OrderPhase, expired, Expired);
SW_SAME(OfferPhase, live, Live);
SW_SAME(OfferPhase, exhausted, Exhausted);
SW_SAME(OfferPhase, cancelled, Cancelled);
SW_SAME(OfferPhase, expired, Expired);
SW_SAME(JobPhase, dispatched, Dispatched);
SW_SAME(JobPhase, acknowledged, Acknowledged);
SW_SAME(JobPhase, streaming, Streaming);
SW_SAME(JobPhase, completed, Completed);
SW_SAME(JobPhase, failed, Failed);
SW_SAME(LeasePhase, starting, Starting);
SW_SAME(LeasePhase, running, Running);
SW_SAME(LeasePhase, ended, Ended);
SW_SAME(LeasePhase, failed, Failed);
SW_SAME(NodePhase, up, Up);
SW_SAME(NodePhase, lost, Lost);
SW_SAME(NodePhase, gone, Gone);
SW_SAME(NodePhase, draining, Draining);
SW_SAME(DrainReason, daily, Daily);
SW_SAME(DrainReason, unjudged, Unjudged);
SW_SAME(FrozenTo, earnings, Earnings);
SW_SAME(FrozenTo, guarantee, Guarantee);
SW_SAME(DrainReason, metered, Metered);
SW_SAME(CheckKind, census, Census);
SW_SAME(CheckKind, probe, Probe);
SW_SAME(UnitPhase, attested, Attested);
SW_SAME(UnitPhase, rejected, Rejected);
SW_SAME(UnitPhase, expired, Expired);
SW_SAME(UnitPhase, missed, Missed);
SW_SAME(UnitPhase, ended, Ended);
SW_SAME(EpochPhase, open, Open);
SW_SAME(EpochPhase, closed, Closed);
SW_SAME(CensusVerdict, passed, Passed);
SW_SAME(CensusVerdict, missed, Missed);
SW_SAME(CensusVerdict, failed, Failed);
SW_SAME(RecordKind, refused, Refused);
SW_SAME(RecordKind, fill, Fill);
SW_SAME(RecordKind, market_state, MarketState);
SW_SAME(RecordKind, log_key_state, LogKeyState);
SW_SAME(RecordKind, epoch_state, EpochState);
#undef SW_SAME

}  // namespace
}  // namespace spillway::wire
