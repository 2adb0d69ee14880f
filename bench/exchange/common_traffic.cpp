// bench/exchange/common_traffic.cpp - see common_traffic.hpp.
#include "common_traffic.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "../matching/tables.hpp"
#include "market/check.hpp"

namespace spillway::bench {
namespace {

constexpr std::uint32_t buyers_in_all = 1'000, providers_in_all = 100;
constexpr std::uint32_t providers_from = 10, buyers_from = 1'000;
constexpr std::int64_t lots_of_unit = 1'000;
constexpr PlaceId relay_place{2};
constexpr std::uint32_t of_nobody = 0;  // the second command of a sell that does not stay

/// All of them on one book, one on each of a thousand.
ParticipantId buyer_of(std::uint32_t books, std::uint32_t book, std::uint32_t id) {
  auto const of_book = std::max(1u, buyers_in_all / books);
  return ParticipantId{buyers_from + (book * of_book + id % of_book) % buyers_in_all};
}
ParticipantId provider_of(std::uint32_t node) {
  return ParticipantId{providers_from + node % providers_in_all};
}

/// The most sells of each book that are open at once, and one that goes at once.
std::vector<std::uint32_t> sells_most(Stream const& stream) {
  std::vector<std::uint32_t> now(stream.books), most(stream.books);
  for (auto const& c : stream.commands) {
    if (c.side != Side::sell || c.verb == Verb::replace || c.ioc != 0) continue;
    if (c.verb == Verb::cancel)
      --now[c.book];
    else
      most[c.book] = std::max(most[c.book], ++now[c.book]);
  }
  for (auto& n : most) ++n;
  return most;
}

/// Units of a node of each book: nodes take turns, so none sells several times what all sell on average. A
/// run finds out, since its trades would be others.
std::vector<std::uint16_t> units_each(Stream const& stream, std::vector<std::uint32_t> const& nodes) {
  std::vector<std::int64_t> lots(stream.books);
  for (auto const& c : stream.commands)
    if (c.aggressive != 0) lots[c.book] += c.quantity;
  std::vector<std::uint16_t> units;
  for (std::uint32_t book = 0; book < stream.books; ++book)
    units.push_back(static_cast<std::uint16_t>(4 + 20 * lots[book] / (lots_of_unit * nodes[book])));
  return units;
}

std::vector<spillway::Command> tables(std::uint32_t books) {
  SetRules rules;
  rules.rules.bond_per_unit = {};
  auto const reference = tables_of(shape_of(books));
  return {rules,
          DefinePlaces{reference.places()},
          DefineClasses{reference.classes()},
          DefineTiers{reference.tiers()},
          DefineModels{{{ModelId{1}, "model", 7'000, 7'000, 16, 131'072, 250, 4'000, 50}}},
          DefineRelay{relay_place}};
}

UnitAttested proof_of(std::uint32_t node, std::uint16_t unit, ClassId klass) {
  UnitAttested proof;
  proof.node = NodeId{node}, proof.unit = unit, proof.klass = klass, proof.evidence_level = 1;
  for (std::size_t i = 0; i < 4; ++i) proof.unit_key[i] = static_cast<std::byte>(node >> 8 * i);
  proof.unit_key[4] = static_cast<std::byte>(unit), proof.unit_key[31] = std::byte{1};
  proof.ops_per_s = proof.bytes = proof.bytes_per_s = 1'000'000;
  return proof;
}

}  // namespace

CommonTraffic::CommonTraffic(Stream const& stream)
    : stream_(stream), known_(stream.highest_id + 1), book_of_(1), free_(stream.books) {
  auto const most = sells_most(stream);
  units_ = units_each(stream, most);
  for (std::uint32_t book = 0; book < stream.books; ++book)
    for (std::uint32_t n = 0; n < most[book]; ++n) {
      free_[book].push_back(static_cast<std::uint32_t>(book_of_.size()));
      book_of_.push_back(book);
    }
  asked_.resize(market().size() + 1);  // entries count from 1
}

CoreLimits CommonTraffic::limits() const {
  CoreLimits limits;
  auto const nodes = static_cast<std::uint32_t>(book_of_.size());
  limits.nodes = std::max(limits.nodes, nodes);
  return limits;
}

std::vector<Sent> CommonTraffic::market() const {
  std::vector<Sent> out;
  for (auto& command : tables(stream_.books)) out.push_back({{}, std::move(command)});
  auto const add = [&](std::uint32_t id, Role role) {
    out.push_back({{}, AddParticipant{ParticipantId{id}, FirmId{id}, static_cast<std::uint32_t>(role)}});
  };
  for (std::uint32_t i = 0; i < providers_in_all; ++i) add(providers_from + i, Role::provider);
  for (std::uint32_t i = 0; i < buyers_in_all; ++i) {
    add(buyers_from + i, Role::buyer);
    out.push_back({{}, Deposit{ParticipantId{buyers_from + i}, Nano{1'000'000 * nano_per_unit}}});
  }
  auto const shape = shape_of(stream_.books);
  for (std::uint32_t node = 1; node < book_of_.size(); ++node) {
    auto const book = book_of_[node];
    auto const units = units_[book];
    out.push_back(
        {provider_of(node), RegisterNode{ClientOrderId{node}, shape.place(book), shape.klass(book), units}});
    for (std::uint16_t unit = 0; unit < units; ++unit)
      out.push_back({{}, proof_of(node, unit, shape.klass(book))});
  }
  return out;
}

std::vector<Sent> CommonTraffic::wave(std::size_t most) {
  std::vector<Sent> out;
  for (; out.size() < most && next_ < stream_.commands.size(); ++next_) send(stream_.commands[next_], out);
  return out;
}

void CommonTraffic::put(std::vector<Sent>& to, ParticipantId who, spillway::Command command,
                        std::uint32_t stream_id) {
  asked_.push_back(stream_id);
  to.push_back({who, std::move(command)});
}

void CommonTraffic::send(Command const& c, std::vector<Sent>& to) {
  bool const is_buy = c.side == Side::buy;
  if (c.verb == Verb::add) return is_buy ? buy(c, to) : sell(c, to);
  auto const target = c.verb == Verb::cancel ? c.id : c.old_id;
  auto const was = known_[target];
  if (c.verb == Verb::replace) {
    known_[c.id] = was;
    PriceIndex const price{c.price};
    Lots const lots{c.quantity};
    if (is_buy) return put(to, was.who, AmendOrder{OrderId{was.number}, price, lots}, c.id);
    return put(to, was.who, AmendOffer{OfferId{was.number}, price, lots}, c.id);
  }
  if (is_buy) return put(to, was.who, CancelOrder{OrderId{was.number}, CancelReason::asked}, c.id);
  put(to, was.who, CancelOffer{OfferId{was.number}}, c.id);
  free_[c.book].push_back(was.node);
}

void CommonTraffic::buy(Command const& c, std::vector<Sent>& to) {
  auto const shape = shape_of(stream_.books);
  PlaceOrder order;
  order.client = ClientOrderId{++clients_};
  order.predicate = predicate_of(shape, c.book);
  order.tif = c.ioc != 0 ? TimeInForce::ioc : TimeInForce::gtc;
  order.limit = PriceIndex{c.price}, order.quantity = Lots{c.quantity};
  known_[c.id] = {asked_.size(), buyer_of(stream_.books, c.book, c.id), 0};
  put(to, known_[c.id].who, std::move(order), c.id);
}

void CommonTraffic::sell(Command const& c, std::vector<Sent>& to) {
  auto& free = free_[c.book];
  sw_check(!free.empty(), "as many nodes as sells can be open");
  auto const node = free.front();
  free.pop_front();
  PostOffer offer;
  offer.client = ClientOrderId{++clients_};
  offer.node = NodeId{node}, offer.product = ProductKind::capacity, offer.tier = TierId{1};
  offer.price = PriceIndex{c.price}, offer.quantity = Lots{c.quantity};
  known_[c.id] = {asked_.size(), provider_of(node), node};
  put(to, known_[c.id].who, offer, c.id);
  if (c.ioc == 0) return;
  put(to, known_[c.id].who, CancelOffer{OfferId{known_[c.id].number}}, of_nobody);
  free.push_back(node);
}

void CommonTraffic::told(Entry const& entry, std::span<Record const> records) {
  if (stream_id_.size() <= entry.seq.v) stream_id_.resize(2 * entry.seq.v + 1);
  auto const stream_id = asked_[entry.seq.v];
  if (std::holds_alternative<PlaceOrder>(entry.command) || std::holds_alternative<PostOffer>(entry.command))
    stream_id_[entry.seq.v] = stream_id;
  if (auto const* const c = std::get_if<AmendOrder>(&entry.command)) stream_id_[c->order.v] = stream_id;
  if (auto const* const c = std::get_if<AmendOffer>(&entry.command)) stream_id_[c->offer.v] = stream_id;
  for (auto const& record : records) {
    if (record.head.kind == RecordKind::refused) {
      bool const dead = record.head.code == static_cast<std::uint16_t>(Refusal::dead_id);
      if (!dead)
        ++tally_.refused;
      else if (stream_id != of_nobody)
        ++tally_.rejects;
    }
    if (record.head.kind != RecordKind::fill) continue;
    auto const fill = record.as<record::Fill>();
    auto const order = stream_id_[fill.order], offer = stream_id_[fill.offer];
    tally_.fill(fill.taker_is_buyer != 0 ? offer : order, fill.taker_is_buyer != 0 ? order : offer,
                static_cast<std::uint64_t>(fill.lots), fill.price);
  }
}

}  // namespace spillway::bench
