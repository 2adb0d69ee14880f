// gateway/server/src/stated_session.cpp - see stated_session.hpp.
#include "stated_session.hpp"

#include <sodium.h>

#include "journal/digest.hpp"
#include "market/check.hpp"
#include "market/codec.hpp"

namespace spillway {
namespace {

// Of a client that is far behind with reading its reports the oldest marks go; it states again later.
constexpr std::size_t report_marks_max = 65'536;
constexpr std::size_t request_marks_max = 65'536;

}  // namespace

StatedSession::StatedSession(SessionId session, Bytes32 const& nonce, std::uint64_t had)
    : session_(session),
      requests_(blake2b_256, session, nonce),
      reports_(blake2b_256, session, nonce, had),
      request_marks_{{0, requests_.hash(), 0}},
      report_marks_{{had, reports_.hash(), 0}} {
  statement_.session = session;
  statement_.nonce = nonce;
  statement_.reports_from = statement_.last_report = had;
}

void StatedSession::answered(std::uint64_t number, std::span<std::byte const> entry, std::int64_t now_us) {
  auto stated = stated_bytes(entry);
  sw_check(stated.has_value(), "what was journalled is an entry");
  (void)requests_.add(number, std::move(*stated), [&](std::uint64_t reached, Bytes32 const& hash) {
    request_marks_.push_back({reached, hash, now_us});
  });
}

void StatedSession::reported(msg::Report const& report) {
  if (!reports_.add(report.report, report.seq, report.stamp_us, report.record)) return;
  report_marks_.push_back({reports_.last(), reports_.hash(), 0});
  if (report_marks_.size() > report_marks_max) report_marks_.pop_front();
}

StatedSession::Mark const* StatedSession::find(std::deque<Mark> const& marks, std::uint64_t number) {
  auto const first = marks.front().number;
  if (number < first || number - first >= marks.size()) return nullptr;
  return &marks[number - first];
}

void StatedSession::drop_before(std::deque<Mark>& marks, std::uint64_t number) {
  while (marks.front().number < number) marks.pop_front();
}

std::expected<SessionStatement, Refusal> StatedSession::check(msg::SessionStatement const& said, KeyId key,
                                                              Bytes32 const& public_key) const {
  if (said.last_report >= statement_.last_report && said.last_report < report_marks_.front().number)
    return std::unexpected(Refusal::id_too_old);
  auto const* const request = find(request_marks_, said.last_request);
  auto const* const report = find(report_marks_, said.last_report);
  bool const same = request && report && request->hash == said.requests && report->hash == said.reports;
  bool const adds = said.last_request > statement_.last_request || said.last_report > statement_.last_report;
  if (!same || !adds) return std::unexpected(Refusal::statement_differs);
  auto next = statement_;
  next.key = key;
  next.last_request = said.last_request, next.requests = said.requests;
  next.last_report = said.last_report, next.reports = said.reports;
  next.signature = said.signature;
  auto const text = statement_bytes(next);
  if (crypto_sign_verify_detached(reinterpret_cast<unsigned char const*>(said.signature.data()),
                                  reinterpret_cast<unsigned char const*>(text.data()), text.size(),
                                  reinterpret_cast<unsigned char const*>(public_key.data())) != 0)
    return std::unexpected(Refusal::malformed);
  return next;
}

void StatedSession::stated(SessionStatement const& statement) {
  statement_ = statement;
  drop_before(request_marks_, statement.last_request);
  drop_before(report_marks_, statement.last_report);
}

bool StatedSession::far_behind() const { return request_marks_.size() > request_marks_max; }

bool StatedSession::behind(std::int64_t now_us, Micros within) const {
  return request_marks_.size() > 1 && now_us - request_marks_[1].at_us >= within.v;
}

}  // namespace spillway
