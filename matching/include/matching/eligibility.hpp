// matching/eligibility.hpp - who may match whom: instruments as bits, orders' conditions as interned
// signatures.
// Room:   matching (pure); sees market.
// Rule:   every limit snaps to the stricter side of its step table, then equal predicates share one
//         signature. Each value or step of an attribute owns a bitset of instruments; a signature's edges are
//         the AND over its attributes. Memory: taken at the start; what does not fit is the refusal
//         `capacity`. Before that, signatures without orders and instruments without offers are retired in
//         turn, and their ids are used again. Note: bitsets are made from the tables in force; after a change
//         of the tables they are made anew (relink.hpp).
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <vector>

#include "market/check.hpp"
#include "market/predicate.hpp"
#include "market/reference.hpp"
#include "market/refusal.hpp"
#include "matching/bitset.hpp"
#include "matching/conditions.hpp"
#include "matching/instrument_index.hpp"
#include "matching/predicate_store.hpp"
#include "matching/recent_predicates.hpp"

namespace spillway {

inline constexpr std::size_t signature_reach_max = 4'096;  // instruments
inline constexpr std::size_t predicate_models_max = 16;

/// Most of each, at a time.
struct EligibilityLimits {
  std::uint32_t instruments{131'072};
  std::uint32_t signatures{131'072};
  std::uint32_t edges{8'000'000};  // of all signatures
};

/// What the book knows and eligibility does not: who is still in use.
class Tenants {
 public:
  /// No order of it rests.
  [[nodiscard]] virtual bool idle(SignatureId) const = 0;
  /// No offer of it is live, and no attested pool has anything of it in use.
  [[nodiscard]] virtual bool idle(InstrumentId) const = 0;
  virtual void retired(SignatureId) = 0;
  virtual void retired(InstrumentId) = 0;

 protected:
  ~Tenants() = default;
};

class Relink;

class Eligibility {
 public:
  explicit Eligibility(Reference const& reference, EligibilityLimits const& limits = {});

  // -- instruments --
  /// Finds or lists. Refusals: malformed, unknown_place, place_not_a_leaf, unknown_class, unknown_model,
  /// unknown_tier, model_does_not_fit, capacity. Without tenants nothing is retired.
  struct Listed {
    InstrumentId id;
    bool fresh{};  // it was not there before
  };
  std::expected<Listed, Refusal> list(Instrument const&, Tenants*);
  std::expected<InstrumentId, Refusal> list(Instrument const&);
  [[nodiscard]] std::optional<InstrumentId> find(Instrument const&) const;
  [[nodiscard]] Instrument const& instrument(InstrumentId id) const {
    sw_check(id.some() && id.v <= instrument_count_, "the instrument is listed");
    return instruments_[id.v];
  }
  [[nodiscard]] std::size_t instrument_count() const { return instrument_count_; }
  [[nodiscard]] InstrumentBits of_product(ProductKind product) const { return index_.of_product(product); }

  // -- signatures --
  /// The predicate as it will be interned: lists sorted and without repeats, limits on their steps. Refusals:
  /// malformed, predicate_empty (it contradicts itself), unknown_place, place_not_a_leaf, unknown_class,
  /// unknown_model, unknown_tier.
  [[nodiscard]] std::expected<Predicate, Refusal> snapped(Predicate) const;
  /// The signature of `snapped(predicate)`. Refusals: those of `snapped`, predicate_too_wide, capacity.
  struct Interned {
    SignatureId id;
    bool fresh{};  // it was not there before
  };
  std::expected<Interned, Refusal> intern(Predicate const&, Tenants*);
  std::expected<SignatureId, Refusal> intern(Predicate const&);
  /// What `intern` would find, if that was asked lately; 0: it must be asked.
  [[nodiscard]] SignatureId known(Predicate const&) const;
  [[nodiscard]] bool interned(SignatureId id) const {
    return id.some() && id.v <= signature_count_ && predicates_.holds(id.v);
  }
  [[nodiscard]] Predicate predicate(SignatureId) const;
  [[nodiscard]] ProductKind product(SignatureId id) const { return predicates_.product(id.v); }
  [[nodiscard]] InstrumentBits edges(SignatureId) const;
  [[nodiscard]] std::size_t degree(SignatureId id) const { return degrees_[id.v]; }
  /// Ids so far; some may be retired.
  [[nodiscard]] std::size_t signature_count() const { return signature_count_; }
  [[nodiscard]] Reference const& reference() const { return *reference_; }
  [[nodiscard]] std::size_t edge_count() const { return edge_count_; }

  /// Takes over what was prepared for the tables that are in force now. False when these have more edges than
  /// the limits: nothing has changed, and the tables before must be put back.
  bool adopt(Relink&);

  /// What is listed and interned, and whose turn it is to make room. Edges follow from the tables.
  struct Image {
    std::vector<Instrument> instruments;  // row n - 1 has id n
    std::vector<Predicate> signatures;    // the same; product unset: retired
    std::vector<std::uint32_t> retired;   // in the order in which these ids are used again
    std::uint32_t turn_signature{}, turn_instrument{};
    friend bool operator==(Image const&, Image const&) = default;
  };
  [[nodiscard]] Image image() const;
  /// Of an empty one, under the tables that were in force. False: it is too large for the limits; then it is
  /// of no use any more.
  [[nodiscard]] bool restore(Image const&);

  /// What a snapped predicate accepts, by bitsets.
  [[nodiscard]] InstrumentSet accepted(Predicate const& snapped) const;
  /// How many of `instruments` fail each condition of `predicate`.
  [[nodiscard]] EligibilityFailures failures(Predicate const&, InstrumentBits instruments) const;
  /// The path of a signature's buyer to an instrument; nothing when unknown or when no place was named.
  [[nodiscard]] std::optional<Micros> path(SignatureId, InstrumentId) const;

 private:
  friend class Relink;

  [[nodiscard]] Refusal snap(Predicate&) const;
  [[nodiscard]] Refusal check(Instrument const&) const;
  [[nodiscard]] Refusal check(Predicate const&) const;
  [[nodiscard]] Refusal check_names(Predicate const&) const;
  [[nodiscard]] bool contradicts_itself(Predicate const&) const;
  [[nodiscard]] bool some_class_serves(Predicate const&) const;
  [[nodiscard]] bool serves(Predicate const&, AcceleratorClass const&) const;
  [[nodiscard]] RecentPredicates::Words words_of(Predicate const&) const;
  Interned remember(RecentPredicates::Words const&, Interned);

  [[nodiscard]] std::size_t words() const { return instrument_count_ / 64 + 1; }  // in use of a bitset
  [[nodiscard]] InstrumentIndex::Words edge_words(std::uint32_t row) {
    return {&edges_[row * index_.words_most()], words()};
  }
  [[nodiscard]] std::uint32_t row_for_instrument(Tenants*);
  bool make_edge_room(std::size_t edges, Tenants*);
  bool retire_one(Tenants*, std::uint32_t& tries_left);
  void retire(InstrumentId, Tenants&);

  Reference const* reference_;
  EligibilityLimits limits_;
  Arena<Instrument> instruments_;                          // by id
  Arena<std::uint32_t> instrument_made_, signature_made_;  // changes with what the id means
  RowIndex instrument_ids_;
  PredicateStore predicates_;
  InstrumentIndex index_;
  Arena<std::uint64_t> edges_;     // bitsets by signature
  Arena<std::uint32_t> degrees_;   // by signature
  Arena<std::uint32_t> free_;      // retired signatures: the next
  Arena<std::uint32_t> matching_;  // signatures that accept the instrument that is being listed
  std::size_t instrument_count_{}, signature_count_{}, edge_count_{};
  std::uint32_t made_{}, free_signature_{};
  std::uint32_t adoptions_{};
  std::uint32_t turn_signature_{}, turn_instrument_{};  // the last that was looked at for retirement
  Predicate scratch_;
  RecentPredicates recent_;  // under the tables in force
};

}  // namespace spillway
