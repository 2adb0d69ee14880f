// bench/census/agents.cpp - see bench/census/agents.hpp.
#include "agents.hpp"

#include <unistd.h>

#include <algorithm>
#include <random>

#include "attest/prover.hpp"
#include "market/check.hpp"
#include "sockets.hpp"

namespace spillway::census {

using attest::AttestMessage;

namespace {

void spoil(AttestMessage& message, Spoil how, std::mt19937_64& draw) {
  if (auto* const done = std::get_if<attest::RoundsDone>(&message); done && how == Spoil::chain)
    done->last_key[draw() % 32] ^= std::byte{1};
  auto* const openings = std::get_if<attest::Openings>(&message);
  if (!openings) return;
  auto& opening = openings->rows[draw() % openings->rows.size()];
  if (how == Spoil::entry) opening.row[draw() % opening.row.size()] += 1;
  if (how == Spoil::path) opening.round_path[draw() % opening.round_path.size()][draw() % 32] ^= std::byte{1};
  if (how == Spoil::place) opening.place.row ^= 1;
}

}  // namespace

attest::UnitKey key_of(std::uint32_t unit) { return attest::hash("census-unit", {attest::le32(unit)}); }

Connection::Connection(std::uint16_t port) : socket_(connect_to_loopback(port)) {}
Connection::~Connection() { ::close(socket_); }

std::optional<attest::Verdict> Connection::answer(std::uint32_t unit, attest::Backend const& backend,
                                                  Manners const& manners) {
  using Clock = std::chrono::steady_clock;
  attest::Prover prover(key_of(unit), backend);
  auto const say = [&](AttestMessage const& message) {
    return send_frame(socket_, unit, attest::encode(message));
  };
  if (!say(attest::AttestOpen{key_of(unit), NodeId{unit}, census_class, attest::Profile::int8, "census"}))
    return std::nullopt;
  std::vector<std::byte> bytes;
  for (;;) {
    FrameHead head{};
    if (!receive_all(socket_, &head, sizeof head)) return std::nullopt;
    sw_check(head.unit == unit && head.bytes <= attest::largest_message_bytes,
             "a unit is asked when it has asked");
    bytes.resize(head.bytes);
    if (!receive_all(socket_, bytes.data(), bytes.size())) return std::nullopt;
    auto const asked = attest::decode(bytes);
    sw_check(asked.has_value(), "the exchange speaks CAP-1");
    if (auto const* const verdict = std::get_if<attest::Verdict>(&*asked)) return *verdict;
    auto const began = Clock::now();
    auto answer = prover.answer(*asked);
    sw_check(answer.has_value(), "an honest prover can answer what this exchange asks");
    if (!*answer) continue;
    auto const took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
    if (manners) manners(*asked, **answer, took);
    if (!say(**answer)) return std::nullopt;
  }
}

std::vector<Spoil> draw_spoils(std::uint32_t units, std::uint32_t spoiled, std::uint64_t seed) {
  sw_check(spoiled <= units, "no more units spoil than there are");
  std::vector<Spoil> out(units, Spoil::none);
  for (std::uint32_t i = 0; i < spoiled; ++i) out[i] = Spoil(1 + i % kinds_of_spoil);
  std::mt19937_64 draw(seed);
  std::ranges::shuffle(out, draw);
  return out;
}

bool answer_for(std::uint16_t port, std::vector<Spoil> const& units, std::uint32_t first, std::uint32_t step,
                std::uint64_t seed, attest::Backend const& backend) {
  Connection exchange(port);
  std::mt19937_64 draw(seed + first);
  for (auto unit = first; unit < units.size(); unit += step) {
    auto const manners = [&](AttestMessage const&, AttestMessage& answer, std::chrono::microseconds) {
      spoil(answer, units[unit], draw);
    };
    if (!exchange.answer(unit, backend, manners)) return false;
  }
  return true;
}

}  // namespace spillway::census
