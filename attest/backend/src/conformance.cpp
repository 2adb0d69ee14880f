// attest/backend/src/conformance.cpp - see attest/conformance.hpp.
#include "attest/conformance.hpp"

#include <algorithm>
#include <array>

#include "attest/prover.hpp"

namespace spillway::attest {

namespace {

constexpr std::array<Golden, 9> golden{{
    {{.n = 64, .rounds = 3, .retained = 2, .passes = 2, .openings = 4},
     5,
     30,
     50,
     10,
     60,
     "cbd3490e73068a31beef5f820cb51557d35f0a69f9c8ef968ac73f1287807b53",
     "12a669388cf4f7f4f20049888087b4cff15e74ff080c6a677dddfeb0e6093c1f",
     "ea19cadae66d9c1a2a4b09fd332ab0a9f1150b72da8f6547120594707bd971e3"},
    {{.n = 128, .rounds = 2, .retained = 1, .passes = 1, .openings = 6},
     6,
     31,
     51,
     11,
     61,
     "872a2b26ae05b9648b4adb1655beee6b22af69b6bcc09d7fe27ec1949740b956",
     "d6312d4f72d5c6312300a1ddf490e29a63fcfa39ea70e50601f449d3871fc6d9",
     "c8582b4d08b0332b7066f3dde0a5db9da2291c6d1d06f38126206dfd4f248412"},
    {{.n = 256, .rounds = 3, .retained = 3, .passes = 2, .openings = 9},
     7,
     32,
     52,
     12,
     62,
     "b1e59d800dadd20f5f63999c2063f7864ae8d64f0a8cbdd91364c3fbbf996be5",
     "51201d4fc5c3a048ffb84f7f231f75116188c0612512e21c4ef1d52ab3777546",
     "1e5dacdc40aab76bf41286c7e251f21e14c846e5d45163384bdf7c910ff882ef"},
    {{.n = 1024, .rounds = 2, .retained = 1, .passes = 1, .openings = 5},
     8,
     33,
     53,
     13,
     63,
     "1a0e9f1d7d8ed34027cd81ff33b2976f287da6595d9634a0ad670ee4c9f4811d",
     "3c71f3012bf5bc052a7aeb9476b110bf8d551ccb202ce5558a2e707762f0ae80",
     "2dcc50eec2d6f098d688e8f7dc9268d044075b188cb8cdf30bf452b1cc848a10"},
    {{.n = 2048, .rounds = 1, .retained = 1, .passes = 1, .openings = 3},
     9,
     34,
     54,
     14,
     64,
     "860c5654b120c232314de52171b4c6cea3a26df3042b20aa945f85e1d6a491b5",
     "88e1e76f89ff662ef879514e63e3b7fdfde860e634ef72dc4e8712fdf24144cc",
     "ec7ee2a4d58f55eb4fd601353bf5b5ae70ca928d0128574c38f444c90b6d37e9"},
    {{.n = 64, .rounds = 3, .retained = 2, .passes = 2, .openings = 4, .profile = Profile::f16x},
     5,
     30,
     50,
     10,
     60,
     "d7d7df3941a7b3c4d2e718212271d94184a112b8254ba627da86547d8fd1dc86",
     "77e9af944713ddec76187b162ea02a4805813e42163482bc5d75d177b262e399",
     "e7607358117614be2d5d422f1c7a4a6340b196d9aca84eae66fdb6156cf5d704"},
    {{.n = 128, .rounds = 2, .retained = 1, .passes = 1, .openings = 6, .profile = Profile::f16x},
     6,
     31,
     51,
     11,
     61,
     "46f8905e86ddc05a352c1cf7c0de9b6e9c20b6cdefec38f6e2aa9e66907282a5",
     "250e2cc0696db3057784a847c9ec7b2be697ede82e861d964bc72bf39be4c8bb",
     "575f724bdc84bb5ec7ff2f9d20d1993cb08eeb03cfb037f41837f4a452fa38fa"},
    {{.n = 256, .rounds = 3, .retained = 3, .passes = 2, .openings = 9, .profile = Profile::f16x},
     7,
     32,
     52,
     12,
     62,
     "aa0d758db7c8d392bb4f828aa60b0f6710c052ed9740ef4a0fdc6724f303ecea",
     "794470bc87b6f7ff5fec7be8a7f15135db97e375beab9cd21c8b8f8d0de49b77",
     "d1d9bc35815e8fbd913134498ef62d0d7359fa654a87562363c167cbd9607228"},
    {{.n = 1024, .rounds = 2, .retained = 1, .passes = 1, .openings = 5, .profile = Profile::f16x},
     8,
     33,
     53,
     13,
     63,
     "f1f2b1de9a4da918b3c9b7015da4214b73f33d74648ec11eb21900f9b8275139",
     "d00d49ac035dacefdd0cad971b6605ce95a6720ece863241a703a2c4aed752c9",
     "9f2627f567eae33e7ee6de0e284cd5286d3cc85702231f69d440a869d74df634"},
}};

Bytes32 counting_from(std::uint8_t first) {
  Bytes32 out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = std::byte((first + i) & 0xff);
  return out;
}

std::string hex(Digest const& digest) {
  std::string out;
  for (auto const b : digest) {
    out += "0123456789abcdef"[std::to_integer<unsigned>(b) >> 4];
    out += "0123456789abcdef"[std::to_integer<unsigned>(b) & 15];
  }
  return out;
}

using Checks = std::vector<ConformanceCheck>;

void expect_digest(Checks& checks, std::string what, Digest const& got, std::string_view expected) {
  auto wrong = hex(got) == expected ? std::string() : "gives " + hex(got);
  checks.push_back({std::move(what), std::move(wrong)});
}

// The answer to a message of the exchange, or nothing after noting why there is none.
template <class M>
std::optional<M> answer_as(Checks& checks, std::string const& what, Prover& prover,
                           AttestMessage const& message) {
  auto answer = prover.answer(message);
  if (answer && *answer)
    if (auto* m = std::get_if<M>(&**answer)) return std::move(*m);
  checks.push_back({what, answer ? "gives no answer" : prover.backend_failure()});
  return std::nullopt;
}

void walk_golden(Checks& checks, std::string const& name, Prover& prover, Golden const& g) {
  auto const rounds =
      answer_as<RoundsDone>(checks, name + " rounds", prover, Challenge{counting_from(g.nonce)});
  if (!rounds) return;
  expect_digest(checks, name + " products: s_R", rounds->last_key, g.rounds_end);
  auto const memory =
      answer_as<MemDone>(checks, name + " passes", prover, MemChallenge{counting_from(g.pass_key)});
  if (!memory) return;
  expect_digest(checks, name + " retained products walked again: z_P", memory->last_key, g.passes_end);
  auto const opened = answer_as<Openings>(checks, name + " openings", prover, Open{golden_places(g.params)});
  if (!opened) return;
  auto const bytes = encode(*opened);
  expect_digest(checks, name + " opened rows and paths", hash("cap1-golden", {bytes}), g.openings);
}

// The small ones twice on one unit: what the first challenge left behind must not be seen in the second.
void run_golden(Checks& checks, Backend const& backend, std::uint32_t device, Golden const& g) {
  auto const which = g.params.profile == Profile::int8 ? "" : std::string(name_of(g.params.profile)) + ", ";
  auto const n = which + "n = " + std::to_string(g.params.n) + ",";
  Prover prover(counting_from(g.unit), backend, device);
  constexpr std::uint32_t twice_at_most_n = 256;
  for (auto const* again : {"", " again"}) {
    if (*again != 0 && g.params.n > twice_at_most_n) return;
    if (auto const ready = prover.answer(EpochParams{g.epoch, counting_from(g.beacon), g.params}); !ready) {
      checks.push_back({n + " B of the epoch", prover.backend_failure()});
      return;
    }
    walk_golden(checks, n + again, prover, g);
  }
}

// ---- manners: what goldens of one unit alone can't show ----

void note(Checks& checks, std::string what, bool kept, std::string wrong) {
  checks.push_back({std::move(what), kept ? std::string() : std::move(wrong)});
}

void check_two_units(Checks& checks, Backend const& backend, std::uint32_t device, Profile in) {
  constexpr auto what = "two units at once do not disturb each other, and a new beacon replaces B";
  auto first = backend.open(device, 64, 1, in), second = backend.open(device, 64, 1, in);
  if (!first || !second) return note(checks, what, false, first ? second.error() : first.error());
  auto const a = counting_from(1), b = counting_from(2), key = counting_from(3);
  bool ok = first->prepare(a) && second->prepare(b);
  auto const of_a = first->round(key, 0), of_b = second->round(key, 0);
  auto const walked = first->walk(0, key);
  ok = ok && of_a && of_b && walked && *of_a != *of_b && *of_a == *walked && second->prepare(a);
  auto const changed = second->round(key, 0);
  note(checks, what, ok && changed && *changed == *of_a, "the lanes say otherwise");
}

// The same keys in both profiles: what one unit made must not serve the other.
void check_two_profiles(Checks& checks, Backend const& backend, std::uint32_t device) {
  constexpr auto what = "units of both profiles at once do not disturb each other";
  auto one = backend.open(device, 64, 1, Profile::int8), two = backend.open(device, 64, 1, Profile::f16x);
  if (!one || !two) return note(checks, what, false, one ? two.error() : one.error());
  auto const b = counting_from(1), key = counting_from(3);
  bool ok = one->prepare(b) && two->prepare(b);
  auto const wide = one->round(key, 0), narrow = two->round(key, 0);
  auto const wide_walked = one->walk(0, key), narrow_walked = two->walk(0, key);
  ok = ok && wide && narrow && wide_walked && narrow_walked && *wide != *narrow && *wide == *wide_walked &&
       *narrow == *narrow_walked;
  note(checks, what, ok, "the lanes say otherwise");
}

void check_slots(Checks& checks, Backend const& backend, std::uint32_t device, Profile in) {
  constexpr auto what = "a product stays in its slot whatever is computed beside it, and is replaced whole";
  auto unit = backend.open(device, 128, 2, in);
  if (!unit) return note(checks, what, false, unit.error());
  auto const k0 = counting_from(1), k1 = counting_from(2), k2 = counting_from(3);
  bool ok = unit->prepare(counting_from(9)).has_value();
  auto const zero = unit->round(k0, 0), one = unit->round(k1, 1), dropped = unit->round(k2, std::nullopt);
  auto const zero_walked = unit->walk(0, k0), one_walked = unit->walk(1, k1);
  ok = ok && zero && one && dropped && zero_walked && one_walked && *zero == *zero_walked &&
       *one == *one_walked && unit->round(k2, 0).has_value();
  auto const replaced = unit->walk(0, k2);
  std::vector<std::int32_t> row(128), again(128);
  ok = ok && replaced && *replaced == *dropped && unit->row(0, 77, row) && unit->row_again(k2, 77, again);
  note(checks, what, ok && row == again, "a walk or a row shows another product");
}

void check_refusals(Checks& checks, Backend const& backend, std::uint32_t device, Profile in) {
  auto unit = backend.open(device, 64, 2, in);
  if (!unit) return note(checks, "opens n = 64 with two slots", false, unit.error());
  note(checks, "refuses a round before B is made", !unit->round(counting_from(1), 0), "computes");
  (void)unit->prepare(counting_from(1));
  note(checks, "refuses to walk a slot that was never written", !unit->walk(1, counting_from(1)), "walks");
  note(checks, "forgets retained products when told",
       unit->round(counting_from(1), 1) && (unit->forget(), !unit->walk(1, counting_from(1))), "remembers");
  note(checks, "keeps B when it forgets products", unit->round(counting_from(1), 1).has_value(), "lost it");
  note(checks, "refuses n = 96, no power of two", !backend.open(device, 96, 1, in), "opens");
}

}  // namespace

std::span<Golden const> golden_challenges() { return golden; }

std::vector<OpeningPlace> golden_places(Cap1Params const& p) {
  std::vector<OpeningPlace> out;
  for (std::uint32_t i = 0; i < p.openings; ++i) out.push_back({i % p.rounds, 37 * i % p.n, i % p.passes});
  return out;
}

std::vector<ConformanceCheck> conform(Backend const& backend, std::uint32_t device,
                                      std::uint32_t largest_golden_n) {
  Checks checks;
  if (auto why = backend.absent()) return {{"is present", std::move(*why)}};
  auto const devices = backend.devices().size();
  note(checks, "describes the device", device < devices,
       "has " + std::to_string(devices) + " devices, no " + std::to_string(device));
  if (device >= devices) return checks;
  for (auto const& g : golden) {
    if (g.params.n <= largest_golden_n && !backend.lacks(g.params.profile))
      run_golden(checks, backend, device, g);
  }
  auto const in = backend.lacks(Profile::int8) ? Profile::f16x : Profile::int8;
  check_two_units(checks, backend, device, in);
  check_slots(checks, backend, device, in);
  check_refusals(checks, backend, device, in);
  if (!backend.lacks(Profile::int8) && !backend.lacks(Profile::f16x))
    check_two_profiles(checks, backend, device);
  return checks;
}

bool conforms(std::span<ConformanceCheck const> checks) {
  return !checks.empty() && std::ranges::all_of(checks, [](auto const& c) { return c.wrong.empty(); });
}

}  // namespace spillway::attest
