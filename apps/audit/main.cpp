// apps/audit/main.cpp - spillway-audit: is a journal what its exchange signed, and do its books add up?
// Room:   apps; sees the audit library. Exit: 0 all is well, 1 something is not, 2 the command line is wrong.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <string>

#include "apps/audit/account_name.hpp"
#include "apps/audit/audit_page.hpp"

namespace {

using namespace spillway;

constexpr int well = 0, not_well = 1, misused = 2;

struct Asked {
  AuditOptions options;
  std::string account;
  bool json{};
  [[nodiscard]] PageForm form() const { return json ? PageForm::json : PageForm::text; }
};

int say(std::string const& page, bool ok) {
  std::fputs(page.c_str(), stdout);
  return std::fflush(stdout) == 0 && ok ? well : not_well;
}

// Callers that read JSON get a document for every outcome.
int refuse(Asked const& asked, std::string const& sentence, int code) {
  std::fprintf(stderr, "spillway-audit: %s\n", sentence.c_str());
  if (asked.json) {
    std::string escaped;
    for (char const c : sentence)
      escaped += c == '"' || c == '\\'                ? std::string("\\") + c
                 : static_cast<unsigned char>(c) < 32 ? " "
                                                      : std::string(1, c);
    std::printf("{\"ok\":false,\"reason\":\"%s\"}\n", escaped.c_str());
  }
  return code;
}

template <class Page>
int audited(Asked const& asked, Page page) {
  auto const report = audit_journal(asked.options);
  if (!report) return refuse(asked, report.error().sentence, not_well);
  return page(*report);
}

int verify(Asked const& asked) {
  return audited(asked, [&](auto const& r) { return say(verify_page(r, asked.form()), r.ok()); });
}
int replay(Asked const& asked) {
  return audited(asked, [&](auto const& r) { return say(replay_page(r, asked.form()), r.ok()); });
}
int balance(Asked const& asked) {
  return audited(asked, [&](auto const& r) {
    return say(trial_balance_page(r, asked.form()), r.ok() && trial_balance(r).balanced());
  });
}
int state(Asked asked) {
  auto const account = parse_account(asked.account);
  if (!account) return refuse(asked, account.error(), misused);
  Statement statement(*account);
  asked.options.each = [&](Entry const& entry, Outcome const& outcome) { statement.gather(entry, outcome); };
  return audited(asked, [&](auto const& r) {
    return say(statement_page(r, statement, asked.form()), r.ok() && statement_agrees(r, statement));
  });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("spillway-audit - reads a journal directory, changes nothing; the exchange may be running");
  app.require_subcommand(1);
  app.fallthrough();
  Asked asked;
  int code = well;
  auto verb = [&](char const* name, char const* about, int (*run)(Asked const&)) {
    auto* const sub = app.add_subcommand(name, about);
    sub->add_option("DIR", asked.options.directory, "the journal directory")->required();
    sub->add_option("--vkey", asked.options.vkey, "key that signs checkpoints, as the exchange prints it");
    sub->add_flag("--json", asked.json, "one JSON document on standard output");
    sub->callback([&code, &asked, run] { code = run(asked); });
    return sub;
  };
  verb("verify", "every byte, the tree and its signed checkpoint, records against replay", verify);
  verb("replay", "apply every entry again, compare every seal, print D", replay)
      ->add_option("--book", asked.options.book, "what matches: fast, or plain, the book that can be read")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, BookKind>{{"fast", BookKind::fast}, {"plain", BookKind::plain}}));
  verb("trial-balance", "every account's debits and credits after replay", balance);
  verb("statement", "the postings of one account", [](Asked const& a) { return state(a); })
      ->add_option("ACCOUNT", asked.account, "funds:2, earnings:11, fees ...")
      ->required();
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& e) {
    return app.exit(e) == 0 ? well : misused;
  } catch (std::exception const& e) {
    return refuse(asked, e.what(), not_well);
  }
  return code;
}
