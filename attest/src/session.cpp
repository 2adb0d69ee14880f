// attest/session.cpp - see attest/session.hpp.
#include "attest/session.hpp"

#include <algorithm>
#include <utility>

#include "attest/opening_check.hpp"
#include "market/check.hpp"

namespace spillway::attest {

namespace {

__extension__ using Wide = __int128;

// Work done in a time, per second; saturates, because a figure near the limit passes every floor anyway.
std::int64_t per_second(std::int64_t work, Micros time) {
  auto const rate = Wide{work} * micros_per_second / time.v;
  return static_cast<std::int64_t>(std::min<Wide>(rate, INT64_MAX));
}

RejectReason reason_of(Floor floor) {
  switch (floor) {
    case Floor::ops:
      return RejectReason::floor_ops;
    case Floor::bytes:
      return RejectReason::floor_bytes;
    case Floor::bytes_per_s:
      return RejectReason::floor_bytes_per_s;
  }
  return RejectReason::floor_ops;
}

// MemDone with the most roots that parameters allow is 35 KB; only Openings are longer.
constexpr std::uint32_t longest_gathered_bytes = 64 * 1'024;

constexpr Micros forever{INT64_MAX};

Bytes32 derive(Bytes32 const& fresh, std::string_view what, std::uint32_t index) {
  return hash("cap1-session", {fresh, std::as_bytes(std::span(what)), le32(index)});
}

}  // namespace

std::string Outcome::explain() const {
  if (!reason) return "the unit is proven for its class";
  std::string line(sentence(*reason));
  if (miss) {
    line += ": measured " + std::to_string(miss->measured) + ", needed " + std::to_string(miss->needed) + " ";
    line += name_of(miss->which);
  }
  return line;
}

struct ChallengeSession::State {
  enum class Awaits { open, echo, start, rounds, walk, memory, openings, nothing };  // start, walk: held

  explicit State(TranscriptVersion version) : transcript(version) { kept.version = version; }

  std::shared_ptr<EpochSecret const> secret;
  SessionConfig config;
  Claimant who;
  Bytes32 fresh;
  Bytes32 nonce;
  Bytes32 pass_key;
  TranscriptHash transcript;
  Transcript kept;

  Awaits awaits = Awaits::open;
  Micros since{};     // when the awaited step began: its clock
  Micros deadline{};  // inclusive
  std::uint32_t probe = 0;
  RoundsDone rounds;
  Commitments committed;
  std::vector<OpeningPlace> asked;
  std::optional<OpeningCheck> openings;  // while an Openings message comes in
  std::vector<std::byte> begun;          // of any other message that comes in pieces
  std::size_t still_to_come = 0;         // bytes of the message that comes in
  Outcome outcome;
  SessionStep step;

  // ---- what goes out and what ends ----

  void note(Speaker by, Micros now, ByteView bytes) {
    note_first(by, static_cast<std::uint32_t>(bytes.size()), now, bytes);
  }
  // The same for a message that comes in pieces; its time is that of the first.
  void note_first(Speaker by, std::uint32_t message_bytes, Micros now, ByteView piece) {
    transcript.begin(by, now, message_bytes);
    if (config.keep_transcript) kept.said.push_back({by, now, {}});
    if (config.keep_transcript) kept.said.back().bytes.reserve(message_bytes);
    note_more(piece);
  }
  void note_more(ByteView piece) {
    transcript.more(piece);
    if (!config.keep_transcript) return;
    auto& bytes = kept.said.back().bytes;
    bytes.insert(bytes.end(), piece.begin(), piece.end());
  }
  void send(AttestMessage const& message, Micros now) {
    auto bytes = encode(message);
    note(Speaker::exchange, now, bytes);
    step.send.push_back(std::move(bytes));
  }
  void await(Awaits next, Micros within, Micros now) {
    awaits = next;
    since = now;
    deadline = within == forever ? forever : now + within;
  }
  void end(std::optional<RejectReason> reason, bool tell = true) {
    awaits = Awaits::nothing;
    outcome.reason = reason;
    outcome.transcript = transcript.value();
    if (tell) step.send.push_back(encode(verdict()));
    step.outcome = outcome;
  }
  [[nodiscard]] Verdict verdict() const {
    auto const reason = outcome.reason ? std::to_underlying(*outcome.reason) : std::uint16_t{0};
    auto const& m = outcome.measured;
    return {who.unit, reason, m.ops_per_s, m.bytes, m.bytes_per_s, outcome.transcript};
  }
  [[nodiscard]] RejectReason lateness() const {
    switch (awaits) {
      case Awaits::open:
        return RejectReason::late_open;
      case Awaits::echo:
        return RejectReason::late_echo;
      case Awaits::rounds:
        return RejectReason::late_rounds;
      case Awaits::memory:
        return RejectReason::late_memory;
      case Awaits::openings:
      case Awaits::start:  // these three have no deadline
      case Awaits::walk:
      case Awaits::nothing:
        return RejectReason::late_openings;
    }
    return RejectReason::late_openings;
  }

