// tests/attest/decode_fuzz.cpp - any bytes decode to a message that encodes to the same bytes, or to an
// error. Neither prover nor session breaks on them. Openings in two pieces get the verdict of one piece
// (attest/opening_check.cpp).
#include <algorithm>
#include <cstdlib>

#include "attest/opening_check.hpp"
#include "attest/prover.hpp"
#include "attest/session.hpp"

using namespace spillway;
using namespace spillway::attest;

namespace {

std::optional<RejectReason> verdict(EpochSecret const& secret, Cap1Params const& params, ByteView first,
                                    ByteView second) {
  static Commitments const committed{{{}, {}}, {{}}, {{}, {}}, {{}}};
  static OpeningPlace const asked{0, 3, 0};
  OpeningCheck check(secret, params, committed, {&asked, 1});
  auto ok = check.take(first);
  if (ok) ok = check.take(second);
  if (ok) ok = check.finish();
  return ok ? std::nullopt : std::optional(ok.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static auto const of_int8 = std::make_shared<EpochSecret const>(1, Bytes32{}, Bytes32{}, smallest_n);
  static auto const of_f16x = std::make_shared<EpochSecret const>(of_int8->in(Profile::f16x));
  auto const bytes = std::as_bytes(std::span(data, size));
  for (auto const& secret : {of_int8, of_f16x}) {
    SessionConfig config;
    config.params = {.n = smallest_n,
                     .rounds = 1,
                     .retained = 1,
                     .passes = 1,
                     .openings = 1,
                     .profile = secret->profile()};
    ChallengeSession session(secret, config, {}, Bytes32{}, Micros{0});
    auto const step = session.on_message(bytes, Micros{1});
    auto const open = decode(bytes);
    auto const* const said = open ? std::get_if<AttestOpen>(&*open) : nullptr;
    if (said != nullptr && said->profile != secret->profile() && !step.outcome) std::abort();

    auto const half = size / 2;
    if (verdict(*secret, config.params, bytes, {}) !=
        verdict(*secret, config.params, bytes.first(half), bytes.subspan(half)))
      std::abort();
  }

  auto const message = decode(bytes);
  if (!message) return 0;
  if (!std::ranges::equal(encode(*message), bytes)) std::abort();
  Prover prover(UnitKey{}, 1 << 16);  // little memory: a fuzzer should not wait for large products
  (void)prover.answer(*message);
  return 0;
}
