// apps/audit/src/attest_audit.cpp - see apps/audit/attest_audit.hpp.
#include "apps/audit/attest_audit.hpp"

#include <algorithm>
#include <iterator>

#include "attest/recheck.hpp"
#include "market/record.hpp"

namespace spillway {
namespace {

bool taken(Outcome const& outcome) {
  return std::ranges::none_of(outcome.records,
                              [](Record const& r) { return r.head.kind == RecordKind::refused; });
}

std::string figures(attest::Measured const& m) {
  return std::to_string(m.ops_per_s) + " operations/s, " + std::to_string(m.bytes) + " bytes, " +
         std::to_string(m.bytes_per_s) + " bytes/s";
}

}  // namespace

void ProofCheck::gather(Entry const& entry, Outcome const& outcome) {
  census_.gather(entry, outcome);
  if (!taken(outcome)) return;
  if (auto const* const rules = std::get_if<SetRules>(&entry.command))
    class_scale_ = rules->rules.class_scale;
  if (auto const* const classes = std::get_if<DefineClasses>(&entry.command))
    (void)reference_.set_classes(classes->rows);  // the core took these rows
  if (auto const* const said = std::get_if<UnitAttested>(&entry.command)) check(entry.seq, *said);
}

void ProofCheck::check(Seq seq, UnitAttested const& said) {
  ++report_.proofs;
  auto const found = [&](std::string what) {
    return ProofFinding{seq, said.node, said.unit, std::move(what)};
  };
  auto const file = evidence_.file_of(said.transcript).string();
  if (!named_.insert(said.transcript).second)
    return report_.wrong.push_back(
        found(file + ": an earlier entry took its capacity from this proof already"));
  auto const kept = evidence_.transcript(said.transcript);
  if (!kept) return report_.wrong.push_back(found(kept.error()));
  if (!*kept) return report_.missing.push_back(found(file + ": not there"));
  auto const& transcript = **kept;
  if (attest::hash_of(transcript) != said.transcript)
    return report_.wrong.push_back(found(file + ": altered: its messages have another hash than its name"));
  if (!challenges_.insert(transcript.fresh).second)
    return report_.wrong.push_back(
        found(file + ": the same challenge as an earlier proof, written down again"));
  auto const claim = attest::claim_of(transcript);
  if (!claim) return report_.wrong.push_back(found(file + ": " + claim.error()));
  auto seed = evidence_.seed(claim->epoch.beacon);
  if (seed && !*seed) {
    if (evidence_.epoch_is_open(claim->epoch.beacon)) return void(++report_.epoch_open);
    seed = evidence_.seed(claim->epoch.beacon);  // the epoch may have ended between the two looks
  }
  if (!seed) return report_.wrong.push_back(found(seed.error()));
  if (!*seed) return report_.missing.push_back(found(file + ": the seed of its epoch is not there"));
  auto const wrong = what_is_wrong(said, transcript, **seed, claim->epoch);
  if (!wrong.empty()) return report_.wrong.push_back(found(file + ": " + wrong));
  ++report_.rechecked;
}

std::string ProofCheck::what_is_wrong(UnitAttested const& said, attest::Transcript const& transcript,
                                      Bytes32 const& seed, attest::EpochParams const& epoch) {
  auto const again = attest::recheck(transcript, secret_of(seed, epoch));
  if (!again) return again.error();
  if (!again->admitted()) return "the journal admits a unit of which this says: " + again->explain();
  auto const open = attest::claim_of(transcript)->open;
  if (open.unit != said.unit_key || open.node != said.node || open.wanted != said.klass)
    return "it is of another unit, node or class than the entry";
  attest::Measured const journalled{said.ops_per_s, said.bytes, said.bytes_per_s};
  if (again->measured != journalled)
    return "it shows " + figures(again->measured) + ", the entry says " + figures(journalled);
  auto const* const klass = reference_.find(said.klass);
  auto const floors = klass ? attest::floors_of(*klass, open.profile) : std::nullopt;
  if (!floors)
    return "the class table has no floors for its class in " + std::string(attest::name_of(open.profile));
  auto const fits = attest::admits(again->measured, *floors, class_scale_);
  if (fits) return {};
  return "below the floor of its class: measured " + std::to_string(fits.error().measured) + ", needed " +
         std::to_string(fits.error().needed) + " " + std::string(attest::name_of(fits.error().which));
}

std::shared_ptr<attest::EpochSecret const> ProofCheck::secret_of(Bytes32 const& seed,
                                                                 attest::EpochParams const& epoch) {
  bool const same = secret_ && secret_seed_ == seed && secret_->epoch() == epoch.epoch &&
                    secret_->beacon() == epoch.beacon && secret_->n() == epoch.params.n &&
                    secret_->profile() == epoch.params.profile;
  if (!same)
    secret_ = std::make_shared<attest::EpochSecret>(epoch.epoch, seed, epoch.beacon, epoch.params.n,
                                                    epoch.params.profile);
  secret_seed_ = seed;
  return secret_;
}

ProofReport ProofCheck::finish() {
  std::expected<std::vector<std::string>, std::string> kept;
  if (evidence_.present()) kept = evidence_.transcripts();
  if (!kept) report_.unreadable = kept.error();
  std::set<std::string> named;
  for (auto const& hash : named_) named.insert(evidence_.file_of(hash).filename().string());
  if (kept)
    std::ranges::copy_if(*kept, std::back_inserter(report_.strangers),
                         [&](auto const& name) { return !named.contains(name); });
  report_.census = census_.finish();
  return std::move(report_);
}

}  // namespace spillway
