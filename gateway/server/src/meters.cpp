// gateway/server/src/meters.cpp - counting, from durable records alone.
#include "meters.hpp"

#include <algorithm>
#include <bit>

namespace spillway {

std::size_t Histogram::slot(std::uint64_t value) {
  if (value < steps) return value;
  auto const power = static_cast<std::size_t>(std::bit_width(value)) - 5;  // value >> power lies in [16, 32)
  return (power + 1) * steps + static_cast<std::size_t>(value >> power) - steps;
}

std::int64_t Histogram::upper_edge(std::size_t slot) {
  if (slot < steps) return static_cast<std::int64_t>(slot);
  auto const power = slot / steps - 1;
  return static_cast<std::int64_t>(((std::uint64_t{slot % steps} + steps + 1) << power) - 1);
}

void Histogram::add(std::int64_t value) {
  auto const at = slot(static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)));
  ++slots_[std::min(at, slots_.size() - 1)];
  ++count_;
}

std::int64_t Histogram::at(std::uint32_t per_mille) const {
  auto const wanted = (count_ * per_mille + 999) / 1000;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < slots_.size() && count_ > 0; ++i)
    if ((seen += slots_[i]) >= wanted && seen > 0) return upper_edge(i);
  return 0;
}

void Meters::learn_offer(std::uint64_t offer, OfferPhase phase) {
  if (phase == OfferPhase::live) offers_live.insert(offer);
  if (phase == OfferPhase::cancelled || phase == OfferPhase::expired) offers_live.erase(offer);
  offers_most = std::max(offers_most, offers_live.size());
}

void Meters::learn(Record const& record) {
  if (record.head.kind == RecordKind::offer_state) {
    auto const offer = record.as<record::OfferState>();
    learn_offer(offer.offer, OfferPhase{offer.phase});
  } else if (record.head.kind == RecordKind::fill) {
    ++fills;
  } else if (record.head.kind == RecordKind::job_state) {
    auto const job = record.as<record::JobState>();
    auto const phase = JobPhase{job.phase};
    if (phase == JobPhase::completed) ++jobs_completed;
    if (phase == JobPhase::failed) ++jobs_failed, ++failed_by_fault[std::min<std::size_t>(job.fault, 4)];
    if (phase == JobPhase::completed || phase == JobPhase::failed) output_tokens += job.output;
    if (phase == JobPhase::streaming) latency_us.add(job.latency_us);
  } else if (record.head.kind == RecordKind::lease_state) {
    if (LeasePhase{record.as<record::LeaseState>().phase} == LeasePhase::starting) ++leases;
  } else if (record.head.kind == RecordKind::posting) {
    auto const posting = record.as<record::Posting>();
    auto const code = TransferCode{record.head.code};
    if (code == TransferCode::charge) charged_nano += posting.amount_nano;
    if (code == TransferCode::taker_fee) fees_nano += posting.amount_nano;
  } else if (record.head.kind == RecordKind::unit_state) {
    auto const phase = UnitPhase{record.as<record::UnitState>().phase};
    if (phase == UnitPhase::attested) ++attested;
    if (phase == UnitPhase::rejected) ++attest_refused;
  }
}

void Meters::learn(Released const& released) {
  bool const is_order = std::holds_alternative<PlaceOrder>(released.entry.command);
  bool const no = !released.records.empty() && released.records.front().head.kind == RecordKind::refused;
  refused += no ? 1 : 0;
  if (is_order && !no) ++orders;
  if (is_order) match_ns.add(released.apply_ns);
  for (auto const& record : released.records) learn(record);
}

}  // namespace spillway
