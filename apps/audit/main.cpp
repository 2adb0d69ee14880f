// apps/audit/main.cpp - spillway-audit: is a journal what its exchange signed, and do its books add up?
// Room:   apps; sees the audit library.
// Exit:   0 all is well, 1 something is not, 2 the command line is wrong.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <string>

#include "apps/audit/account_name.hpp"
#include "apps/audit/attest_audit.hpp"
#include "apps/audit/audit_page.hpp"
#include "apps/audit/explain.hpp"
#include "apps/audit/postings.hpp"
#include "apps/audit/prove.hpp"
#include "apps/audit/sessions_audit.hpp"

namespace {

using namespace spillway;

constexpr int well = 0, not_well = 1, misused = 2;

struct Asked {
  AuditOptions options;
  std::string account, about, file;
  std::uint64_t fill{};
  bool json{};
  [[nodiscard]] PageForm form() const { return json ? PageForm::json : PageForm::text; }
};

/// One line on a terminal's standard error, gone when the work is done.
class Bar {
 public:
  explicit Bar(AuditOptions& options) {
    if (::isatty(STDERR_FILENO) == 1)
      options.progress = [this](std::uint64_t done, std::uint64_t of) { show(done, of); };
  }
  ~Bar() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
  }
  Bar(Bar const&) = delete;
  Bar& operator=(Bar const&) = delete;

