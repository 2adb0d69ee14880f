// exchange/src/core_fields.hpp - the fields of every struct of a snapshot, named once for writing and
// reading.
// Room:   exchange_core (pure), internal.
// Rule:   each struct is taken apart whole, so one that gets a further field does not compile before it is
//         here too; then ExchangeCore::state_layout gets a new number.
#pragma once

#include <concepts>

#include "attest/registry.hpp"
#include "core_archive.hpp"
#include "core_entities.hpp"
#include "core_timers.hpp"
#include "exchange/core.hpp"
#include "matching/book_image.hpp"
#include "settlement/ledger.hpp"

namespace spillway::core {

/// T is U, or U that is only looked at.
template <class T, class U>
concept Of = std::same_as<std::remove_const_t<T>, U>;

// ---- the vocabulary ----

template <class A, Of<Rules> T>
void fields(A& archive, T& of) {
  auto& [version, acknowledgement, first_token, silence, grace, ready_slack, slice, mark, validity,
         order_default, order_longest, taker, maker, sla, scale, bond, bond_hold] = of;
  archive(version, acknowledgement, first_token, silence, grace, ready_slack, slice, mark, validity,
          order_default, order_longest, taker, maker, sla, scale, bond, bond_hold);
}
template <class A, Of<Place> T>
void fields(A& archive, T& of) {
  auto& [id, parent, kind, name, title, country, lat, lon, pue, green] = of;
  archive(id, parent, kind, name, title, country, lat, lon, pue, green);
}
template <class A, Of<RoundTrip> T>
void fields(A& archive, T& of) {
  auto& [rtt, estimated] = of;
  archive(rtt, estimated);
}
template <class A, Of<AcceleratorClass> T>
void fields(A& archive, T& of) {
  auto& [id, name, maker, origin, memory, bandwidth, fp16, int8, part, degrees, calibrated] = of;
  archive(id, name, maker, origin, memory, bandwidth, fp16, int8, part, degrees, calibrated);
}
template <class A, Of<Tier> T>
void fields(A& archive, T& of) {
  auto& [id, name, product, base, per_input, rate, input, output] = of;
  archive(id, name, product, base, per_input, rate, input, output);
}
template <class A, Of<Model> T>
void fields(A& archive, T& of) {
  auto& [id, name, parameters, active, bits, kv, weight, per_token, tolerance] = of;
  archive(id, name, parameters, active, bits, kv, weight, per_token, tolerance);
}
template <class A, Of<Fit> T>
void fields(A& archive, T& of) {
  auto& [cards, slots] = of;
  archive(cards, slots);
}
template <class A, Of<Instrument> T>
void fields(A& archive, T& of) {
  auto& [product, model, klass, place, tier] = of;
  archive(product, model, klass, place, tier);
}
template <class A, Of<Predicate> T>
void fields(A& archive, T& of) {
  auto& [product, models, classes, within, outside, tier, origin, pue, green, place, network, ready, input] =
      of;
  archive(product, models, classes, within, outside, tier, origin, pue, green, place, network, ready, input);
}
template <class A, Of<PlaceOrder> T>
void fields(A& archive, T& of) {
  auto& [client, predicate, tif, market, limit, near, good_for, input, output, policy, quantity, term] = of;
  archive(client, predicate, tif, market, limit, near, good_for, input, output, policy, quantity, term);
}
template <class A, Of<PostOffer> T>
void fields(A& archive, T& of) {
  auto& [client, node, product, model, tier, price, quantity, fill_min, fill_max, replenish, end] = of;
  archive(client, node, product, model, tier, price, quantity, fill_min, fill_max, replenish, end);
}
template <class A, Of<AddKey> T>
void fields(A& archive, T& of) {
  auto& [participant, key, kind, value] = of;
  archive(participant, key, kind, value);
}
template <class A, Of<LogKeyChange> T>
void fields(A& archive, T& of) {
  auto& [before, after, before_id, after_id, overlap] = of;
  archive(before, after, before_id, after_id, overlap);
}

// ---- money, proofs, deadlines ----

template <class A, Of<AccountKey> T>
void fields(A& archive, T& of) {
  auto& [owner, kind] = of;
  archive(owner, kind);
}
template <class A, Of<AccountTotals> T>
void fields(A& archive, T& of) {
  auto& [debits, credits] = of;
  archive(debits, credits);
}
template <class A, Of<ShareKey> T>
void fields(A& archive, T& of) {
  auto& [who, code] = of;
  archive(who, code);
}
template <class A, Of<Ledger::Share> T>
void fields(A& archive, T& of) {
  auto& [bps, charged, taken] = of;
  archive(bps, charged, taken);
}
template <class A, Of<Ledger::Image> T>
void fields(A& archive, T& of) {
  auto& [accounts, shares, last] = of;
  archive(accounts, shares, last);
}
template <class A, Of<attest::UnitRecord> T>
void fields(A& archive, T& of) {
  auto& [key, node, unit, klass, ops, bytes, rate, issued, expires, evidence, transcript, state, end, census,
         missed, reason, probed, probe_reason] = of;
  archive(key, node, unit, klass, ops, bytes, rate, issued, expires, evidence, transcript, state, end, census,
          missed, reason, probed, probe_reason);
}
template <class A, Of<CensusView> T>
void fields(A& archive, T& of) {
  auto& [epoch, open, commitment, beacon, passed, missed, failed] = of;
  archive(epoch, open, commitment, beacon, passed, missed, failed);
}
template <class A, Of<Fired> T>
void fields(A& archive, T& of) {
  auto& [at, created, due] = of;
  archive(at, created, due);
}
template <class A, Of<Timers::Image> T>
void fields(A& archive, T& of) {
  auto& [waiting, created] = of;
  archive(waiting, created);
}
template <class A, Of<Due> T>
void fields(A& archive, T& of) {
  auto& [kind, about] = of;
  archive(kind, about);
}

// ---- what the core remembers ----
// Rows, chains, names of deadlines and counts of what is chained follow from the rest (State::index_again,
// State::restore_timers); client ids by age are written beside the tables.

template <class A, Of<ClientIds> T>
void fields(A& archive, T& of) {
  auto& [oldest, newest, count, forgotten, highest, oldest_made] = of;
  archive(forgotten);
}
template <class A, Of<Participant> T>
void fields(A& archive, T& of) {
  auto& [id, firm, roles, reports, keys, client_ids, orders, resting, offers, jobs, leases, day, today,
         unsettled] = of;
  archive(id, firm, roles, reports, keys, client_ids, day, today);
}
template <class A, Of<MeteredSpan> T>
void fields(A& archive, T& of) {
  auto& [sold, worked] = of;
  archive(sold, worked);
}
template <class A, Of<NodeMeter> T>
void fields(A& archive, T& of) {
  auto& [running, low, low_at] = of;
  archive(running, low, low_at);
}
template <class A, Of<Node> T>
void fields(A& archive, T& of) {
  auto& [id, provider, label, place, klass, units, phase, drain, waiting, offers, jobs, leases, lost,
         deal_ended, meter, timer] = of;
  archive(id, label, provider, place, klass, units, phase, drain, lost, deal_ended, meter);
}
template <class A, Of<Bond> T>
void fields(A& archive, T& of) {
  auto& [id, amount, since] = of;
  archive(id, amount, since);
}
template <class A, Of<Offer> T>
void fields(A& archive, T& of) {
  auto& [id, provider, instrument, price, deals, quantity, timer, told, younger, phase, of_node, of_provider,
         on_instrument, terms, posted] = of;
  archive(id, terms, provider, instrument, price, quantity, phase, posted);
}
template <class A, Of<Rates> T>
void fields(A& archive, T& of) {
  auto& [taker, maker, slice] = of;
  archive(taker, maker, slice);
}
template <class A, Of<KeptOrder::Said> T>
void fields(A& archive, T& of) {
  auto& [good_for, output_max, quantity, policy, tier] = of;
  archive(good_for, output_max, quantity, policy, tier);
}
/// Its terms are written as the command that they were (words), with what was said where defaults stand now.
template <class A, Of<Order> T>
void fields(A& archive, T& of) {
  auto& [id, buyer, signature, limit, phase, rests, open, filled, held, timer, at_rest, of_resting_buyer,
         claims, younger, of_buyer, terms, work, rates, placed, expires, lot, job, leases, open_leases,
         told] = of;
  archive(id, work, lot, buyer, signature, limit, phase, open, filled, held, rates, placed, expires, job);
}
template <class A, Of<Job> T>
void fields(A& archive, T& of) {
  auto& [id, order, offer, buyer, provider, node, instrument, price, model, input, output_max, output, policy,
         taker_is_buyer, rates, phase, fault, code, finish, held, charge, guarantee, latency, late, matched,
         stood_still, timer, still_open, of_node, of_sides] = of;
  archive(id, order, offer, buyer, provider, node, instrument, price, model, input, output_max, output,
          policy, taker_is_buyer, rates, phase, fault, code, finish, held, charge, guarantee, latency, late,
          matched, stood_still);
}
template <class A, Of<Lease> T>
void fields(A& archive, T& of) {
  auto& [id, order, offer, buyer, provider, node, instrument, price, lots, term, taker_is_buyer, rates, phase,
         fault, code, held, charge, guarantee, unfunded, matched, ready, ends, used, timer, still_open,
         of_node, of_order, of_sides] = of;
  archive(id, order, offer, buyer, provider, node, instrument, price, lots, term, taker_is_buyer, rates,
          phase, fault, code, held, charge, guarantee, unfunded, matched, ready, ends, used);
}

// ---- the book ----

template <class A, Of<Eligibility::Image> T>
void fields(A& archive, T& of) {
  auto& [instruments, signatures, retired, turn_signature, turn_instrument] = of;
  archive(instruments, signatures, retired, turn_signature, turn_instrument);
}
template <class A, Of<Standing> T>
void fields(A& archive, T& of) {
  auto& [firm, resting_max, buyer, provider] = of;
  archive(firm, resting_max, buyer, provider);
}
template <class A, Of<BookImage::Member> T>
void fields(A& archive, T& of) {
  auto& [who, standing] = of;
  archive(who, standing);
}
template <class A, Of<BookImage::ProviderList> T>
void fields(A& archive, T& of) {
  auto& [kind, who] = of;
  archive(kind, who);
}
template <class A, Of<NodePool::Image::Jobs> T>
void fields(A& archive, T& of) {
  auto& [model, tier, fit, running] = of;
  archive(model, tier, fit, running);
}
template <class A, Of<NodePool::Image> T>
void fields(A& archive, T& of) {
  auto& [units, leased, jobs] = of;
  archive(units, leased, jobs);
}
template <class A, Of<BookImage::Node> T>
void fields(A& archive, T& of) {
  auto& [id, klass, place, pooling, pool] = of;
  archive(id, klass, place, pooling, pool);
}
template <class A, Of<BookImage::InUse> T>
void fields(A& archive, T& of) {
  auto& [instrument, lots] = of;
  archive(instrument, lots);
}
template <class A, Of<BookImage::Offer> T>
void fields(A& archive, T& of) {
  auto& [id, provider, node, instrument, price, fill_min, fill_max, replenish, post_only, self_trade, display,
         hidden, session, expires] = of;
  archive(id, provider, node, instrument, price, fill_min, fill_max, replenish, post_only, self_trade,
          display, hidden, session, expires);
}
template <class A, Of<BookImage::Tranche> T>
void fields(A& archive, T& of) {
  auto& [offer, lots] = of;
  archive(offer, lots);
}
template <class A, Of<BookImage::Order> T>
void fields(A& archive, T& of) {
  auto& [id, buyer, signature, limit, open, tif, near, post_only, self_trade, providers, fill_min, session,
         expires] = of;
  archive(id, buyer, signature, limit, open, tif, near, post_only, self_trade, providers, fill_min, session,
          expires);
}
template <class A, Of<BookImage> T>
void fields(A& archive, T& of) {
  auto& [eligibility, standings, lists, nodes, in_use, offers, tranches, moved, orders, halted, now, newest] =
      of;
  archive(eligibility, standings, lists, nodes, in_use, offers, tranches, moved, orders, halted, now, newest);
}

}  // namespace spillway::core
