// matching/demand.hpp - the resting side of buyers: every order rests once, in the ladder of its signature.
// Room:   matching (pure); sees market.
// Rule:   highest limit first, at one limit the earlier arrival. Conditional orders queue in ladders of their
// own.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "matching/book_types.hpp"

namespace spillway {

struct BookImage;

class Demand {
 public:
  struct BidKey {
    PriceIndex limit;
    std::uint64_t priority{};
    friend bool operator==(BidKey, BidKey) = default;
    friend bool operator<(BidKey a, BidKey b) {
      return a.limit != b.limit ? a.limit > b.limit : a.priority < b.priority;
    }
  };
  using Ladder = std::map<BidKey, OrderId>;
  struct RestingOrder {
    BookOrder terms;  // `open` is what is still wanted
    BidKey key;
  };

  void rest(BookOrder const&);
  void remove(OrderId);
  /// Keeps its place. `open` in [0, what it was]; 0 removes.
  void reduce_to(OrderId, Lots open);

  [[nodiscard]] RestingOrder const* find(OrderId) const;  // null when it does not rest
  [[nodiscard]] RestingOrder const& at(OrderId) const;
  [[nodiscard]] std::map<OrderId, RestingOrder> const& all() const { return orders_; }
  /// Signatures that have resting orders, each with its ladder; no ladder is empty.
  [[nodiscard]] std::map<SignatureId, Ladder> const& ladders() const { return ladders_; }
  [[nodiscard]] std::map<SignatureId, Ladder> const& conditional_ladders() const { return conditional_; }
  [[nodiscard]] std::size_t orders_of(ParticipantId) const;
  [[nodiscard]] std::size_t signatures_of(ParticipantId) const;
  [[nodiscard]] bool uses(ParticipantId, SignatureId) const;
  /// By signature, unconditional orders first, then as they queue.
  [[nodiscard]] std::vector<BookState::Order> rows() const;
  /// Orders by arrival: into an image, and from one into an empty side.
  void write(BookImage&) const;
  void restore(BookImage const&);
  void check_invariants() const;

 private:
  using Ladders = std::map<SignatureId, Ladder>;
  using Counts = std::map<SignatureId, std::size_t>;  // resting orders by signature; no count is zero

  [[nodiscard]] Ladders& ladders_of(BookOrder const& o) {
    return is_conditional(o) ? conditional_ : ladders_;
  }
  std::size_t check_ladders(Ladders const&, bool conditional) const;

  std::map<OrderId, RestingOrder> orders_;
  Ladders ladders_, conditional_;
  std::map<ParticipantId, Counts> live_;
  std::uint64_t priority_{};  // of the newest order
};

}  // namespace spillway
