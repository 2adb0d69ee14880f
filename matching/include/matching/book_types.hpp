// matching/book_types.hpp - what goes into the book and what comes out of it, as plain values.
// Room:   matching (pure); sees market.
// Units:  prices are grid indices; lots are slots (tokens) or thousandths of an accelerator (capacity).
#pragma once

#include "market/command.hpp"
#include "market/ids.hpp"
#include "market/price_grid.hpp"
#include "market/units.hpp"

namespace spillway {

struct BookOffer {
  OfferId id;
  ParticipantId provider;
  NodeId node;
  InstrumentId instrument;
  PriceIndex price;
  Lots quantity;  // what it may fill in all at once; its rest at entry
  Lots fill_min;  // 0: none; when less is left, what is left is the minimum
  Lots fill_max;  // 0: none; bounds one fill: a larger order takes several fills of the same offer
  bool replenish{};
};

struct BookOrder {
  OrderId id;
  ParticipantId buyer;
  SignatureId signature;
  PriceIndex limit;
  Lots open;
  TimeInForce tif{};  // ioc and fok never rest
  bool prefer_near{};
};

/// One trade. The price is the resting side's.
struct Match {
  OrderId order;
  OfferId offer;
  InstrumentId instrument;
  NodeId node;
  Lots lots;
  PriceIndex price;
  bool taker_is_buyer{};
  friend bool operator==(Match const&, Match const&) = default;
};

struct Level {
  PriceIndex price;
  Lots lots;
  friend bool operator==(Level const&, Level const&) = default;
};

}  // namespace spillway
