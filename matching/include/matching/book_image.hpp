// matching/book_image.hpp - everything that a book knows, as plain values in one order: what a snapshot
// keeps.
// Room:   matching (pure); sees market.
// Rule:   two books that answer alike have the same image, whichever implementation they are and however they
//         came there. A book that is restored from an image answers as the one that gave it. Memory layout,
//         row numbers and sequence numbers of the queues are no part of it: only who stands before whom.
#pragma once

#include <cstdint>
#include <vector>

#include "matching/book.hpp"
#include "matching/book_types.hpp"
#include "matching/eligibility.hpp"
#include "matching/node_pool.hpp"

namespace spillway {

struct BookImage {
  struct Member {
    ParticipantId who;
    Standing standing;
    friend bool operator==(Member const&, Member const&) = default;
  };
  struct ProviderList {
    Book::ListKind kind{};
    std::vector<ParticipantId> who;  // ascending
    friend bool operator==(ProviderList const&, ProviderList const&) = default;
  };
  struct Node {
    NodeId id;
    ClassId klass;
    PlaceId place;
    Pooling pooling{};
    NodePool::Image pool;
    friend bool operator==(Node const&, Node const&) = default;
  };
  struct InUse {
    InstrumentId instrument;
    Lots lots;  // in all attested pools
    friend bool operator==(InUse const&, InUse const&) = default;
  };
  struct Offer {
    OfferId id;
    ParticipantId provider;
    NodeId node;
    InstrumentId instrument;
    PriceIndex price;
    Lots fill_min, fill_max;
    bool replenish{}, post_only{};
    SelfTrade self_trade{};
    Lots display, hidden;
    SessionId session{};
    Stamp expires{};
    friend bool operator==(Offer const&, Offer const&) = default;
  };
  struct Tranche {
    OfferId offer;
    Lots lots;
    friend bool operator==(Tranche const&, Tranche const&) = default;
  };
  struct Order {
    OrderId id;
    ParticipantId buyer;
    SignatureId signature;
    PriceIndex limit;
    Lots open;
    TimeInForce tif{};
    bool prefer_near{}, post_only{};
    SelfTrade self_trade{};
    ProviderListId providers{};
    Lots fill_min{};
    SessionId session{};
    Stamp expires{};
    friend bool operator==(Order const&, Order const&) = default;
  };

  Eligibility::Image eligibility;
  std::vector<Member> standings;             // by id; without those that are everybody's
  std::vector<ProviderList> provider_lists;  // row n - 1 has id n
  std::vector<Node> nodes;                   // by id
  std::vector<InUse> in_use;                 // by id; none that is 0
  std::vector<Offer> offers;                 // by id; those without tranches too
  std::vector<Tranche> tranches;             // in the order of their arrival
  bool asks_moved{};                         // something arrived since the last of these
  std::vector<Order> orders;                 // in the order of their arrival
  bool halted{};
  Stamp now;
  std::uint64_t newest_id{};
  friend bool operator==(BookImage const&, BookImage const&) = default;
};

/// Whether a book of these limits can hold it, but for the edges.
[[nodiscard]] bool fits(BookImage const&, BookLimits const&);

}  // namespace spillway
