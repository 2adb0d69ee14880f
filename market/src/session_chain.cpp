// market/session_chain.cpp - see market/session_chain.hpp.
#include "market/session_chain.hpp"

#include <cstring>
#include <string_view>

namespace spillway {
namespace {

using Link = std::vector<std::byte>;

void feed(Link& out, void const* data, std::size_t size) {
  auto const* const first = static_cast<std::byte const*>(data);
  out.insert(out.end(), first, first + size);
}
void feed(Link& out, std::string_view tag) { feed(out, tag.data(), tag.size()); }
void feed(Link& out, Bytes32 const& bytes) { feed(out, bytes.data(), bytes.size()); }
void feed(Link& out, std::uint64_t x) {
  feed(out, &x, sizeof x);
}  // record.hpp asserts a little-endian machine

}  // namespace

std::vector<std::byte> statement_bytes(SessionStatement const& said) {
  Link out;
  feed(out, "spillway-statement-v1");
  feed(out, said.session.v);
  feed(out, said.last_request);
  feed(out, said.requests);
  feed(out, said.last_report);
  feed(out, said.reports);
  return out;
}

RequestChain::RequestChain(StatementHash by, SessionId session, Bytes32 const& nonce) : hash_(by) {
  Link first;
  feed(first, "spillway-session-v1");
  feed(first, session.v);
  feed(first, nonce);
  at_ = hash_(first);
}

bool RequestChain::add(std::uint64_t number, std::vector<std::byte> stated,
                       std::function<void(std::uint64_t, Bytes32 const&)> const& each) {
  if (number <= last_ || !early_.emplace(number, std::move(stated)).second) return false;
  for (auto next = early_.begin(); next != early_.end() && next->first == last_ + 1; next = early_.begin()) {
    Link link;
    feed(link, at_);
    feed(link, next->first);
    feed(link, next->second.data(), next->second.size());
    at_ = hash_(link);
    last_ = next->first;
    early_.erase(next);
    if (each) each(last_, at_);
  }
  return true;
}

ReportChain::ReportChain(StatementHash by, SessionId session, Bytes32 const& nonce, std::uint64_t had)
    : hash_(by), last_(had) {
  Link first;
  feed(first, "spillway-reports-v1");
  feed(first, session.v);
  feed(first, nonce);
  feed(first, had);
  at_ = hash_(first);
}

bool ReportChain::add(std::uint64_t report, Seq seq, Stamp stamp, Record const& record) {
  if (report != last_ + 1) return false;
  Link link;
  feed(link, at_);
  feed(link, report);
  feed(link, seq.v);
  feed(link, static_cast<std::uint64_t>(stamp.v));
  feed(link, &record, sizeof record);
  at_ = hash_(link);
  last_ = report;
  return true;
}

}  // namespace spillway
