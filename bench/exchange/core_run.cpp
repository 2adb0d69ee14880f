// bench/exchange/core_run.cpp - see core_run.hpp.
#include "core_run.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "../matching/allocations.hpp"
#include "../matching/measure.hpp"
#include "bare_book.hpp"
#include "exchange/outcome_chain.hpp"
#include "market/check.hpp"
#include "market/codec.hpp"

namespace spillway::bench {
namespace {

constexpr std::size_t wave = 1'024, records_usual = 128;  // of an entry
constexpr Micros between{10};                            // stamps of two commands

/// Applies waves. D is computed outside of the timed part.
class Run {
 public:
  Run(Commands& traffic, CorePlan const& plan)
      : plan_(plan), core_(plan.limits), traffic_(traffic), outcomes_(2 * wave) {
    for (auto& outcome : outcomes_)
      outcome.records.reserve(records_usual), outcome.touched.reserve(records_usual);
    for (auto& sent : traffic_.market()) {
      std::vector<Sent> single{std::move(sent)};
      apply(single);
    }
    sw_check(measured_.refused == 0, "the exchange takes the traffic's market as it is");
    send(plan.before);
    measured_ = {};
    send(plan.timed);
    measured_.digest = to_hex(chain_.digest());
    if (plan.again) apply_again();
  }
  [[nodiscard]] Measured const& measured() const { return measured_; }

 private:
  void send(std::uint64_t commands) {
    for (std::uint64_t sent = 0; sent < commands;) {
      auto more = traffic_.wave(std::min<std::uint64_t>(wave, commands - sent));
      if (more.empty()) return;
      sent += more.size();
      apply(more);
    }
  }
  void apply(std::vector<Sent>& sent) {
    entries_.clear();
    for (auto& s : sent) {
      stamp_ = stamp_ + between;
      entries_.push_back({Seq{++seq_}, stamp_, s.who, std::move(s.command)});
    }
    sw_check(entries_.size() <= outcomes_.size(), "a wave brings at most two entries a command");
    for (std::size_t i = 0; i < entries_.size(); ++i) outcomes_[i].clear();
    auto const allocated = allocations();
    auto const before = thread_cpu_ns();
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      // One ahead, as the sequencer says what comes before it writes it down.
      if (i + 1 < entries_.size()) core_.expect(entries_[i + 1]);
      core_.apply(entries_[i], outcomes_[i]);
    }
    measured_.cpu_ns += thread_cpu_ns() - before;
    measured_.allocations += allocations() - allocated;
    measured_.commands += entries_.size();
    if (plan_.book_beside) time_book();
    for (std::size_t i = 0; i < entries_.size(); ++i) look_at(entries_[i], outcomes_[i].records);
    (void)chain_.seal();
  }
  void look_at(Entry const& entry, std::span<Record const> records) {
    chain_.add(entry.seq, records);
    measured_.records += records.size();
    for (auto const& record : records) measured_.refused += record.head.kind == RecordKind::refused;
    traffic_.told(entry, records);
    if (!plan_.again) return;
    auto const bytes = encode(entry);
    journal_.insert(journal_.end(), bytes.begin(), bytes.end());
    ends_.push_back(journal_.size());
  }
  /// Made once the tables are there. What comes before the first order brings it up to the market as it is.
  void time_book() {
    if (!book_ && core_.genesis_done()) book_.emplace(core_.reference());
    if (!book_) return;
    book_->prepare(entries_);
    auto const before = thread_cpu_ns();
    measured_.book_commands += book_->apply();
    measured_.book_cpu_ns += thread_cpu_ns() - before;
  }
  /// What a replay does but for files, frames, leaves and roots: entries decoded, applied, chained into D.
  void apply_again() {
    ExchangeCore core(plan_.limits);
    auto digest = first_digest();
    Outcome outcome;
    auto const before = thread_cpu_ns();
    std::size_t begin = 0;
    for (auto const end : ends_) {
      auto const entry = decode_entry(std::span(journal_).subspan(begin, end - begin));
      sw_check(entry, "what was encoded is decoded");
      outcome.clear();
      core.apply(*entry, outcome);
      digest = next_digest(digest, outcome_bytes(outcome.records));
      begin = end;
    }
    measured_.again_cpu_ns = thread_cpu_ns() - before;
    measured_.entries = ends_.size();
    sw_check(to_hex(digest) == measured_.digest, "the same entries have the same outcomes");
  }

  CorePlan const& plan_;
  ExchangeCore core_;
  std::optional<BareBook> book_;
  Commands& traffic_;
  OutcomeChain chain_;
  Stamp stamp_{1'700'000'000'000'000};
  std::uint64_t seq_ = 0;
  std::vector<Entry> entries_;
  std::vector<Outcome> outcomes_;
  std::vector<std::byte> journal_;  // payloads of all entries
  std::vector<std::size_t> ends_;
  Measured measured_;
};

}  // namespace

Measured measure_core(Commands& traffic, CorePlan const& plan) { return Run(traffic, plan).measured(); }

}  // namespace spillway::bench
