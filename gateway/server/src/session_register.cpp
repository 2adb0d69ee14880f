// gateway/server/src/session_register.cpp - who participants are, by the operator: names go to the register
// beside the journal, which can be erased; the journal gets a keyed hash, or that there is no row any more.
#include <boost/json.hpp>

#include "journal/register.hpp"
#include "session.hpp"

namespace spillway {
namespace {

namespace json = boost::json;

ByteView view_of(std::string const& text) { return std::as_bytes(std::span(text)); }

}  // namespace

// A row is written before the journal speaks of it: one that is refused there is written again next time.
void Session::on(msg::AdminRegister const& m, Time t) {
  if (!hub_.member(m.participant)) return answer(m.request, Refusal::unknown_participant);
  if (m.name.empty()) return answer(m.request, Refusal::malformed);
  json::object const row{{"name", m.name}, {"contact", m.contact}, {"payout", m.payout}};
  auto const hash =
      Register(hub_.config().register_directory).put(m.participant.v, view_of(json::serialize(row)));
  if (!hash) return hub_.log("the register: " + hash.error()), answer(m.request, Refusal::capacity);
  submit(m.request, SetRegister{m.participant, *hash}, t);
}

void Session::on(msg::AdminForget const& m, Time t) {
  if (!hub_.member(m.participant)) return answer(m.request, Refusal::unknown_participant);
  auto const gone = Register(hub_.config().register_directory).erase(m.participant.v);
  if (!gone) return hub_.log("the register: " + gone.error()), answer(m.request, Refusal::capacity);
  submit(m.request, SetRegister{m.participant, {}}, t);
}

void Session::read_register(msg::Read const& m) {
  if (role_ != Role::operator_) return answer(m.request, Refusal::role_missing);
  auto const row = Register(hub_.config().register_directory).get(m.participant.v);
  if (!row) return hub_.log("the register: " + row.error()), answer(m.request, Refusal::unknown_id);
  if (!*row) return answer(m.request, Refusal::unknown_id);
  auto const& bytes = (*row)->bytes;
  boost::system::error_code unreadable;
  auto const value = json::parse({reinterpret_cast<char const*>(bytes.data()), bytes.size()}, unreadable);
  json::object document{{"participant", m.participant.v},
                        {"row", unreadable ? json::value() : value},
                        {"hash", to_hex((*row)->hash)}};
  send(msg::ReadResult{m.request, hub_.pipeline().counters().durable, json::serialize(document)});
}

}  // namespace spillway
