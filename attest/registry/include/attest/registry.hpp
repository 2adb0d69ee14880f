// attest/registry.hpp - which units are proven now: the part of attestation that lives in the core.
// Room:   attest_registry, pure: no clock, randomness, I/O or floating point; sees market ids and units.
// Units:  rates per second, memory in bytes, times as stamps of the sequencer.
// Errors: RecordRefusal, the first that applies in the order of its values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory_resource>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "market/ids.hpp"
#include "market/units.hpp"

namespace spillway::attest {

using UnitKey = std::array<std::byte, 32>;

inline constexpr Micros default_validity{20 * 60 * micros_per_second};

/// How strong the proof is. In the journal: do not change the numbers.
enum class Evidence : std::uint8_t { unset = 0, timed = 1, timed_scaled = 2, hardware = 3 };
enum class RecordState : std::uint8_t { live = 1, expired = 2, ended = 3 };
enum class EndReason : std::uint8_t {
  none = 0,
  missed_twice = 1,
  failed = 2,
  provider_asked = 3,
  operator_asked = 4
};
enum class RecordRefusal : std::uint8_t {
  fields_invalid = 1,     // no node, no class, evidence unset, a figure not positive, or expires <= issued
  already_expired = 2,    // expires <= now
  unit_duplicate = 3,     // the same unit key is live on another node or as another unit of this node
  unit_taken = 4,         // this unit of the node is live under another key
  class_differs = 5,      // the node's other live units are of another class
  older_than_record = 6,  // issued before the unit's present record
  missed_elsewhere = 7,   // the key's record ended with misses that another place still owes
};
[[nodiscard]] std::string_view sentence(RecordRefusal refusal);

struct UnitRecord {
  UnitKey key{};
  NodeId node{};
  std::uint16_t unit{};  // its number within the node
  ClassId klass{};
  std::int64_t ops_per_s{};
  std::int64_t bytes{};
  std::int64_t bytes_per_s{};
  Stamp issued{};
  Stamp expires{};
  Evidence evidence{};
  std::array<std::byte, 32> transcript{};
  RecordState state = RecordState::live;   // set by the registry
  EndReason end_reason = EndReason::none;  // set by the registry
  std::uint64_t census = 0;                // the last one that judged the unit; set by the registry
  std::uint8_t missed = 0;                 // of the last censuses running; set by the registry
  std::uint16_t census_reason = 0;         // why it has missed or failed last; 0: passed; set by the registry
  std::uint64_t probed = 0;                // the last epoch whose probe judged the unit; set by the registry
  std::uint16_t probe_reason = 0;          // RejectReason of that probe, 0: passed; set by the registry
  friend bool operator==(UnitRecord const&, UnitRecord const&) = default;
};

/// One unit became live or stopped being so: a change of a node's number of proven units, which the caller
/// turns into a new size of its pool.
struct UnitChange {
  UnitKey key{};
  NodeId node{};
  std::uint16_t unit{};
  std::uint32_t attested_units{};  // of the node, after the change
  friend bool operator==(UnitChange const&, UnitChange const&) = default;
};

class Registry {
 public:
  using Records = std::pmr::map<UnitKey, UnitRecord>;

  /// Records live in `memory`, which outlives the registry: three blocks per unit, one per node.
  explicit Registry(std::pmr::memory_resource* memory = std::pmr::get_default_resource())
      : records_(memory), by_expiry_(memory), nodes_(memory), missed_(memory), owed_(memory) {}

  /// From now on misses belong to the place, the unit's number within its node: whoever is proven there next,
  /// under this key or another, begins with them, and only a passed census ends them. Before, a record that
  /// ended took its misses along.
  void keep_misses() { keeps_misses_ = true; }

  /// Adds a unit, renews it (same node: the new record replaces the old one), or revives one that expired or
  /// ended.
  [[nodiscard]] std::expected<UnitChange, RecordRefusal> record(UnitRecord const& proven, Stamp now);
  /// Every live record with expires <= now, in order of (expires, unit).
  std::vector<UnitChange> expire_due(Stamp now);
  /// The first of them; nothing when none is due.
  std::optional<UnitChange> expire_one(Stamp now);
  /// This live record's time is over.
  UnitChange expire(UnitKey const& key);
  /// Ends a live record now. Nothing when the unit has none.
  std::optional<UnitChange> end(UnitKey const& key, EndReason reason);
  /// The census of epoch `census` asked this live unit; `reason` 0: it passed, which ends its misses; or one
  /// more. How many run now. A renewal does not end them, or renewing would be the way past every census;
  /// neither does a new key, see keep_misses.
  std::uint8_t judged(UnitKey const& key, std::uint64_t census, std::uint16_t reason);
  /// A probe in that epoch asked this live unit. `reason` 0: it passed, which ends no misses; or one more,
  /// if the census of the epoch has not counted one already, nor does it after this. How many run now.
  std::uint8_t probed(UnitKey const& key, std::uint64_t epoch, std::uint16_t reason);
  /// After a time when nothing could be renewed: all live records last `gap` longer.
  void extend_all(Micros gap);

  [[nodiscard]] std::optional<Stamp> next_expiry() const;
  [[nodiscard]] std::uint32_t attested_units(NodeId node) const;
  /// Of these, the units that missed the last census.
  [[nodiscard]] std::uint32_t missed_units(NodeId node) const;
  /// The class that the node's live units proved; none where it has none.
  [[nodiscard]] std::optional<ClassId> attested_class(NodeId node) const;
  /// The last record of the unit in any state, or nullptr; valid until the next call that changes the
  /// registry.
  [[nodiscard]] UnitRecord const* find(UnitKey const& key) const;
  /// The live record of a node's unit, or nullptr; valid as above.
  [[nodiscard]] UnitRecord const* live_at(NodeId node, std::uint16_t unit) const;
  /// The live records of a node, by unit.
  template <class Visit>
  void each_live(NodeId node, Visit visit) const {
    auto const found = nodes_.find(node);
    if (found == nodes_.end()) return;
    for (auto const& [unit, key] : found->second) visit(records_.at(key));
  }
  /// Last records of all units ever proven, by key: for views and for the state digest.
  [[nodiscard]] Records const& records() const { return records_; }
  /// What records() gave, into an empty registry: for a snapshot.
  void restore(Records records);

 private:
  [[nodiscard]] std::optional<RecordRefusal> why_not(UnitRecord const& proven, Stamp now) const;
  void retire(UnitRecord& record, RecordState state, EndReason reason);
  [[nodiscard]] UnitChange change_of(UnitRecord const& record) const;
  void set_missed(UnitRecord& record, std::uint8_t missed);
  void take_over_misses(UnitRecord& record, UnitRecord const& before);

  Records records_;
  std::pmr::set<std::pair<Stamp, UnitKey>> by_expiry_;                  // live records only
  std::pmr::map<NodeId, std::pmr::map<std::uint16_t, UnitKey>> nodes_;  // live records only; no empty node
  std::pmr::map<NodeId, std::uint32_t> missed_;                         // live records only; no zero
  /// Places whose last record ended with misses, and its key. Of the records of a place one at most has any.
  std::pmr::map<std::pair<NodeId, std::uint16_t>, UnitKey> owed_;
  bool keeps_misses_{};
};

}  // namespace spillway::attest
