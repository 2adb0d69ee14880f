// exchange/reads.hpp - what people ask the follower, answered as JSON documents that name the sequence they
// reflect.
// Room:   exchange_pipeline; sees market, matching, exchange_core. Format: 64-bit integers are strings;
//         prices also as decimal text; names beside ids.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "exchange/follower.hpp"
#include "market/message.hpp"

namespace spillway {

struct ReadRequest {
  msg::ReadKind kind{};
  ParticipantId whose;
  bool sees_all{};  // operator or auditor: others' orders and the totals of the books
  InstrumentId instrument;
  OrderId order;
  std::uint32_t most{100};
  std::optional<PlaceOrder> preview;
  AccountKind account{};  // postings of it that are stamped in [from, to)
  Stamp from, to;         // to = 0: no end
};

/// Never fails: what cannot be answered is a document with "error".
[[nodiscard]] std::string answer_read(FollowerView const& view, ReadRequest const& read);

/// "tokens:<model>/<class>/<place>/<tier>" or "capacity/<class>/<place>/<tier>".
[[nodiscard]] std::string instrument_name(Reference const& reference, Instrument const& instrument);

}  // namespace spillway
