// matching/node_pool.hpp - what a node has and what is in use: the law of the exchange in one place.
// Room:   matching (pure); sees market.
// Units:  units are whole accelerators; lots are slots (tokens) or thousandths of an accelerator (capacity).
// Law:    leased units + units under jobs <= available units, at every fill. Units lost later leave work in
// progress alone:
//         then nothing is executable until enough has ended. Thousandths of one node add up across its units.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "market/ids.hpp"
#include "market/predicate.hpp"
#include "market/reference.hpp"
#include "market/units.hpp"

namespace spillway {

class NodePool {
 public:
  NodePool(Reference const& reference, ClassId klass, PlaceId place)
      : reference_(&reference), klass_(klass), place_(place) {}

  /// Units that hold an unexpired attestation while the node is heard; >= 0.
  void set_available(std::int32_t units);
  /// `lots` at most `executable(instrument)`: the law is checked.
  void occupy(Instrument const&, Lots lots);
  /// `lots` at most what is in use, which is checked.
  void vacate(Instrument const&, Lots lots);

  /// The most lots that can be added now without breaking the law; slots left in units that run the same
  /// model and tier come first. Capacity in multiples of the class's smallest part. Never negative.
  [[nodiscard]] Lots executable(Instrument const&) const;

  [[nodiscard]] ClassId klass() const { return klass_; }
  [[nodiscard]] PlaceId place() const { return place_; }
  [[nodiscard]] std::int32_t available_units() const { return available_units_; }
  [[nodiscard]] Lots leased() const { return leased_; }  // thousandths of an accelerator
  [[nodiscard]] std::int64_t leased_units() const;       // rounded up
  [[nodiscard]] std::int64_t units_under_jobs() const { return units_under_jobs_; }
  [[nodiscard]] std::int64_t running_jobs() const;
  /// What is in use, by model and tier.
  struct Image {
    struct Jobs {
      ModelId model;
      TierId tier;
      Fit fit;
      std::int64_t running{};
      friend bool operator==(Jobs const&, Jobs const&) = default;
    };
    std::int32_t available_units{};
    Lots leased;
    std::vector<Jobs> jobs;
    friend bool operator==(Image const&, Image const&) = default;
  };
  [[nodiscard]] Image image() const;
  /// Of a pool in which nothing is in use yet.
  void restore(Image const&);
  /// Walks the counts and stops the process when one is off.
  void check_invariants() const;

 private:
  struct Jobs {
    ModelId model;
    TierId tier;
    Fit fit;  // as it was when the first of them started; kept until the last has ended
    std::int64_t running{};
    std::int64_t spare{};  // slots left in the units that run it: fewer than one instance has
  };
  void start(Jobs&, std::int64_t lots);
  [[nodiscard]] Jobs const* find(Instrument const&) const;  // null when none of its jobs run
  template <class Visit>
  void each(Visit visit) const;

  [[nodiscard]] Fit fit_of(Instrument const&) const;
  /// Below 0 where units were lost under work in progress.
  [[nodiscard]] std::int64_t free_units() const;
  [[nodiscard]] Lots executable_slots(Instrument const&) const;
  [[nodiscard]] Lots executable_capacity() const;

  Reference const* reference_;
  ClassId klass_;
  PlaceId place_;
  std::int32_t available_units_{};
  Lots leased_;
  std::int64_t units_under_jobs_{};        // counted along: every fill and every return asks several times
  static constexpr std::size_t usual = 8;  // models and tiers that run at once; more of them take memory
  std::array<Jobs, usual> jobs_{};         // running 0: a free cell
  std::vector<Jobs> more_jobs_;
};

}  // namespace spillway