 private:
  void show(std::uint64_t done, std::uint64_t of) {
    constexpr std::uint64_t width = 40;
    auto const filled = of == 0 ? 0 : done * width / of;
    std::string bar(width, '.');
    for (std::uint64_t i = 0; i < filled && i < width; ++i) bar[i] = '#';
    std::fprintf(stderr, "\r[%s] %llu of %llu MiB", bar.c_str(), static_cast<unsigned long long>(done >> 20),
                 static_cast<unsigned long long>(of >> 20));
    shown_ = true;
  }
  bool shown_ = false;
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

template <class Pass, class Page>
int audited(Asked asked, Pass pass, Page page) {
  auto const report = [&] {
    Bar const bar(asked.options);
    return pass(asked.options);
  }();
  if (!report) return refuse(asked, report.error().sentence, not_well);
  return page(*report);
}

int verify(Asked const& asked) {
  return audited(asked, audit_journal,
                 [&](auto const& r) { return say(verify_page(r, asked.form()), r.ok()); });
}
int replay(Asked asked) {
  asked.options.states = true;
  return audited(asked, audit_journal,
                 [&](auto const& r) { return say(replay_page(r, asked.form()), r.ok()); });
}
int balance(Asked const& asked) {
  return audited(asked, audit_journal, [&](auto const& r) {
    return say(trial_balance_page(r, asked.form()), r.ok() && trial_balance(r).balanced());
  });
}
int postings(Asked const& asked) {
  return audited(asked, sum_postings, [&](auto const& r) {
    return say(trial_balance_page(r, asked.form()), r.ok() && trial_balance(r).balanced());
  });
}
int attest_again(Asked asked) {
  ProofCheck check(asked.options.directory / attest::evidence_folder);
  asked.options.each = [&](Entry const& entry, Outcome const& outcome) { check.gather(entry, outcome); };
  return audited(asked, audit_journal, [&](auto const& r) {
    auto const proofs = check.finish();
    return say(attest_page(r, proofs, asked.form()), r.ok() && proofs.ok());
  });
}
int sessions(Asked asked) {
  auto check = SessionsCheck::read(asked.options);
  if (!check) return refuse(asked, check.error().sentence, not_well);
  asked.options.each_entry = [&](ByteView bytes, Entry const& entry, Outcome const& outcome) {
    check->gather(bytes, entry, outcome);
  };
  return audited(asked, audit_journal, [&](auto const& r) {
    auto const found = check->finish();
    return say(sessions_page(r, found, asked.form()), r.ok() && found.ok());
  });
}
int state(Asked asked) {
  auto const account = parse_account(asked.account);
  if (!account) return refuse(asked, account.error(), misused);
  Statement statement(*account);
  asked.options.each = [&](Entry const& entry, Outcome const& outcome) { statement.gather(entry, outcome); };
  return audited(asked, audit_journal, [&](auto const& r) {
    return say(statement_page(r, statement, asked.form()), r.ok() && statement_agrees(r, statement));
  });
}
int explain(Asked asked) {
  auto const subject = parse_subject(asked.about);
  if (!subject) return refuse(asked, subject.error(), misused);
  Life life(*subject);
  asked.options.each = [&](Entry const& entry, Outcome const& outcome) { life.gather(entry, outcome); };
  return audited(asked, audit_journal, [&](auto const& r) {
    if (r.ok() && life.lines().empty()) return refuse(asked, "the journal has no " + asked.about, not_well);
    return say(explain_page(r, life, asked.form()), r.ok());
  });
}
int prove(Asked const& asked) {
  auto const proof = prove_fill(asked.options, FillId{asked.fill});
  if (!proof) return refuse(asked, proof.error().sentence, not_well);
  return say(prove_page(*proof, asked.form()), true);
}
int check(Asked const& asked) {
  auto const proof = check_proof_file(asked.file, asked.options.vkey, asked.options.witnesses);
  if (!proof) return refuse(asked, proof.error().sentence, not_well);
  return say(check_proof_page(*proof, asked.form()), true);
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
    sub->add_flag("--json", asked.json, "one JSON document on standard output");
    sub->callback([&code, &asked, run] { code = run(asked); });
    return sub;
  };
  auto over = [&](char const* name, char const* about, int (*run)(Asked const&)) {
    auto* const sub = verb(name, about, run);
    sub->add_option("DIR", asked.options.directory, "the journal directory")->required();
    sub->add_option("--vkey", asked.options.vkey, "key that signs checkpoints, as the exchange prints it");
    sub->add_option("--archive", asked.options.archive, "directory to which sealed segments were moved");
    return sub;
  };
  auto held = [&](CLI::App* sub) {
    sub->add_option("--checkpoint", asked.options.checkpoints,
                    "a signed checkpoint that somebody kept, such as a witness; may be given again")
        ->allow_extra_args(false);
    return sub;
  };
  auto witnessed = [&](CLI::App* sub) {
    sub->add_option("--witness", asked.options.witnesses.vkeys,
                    "key of a witness that should have cosigned; may be given again")
        ->allow_extra_args(false);
    sub->add_option("--quorum", asked.options.witnesses.quorum,
                    "how many of these witnesses must have; without it all of them");
    return sub;
  };
  witnessed(
      held(over("verify", "every byte, the tree, its tiles and its signed checkpoint, records against replay",
                verify)));
  witnessed(held(over("replay", "apply every entry again, compare every seal and every state digest, print D",
                      [](Asked const& a) { return replay(a); })))
      ->add_option("--book", asked.options.book, "what matches: fast, or plain, the book that can be read")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, BookKind>{{"fast", BookKind::fast}, {"plain", BookKind::plain}}));
  witnessed(held(over("trial-balance", "every account's debits and credits after replay", balance)));
  witnessed(held(over("postings", "every balance from the outcome records alone, without replay", postings)));
  over("attest", "check every proof of capacity again from its kept transcript",
       [](Asked const& a) { return attest_again(a); });
  over("sessions", "what clients signed over what they sent and got, held against the journal",
       [](Asked const& a) { return sessions(a); });
  over("statement", "the postings of one account", [](Asked const& a) { return state(a); })
      ->add_option("ACCOUNT", asked.account, "funds:2, earnings:11, fees ...")
      ->required();
  over("explain", "the life of an order, job, lease or transfer", [](Asked const& a) { return explain(a); })
      ->add_option("ID", asked.about, "order:17, job:3, lease:3, transfer:9")
      ->required();
  held(over("prove", "a receipt of one fill, as a tlog-proof file on standard output", prove))
      ->add_option("FILL", asked.fill, "number of the fill, job or lease")
      ->required();
  auto* const checks =
      witnessed(verb("check-proof", "check such a file against the key that must have signed", check));
  checks->add_option("FILE", asked.file, "the tlog-proof file")->required();
  checks->add_option("--vkey", asked.options.vkey, "the signer's key, got by another way than the file")
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
