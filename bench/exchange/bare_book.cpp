// bench/exchange/bare_book.cpp - see bare_book.hpp.
#include "bare_book.hpp"

#include "market/check.hpp"

namespace spillway::bench {
namespace {

constexpr NodeId everywhere{1};  // one node stands for all, and never runs out

}  // namespace

BareBook::BareBook(Reference const& reference) : book_(make_book(BookKind::fast, reference)) {}

void BareBook::prepare(std::span<Entry const> entries) {
  using Kind = Step::Kind;
  steps_.clear();
  for (auto const& entry : entries) {
    if (auto const* const node = std::get_if<RegisterNode>(&entry.command); node && !where_.klass.some()) {
      where_ = *node;
      book_->open_node(everywhere, where_.klass, where_.place, Pooling::unlimited);
    }
    if (auto const* const c = std::get_if<PostOffer>(&entry.command)) prepare(*c, entry);
    if (auto const* const c = std::get_if<PlaceOrder>(&entry.command)) prepare(*c, entry);
    if (auto const* const c = std::get_if<CancelOrder>(&entry.command)) {
      auto& step = steps_.emplace_back();
      step.kind = Kind::cancel, step.order.id = c->order;
    }
    if (auto const* const c = std::get_if<AmendOrder>(&entry.command)) {
      auto& step = steps_.emplace_back();
      step.kind = Kind::amend, step.order.id = c->order;
      step.order.limit = c->limit, step.order.open = c->quantity;
    }
  }
}

void BareBook::prepare(PlaceOrder const& c, Entry const& entry) {
  auto predicate = c.predicate;
  predicate.input = c.input;
  auto& signature = signatures_[{predicate, entry.principal.v}];
  if (!signature.some()) {
    auto const made = book_->intern(entry.principal, predicate);
    sw_check(made, "the exchange takes this order, so the book knows what it means");
    signature = *made;
  }
  auto& [kind, order] = steps_.emplace_back();
  kind = Step::Kind::place;
  order.id = OrderId{entry.seq.v}, order.buyer = entry.principal, order.signature = signature;
  order.limit = c.limit, order.open = Lots{1}, order.tif = c.tif;
}

void BareBook::prepare(PostOffer const& c, Entry const& entry) {
  auto const listed = book_->list({c.product, c.model, where_.klass, where_.place, c.tier});
  sw_check(listed, "the exchange takes this offer, so the book lists it");
  BookOffer offer;
  offer.id = OfferId{entry.seq.v}, offer.provider = entry.principal, offer.node = everywhere;
  offer.instrument = listed->id, offer.price = c.price, offer.quantity = book_lots_max;
  book_->post_offer(offer, matches_);
}

std::size_t BareBook::apply() {
  for (auto const& [kind, order] : steps_) {
    matches_.clear();
    if (kind == Step::Kind::place)
      book_->place_order(order, matches_);
    else if (kind == Step::Kind::cancel)
      book_->cancel_order(order.id);
    else
      book_->amend_order(order.id, order.limit, order.open, matches_);
  }
  return steps_.size();
}

}  // namespace spillway::bench
