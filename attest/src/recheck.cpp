// attest/recheck.cpp - see attest/recheck.hpp.
#include "attest/recheck.hpp"

#include <utility>

#include "market/check.hpp"

namespace spillway::attest {

namespace {

std::unexpected<std::string> no(std::string why) { return std::unexpected(std::move(why)); }

std::string at(std::size_t index) { return "message " + std::to_string(index + 1); }

}  // namespace

std::expected<TranscriptClaim, std::string> claim_of(Transcript const& transcript) {
  auto const& said = transcript.said;
  if (said.size() < 2 || said[0].speaker != Speaker::unit || said[1].speaker != Speaker::exchange)
    return no("it does not begin with a unit and the exchange's parameters");
  auto const first = decode(said[0].bytes), second = decode(said[1].bytes);
  auto const* const open = first ? std::get_if<AttestOpen>(&*first) : nullptr;
  auto const* const epoch = second ? std::get_if<EpochParams>(&*second) : nullptr;
  if (!open || !epoch || !check(epoch->params))
    return no("it does not begin with a unit and the exchange's parameters");
  return TranscriptClaim{*open, *epoch};
}

std::expected<Outcome, std::string> recheck(Transcript const& transcript,
                                            std::shared_ptr<EpochSecret const> secret) {
  auto const claim = claim_of(transcript);
  if (!claim) return no(claim.error());
  auto const& params = claim->epoch.params;
  sw_check(secret->n() == params.n && secret->profile() == params.profile,
           "the secret was made for the transcript's n and profile");
  auto const& said = transcript.said;
  SessionConfig config;
  config.params = params;
  config.transcript = transcript.version;
  config.in_step = true;  // alone or beside others: the transcript says when each phase began
  auto const& open = claim->open;
  ChallengeSession session(std::move(secret), config, Claimant{open.unit, open.node, open.wanted},
                           transcript.fresh, said[0].at);
  for (std::size_t next = 0; next < said.size();) {
    if (said[next].speaker != Speaker::unit) return no(at(next) + " of the exchange answers nothing");
    auto now = said[next].at;
    auto step = session.on_message(said[next++].bytes, now);
    if (step.outcome) {
      if (next != said.size()) return no(at(next) + " comes after the end");
      if (step.outcome->transcript != hash_of(transcript)) return no("its hash is not that of its messages");
      return *step.outcome;
    }
    if (session.held() && next < said.size() && said[next].at >= now)
      now = said[next].at, step = session.release(now);
    for (auto const& bytes : step.send) {
      if (next == said.size()) return no("it ends before the challenge does");
      if (said[next] != Said{Speaker::exchange, now, bytes})
        return no(at(next) + " is not what the exchange says with this seed");
      ++next;
    }
  }
  return no("it ends before the challenge does");
}

}  // namespace spillway::attest
