// matching/book.cpp - what both books share: entering with a predicate, commands of callers that have
// checked, and the choice.
// Room:   matching (pure); sees market.
#include "matching/book.hpp"

#include "market/check.hpp"
#include "matching/fast_book.hpp"
#include "matching/plain_book.hpp"
#include "matching/relink.hpp"

namespace spillway {

Book::Rest Book::enter(BookOrder order, Predicate const& predicate, Matches& matches) {
  if (auto const why = why_not(order); why != Refusal::none) return std::unexpected(why);
  auto const signature = intern(order.buyer, predicate);
  if (!signature) return std::unexpected(signature.error());
  order.signature = *signature;
  return place(order, matches);
}

Refusal Book::reference_changed() {
  auto anew = relink(eligibility().reference());
  return adopt(anew);
}

std::vector<OfferId> Book::offers_of(NodeId node) const {
  std::vector<OfferId> offers;
  list_offers(node, offers);
  return offers;
}

Book::Matches Book::dry_run(BookOrder const& order) const {
  Matches matches;
  try_order(order, matches);
  return matches;
}

Lots Book::place_order(BookOrder const& order, Matches& matches) {
  auto const rest = place(order, matches);
  sw_check(rest || rest.error() == Refusal::fok_unfillable, "an order that was checked is taken");
  return rest.value_or(Lots{});
}

Lots Book::post_offer(BookOffer const& offer, Matches& matches) {
  auto const rest = post(offer, matches);
  sw_check(rest, "an offer that was checked is taken");
  return *rest;
}

Lots Book::amend_order(OrderId id, PriceIndex limit, Lots lots, Matches& matches) {
  auto const rest = amend(ParticipantId{}, id, limit, lots, matches);
  sw_check(rest, "an order is amended to something");
  return *rest;
}

Lots Book::amend_offer(OfferId id, PriceIndex price, Lots lots, Matches& matches) {
  auto const rest = amend(ParticipantId{}, id, price, lots, matches);
  sw_check(rest, "an offer is amended to something");
  return *rest;
}

void Book::cancel_order(OrderId id) {
  sw_check(cancel(ParticipantId{}, id) == Refusal::none, "what is cancelled rests");
}

void Book::cancel_offer(OfferId id) {
  sw_check(cancel(ParticipantId{}, id) == Refusal::none, "what is cancelled is live");
}

std::unique_ptr<Book> make_book(BookKind kind, Reference const& reference, BookLimits const& limits) {
  if (kind == BookKind::fast) return std::make_unique<FastBook>(reference, limits);
  return std::make_unique<PlainBook>(reference, limits);
}

}  // namespace spillway
