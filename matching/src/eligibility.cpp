// matching/eligibility.cpp - listing instruments, interning signatures, and who makes room for them.
// Room:   matching (pure); sees market.
#include "matching/eligibility.hpp"

#include <algorithm>
#include <utility>

#include "market/check.hpp"

namespace spillway {

namespace {

std::uint64_t hash_of(Instrument const& i) {
  return RowIndex::mix(std::uint64_t{i.klass.v} << 48 | std::uint64_t{i.place.v} << 32 |
                           std::uint64_t{i.model.v} << 16 | std::uint64_t{i.tier.v} << 8 |
                           static_cast<std::uint64_t>(i.product),
                       1);
}

std::uint64_t bit_of(InstrumentId id) { return std::uint64_t{1} << (id.v % 64); }

}  // namespace

Eligibility::Eligibility(Reference const& reference, EligibilityLimits const& limits)
    : reference_(&reference),
      limits_(limits),
      instruments_(std::size_t{limits.instruments} + 1),
      instrument_made_(std::size_t{limits.instruments} + 1),
      signature_made_(std::size_t{limits.signatures} + 1),
      instrument_ids_(limits.instruments),
      predicates_(limits.signatures),
      index_(limits.instruments),
      edges_((std::size_t{limits.signatures} + 1) * index_.words_most()),
      degrees_(std::size_t{limits.signatures} + 1),
      free_(std::size_t{limits.signatures} + 1),
      matching_(std::size_t{limits.signatures} + 1) {
  constexpr std::size_t list_most = 65'536;  // ids of one table
  scratch_.models.reserve(list_most);
  scratch_.classes.reserve(list_most);
  scratch_.within.reserve(list_most);
  scratch_.outside.reserve(list_most);
}

// ---- instruments ----

std::optional<InstrumentId> Eligibility::find(Instrument const& wanted) const {
  InstrumentId const id{
      instrument_ids_.find(hash_of(wanted), [&](std::uint32_t row) { return instruments_[row] == wanted; })};
  if (!id.some()) return std::nullopt;
  return id;
}

std::expected<InstrumentId, Refusal> Eligibility::list(Instrument const& instrument) {
  auto const listed = list(instrument, nullptr);
  if (!listed) return std::unexpected(listed.error());
  return listed->id;
}

std::expected<Eligibility::Listed, Refusal> Eligibility::list(Instrument const& instrument,
                                                              Tenants* tenants) {
  if (auto const known = find(instrument)) return Listed{*known, false};
  if (auto const refusal = check(instrument); refusal != Refusal::none) return std::unexpected(refusal);
  auto const row = row_for_instrument(tenants);
  if (row == 0 || !index_.has_room(instrument, *reference_)) return std::unexpected(Refusal::capacity);

  std::size_t edges = 0;
  for (std::uint32_t s = 1; s <= signature_count_; ++s) {
    if (!predicates_.holds(s)) continue;
    predicates_.read(s, scratch_);
    if (matches(scratch_, instrument, *reference_)) matching_[edges++] = s;
  }
  if (!make_edge_room(edges, tenants)) return std::unexpected(Refusal::capacity);

  InstrumentId const id{row};
  if (row <= instrument_count_) retire(id, *tenants);
  instrument_count_ = std::max<std::size_t>(instrument_count_, row);
  instruments_[row] = instrument;
  instrument_made_[row] = ++made_;
  instrument_ids_.insert(hash_of(instrument), row);
  index_.insert(id, instrument, *reference_);
  for (std::size_t i = 0; i < edges; ++i) {
    auto const s = matching_[i];
    if (!predicates_.holds(s)) continue;  // it made room
    edge_words(s)[row / 64] |= bit_of(id);
    ++degrees_[s];
    ++edge_count_;
  }
  return Listed{id, true};
}

/// The next id, or when the table is full, the next one in turn that is idle; 0 when all are in use.
std::uint32_t Eligibility::row_for_instrument(Tenants* tenants) {
  if (instrument_count_ < limits_.instruments) return static_cast<std::uint32_t>(instrument_count_ + 1);
  for (std::uint32_t tried = 0; tenants != nullptr && tried < limits_.instruments; ++tried) {
    turn_instrument_ = turn_instrument_ % limits_.instruments + 1;
    if (tenants->idle(InstrumentId{turn_instrument_})) return turn_instrument_;
  }
  return 0;
}

void Eligibility::retire(InstrumentId id, Tenants& tenants) {
  tenants.retired(id);
  instrument_ids_.erase(hash_of(instruments_[id.v]), id.v);
  index_.erase(id);
  for (std::uint32_t s = 1; s <= signature_count_; ++s) {
    auto& word = edge_words(s)[id.v / 64];
    if ((word & bit_of(id)) == 0) continue;
    word &= ~bit_of(id);
    --degrees_[s];
    --edge_count_;
  }
}

// ---- signatures ----

std::expected<SignatureId, Refusal> Eligibility::intern(Predicate const& wanted) {
  auto const made = intern(wanted, nullptr);
  if (!made) return std::unexpected(made.error());
  return made->id;
}

std::expected<Eligibility::Interned, Refusal> Eligibility::intern(Predicate const& wanted, Tenants* tenants) {
  scratch_ = wanted;
  if (auto const refusal = snap(scratch_); refusal != Refusal::none) return std::unexpected(refusal);
  if (SignatureId const known{predicates_.find(scratch_)}; known.some()) {
    if (degrees_[known.v] > signature_reach_max) return std::unexpected(Refusal::predicate_too_wide);
    return remember(words_of(wanted), {known, false});
  }
  auto const found = edge_words(0);  // row 0 is nobody's
  index_.accept(scratch_, *reference_, found);
  auto const reach = InstrumentBits{found}.size();
  if (reach > signature_reach_max) return std::unexpected(Refusal::predicate_too_wide);

  std::uint32_t tries = static_cast<std::uint32_t>(signature_count_);
  while ((free_signature_ == 0 && signature_count_ >= limits_.signatures) ||
         !predicates_.has_room(scratch_) || edge_count_ + reach > limits_.edges)
    if (!retire_one(tenants, tries)) return std::unexpected(Refusal::capacity);

  auto const row = free_signature_ != 0 ? free_signature_ : static_cast<std::uint32_t>(++signature_count_);
  if (row == free_signature_) free_signature_ = free_[row];
  predicates_.insert(row, scratch_);
  std::ranges::copy(found, edge_words(row).begin());
  degrees_[row] = static_cast<std::uint32_t>(reach);
  edge_count_ += reach;
  signature_made_[row] = ++made_;
  return remember(words_of(wanted), {SignatureId{row}, true});
}

/// A signature whose row was made anew since is another one.
SignatureId Eligibility::known(Predicate const& wanted) const {
  auto const words = words_of(wanted);
  if (!words.some()) return {};
  auto const [row, made] = recent_.find(words);
  bool const good = made != 0 && signature_made_[row] == made && degrees_[row] <= signature_reach_max;
  return SignatureId{good ? row : 0};
}

Eligibility::Interned Eligibility::remember(RecentPredicates::Words const& words, Interned made) {
  if (words.some()) recent_.put(words, {made.id.v, signature_made_[made.id.v]});
  return made;
}

/// Signatures go until there is room for so many edges more. False when there is not enough.
bool Eligibility::make_edge_room(std::size_t edges, Tenants* tenants) {
  auto tries = static_cast<std::uint32_t>(signature_count_);
  while (edge_count_ + edges > limits_.edges)
    if (!retire_one(tenants, tries)) return false;
  return true;
}

/// The next idle one in turn, so that a full table is not searched from its start each time.
bool Eligibility::retire_one(Tenants* tenants, std::uint32_t& tries_left) {
  auto const count = static_cast<std::uint32_t>(signature_count_);
  for (; tenants != nullptr && tries_left > 0; --tries_left) {
    turn_signature_ = turn_signature_ % count + 1;
    SignatureId const id{turn_signature_};
    if (!predicates_.holds(id.v) || !tenants->idle(id)) continue;
    tenants->retired(id);
    predicates_.erase(id.v);
    std::ranges::fill(edge_words(id.v), 0);
    edge_count_ -= degrees_[id.v];
    degrees_[id.v] = 0;
    signature_made_[id.v] = ++made_;
    free_[id.v] = free_signature_;
    free_signature_ = id.v;
    return true;
  }
  return false;
}

Predicate Eligibility::predicate(SignatureId id) const {
  sw_check(interned(id), "the signature is interned");
  Predicate p;
  predicates_.read(id.v, p);
  return p;
}

InstrumentBits Eligibility::edges(SignatureId id) const {
  sw_check(id.some() && id.v <= signature_count_, "the signature is interned");
  return InstrumentBits{{&edges_[id.v * index_.words_most()], words()}};
}

// ---- images ----

Eligibility::Image Eligibility::image() const {
  Image image;
  image.turn_signature = turn_signature_;
  image.turn_instrument = turn_instrument_;
  for (std::uint32_t row = 1; row <= instrument_count_; ++row) image.instruments.push_back(instruments_[row]);
  for (std::uint32_t row = 1; row <= signature_count_; ++row)
    image.signatures.push_back(predicates_.holds(row) ? predicate(SignatureId{row}) : Predicate{});
  for (auto row = free_signature_; row != 0; row = free_[row]) image.retired.push_back(row);
  return image;
}

bool Eligibility::restore(Image const& image) {
  sw_check(instrument_count_ == 0 && signature_count_ == 0, "an empty one is restored");
  if (image.instruments.size() > limits_.instruments || image.signatures.size() > limits_.signatures)
    return false;
  for (auto const& instrument : image.instruments) {
    InstrumentId const id{static_cast<std::uint32_t>(++instrument_count_)};
    if (!index_.insert(id, instrument, *reference_)) return false;
    instruments_[id.v] = instrument;
    instrument_made_[id.v] = ++made_;
    instrument_ids_.insert(hash_of(instrument), id.v);
  }
  for (auto const& predicate : image.signatures) {
    auto const row = static_cast<std::uint32_t>(++signature_count_);
    signature_made_[row] = ++made_;
    if (predicate.product == ProductKind::unset) continue;
    if (!predicates_.has_room(predicate)) return false;
    predicates_.insert(row, predicate);
    index_.accept(predicate, *reference_, edge_words(row));
    degrees_[row] = static_cast<std::uint32_t>(edges(SignatureId{row}).size());
    edge_count_ += degrees_[row];
  }
  for (auto row = image.retired.rbegin(); row != image.retired.rend(); ++row)
    free_[*row] = std::exchange(free_signature_, *row);
  turn_signature_ = image.turn_signature;
  turn_instrument_ = image.turn_instrument;
  return edge_count_ <= limits_.edges;
}

// ---- reads ----

InstrumentSet Eligibility::accepted(Predicate const& p) const {
  std::vector<std::uint64_t> found(words());
  index_.accept(p, *reference_, found);
  return InstrumentSet{found};
}

EligibilityFailures Eligibility::failures(Predicate const& p, InstrumentBits instruments) const {
  EligibilityFailures counts;
  instruments.for_each(
      [&](InstrumentId id) { counts.add(failed_conditions(p, instrument(id), *reference_)); });
  return counts;
}

std::optional<Micros> Eligibility::path(SignatureId signature, InstrumentId id) const {
  return path_between(predicates_.product(signature.v), predicates_.buyer_place(signature.v),
                      instrument(id).place, *reference_);
}

}  // namespace spillway
