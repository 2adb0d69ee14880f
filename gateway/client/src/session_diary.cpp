// gateway/client/src/session_diary.cpp - see session_diary.hpp.
#include "session_diary.hpp"

#include <sodium.h>

#include "market/codec.hpp"

namespace spillway {
namespace {

Bytes32 blake2b(std::span<std::byte const> bytes) {
  Bytes32 out;
  crypto_generichash(reinterpret_cast<unsigned char*>(out.data()), out.size(),
                     reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size(), nullptr, 0);
  return out;
}

}  // namespace

SessionDiary::SessionDiary(Credentials credentials, SessionId session, Bytes32 const& nonce,
                           std::uint64_t had)
    : credentials_(std::move(credentials)),
      session_(session),
      requests_(blake2b, session, nonce),
      reports_(blake2b, session, nonce, had),
      stated_report_(had),
      had_(had) {}

void SessionDiary::sent(ClientMessage const& message) {
  if (!honest_ || !becomes_command(message)) return;
  if (auto const* const order = std::get_if<msg::PlaceOrder>(&message)) {
    auto kept = *order;
    kept.prompt.clear();
    open_.insert_or_assign(order->request, std::move(kept));
  } else {
    open_.insert_or_assign(request_of(message), message);
  }
}

std::string SessionDiary::answered(msg::Answer const& answer) {
  auto wrong = honest_ ? look_at(answer) : std::string();
  if (!wrong.empty()) honest_ = false, open_.clear();
  return wrong;
}

std::string SessionDiary::look_at(msg::Answer const& answer) {
  auto const asked = open_.extract(answer.request);
  if (asked.empty())
    return answer.number == 0 ? "" : "the exchange journalled a request that this session did not send";
  if (answer.number == 0)
    return answer.seq.some() ? "the exchange journalled a request outside of this session" : "";
  auto const entry = decode_entry(answer.entry);
  auto stated = stated_bytes(answer.entry);
  if (!entry || !stated) return "the entry in an answer cannot be read";
  bool const ours = entry->principal == credentials_.participant && entry->session == session_ &&
                    entry->request == answer.number && entry->seq == answer.seq;
  if (!ours || !says_the_same(asked.mapped(), entry->command))
    return "the exchange journalled something else than what was asked (entry " +
           std::to_string(answer.seq.v) + ")";
  if (!requests_.add(answer.number, std::move(*stated)))
    return "the exchange answered request " + std::to_string(answer.number) + " of this session twice";
  return "";
}

void SessionDiary::reported(msg::Report const& report) {
  (void)reports_.add(report.report, report.seq, report.stamp_us, report.record);
}

bool SessionDiary::has_news() const {
  return honest_ && (requests_.last() > stated_request_ || reports_.last() > stated_report_);
}

msg::SessionStatement SessionDiary::state(msg::Request request) {
  SessionStatement said;
  said.session = session_;
  said.last_request = stated_request_ = requests_.last();
  said.requests = requests_.hash();
  said.last_report = stated_report_ = reports_.last();
  said.reports = reports_.hash();
  return {request,          said.last_request, said.requests,
          said.last_report, said.reports,      credentials_.sign(statement_bytes(said))};
}

}  // namespace spillway
