// matching/relink.cpp - edges under other tables: row by row, then swapped in.
// Room:   matching (pure); sees market.
#include "matching/relink.hpp"

#include <algorithm>
#include <utility>

#include "market/check.hpp"

namespace spillway {
namespace {

constexpr auto all_rows = static_cast<std::size_t>(-1);

}  // namespace

Relink::Relink(Eligibility const& now, Reference const& next, std::uint32_t side, bool with_links)
    : now_(&now),
      next_(&next),
      side_(side),
      adoptions_(now.adoptions_),
      same_fits_(&next != now.reference_ && next.models() == now.reference_->models() &&
                 next.classes() == now.reference_->classes() && next.tiers() == now.reference_->tiers()),
      index_(now.limits_.instruments),
      edges_(now.edges_.size()),
      degrees_(now.degrees_.size()),
      instrument_made_(now.instrument_made_.size()),
      signature_made_(now.signature_made_.size()) {
  if (with_links) links_.emplace(std::size_t{3} * side, now.limits_.edges, side);
}

bool Relink::step(std::size_t rows) {
  for (std::uint32_t i = 1; i <= now_->instrument_count_; ++i) {
    if (instrument_made_[i] == now_->instrument_made_[i]) continue;
    if (rows-- == 0) return false;
    instrument(i);
  }
  for (std::uint32_t s = 1; s <= now_->signature_count_; ++s) {
    if (!stale(s)) continue;
    if (rows-- == 0) return false;
    signature(s);
  }
  return true;
}

/// One that was listed, or whose id means another one now: its bits anew, and its edges of every signature
/// that is done.
void Relink::instrument(std::uint32_t row) {
  if (!memo_.found.empty()) old_memos_.push_back(std::exchange(memo_, {}));  // freed outside of commands
  InstrumentId const id{row};
  auto const& at = now_->instruments_[row];
  auto const word = row / 64, bit = row % 64;
  if (instrument_made_[row] != 0) {
    index_.erase(id);
    if (links_) links_->remove_all(row);
    for (std::uint32_t s = 1; s <= now_->signature_count_; ++s) {
      if ((words_of(s)[word] >> bit & 1) == 0) continue;
      words_of(s)[word] &= ~(std::uint64_t{1} << bit);
      --degrees_[s];
      --edge_count_;
    }
  }
  too_many_ |= !index_.insert(id, at, *next_);
  instrument_made_[row] = now_->instrument_made_[row];
  for (std::uint32_t s = 1; some_signature_ && s <= now_->signature_count_; ++s) {
    if (stale(s) || !now_->predicates_.holds(s)) continue;
    now_->predicates_.read(s, scratch_);
    if (matches(scratch_, at, *next_)) set_edge(s, row);
  }
}

void Relink::set_edge(std::uint32_t signature, std::uint32_t instrument) {
  if (edge_count_ >= now_->limits_.edges) return void(too_many_ = true);
  words_of(signature)[instrument / 64] |= std::uint64_t{1} << (instrument % 64);
  ++degrees_[signature];
  ++edge_count_;
  if (links_) links_->add(side_ + signature, instrument);
}

void Relink::signature(std::uint32_t row) {
  edge_count_ -= degrees_[row];
  degrees_[row] = 0;
  if (links_) links_->remove_all(side_ + row);
  signature_made_[row] = now_->signature_made_[row];
  some_signature_ = true;
  auto const found = words_of(row);
  std::ranges::fill(found, 0);
  if (!now_->predicates_.holds(row)) return;
  now_->predicates_.read(row, scratch_);
  index_.accept(scratch_, *next_, found, &memo_);
  InstrumentBits const edges{found};
  auto const degree = edges.size();
  if (edge_count_ + degree > now_->limits_.edges) {
    std::ranges::fill(found, 0);
    too_many_ = true;
    return;
  }
  degrees_[row] = static_cast<std::uint32_t>(degree);
  edge_count_ += degree;
  if (links_) edges.for_each([&](InstrumentId at) { links_->add(side_ + row, at.v); });
}

void Relink::take(Relink& other) {
  swap(index_, other.index_);
  swap(edges_, other.edges_);
  swap(degrees_, other.degrees_);
  std::swap(edge_count_, other.edge_count_);
  if (links_) swap(*links_, *other.links_);
}

bool Eligibility::adopt(Relink& relink) {
  sw_check(relink.now_ == this, "what was prepared for these rows");
  relink.next_ = reference_;
  relink.step(all_rows);
  if (relink.too_many_) {
    // What was retired while it was prepared may have counted: the rows of now decide.
    Relink anew{*this, *reference_, relink.side_, relink.links_.has_value()};
    anew.step(all_rows);
    if (anew.too_many_) return false;
    relink.take(anew);
  }
  // Other tables came since it was begun: what it found unchanged may have changed with them.
  if (relink.adoptions_ != adoptions_++) relink.same_fits_ = false;
  swap(index_, relink.index_);
  swap(edges_, relink.edges_);
  swap(degrees_, relink.degrees_);
  std::swap(edge_count_, relink.edge_count_);
  relink.now_ = nullptr;
  recent_.forget_all();  // other tables may refuse what was said
  return true;
}

}  // namespace spillway
