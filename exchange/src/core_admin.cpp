// exchange/src/core_admin.cpp - rules, halts, participants, keys and money from outside: by the operator or
// at genesis.
#include "core_state.hpp"

namespace spillway {

using core::no;
using core::refuse;

namespace {

constexpr std::uint32_t all_roles =
    static_cast<std::uint32_t>(Role::provider) | static_cast<std::uint32_t>(Role::buyer) |
    static_cast<std::uint32_t>(Role::auditor) | static_cast<std::uint32_t>(Role::operator_);
constexpr Micros day{24 * micros_per_hour};
constexpr Micros longest_overlap{366 * day.v}, longest_hold{366 * day.v};

bool in_service(Micros duration) { return duration.v > 0 && duration <= day; }

bool sane(Rules const& r) {
  return in_service(r.acknowledgement) && in_service(r.first_token_slack) && in_service(r.silence) &&
         in_service(r.node_grace) && in_service(r.lease_ready_slack) && in_service(r.lease_slice) &&
         in_service(r.attestation_validity) && in_service(r.token_order_default) &&
         in_service(r.token_order_longest) && r.token_order_default <= r.token_order_longest &&
         r.lease_slice.v % micros_per_second == 0 && r.usage_mark >= Nano{} && r.usage_mark <= largest_hold &&
         r.taker_fee_bps >= 0 && r.taker_fee_bps <= 10'000 && r.maker_rebate_bps >= 0 &&
         r.maker_rebate_bps <= r.taker_fee_bps && r.sla_rebate_milli >= 0 && r.sla_rebate_milli <= 1'000 &&
         r.class_scale >= 1 && r.bond_per_unit >= Nano{} && r.bond_per_unit <= largest_hold &&
         r.bond_hold >= Micros{} && r.bond_hold <= longest_hold;
}

}  // namespace

Refusal ExchangeCore::State::lacks(ParticipantId who, Role role) const {
  if (!who.some()) return Refusal::role_missing;  // the exchange itself neither buys nor sells
  auto const* const participant = lately->id == who ? lately : at(participants, who);
  if (!participant) return Refusal::unknown_participant;
  return (participant->roles & static_cast<std::uint32_t>(role)) != 0 ? Refusal::none : Refusal::role_missing;
}

Refusal ExchangeCore::State::not_operator(ParticipantId who) const {
  return who.some() ? lacks(who, Role::operator_) : Refusal::none;
}

Refusal ExchangeCore::State::not_exchange(ParticipantId who) const {
  if (!who.some()) return Refusal::none;
  return at(participants, who) ? Refusal::role_missing : Refusal::unknown_participant;
}

core::Reply ExchangeCore::State::on(ParticipantId who, SetRules const& c) {
  if (auto const why = not_operator(who); no(why)) return refuse(why);
  // Never back: work that is left would have nobody to do it.
  bool const known = c.rules.version >= 1 && c.rules.version <= rules_newest;
  bool const back = rules_set && c.rules.version < rules.version;
  if (!known || back || !sane(c.rules)) return refuse(Refusal::rules_unknown);
  rules = c.rules;
  rules_set = true;
  if (rules.version >= with_drains) registry.keep_misses();
  emit(record::MarketState{halted, {}, rules.version, {}});
  return Answer{};
}

core::Reply ExchangeCore::State::on(ParticipantId who, SetHalt const& c) {
  if (auto const why = not_operator(who); no(why)) return refuse(why);
  set_halted(c.halted);
  return Answer{};
}

void ExchangeCore::State::set_halted(bool to) {
  halted = to;
  emit(record::MarketState{halted, {}, rules.version, {}});
}

core::Reply ExchangeCore::State::on(ParticipantId who, AddParticipant const& c) {
  if (!c.participant.some() || c.roles == 0 || (c.roles & ~all_roles) != 0) return refuse(Refusal::malformed);
  if (auto const why = not_operator(who); no(why)) return refuse(why);
  if (participants.size() >= limits.participants) return refuse(Refusal::capacity);
  if (participants.contains(c.participant)) return refuse(Refusal::participant_exists);

  auto& made = participants.add(c.participant);
  made.firm = c.firm, made.roles = c.roles;
  put_by_id(participants.row_of(made));
  emit(record::ParticipantState{c.participant.v, c.roles, c.firm.v, 0, {}});
  return Answer{c.participant.v};
}

/// A new one, the last of the table's count.
void ExchangeCore::State::put_by_id(core::Row participant) {
  auto at = participants.size() - 1;
  for (; at > 0 && participants[participants_by_id[at - 1]].id > participants[participant].id; --at)
    participants_by_id[at] = participants_by_id[at - 1];
  participants_by_id[at] = participant;
}

core::Reply ExchangeCore::State::on(ParticipantId who, AddKey const& c) {
  if (!c.key.some() || c.kind == KeyKind::unset || c.kind > KeyKind::bearer_blake2b)
    return refuse(Refusal::malformed);
  if (auto const why = not_operator(who); no(why)) return refuse(why);
  auto* const owner = participants.find(c.participant);
  if (!owner) return refuse(Refusal::unknown_participant);
  // A bearer key alone says who calls, so no two participants may share one.
  if (keys.contains({c.participant, c.key}) || key_values.contains(c.value))
    return refuse(Refusal::key_exists);
  if (keys.size() >= limits.keys) return refuse(Refusal::capacity);

  keys.emplace(std::pair{c.participant, c.key}, c);
  key_values.insert(c.value);
  ++owner->keys;
  emit(record::ParticipantState{owner->id.v, owner->roles, owner->firm.v, owner->keys, {}});
  return Answer{c.key.v};
}

core::Reply ExchangeCore::State::on(ParticipantId who, Deposit const& c) {
  AccountKey const bank{the_exchange, AccountKind::bank};
  if (auto const why = not_operator(who); no(why)) return refuse(why);
  if (!participants.contains(c.participant)) return refuse(Refusal::unknown_participant);
  if (c.amount <= Nano{} || no(ledger.why_not(bank, c.amount))) return refuse(Refusal::amount_invalid);
  post(bank, {c.participant, AccountKind::funds}, c.amount, TransferCode::deposit, 0);
  return Answer{c.participant.v};
}

core::Reply ExchangeCore::State::on(ParticipantId who, FundGuarantee const& c) {
  AccountKey const bank{the_exchange, AccountKind::bank};
  if (auto const why = not_operator(who); no(why)) return refuse(why);
  if (c.amount <= Nano{} || no(ledger.why_not(bank, c.amount))) return refuse(Refusal::amount_invalid);
  post(bank, {the_exchange, AccountKind::guarantee}, c.amount, TransferCode::guarantee_funding, 0);
  work.begin({core::WorkKind::pay_owed, {}, {}, {}});
  return Answer{};
}

// What the hash is of stands outside: the market goes on alike with and without it.
core::Reply ExchangeCore::State::on(ParticipantId who, SetRegister const& c) {
  if (auto const why = not_operator(who); no(why)) return refuse(why);
  if (!participants.find(c.participant)) return refuse(Refusal::unknown_participant);
  return Answer{c.participant.v};
}

// A key may be followed by one alone: what signs a head of any size is never in doubt.
core::Reply ExchangeCore::State::on(ParticipantId who, LogKeyChange const& c) {
  if (rules.version < 3) return refuse(Refusal::rules_unknown);
  if (auto const why = not_operator(who); no(why)) return refuse(why);
  bool const sane = c.before != Bytes32{} && c.after != Bytes32{} && c.before != c.after &&
                    c.before_id != c.after_id && c.overlap >= Micros{} && c.overlap <= longest_overlap;
  if (!sane) return refuse(Refusal::malformed);
  if (log_key_changed.some() && c.before != log_key_change.after) return refuse(Refusal::key_unknown);
  if (log_key_changed.some() && now < log_key_until) return refuse(Refusal::busy);
  log_key_changed = entry_seq, log_key_change = c, log_key_until = now + c.overlap;
  emit(record::LogKeyState{c.before_id, c.after_id, log_key_until.v, {}});
  return Answer{c.after_id};
}

// Evidence for auditors; the gateway compared it with what it kept, and nothing follows from it.
core::Reply ExchangeCore::State::on(ParticipantId who, SessionStatement const& c) {
  if (!c.session.some()) return refuse(Refusal::malformed);
  if (!participants.find(who)) return refuse(Refusal::unknown_participant);
  return Answer{};
}

// For auditors and standbys, who come by here with the same state or with another one; the core has gone on.
core::Reply ExchangeCore::State::on(ParticipantId who, StateDigest const& c) {
  if (auto const why = not_exchange(who); no(why)) return refuse(why);
  if (rules.version < 3) return refuse(Refusal::rules_unknown);
  return c.seq.some() && c.seq <= applied ? core::Reply(Answer{}) : refuse(Refusal::unknown_id);
}

}  // namespace spillway
