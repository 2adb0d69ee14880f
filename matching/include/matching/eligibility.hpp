// matching/eligibility.hpp - who may match whom: instruments as bits, orders' conditions as interned
// signatures. Room:   matching (pure); sees market. Rule:   every limit snaps to the stricter side of its
// step table, then equal predicates share one signature. Each value
//         or step of an attribute owns a bitset of instruments; a signature's edges are the AND over its
//         attributes.
// Note:   bitsets are made from the tables in force when an instrument is listed; the tables must not change
// afterwards.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "market/predicate.hpp"
#include "market/reference.hpp"
#include "market/refusal.hpp"
#include "matching/bitset.hpp"
#include "matching/conditions.hpp"

namespace spillway {

inline constexpr std::size_t signature_reach_max = 4'096;  // instruments
inline constexpr std::size_t predicate_models_max = 16;
inline constexpr std::size_t instruments_max = 1'000'000;
inline constexpr std::size_t signatures_max = 1'000'000;

class Eligibility {
 public:
  explicit Eligibility(Reference const& reference, std::size_t instruments_most = instruments_max,
                       std::size_t signatures_most = signatures_max)
      : reference_(&reference), instruments_most_(instruments_most), signatures_most_(signatures_most) {}

  // -- instruments --
  /// Finds or lists. Refusals: malformed, unknown_place, place_not_a_leaf, unknown_class, unknown_model,
  /// unknown_tier, model_does_not_fit, capacity.
  std::expected<InstrumentId, Refusal> list(Instrument const&);
  [[nodiscard]] std::optional<InstrumentId> find(Instrument const&) const;
  [[nodiscard]] Instrument const& instrument(InstrumentId) const;
  [[nodiscard]] std::size_t instrument_count() const { return instruments_.size(); }
  [[nodiscard]] InstrumentSet const& of_product(ProductKind) const;

  // -- signatures --
  /// The predicate as it will be interned: lists sorted and without repeats, limits on their steps. Refusals:
  /// malformed, predicate_empty (it contradicts itself), unknown_place, place_not_a_leaf, unknown_class,
  /// unknown_model, unknown_tier.
  [[nodiscard]] std::expected<Predicate, Refusal> snapped(Predicate) const;
  /// The signature of `snapped(predicate)`. Refusals: those of `snapped`, predicate_too_wide, capacity.
  std::expected<SignatureId, Refusal> intern(Predicate const&);
  /// The same; when the table is full, the next signature in turn that is `idle` is retired and its id used
  /// again.
  struct Interned {
    SignatureId id;
    bool fresh{};  // it was not there before
  };
  std::expected<Interned, Refusal> intern(Predicate const&, std::function<bool(SignatureId)> const& idle);
  [[nodiscard]] Predicate const& predicate(SignatureId) const;
  [[nodiscard]] InstrumentSet const& edges(SignatureId) const;
  [[nodiscard]] std::size_t signature_count() const { return signatures_.size(); }

  /// After the tables changed: every bitset and every edge anew.
  void rebuild();

  /// What a snapped predicate accepts, by bitsets.
  [[nodiscard]] InstrumentSet accepted(Predicate const& snapped) const;
  /// How many of `instruments` fail each condition of `predicate`.
  [[nodiscard]] EligibilityFailures failures(Predicate const&, InstrumentSet const& instruments) const;
  /// The path of a signature's buyer to an instrument; nothing when unknown or when no place was named.
  [[nodiscard]] std::optional<Micros> path(SignatureId, InstrumentId) const;

 private:
  struct Signature {
    Predicate predicate;
    InstrumentSet edges;
  };

  [[nodiscard]] Refusal check(Instrument const&) const;
  [[nodiscard]] Refusal check(Predicate const&) const;
  [[nodiscard]] Refusal check_names(Predicate const&) const;
  [[nodiscard]] bool contradicts_itself(Predicate const&) const;
  [[nodiscard]] bool some_class_serves(Predicate const&) const;
  [[nodiscard]] bool serves(Predicate const&, AcceleratorClass const&) const;
  [[nodiscard]] SignatureId retire_one(std::function<bool(SignatureId)> const& idle);
  void insert_bits(InstrumentId, Instrument const&);
  [[nodiscard]] InstrumentSet near_enough(Predicate const&) const;
  [[nodiscard]] InstrumentSet ready_enough(Predicate const&) const;
  [[nodiscard]] InstrumentSet tiers_that_take(Predicate const&) const;

  Reference const* reference_;
  std::size_t instruments_most_, signatures_most_;
  std::vector<Instrument> instruments_;  // row n - 1 has id n
  std::map<Instrument, InstrumentId> instrument_ids_;
  std::vector<Signature> signatures_;  // row n - 1 has id n
  std::map<Predicate, SignatureId> signature_ids_;

  // The bitsets, by attribute. Places: a leaf and all its ancestors. PUE and green: everything within the
  // step.
  struct Attributes {
    std::map<ProductKind, InstrumentSet> product;
    std::map<ModelId, InstrumentSet> model;
    std::map<ClassId, InstrumentSet> klass;
    std::map<PlaceId, InstrumentSet> place;
    std::map<PlaceId, InstrumentSet> leaf;
    std::map<TierId, InstrumentSet> tier;
    std::map<Origin, InstrumentSet> origin;
    std::map<std::int32_t, InstrumentSet> pue_at_most;
    std::map<std::int32_t, InstrumentSet> green_at_least;
  };
  Attributes sets_;
  std::uint32_t retired_{};  // the last row that was used again: the search goes on behind it
};

}  // namespace spillway
