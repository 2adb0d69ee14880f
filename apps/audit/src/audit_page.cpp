// apps/audit/src/audit_page.cpp - the same facts twice: a page and a document.
#include "apps/audit/audit_page.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "apps/audit/account_name.hpp"
#include "apps/text/table.hpp"
#include "market/decimal.hpp"
#include "page_words.hpp"

namespace spillway {
namespace {

using Align = TextTable::Align;
using namespace page;  // NOLINT: the words that all pages share

std::string counted(AuditReport const& report) {
  return "entries  " + std::to_string(report.entries) + "\nseals    " + std::to_string(report.seals) +
         "\nrecords  " + std::to_string(report.records_compared) + " compared\ntiles    " +
         std::to_string(report.tiles_compared) + " compared\n";
}

std::string checkpoint_line(AuditReport const& report) {
  if (report.checkpoint_size == 0) return "none";
  return "covers " + std::to_string(report.checkpoint_size) + " entries and seals, " +
         (report.signed_by.empty() ? "signature not verified" : "signed by " + report.signed_by);
}

// The time is what the witness says; it may be any number.
std::string time_text(std::uint64_t time_s) {
  constexpr std::uint64_t year_10000 = 253'402'300'800;
  if (time_s >= year_10000) return "at second " + std::to_string(time_s);
  return stamp_text(Stamp{static_cast<std::int64_t>(time_s) * micros_per_second});
}

std::string witness_lines(AuditReport const& report) {
  std::string text;
  for (auto const& word : report.witnesses.words) {
    text += "witness  " + word.name + ": ";
    text += word.size == 0 ? "nothing"
                           : "covers " + std::to_string(word.size) + " entries and seals, cosigned " +
                                 time_text(word.time_s);
    text += "\n";
  }
  return text;
}

std::string money(Nano v) { return with_thousands(money_text(v)); }

json::object row(AccountView const& a) {
  return {{"account", account_text(a.key)},
          {"debits_nano", number(a.debits.v)},
          {"credits_nano", number(a.credits.v)},
          {"balance_nano", number(a.balance.v)},
          {"balance", money_text(a.balance)}};
}

json::object row(StatementLine const& l) {
  return {{"seq", number(l.seq.v)},
          {"stamp_us", number(l.stamp.v)},
          {"transfer", number(l.transfer.v)},
          {"code", name(l.code)},
          {"about", number(l.about)},
          {"other", account_text(l.other)},
          {"debit_nano", number(l.debit.v)},
          {"credit_nano", number(l.credit.v)},
          {"balance_nano", number(l.balance.v)}};
}

std::string amount(Nano v) { return v.v == 0 ? "" : money(v); }

}  // namespace

std::string verify_page(AuditReport const& report, PageForm form) {
  if (form == PageForm::json) return line(document(report));
  return counted(report) + "root     " + to_hex(report.root) + "\nhead     " + checkpoint_line(report) +
         "\n" + witness_lines(report) + verdict(report);
}

std::string replay_page(AuditReport const& report, PageForm form) {
  if (form == PageForm::json) return line(document(report));
  return counted(report) + "states   " + std::to_string(report.states_compared) + " compared\nD        " +
         to_hex(report.digest) + " after sequence " + std::to_string(report.last.v) + "\n" +
         witness_lines(report) + "seconds  " + seconds_text(report.took) + "\n" + verdict(report);
}

TrialBalance trial_balance(AuditReport const& report) {
  TrialBalance sums;
  for (auto const& account : report.accounts) sums.debits += account.debits, sums.credits += account.credits;
  return sums;
}

std::string trial_balance_page(AuditReport const& report, PageForm form) {
  auto const sums = trial_balance(report);
  if (form == PageForm::json) {
    auto out = document(report);
    json::array rows;
    for (auto const& account : report.accounts) rows.push_back(row(account));
    out["accounts"] = std::move(rows);
    out["difference_nano"] = number(sums.credits.v - sums.debits.v);
    out["books_balance"] = sums.balanced();
    return line(out);
  }
  TextTable table({{"account", Align::left},
                   {"debits", Align::right},
                   {"credits", Align::right},
                   {"balance", Align::right}});
  for (auto const& a : report.accounts)
    table.add({account_text(a.key), money(a.debits), money(a.credits), money(a.balance)});
  table.add({"sum", money(sums.debits), money(sums.credits), money(sums.credits - sums.debits)});
  std::string const said = !sums.balanced() ? "THE BOOKS DO NOT BALANCE\n"
                           : report.ok()    ? "the books balance\n"
                                         : "no balance: what was read up to the finding is not the books\n";
  return table.text() + said + witness_lines(report) + verdict(report);
}

bool statement_agrees(AuditReport const& report, Statement const& statement) {
  auto const found = std::find_if(report.accounts.begin(), report.accounts.end(),
                                  [&](auto const& a) { return a.key == statement.account(); });
  if (found == report.accounts.end()) return statement.lines().empty();
  return found->debits == statement.debits() && found->credits == statement.credits();
}

std::string statement_page(AuditReport const& report, Statement const& statement, PageForm form) {
  if (form == PageForm::json) {
    auto out = document(report);
    json::array rows;
    for (auto const& l : statement.lines()) rows.push_back(row(l));
    out["account"] = account_text(statement.account());
    out["postings"] = std::move(rows);
    out["balance_nano"] = number(statement.balance().v);
    out["agrees_with_books"] = statement_agrees(report, statement);
    return line(out);
  }
  TextTable table({{"seq", Align::right},
                   {"time (UTC)", Align::left},
                   {"why", Align::left},
                   {"about", Align::right},
                   {"other account", Align::left},
                   {"debit", Align::right},
                   {"credit", Align::right},
                   {"balance", Align::right}});
  for (auto const& l : statement.lines())
    table.add({std::to_string(l.seq.v), stamp_text(l.stamp), name(l.code),
               l.about ? std::to_string(l.about) : "", account_text(l.other), amount(l.debit),
               amount(l.credit), money(l.balance)});
  return "statement of " + account_text(statement.account()) + "\n" + table.text() + "balance " +
         money(statement.balance()) +
         (!statement_agrees(report, statement) ? ", WHICH THE BOOKS DO NOT SAY\n"
          : statement.lines().empty()          ? "; no posting names this account\n"
                                               : ", as in the books\n") +
         verdict(report);
}

}  // namespace spillway