  // ---- the steps, in the order of the protocol ----

  void on(AttestOpen const& m, Micros now) {
    if (awaits != Awaits::open) return end(RejectReason::out_of_turn);
    bool const as_known = m.unit == who.unit && m.node == who.node && m.wanted == who.wanted;
    if (!as_known || m.profile != config.params.profile) return end(RejectReason::wrong_unit);
    send(EpochParams{secret->epoch(), secret->beacon(), config.params}, now);
    send_probe(now);
  }

  void send_probe(Micros now) {
    send(RttProbe{probe, derive(fresh, "probe", probe)}, now);
    await(Awaits::echo, config.echo_within, now);
  }

  void on(RttEcho const& m, Micros now) {
    if (awaits != Awaits::echo) return end(RejectReason::out_of_turn);
    if (m.index != probe || m.nonce != derive(fresh, "probe", probe)) return end(RejectReason::echo_wrong);
    auto const rtt = now - since;
    outcome.rtt_min = probe == 0 ? rtt : std::min(outcome.rtt_min, rtt);
    if (++probe < rtt_probes) return send_probe(now);
    if (config.rtt_of_place && outcome.rtt_min > farthest_rtt(*config.rtt_of_place))
      return end(RejectReason::place_unproven);
    await(Awaits::start, forever, now);
    if (!config.in_step) release(now);
  }

  [[nodiscard]] bool held() const { return awaits == Awaits::start || awaits == Awaits::walk; }

  void release(Micros now) {
    if (awaits == Awaits::start) {
      send(Challenge{nonce}, now);
      await(Awaits::rounds, config.rounds_within, now);
    } else {
      send(MemChallenge{pass_key}, now);
      await(Awaits::memory, config.memory_within, now);
    }
  }

  [[nodiscard]] Micros phase_time(Micros now) const {
    auto const elapsed = now - since;
    auto const credit =
        std::min({outcome.rtt_min, largest_rtt_credit, Micros{elapsed.v / rtt_credit_divisor}});
    return std::max(elapsed - credit, Micros{1});
  }

  void on(RoundsDone const& m, Micros now) {
    if (awaits != Awaits::rounds) return end(RejectReason::out_of_turn);
    outcome.compute_time = phase_time(now);
    rounds = m;
    await(Awaits::walk, forever, now);
    if (!config.in_step) release(now);
  }

  void on(MemDone const& m, Micros now) {
    if (awaits != Awaits::memory) return end(RejectReason::out_of_turn);
    outcome.memory_time = phase_time(now);
    auto const first = first_round_key(nonce, who.unit, secret->epoch());
    auto chains = check_chains(config.params, first, rounds, pass_key, m);
    if (!chains) return end(chains.error());
    committed = std::move(*chains);
    auto const& last = committed.pass_roots.empty() ? pass_key : committed.pass_roots.back();
    asked = secret->places(config.params, nonce, rounds.last_key, last);
    send(Open{asked}, now);
    await(Awaits::openings, config.openings_within, now);
  }

  // Openings are checked as they come; everything else is short and waits until it is whole.
  void gather(std::uint32_t message_bytes, ByteView piece, bool last, Micros now) {
    auto message = piece;
    if (!last || !begun.empty()) {
      begun.insert(begun.end(), piece.begin(), piece.end());
      message = begun;
    }
    bool const is_openings = message.size() >= openings_head.size() &&
                             std::ranges::equal(message.first(openings_head.size()), openings_head);
    if (is_openings && awaits == Awaits::openings) {
      openings.emplace(*secret, config.params, committed, asked);
      return on_openings(message, last);
    }
    if (!last) {
      bool const too_long = message_bytes > longest_gathered_bytes && message.size() >= openings_head.size();
      return too_long ? end(is_openings ? RejectReason::out_of_turn : RejectReason::malformed) : void();
    }
    auto const read = decode(message);
    begun.clear();
    if (!read) return end(RejectReason::malformed);
    std::visit([&](auto const& m) { on(m, now); }, *read);
  }

