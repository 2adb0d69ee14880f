// apps/audit/src/census_audit.cpp - see apps/audit/census_audit.hpp.
#include "apps/audit/census_audit.hpp"

#include <algorithm>

#include "market/record.hpp"

namespace spillway {
namespace {

bool was_refused(Outcome const& outcome) {
  return std::ranges::any_of(outcome.records,
                             [](Record const& r) { return r.head.kind == RecordKind::refused; });
}

std::string name_of(UnitChecked const& said, attest::EvidenceReader const& of) {
  return std::to_string(said.epoch) + "/" + of.file_of(said.transcript).filename().string();
}

/// Nothing that the unit said to the end: there is nothing to play again.
bool silent(UnitChecked const& said) {
  using enum attest::RejectReason;
  auto const reason = attest::RejectReason{said.reason};
  // The rate of a probed unit counts for nothing, so its misses are silence.
  return said.verdict == CensusVerdict::missed && (reason != floor_ops || said.kind == CheckKind::probe);
}

}  // namespace

void CensusCheck::gather(Entry const& entry, Outcome const& outcome) {
  if (was_refused(outcome)) return;
  if (auto const* const rules = std::get_if<SetRules>(&entry.command))
    class_scale_ = rules->rules.class_scale;
  if (auto const* const classes = std::get_if<DefineClasses>(&entry.command))
    (void)reference_.set_classes(classes->rows);
  if (auto const* const opened = std::get_if<EpochOpen>(&entry.command)) {
    ++report_.epochs;
    epoch_ = Epoch{*opened, {}};
  }
  if (auto const* const said = std::get_if<UnitChecked>(&entry.command); said && epoch_) {
    ++report_.verdicts;
    if (said->kind == CheckKind::probe) ++report_.probes;
    epoch_->verdicts.push_back({entry.seq, *said});
  }
  if (auto const* const closed = std::get_if<EpochClose>(&entry.command); closed && epoch_)
    close(entry.seq, *closed);
}

void CensusCheck::close(Seq seq, EpochClose const& said) {
  auto const epoch = *std::exchange(epoch_, std::nullopt);
  auto const evidence = of(said.epoch);
  for (auto const& verdict : epoch.verdicts) named_.insert(name_of(verdict.said, evidence));
  // Nobody can check them, so they are worth nothing: an exchange that kept its seeds would have shown it.
  if (said.seed == Bytes32{}) {
    report_.seed_lost += epoch.verdicts.size();
    for (auto const& verdict : epoch.verdicts)
      report_.wrong.push_back({verdict.seq, said.epoch, verdict.said.node, verdict.said.unit,
                               "the seed of its epoch was withheld: nobody can check this verdict"});
    return;
  }
  if (attest::hash("cap1-seed", {said.seed}) != epoch.opened.commitment) {
    report_.wrong.push_back({seq, said.epoch, {}, {}, "the seed is not the one that was committed to"});
    return;
  }
  std::shared_ptr<attest::EpochSecret const> secret;
  for (auto const& verdict : epoch.verdicts) {
    auto const kept = evidence.transcript(verdict.said.transcript);
    auto const wrong = [&](std::string what) {
      report_.wrong.push_back(
          {verdict.seq, said.epoch, verdict.said.node, verdict.said.unit, std::move(what)});
    };
    auto const file = evidence.file_of(verdict.said.transcript).string();
    if (!kept) {
      wrong(kept.error());
    } else if (silent(verdict.said)) {
      ++report_.unanswered;
    } else if (!*kept) {
      gone_.push_back({verdict.seq, said.epoch, verdict.said.node, verdict.said.unit, file + ": not there"});
    } else {
      auto const& transcript = **kept;
      auto const claim = attest::claim_of(transcript);
      if (claim && (claim->epoch.epoch != said.epoch || claim->epoch.beacon != epoch.opened.beacon)) {
        wrong(file + ": it is of another epoch");
        continue;
      }
      auto const found = what_is_wrong(verdict.said, transcript, secret, said.seed);
      found.empty() ? void(++report_.rechecked) : wrong(file + ": " + found);
    }
  }
}

std::string CensusCheck::what_is_wrong(UnitChecked const& said, attest::Transcript const& transcript,
                                       std::shared_ptr<attest::EpochSecret const>& secret,
                                       Bytes32 const& seed) const {
  if (attest::hash_of(transcript) != said.transcript)
    return "altered: its messages have another hash than its name";
  auto const claim = attest::claim_of(transcript);
  // Whoever failed may have said anything first; then it is the hash alone that binds.
  if (!claim) return said.verdict == CensusVerdict::failed ? std::string() : claim.error();
  auto const& epoch = claim->epoch;
  if (!secret || secret->n() != epoch.params.n || secret->profile() != epoch.params.profile)
    secret = std::make_shared<attest::EpochSecret>(epoch.epoch, seed, epoch.beacon, epoch.params.n,
                                                   epoch.params.profile);
  auto const again = attest::recheck(transcript, secret);
  if (!again) return again.error();
  if (claim->open.unit != said.unit_key || claim->open.node != said.node)
    return "it is of another unit or node than the entry";
  return what_is_wrong(said, *again, claim->open);
}

std::string CensusCheck::what_is_wrong(UnitChecked const& said, attest::Outcome const& again,
                                       attest::AttestOpen const& open) const {
  if (said.verdict == CensusVerdict::failed) {
    if (again.reason && static_cast<std::uint16_t>(*again.reason) == said.reason) return {};
    return "the journal says that the unit failed; this says: " + again.explain();
  }
  if (!again.admitted())
    return "the journal says that the unit answered rightly; this says: " + again.explain();
  if (again.measured.ops_per_s != said.ops_per_s)
    return "it shows " + std::to_string(again.measured.ops_per_s) + " operations/s, the entry says " +
           std::to_string(said.ops_per_s);
  if (said.kind == CheckKind::probe) return {};
  auto const* const row = reference_.find(open.wanted);
  auto const floors = row ? attest::floors_of(*row, open.profile) : std::nullopt;
  if (!floors) return "the class table has no floors for its class";
  auto const needed = attest::scaled(*floors, class_scale_).ops_per_s;
  bool const reached = said.ops_per_s >= needed;
  if (reached == (said.verdict == CensusVerdict::passed)) return {};
  return "measured " + std::to_string(said.ops_per_s) + ", needed " + std::to_string(needed) +
         " operations/s: the verdict does not follow";
}

CensusReport CensusCheck::finish() {
  if (epoch_) {
    report_.epoch_open = epoch_->verdicts.size();
    for (auto const& verdict : epoch_->verdicts) named_.insert(name_of(verdict.said, of(verdict.said.epoch)));
  }
  list_kept();
  // Asked last, so that an exchange that prunes beside us has taken nothing of a kept epoch.
  for (auto& verdict : gone_) {
    bool const pruned = report_.kept_from == 0 || verdict.epoch < report_.kept_from;
    pruned ? void(++report_.pruned) : report_.missing.push_back(std::move(verdict));
  }
  return std::move(report_);
}

void CensusCheck::list_kept() {
  auto const list = [&](attest::EvidenceReader const& reader, std::string const& folder) {
    std::expected<std::vector<std::string>, std::string> kept;
    if (reader.present()) kept = reader.transcripts();
    if (!kept) return void(report_.unreadable = kept.error());
    for (auto const& name : *kept)
      if (!named_.contains(folder + name)) report_.strangers.push_back(folder + name);
  };
  list(attest::EvidenceReader(folder_), {});
  auto const epochs = attest::epochs_kept(folder_);
  if (!epochs) return void(report_.unreadable = epochs.error());
  for (auto const epoch : *epochs) list(of(epoch), std::to_string(epoch) + "/");
  if (!epochs->empty()) report_.kept_from = epochs->front();
}

}  // namespace spillway
