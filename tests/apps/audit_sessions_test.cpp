// tests/apps/audit_sessions_test.cpp - a client signed for what it sent and got; then the exchange writes
// another history, whole and well sealed, and the statement finds it. Covers sessions_audit.cpp,
// sessions_page.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "apps/audit/sessions_audit.hpp"
#include "audit_world.hpp"
#include "journal/digest.hpp"
#include "market/base64.hpp"

namespace spillway {
namespace {

using ::testing::HasSubstr;

constexpr SessionId session_of_carl{7};
constexpr Bytes32 nonce{std::byte{9}};

Bytes32 public_half() {
  auto const text = vkey.substr(vkey.rfind('+') + 1);
  auto const bytes = bytes_from_base64(text).value();
  Bytes32 key;
  std::copy_n(bytes.begin() + 1, key.size(), key.begin());
  return key;
}

/// What carl signs who sent the entries of his session and got every report, at the end of `entries`.
SessionStatement signed_for(std::vector<Entry> const& entries) {
  RequestChain requests(blake2b_256, session_of_carl, nonce);
  ReportChain reports(blake2b_256, session_of_carl, nonce, 0);
  ExchangeCore core;
  Outcome outcome;
  for (auto const& entry : entries) {
    if (entry.session == session_of_carl) {
      EXPECT_TRUE(requests.add(entry.request, stated_bytes(encode(entry)).value()));
    }
    outcome.clear();
    core.apply(entry, outcome);
    for (auto const& record : outcome.records)
      for (auto const& to : {record.head.first, record.head.second})
        if (to.report != 0 && ParticipantId{to.participant} == carl) {
          EXPECT_TRUE(reports.add(to.report, entry.seq, entry.stamp, record));
        }
  }
  SessionStatement said;
  said.session = session_of_carl, said.key = KeyId{1}, said.nonce = nonce;
  said.last_request = requests.last(), said.requests = requests.hash();
  said.last_report = reports.last(), said.reports = reports.hash();
  auto const text = statement_bytes(said);
  said.signature = fixed_key().sign({reinterpret_cast<char const*>(text.data()), text.size()});
  return said;
}

struct Sessions : ::testing::Test {
  ScratchFolder folder;
  std::vector<Entry> entries;
  AuditReport journal;
  std::string page, document;

  // Carl's key, a market in which he sends some orders by his session, and his statement over them.
  Sessions() {
    World world;
    world.must(AddKey{carl, KeyId{1}, KeyKind::ed25519, public_half()});
    live_a_little(world, 3);
    entries = world.journal;
    std::uint64_t number = 0;
    for (auto& entry : entries)
      if (entry.principal == carl) entry.session = session_of_carl, entry.request = ++number;
    requests_ = number;
    append(carl, signed_for(entries));
  }
  void append(ParticipantId who, Command command) {
    entries.push_back({Seq{entries.size() + 1}, entries.back().stamp, who, std::move(command)});
  }
  [[nodiscard]] std::vector<Entry>::iterator request(std::uint64_t number) {
    return std::ranges::find_if(
        entries, [&](Entry const& e) { return e.session == session_of_carl && e.request == number; });
  }
  // As an exchange would write this history, had it been so.
  SessionsReport audit() {
    for (std::size_t i = 0; i < entries.size(); ++i) entries[i].seq = Seq{i + 1};
    auto const path = folder.path() / std::to_string(++written_);
    (void)write_journal(path, entries);
    AuditOptions options{path, vkey};
    auto check = SessionsCheck::read(options);
    if (!check) throw std::runtime_error(check.error().sentence);
    options.each_entry = [&](ByteView bytes, Entry const& e, Outcome const& o) {
      check->gather(bytes, e, o);
    };
    auto report = audit_journal(options);
    if (!report) throw std::runtime_error(report.error().sentence);
    journal = std::move(*report);
    EXPECT_TRUE(journal.ok()) << "by itself this history is whole: " << journal.finding->reason;
    auto found = check->finish();
    page = sessions_page(journal, found, PageForm::text);
    document = sessions_page(journal, found, PageForm::json);
    return found;
  }
  void expect_found(char const* what) {
    auto const found = audit();
    EXPECT_FALSE(found.ok());
    EXPECT_THAT(page, HasSubstr(what));
    EXPECT_THAT(page, HasSubstr("NOT OK"));
    EXPECT_THAT(document, HasSubstr("\"ok\":false"));
  }

  std::uint64_t requests_{};
  int written_{};
};

}  // namespace

TEST_F(Sessions, WhatWasSignedForIsProven) {
  auto const found = audit();
  EXPECT_TRUE(found.ok()) << page;
  EXPECT_EQ(found.sessions, 1u);
  EXPECT_EQ(found.statements, 1u);
  EXPECT_EQ(found.stated, requests_);
  EXPECT_EQ(found.unstated, 0u);
  EXPECT_GT(found.reports, requests_);
  EXPECT_GT(found.asserted, 0u) << "what others sent is the exchange's word";
  EXPECT_THAT(page, HasSubstr("verdict  ok"));
}

TEST_F(Sessions, AnOrderThatTheExchangeAlteredIsFound) {
  std::get<PlaceOrder>(request(2)->command).output_max = Tokens{401};
  expect_found("the requests up to 3 that were signed for are not those of the journal");
}

TEST_F(Sessions, AnOrderThatTheExchangeLeftOutIsFound) {
  entries.erase(request(3));
  expect_found("request 3 was signed for, but before this the journal has them up to 2 alone");
}

TEST_F(Sessions, AnOrderThatTheExchangeTookOutOfTheSessionIsFound) {
  auto const taken = request(1);
  taken->session = {}, taken->request = 0;
  expect_found("request 3 was signed for");
}

TEST_F(Sessions, AnOrderThatTheExchangeRepeatedIsFound) {
  auto again = *request(2);
  std::get<PlaceOrder>(again.command).client.v += 1'000;
  again.stamp = entries.back().stamp;
  entries.insert(entries.end() - 1, again);
  expect_found("request 2 of the session is in the journal twice");
}

TEST_F(Sessions, ReportsThatTheClientNeverGotSoAreFound) {
  auto said = std::get<SessionStatement>(entries.back().command);
  entries.pop_back();
  entries.erase(std::ranges::find_if(entries, [](Entry const& e) {
    return std::holds_alternative<JobCompleted>(e.command) || std::holds_alternative<JobFailed>(e.command);
  }));
  append(carl, said);
  expect_found("report");
}

TEST_F(Sessions, AStatementThatSomebodyElseWroteIsFound) {
  auto& said = std::get<SessionStatement>(entries.back().command);
  said.requests[0] ^= std::byte{1};
  expect_found("the signature is not by key 1 of participant 20");
}

TEST_F(Sessions, TheEndOfASessionThatWasCutOffIsCountedAndNotCondemned) {
  auto late = *request(3);
  late.request = 4, late.stamp = entries.back().stamp;
  std::get<PlaceOrder>(late.command).client.v += 1'000;
  entries.push_back(late);
  auto const found = audit();
  EXPECT_TRUE(found.ok()) << page;
  EXPECT_EQ(found.stated, 3u);
  EXPECT_EQ(found.unstated, 1u);
}

TEST_F(Sessions, AClientThatNeverSignsIsTheExchangesWord) {
  entries.pop_back();
  auto const found = audit();
  EXPECT_TRUE(found.ok()) << page;
  EXPECT_EQ(found.silent, 1u);
  EXPECT_EQ(found.unstated, requests_);
  EXPECT_THAT(page, HasSubstr("1 of them without a statement"));
}

}  // namespace spillway
