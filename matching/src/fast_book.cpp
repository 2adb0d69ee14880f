// matching/fast_book.cpp - the fast book's rows, links and owners; time and mass cancels.
// Room:   matching (pure); sees market.

#include <algorithm>

#include "fast_hot.hpp"
#include "market/check.hpp"
#include "matching/relink.hpp"

namespace spillway {

using namespace fast;

namespace {

/// Row 0 is nobody's, and one is for an offer that is only tried.
std::size_t rows(BookLimits const& l) { return std::size_t{l.orders} + l.offers + l.tranches + 2; }

}  // namespace

FastBook::FastBook(Reference const& reference, BookLimits const& limits)
    : limits_(limits),
      reference_(reference),
      eligibility_(reference, {limits.instruments, limits.signatures, limits.edges}),
      side_(std::max(limits.instruments, limits.signatures) + 1),
      lines_(rows(limits)),
      nodes_(lines_),
      cold_(lines_),
      extra_(rows(limits)),
      ladders_(nodes_, rows(limits), std::size_t{3} * side_),
      ids_(nodes_, cold_, rows(limits), std::size_t{limits.orders} + limits.offers),
      links_(std::size_t{3} * side_, limits.edges, side_),
      deadlines_(cold_, ids_, rows(limits)),
      live_signatures_(limits.orders),
      low_pool_rows_(std::size_t{limits.nodes} + 1),
      pool_rows_(limits.nodes),
      owners_(std::size_t{limits.participants} + 1),
      terms_(std::size_t{limits.participants} + 1),
      instruments_(std::size_t{limits.instruments} + 1),
      held_(std::size_t{limits.instruments} + 1),
      largest_(std::size_t{limits.signatures} + 1),
      pool_ids_(std::size_t{limits.nodes} + 2),
      space_(limits, rows(limits)),
      in_order_(side_) {
  sw_check(limits.participants < 1u << 24 && rows(limits) < 1u << 28, "limits that the rows can name");
  pools_.reserve(std::size_t{limits.nodes} + 1);
  pools_.push_back({NodeId{}, true, 0, 0, NodePool{reference, ClassId{}, PlaceId{}}});
  lists_.reserve(limits.provider_lists);
  auto const most = std::size_t{limits.orders} + limits.offers + 1;
  ended_.reserve(most + 1);
  picked_.reserve(most);
  meeting_.reserve(limits.offers);
  short_.reserve(side_);
  terms_[0].no_buyer = terms_[0].no_provider = true;
  set_gates();
}

FastBook::PlanSpace::PlanSpace(BookLimits const& limits, std::size_t rows)
    : drafts(rows), drawn(rows), pool_rows(std::size_t{limits.nodes} + 2) {
  drafted.reserve(limits.offers);
  drawn_from.reserve(std::size_t{limits.offers} + limits.tranches);
  shown_again.reserve(limits.offers);
  pools.reserve(limits.nodes);
  ladders.reserve(limits.instruments);
  plan.steps.reserve(std::size_t{2} * limits.offers + 1'024);
}

void FastBook::prefault(std::size_t resting) {
  lines_.prefault_first(resting);
  extra_.prefault_first(resting);
  spillway::prefault(pools_.data(), std::min(resting, pools_.capacity()) * sizeof(Pool));
  low_pool_rows_.prefault_first(resting);
  ladders_.prefault(resting);
  ids_.prefault(resting);
}

// ---- instruments, signatures, lists, people ----

std::expected<Book::Listing, Refusal> FastBook::list(Instrument const& instrument) {
  auto const listed = eligibility_.list(instrument, this);
  if (!listed) return std::unexpected(listed.error());
  auto const id = listed->id;
  if (!listed->fresh) return Listing{id, false};
  bool const capacity = instrument.product == ProductKind::capacity;
  auto const part = capacity ? reference_.find(instrument.klass)->smallest_part_milli : 1;
  instruments_[id.v] = {static_cast<std::uint32_t>(part), site_of(instrument.klass, instrument.place)};
  ladders_.open(ask(id));
  for (std::uint32_t s = 1; s <= eligibility_.signature_count(); ++s)
    if (eligibility_.edges(SignatureId{s}).contains(id)) links_.add(bid(SignatureId{s}), ask(id));
  return Listing{id, true};
}

bool FastBook::idle(SignatureId id) const {
  return ladders_.best(bid(id)) == no_key && ladders_.best(waiting(id)) == no_key;
}

bool FastBook::idle(InstrumentId id) const { return ladders_.best(ask(id)) == no_key && held_[id.v] == 0; }

void FastBook::retired(SignatureId id) {
  links_.remove_all(bid(id));
  largest_[id.v] = 0;
}

void FastBook::retired(InstrumentId id) {
  links_.remove_all(ask(id));
  instruments_[id.v] = {};
}

std::expected<SignatureId, Refusal> FastBook::intern(ParticipantId buyer, Predicate const& predicate) {
  auto const made = eligibility_.intern(predicate, this);
  if (!made) return std::unexpected(made.error());
  auto const id = made->id;
  if (made->fresh) {
    bool const tokens = predicate.product == ProductKind::tokens;
    largest_[id.v] = tokens ? 1 : static_cast<std::uint32_t>(book_lots_max.v);
    ladders_.open(bid(id));
    ladders_.open(waiting(id));
    link(id);
  }
  if (one_too_many(buyer, id)) return std::unexpected(Refusal::signature_limit);
  return id;
}

SignatureId FastBook::known(ParticipantId buyer, Predicate const& predicate) const {
  auto const id = eligibility_.known(predicate);
  return id.some() && one_too_many(buyer, id) ? SignatureId{} : id;
}

void FastBook::link(SignatureId id) {
  eligibility_.edges(id).for_each([&](InstrumentId at) { links_.add(bid(id), ask(at)); });
}

std::expected<ProviderListId, Refusal> FastBook::intern_providers(ListKind kind,
                                                                  std::span<ParticipantId const> providers) {
  if (kind > ListKind::except || providers.empty() || providers.size() > provider_list_max)
    return std::unexpected(Refusal::malformed);
  ProviderList list{.kind = kind};
  std::ranges::copy(providers, list.providers.begin());
  std::span const given{list.providers.data(), providers.size()};
  std::ranges::sort(given);
  auto const repeats = std::ranges::unique(given);
  std::ranges::fill(repeats, ParticipantId{});
  list.count = static_cast<std::uint32_t>(given.size() - repeats.size());
  if (!list.providers.front().some()) return std::unexpected(Refusal::malformed);
  auto const known = std::find(lists_.begin(), lists_.end(), list);
  if (known == lists_.end() && lists_.size() >= limits_.provider_lists)
    return std::unexpected(Refusal::capacity);
  ProviderListId const id{static_cast<std::uint32_t>(known - lists_.begin()) + 1};
  if (known == lists_.end()) lists_.push_back(list);
  return id;
}

bool FastBook::accepts(std::uint32_t list, std::uint32_t provider) const {
  if (list == 0) return true;
  auto const& [kind, count, providers] = lists_[list - 1];
  bool const named =
      std::binary_search(providers.begin(), providers.begin() + count, ParticipantId{provider});
  return named == (kind == ListKind::only);
}

Relink FastBook::relink(Reference const& next) const { return Relink{eligibility_, next, side_, true}; }

Refusal FastBook::adopt(Relink& relink) {
  if (!eligibility_.adopt(relink)) return Refusal::capacity;
  swap(links_, *relink.links_);  // new bounds are all low, which is never wrong
  for (std::uint32_t row = 1; !relink.same_fits_ && row < pools_.size(); ++row) seat_all(row);
  return Refusal::none;
}

Refusal FastBook::set_standing(ParticipantId who, Standing const& standing) {
  if (!who.some() || who.v > limits_.participants) return Refusal::unknown_participant;
  auto& owner = owners_[who.v];
  owner.firm = standing.firm.v;
  owner.resting_max = standing.resting_max;
  terms_[who.v].no_buyer = !standing.buyer;
  terms_[who.v].no_provider = !standing.provider;
  set_quick(who.v);
  return Refusal::none;
}

void FastBook::drop(Handle n, EndReason why) {
  auto const id = ids_.id_of(n);
  if (nodes_[n].is(node_offer)) {
    end({{}, OfferId{id}, Lots{std::int64_t{shown(n)} + hidden(n)}, why});
    erase_offer(n);
  } else {
    end({OrderId{id}, {}, Lots{nodes_[n].lots}, why});
    erase_order(n);
  }
}

// ---- cancels, time ----

/// What most cancels are: of a live row without conditions, whose id has its slot to itself. All others are
/// sorted out by `cancel_unusual`. No call is made here but as the last step, which spares saving registers.
Refusal FastBook::cancel(ParticipantId who, OrderId id) {
  auto& slot = ids_.narrow_slot_of(id.v);
  auto const n = slot;
  auto const& node = nodes_[n];
  bool const usual = node.id_low == id.v && (node.owner_flags & 0xff) == node_live;
  if (!usual) return cancel_unusual(who, id);
  if (who.some() && who.v != node.owner()) return Refusal::not_yours;
  auto const signature = cold_[n].row;  // and with it the ladder: its page is not asked
  auto& owner = owners_[node.owner()];
  if (owner.quick != signature) return cancel_unusual(who, id);
  slot = 0;
  --orders_;
  --owner.resting;
  return leave(n, signature, node.owner_flags + (told_of(0, FeedKind::bid_gone, feed_shared) - node_live),
               id.v);
}

Refusal FastBook::cancel(ParticipantId who, OfferId id) {
  auto& slot = ids_.narrow_slot_of(id.v);
  auto const n = slot;
  auto const& node = nodes_[n];
  constexpr std::uint32_t plain = node_live | node_offer;
  bool const usual = node.id_low == id.v && (node.owner_flags & 0xff) == plain;
  if (!usual) return cancel_unusual(who, id);
  if (who.some() && who.v != node.owner()) return Refusal::not_yours;
  auto const g = ladders_.ladder_of(node);
  slot = 0;
  --offers_;
  return leave(n, g, node.owner_flags + (told_of(0, FeedKind::offer_gone) - plain), id.v);
}

/// A row that is counted no more, and found no more, leaves its ladder. `where` says which that is: one in
/// twelve asks, and to keep it for them all would save and restore two registers each time.
[[gnu::noinline]] Refusal FastBook::leave(Handle n, std::uint32_t where, std::uint32_t party_and_kind,
                                          std::uint64_t id) {
  auto& node = lines_[n].node;
  auto& event = feed_->next();
  event.id = id;
  event.where = where;
  event.party_and_kind = party_and_kind;
  event.key = node.key;
  event.lots = node.lots;
  forget();
  auto const level = node.level, prev = node.prev, next = node.next;
  node.owner_flags = 0;
  node.next = free_;
  free_ = n;
  if (prev == 0)
    return leave_front((party_and_kind & feed_shared) != 0 ? side_ + where : where, n, level, next);
  ladders_.unlink_behind(level, prev, next);
  return Refusal::none;
}

/// The first of its level, perhaps of its ladder.
[[gnu::noinline]] Refusal FastBook::leave_front(LadderId g, Handle n, std::uint32_t level, Handle next) {
  ladders_.unlink_front(g, n, level, next);
  return Refusal::none;
}

[[gnu::noinline]] Refusal FastBook::cancel_unusual(ParticipantId who, OrderId id) {
  auto const n = find(id);
  if (n == 0) return unknown_or_dead(id.v);
  if (who.some() && who.v != nodes_[n].owner()) return Refusal::not_yours;
  erase_order(n);
  return Refusal::none;
}

[[gnu::noinline]] Refusal FastBook::cancel_unusual(ParticipantId who, OfferId id) {
  auto const n = find(id);
  if (n == 0) return unknown_or_dead(id.v);
  if (who.some() && who.v != nodes_[n].owner()) return Refusal::not_yours;
  erase_offer(n);
  return Refusal::none;
}

/// Looks at every row: mass cancels are rare, and lists for them would cost every order.
template <class Pick>
std::size_t FastBook::cancel_all(Pick pick) {
  begin();
  auto& picked = picked_;
  picked.clear();
  for (Handle n = 1; n < next_row_; ++n)
    if (nodes_[n].is(node_live) && !nodes_[n].is(node_extra) && pick(n))
      picked.emplace_back(ids_.id_of(n), n);
  std::sort(picked.begin(), picked.end());
  for (auto const& [id, n] : picked) drop(n, EndReason::mass_cancelled);
  return picked.size();
}

std::size_t FastBook::cancel_session(SessionId session) {
  return cancel_all([&](Handle n) { return session.some() && cold_[n].session == session.v; });
}

std::size_t FastBook::cancel_instrument(InstrumentId at) {
  return cancel_all([&](Handle n) { return nodes_[n].is(node_offer) && ladder_of(n) == ask(at); });
}

std::size_t FastBook::cancel_node(NodeId node) {
  auto const row = pool_row(node);
  return cancel_all([&](Handle n) { return row != 0 && nodes_[n].is(node_offer) && cold_[n].row == row; });
}

void FastBook::advance(Stamp now) {
  begin();
  sw_check(now.v >= now_us_, "time does not go back");
  now_us_ = now.v;
  for (auto n = deadlines_.earliest(); n != 0 && cold_[n].expires_us <= now_us_; n = deadlines_.earliest())
    drop(n, EndReason::expired);
}

}  // namespace spillway