  void on_openings(ByteView piece, bool last) {
    auto ok = openings->take(piece);
    if (ok && last) ok = openings->finish();
    if (!ok) return end(ok.error());
    if (!last) return;
    measure();
    auto const fits = admits(outcome.measured, config.floors, config.class_scale);
    if (fits) return end(std::nullopt);
    outcome.miss = fits.error();
    end(reason_of(fits.error().which));
  }

  // Openings that were asked for never come this way.
  void on(Openings const&, Micros) { end(RejectReason::out_of_turn); }

  // Nothing counts as measured before the openings proved that it was done.
  void measure() {
    auto const bytes = retained_bytes(config.params);
    outcome.measured = {per_second(work_ops(config.params), outcome.compute_time), bytes,
                        per_second(bytes * config.params.passes, outcome.memory_time)};
  }

  // What only the exchange says.
  template <class M>
  void on(M const&, Micros) {
    end(RejectReason::out_of_turn);
  }
};

ChallengeSession::ChallengeSession(std::shared_ptr<EpochSecret const> secret, SessionConfig const& config,
                                   Claimant const& who, Bytes32 const& fresh, Micros now)
    : state_(std::make_unique<State>(config.transcript)) {
  sw_check(check(config.params).has_value(), "the exchange's own challenge parameters are valid");
  sw_check(secret != nullptr && secret->n() == config.params.n && secret->profile() == config.params.profile,
           "the epoch's secret was made for this n and profile");
  state_->secret = std::move(secret);
  state_->config = config;
  state_->who = who;
  state_->fresh = state_->kept.fresh = fresh;
  state_->nonce = derive(fresh, "nonce", 0);
  state_->pass_key = derive(fresh, "memory", 0);
  state_->await(State::Awaits::open, config.open_within, now);
}
ChallengeSession::~ChallengeSession() = default;
ChallengeSession::ChallengeSession(ChallengeSession&&) noexcept = default;
ChallengeSession& ChallengeSession::operator=(ChallengeSession&&) noexcept = default;

SessionStep ChallengeSession::on_message(ByteView bytes, Micros now) {
  sw_check(state_->still_to_come == 0, "no message comes inside another");
  return on_piece(static_cast<std::uint32_t>(bytes.size()), bytes, now);
}

SessionStep ChallengeSession::on_piece(std::uint32_t message_bytes, ByteView piece, Micros now) {
  auto& s = *state_;
  if (ended()) return {};
  bool const first = s.still_to_come == 0;
  if (first && message_bytes > largest_message_bytes) {  // nothing is taken on the sender's word
    s.end(RejectReason::malformed);
    return std::exchange(s.step, {});
  }
  if (first) s.still_to_come = message_bytes;
  sw_check(piece.size() <= s.still_to_come, "a piece lies within its message");
  s.still_to_come -= piece.size();
  bool const last = s.still_to_come == 0;
  first ? s.note_first(Speaker::unit, message_bytes, now, piece) : s.note_more(piece);
  if (now < s.since) {
    // Read before the awaited step began, as when a peer sends ahead without waiting: no answer to it.
    s.end(RejectReason::out_of_turn);
  } else if (now > s.deadline) {
    s.end(s.lateness());
  } else if (s.openings) {
    s.on_openings(piece, last);
  } else {
    s.gather(message_bytes, piece, last, now);
  }
  return std::exchange(s.step, {});
}

SessionStep ChallengeSession::on_time(Micros now) {
  auto& s = *state_;
  if (!ended() && now > s.deadline) s.end(s.lateness());
  return std::exchange(s.step, {});
}

bool ChallengeSession::held() const { return state_->held(); }

SessionStep ChallengeSession::release(Micros now) {
  sw_check(held() && now >= state_->since, "only what is held is released, and not before its time");
  state_->release(now);
  return std::exchange(state_->step, {});
}

SessionStep ChallengeSession::abandon(Micros now) {
  auto& s = *state_;
  if (!ended()) {
    s.note(Speaker::exchange, now, {});
    s.end(RejectReason::ended_by_caller, false);
  }
  return std::exchange(s.step, {});
}

std::optional<Micros> ChallengeSession::deadline() const {
  if (ended() || held()) return std::nullopt;
  return state_->deadline;
}

Transcript const& ChallengeSession::transcript() const { return state_->kept; }

bool ChallengeSession::ended() const { return state_->awaits == State::Awaits::nothing; }

}  // namespace spillway::attest
