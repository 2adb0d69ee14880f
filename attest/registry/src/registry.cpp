// attest/registry/registry.cpp - see attest/registry.hpp.
#include "attest/registry.hpp"

#include <algorithm>

#include "market/check.hpp"

namespace spillway::attest {

std::string_view sentence(RecordRefusal refusal) {
  switch (refusal) {
    case RecordRefusal::fields_invalid:
      return "the record lacks its node, class, evidence, figures or a future expiry";
    case RecordRefusal::already_expired:
      return "the record expired before it was recorded: attest the unit again";
    case RecordRefusal::unit_duplicate:
      return "this unit key is already proven elsewhere: one key names one device";
    case RecordRefusal::unit_taken:
      return "this unit of the node is proven under another key: end that record first";
    case RecordRefusal::class_differs:
      return "the node's other units are of another class: register a node per class";
    case RecordRefusal::older_than_record:
      return "a newer record of this unit is already in force";
    case RecordRefusal::missed_elsewhere:
      return "this unit key missed a census at another place: prove it there, or use a key of its own here";
  }
  return "unknown refusal";
}

namespace {

std::uint8_t one_more(std::uint8_t missed) { return static_cast<std::uint8_t>(std::min(missed + 1, 255)); }

bool fields_ok(UnitRecord const& r) {
  return r.node.some() && r.klass.some() && r.evidence != Evidence::unset && r.ops_per_s > 0 && r.bytes > 0 &&
         r.bytes_per_s > 0 && r.issued < r.expires;
}

}  // namespace

std::optional<RecordRefusal> Registry::why_not(UnitRecord const& proven, Stamp now) const {
  if (!fields_ok(proven)) return RecordRefusal::fields_invalid;
  if (proven.expires <= now) return RecordRefusal::already_expired;

  auto const* known = find(proven.key);
  bool const live = known != nullptr && known->state == RecordState::live;
  if (live && (known->node != proven.node || known->unit != proven.unit))
    return RecordRefusal::unit_duplicate;
  bool const moves = known != nullptr && (known->node != proven.node || known->unit != proven.unit);
  bool const owes = keeps_misses_ && moves && known->missed > 0;

  if (auto const node = nodes_.find(proven.node); node != nodes_.end()) {
    for (auto const& [unit, key] : node->second) {
      if (unit == proven.unit && key != proven.key) return RecordRefusal::unit_taken;
      if (unit != proven.unit && records_.at(key).klass != proven.klass) return RecordRefusal::class_differs;
    }
  }
  if (known != nullptr && proven.issued < known->issued) return RecordRefusal::older_than_record;
  if (owes) return RecordRefusal::missed_elsewhere;
  return std::nullopt;
}

std::expected<UnitChange, RecordRefusal> Registry::record(UnitRecord const& proven, Stamp now) {
  if (auto const refusal = why_not(proven, now)) return std::unexpected(*refusal);

  auto& stored = records_[proven.key];
  bool const renewed = stored.key == proven.key && stored.state == RecordState::live;
  if (stored.state == RecordState::live)
    by_expiry_.erase({stored.expires, stored.key});  // a new one has nothing to erase
  auto const before = stored;
  stored = proven;
  stored.census = before.census;
  stored.missed = renewed ? before.missed : std::uint8_t{0};
  stored.census_reason = renewed ? before.census_reason : std::uint16_t{0};
  stored.probed = before.probed;
  stored.probe_reason = renewed ? before.probe_reason : std::uint16_t{0};
  stored.state = RecordState::live;
  stored.end_reason = EndReason::none;
  if (keeps_misses_ && !renewed) take_over_misses(stored, before);
  by_expiry_.emplace(stored.expires, stored.key);
  nodes_[stored.node][stored.unit] = stored.key;
  return change_of(stored);
}

/// `before`: what stood under this key, whose place is the same when it owes anything.
void Registry::take_over_misses(UnitRecord& record, UnitRecord const& before) {
  auto const owing = owed_.find({record.node, record.unit});
  if (owing == owed_.end()) return;
  auto& last = records_.at(owing->second);
  auto const owed = last.key == record.key ? before : last;
  last.missed = 0, last.census_reason = 0;  // it may be this record
  record.census = std::max(record.census, owed.census);
  record.census_reason = owed.census_reason;
  record.probed = std::max(record.probed, owed.probed);
  record.probe_reason = owed.probe_reason;
  set_missed(record, owed.missed);
  owed_.erase(owing);
}

std::vector<UnitChange> Registry::expire_due(Stamp now) {
  std::vector<UnitChange> expired;
  while (auto const change = expire_one(now)) expired.push_back(*change);
  return expired;
}

std::optional<UnitChange> Registry::expire_one(Stamp now) {
  if (by_expiry_.empty() || by_expiry_.begin()->first > now) return std::nullopt;
  return expire(UnitKey{by_expiry_.begin()->second});
}

UnitChange Registry::expire(UnitKey const& key) {
  auto& record = records_.at(key);
  retire(record, RecordState::expired, EndReason::none);
  return change_of(record);
}

std::optional<UnitChange> Registry::end(UnitKey const& key, EndReason reason) {
  auto const found = records_.find(key);
  if (found == records_.end() || found->second.state != RecordState::live) return std::nullopt;
  retire(found->second, RecordState::ended, reason);
  return change_of(found->second);
}

std::uint8_t Registry::judged(UnitKey const& key, std::uint64_t census, std::uint16_t reason) {
  auto& record = records_.at(key);
  sw_check(record.state == RecordState::live, "only a live record is judged");
  bool const counted = record.missed > 0 && record.probe_reason != 0 && record.probed == census;
  record.census = census, record.census_reason = reason;
  if (reason == 0 || !counted) set_missed(record, reason == 0 ? std::uint8_t{0} : one_more(record.missed));
  return record.missed;
}

std::uint8_t Registry::probed(UnitKey const& key, std::uint64_t epoch, std::uint16_t reason) {
  auto& record = records_.at(key);
  sw_check(record.state == RecordState::live, "only a live record is judged");
  bool const counted = record.missed > 0 && record.census == epoch;
  record.probed = epoch, record.probe_reason = reason;
  if (reason == 0) return record.missed;
  record.census_reason = reason;
  if (!counted) set_missed(record, one_more(record.missed));
  return record.missed;
}

void Registry::set_missed(UnitRecord& record, std::uint8_t missed) {
  if (record.missed == 0 && missed > 0) ++missed_[record.node];
  if (record.missed > 0 && missed == 0)
    if (auto const of_node = missed_.find(record.node); --of_node->second == 0) missed_.erase(of_node);
  record.missed = missed;
}

void Registry::extend_all(Micros gap) {
  sw_check(gap.v >= 0, "a gap in the exchange's running never shortens a record");
  decltype(by_expiry_) later(by_expiry_.get_allocator());
  for (auto const& [expires, key] : by_expiry_) {
    auto& record = records_.at(key);
    record.expires = expires + gap;
    later.emplace(record.expires, key);
  }
  by_expiry_ = std::move(later);
}

void Registry::retire(UnitRecord& record, RecordState state, EndReason reason) {
  sw_check(record.state == RecordState::live, "only a live record ends");
  auto const node = nodes_.find(record.node);
  sw_check(node != nodes_.end() && node->second.erase(record.unit) == 1,
           "a live record is counted in its node");
  sw_check(by_expiry_.erase({record.expires, record.key}) == 1, "a live record waits for its expiry");
  if (node->second.empty()) nodes_.erase(node);
  auto const missed = record.missed;
  set_missed(record, 0);
  if (keeps_misses_ && missed > 0) {
    record.missed = missed;
    owed_[{record.node, record.unit}] = record.key;
  }
  record.state = state;
  record.end_reason = reason;
}

void Registry::restore(Records records) {
  sw_check(records_.empty(), "an empty registry is restored");
  records_ = std::move(records);
  for (auto const& [key, record] : records_) {
    if (record.state != RecordState::live) {
      if (record.missed > 0) owed_.emplace(std::pair{record.node, record.unit}, key);
      continue;
    }
    by_expiry_.emplace(record.expires, key);
    nodes_[record.node][record.unit] = key;
    if (record.missed > 0) ++missed_[record.node];
  }
}

UnitChange Registry::change_of(UnitRecord const& record) const {
  return {record.key, record.node, record.unit, attested_units(record.node)};
}

std::optional<Stamp> Registry::next_expiry() const {
  if (by_expiry_.empty()) return std::nullopt;
  return by_expiry_.begin()->first;
}

std::uint32_t Registry::attested_units(NodeId node) const {
  auto const found = nodes_.find(node);
  return found == nodes_.end() ? 0 : static_cast<std::uint32_t>(found->second.size());
}

std::uint32_t Registry::missed_units(NodeId node) const {
  auto const found = missed_.find(node);
  return found == missed_.end() ? 0 : found->second;
}

std::optional<ClassId> Registry::attested_class(NodeId node) const {
  auto const found = nodes_.find(node);
  if (found == nodes_.end()) return std::nullopt;
  return records_.at(found->second.begin()->second).klass;
}

UnitRecord const* Registry::find(UnitKey const& key) const {
  auto const found = records_.find(key);
  return found == records_.end() ? nullptr : &found->second;
}

UnitRecord const* Registry::live_at(NodeId node, std::uint16_t unit) const {
  auto const found = nodes_.find(node);
  if (found == nodes_.end()) return nullptr;
  auto const key = found->second.find(unit);
  return key == found->second.end() ? nullptr : find(key->second);
}

}  // namespace spillway::attest
