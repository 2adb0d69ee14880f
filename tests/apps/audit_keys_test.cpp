// tests/apps/audit_keys_test.cpp - a log that changes its key: what the exchange leaves on disk at each
// moment, whom the auditor believes, what it finds. Covers keys_check.cpp, checkpoint_seen.cpp, and
// key_change.cpp and log_signer.cpp of the exchange.
#include <gmock/gmock.h>

#include "apps/audit/audit.hpp"
#include "apps/audit/postings.hpp"
#include "apps/audit/prove.hpp"
#include "apps/bundle/bundle.hpp"
#include "audit_world.hpp"
#include "exchange/key_change.hpp"
#include "journal/tlog_proof.hpp"
#include "pipeline/pipeline_world.hpp"

namespace spillway {
namespace {

using ::testing::HasSubstr;

constexpr Micros key_hour{3'600'000'000};

struct KeyRotation : ::testing::Test {
  ScratchFolder folder;
  fs::path journal = folder.path() / "journal";
  std::uint64_t tickets = 0;

  /// What an exchange on `at` does between its start and its stop.
  template <class Work>
  void run(fs::path const& at, Work work) {
    Ear ear;
    auto const pipeline = opened(at, ear);
    ASSERT_TRUE(pipeline);
    work(
        [&](Command command) {
          auto const ticket = ++tickets;
          EXPECT_EQ(pipeline->submit({system_itself, std::move(command), {0, ticket, 0}}), Refusal::none);
          auto const heard = ear.wait(ticket);
          for (auto const& record : heard.records)
            if (record.head.kind == RecordKind::refused) return static_cast<Refusal>(record.head.code);
          return Refusal::none;
        },
        *pipeline, ear);
    pipeline->stop();
  }
  void trade(fs::path const& at) {
    run(at, [](auto const& send, Pipeline&, Ear&) {
      EXPECT_EQ(send(Deposit{carl, Nano{1}}), Refusal::none);
    });
  }
  /// A new key follows; `behind` further entries after it.
  void rotate(fs::path const& at, Micros overlap, int behind) {
    run(at, [&](auto const& send, Pipeline& pipeline, Ear&) {
      auto const next = LogKey::load_or_make_next(at / "keys", key(at).verifier().name());
      ASSERT_TRUE(next);
      auto const change = pipeline.log_key_change(next->verifier().public_key(), overlap);
      ASSERT_TRUE(change) << change.error();
      EXPECT_EQ(send(*change), Refusal::none);
      for (int i = 0; i < behind; ++i) EXPECT_EQ(send(Deposit{carl, Nano{1}}), Refusal::none);
    });
  }
  static LogKey key(fs::path const& at) { return LogKey::load(at / "keys").value(); }
  static std::string vkey_in(fs::path const& at) { return key(at).verifier().vkey(); }
  static std::string note_in(fs::path const& at) { return load_checkpoint(at / "checkpoint").value(); }
  static void put(fs::path const& file, std::string const& text) {
    ASSERT_TRUE(persist_checkpoint(file, text));
  }
  static std::size_t signatures(std::string const& note) { return parse_note(note)->signatures.size(); }

  static std::string reason(std::expected<AuditReport, AuditError> const& report) {
    if (!report) return report.error().sentence;
    return report->ok() ? std::string() : report->finding->reason;
  }
  /// Empty: the auditor is content, with replay and without.
  static std::string said(fs::path const& at, std::string const& trusted) {
    auto const found = reason(audit_journal({at, trusted, {}, {}}));
    EXPECT_EQ(reason(sum_postings({at, trusted, {}, {}})), found);
    return found;
  }
  fs::path copy_of(fs::path const& at, std::string const& name) {
    fs::copy(at, folder.path() / name, fs::copy_options::recursive);
    return folder.path() / name;
  }
};

TEST_F(KeyRotation, InTheOverlapBothKeysSignAndEitherIsBelieved) {
  trade(journal);
  auto const old = key(journal);
  rotate(journal, key_hour, 2);
  auto const next = LogKey::load_next(journal / "keys").value();
  EXPECT_EQ(vkey_in(journal), old.verifier().vkey()) << "the old key is needed yet";
  EXPECT_EQ(signatures(note_in(journal)), 2u);
  EXPECT_TRUE(open_checkpoint(note_in(journal), old.verifier())) << "a reader who knows one key alone";
  EXPECT_TRUE(open_checkpoint(note_in(journal), next.verifier()));
  for (auto const& trusted : {old.verifier().vkey(), next.verifier().vkey(), std::string()})
    EXPECT_EQ(said(journal, trusted), "");
  trade(journal);  // over a restart
  EXPECT_EQ(signatures(note_in(journal)), 2u);
  EXPECT_EQ(said(journal, old.verifier().vkey()), "");
  auto const stranger = LogKey::from_seed(old.verifier().name(), {std::byte{9}}).verifier().vkey();
  EXPECT_THAT(said(journal, stranger), HasSubstr("no known key signed"));
}

TEST_F(KeyRotation, AfterTheOverlapTheNewKeySignsAloneAndTheOldOneLeadsThere) {
  trade(journal);
  auto const old = key(journal);
  rotate(journal, Micros{}, 1);
  auto const second = key(journal);
  EXPECT_NE(second.verifier().vkey(), old.verifier().vkey()) << "the old private key is gone";
  EXPECT_FALSE(fs::exists(journal / "keys" / "log.next.key"));
  EXPECT_EQ(signatures(note_in(journal)), 1u);
  EXPECT_TRUE(open_checkpoint(note_in(journal), second.verifier()));
  rotate(journal, Micros{}, 1);
  auto const third = key(journal).verifier().vkey();
  for (auto const& trusted : {old.verifier().vkey(), second.verifier().vkey(), third, std::string()}) {
    auto const report = audit_journal({journal, trusted, {}, {}}).value();
    EXPECT_TRUE(report.ok()) << report.finding->reason;
    EXPECT_EQ(report.signed_by, third);
  }
  trade(journal);
  EXPECT_EQ(said(journal, old.verifier().vkey()), "");
}

// What lies on disk when the process ends between two steps: entry, proof, checkpoint, key file.
TEST_F(KeyRotation, AnExchangeThatEndedAnywhereInAChangeStartsAgainAndTheAuditorIsContent) {
  trade(journal);
  auto const old_note = note_in(journal);
  auto const change = key_change_file("keys", key(journal).verifier().key_id());
  auto const old_key = load_checkpoint(journal / "keys" / "log.key").value();
  auto const old = vkey_in(journal);
  auto const lasting = copy_of(journal, "lasting");
  rotate(lasting, key_hour, 1);
  rotate(journal, Micros{}, 1);
  auto const new_note = note_in(journal);
  auto const both = parse_tlog_proof(load_checkpoint(journal / change).value())->checkpoint;
  auto const later = vkey_in(journal);
  auto const old_keys = [&](fs::path const& at) {
    fs::rename(at / "keys" / "log.key", at / "keys" / "log.next.key");
    put(at / "keys" / "log.key", old_key);
    fs::permissions(at / "keys" / "log.key", fs::perms::owner_read | fs::perms::owner_write);
  };
  struct Moment {
    char const* name;
    bool over, proven;
    std::string note;
  };
  for (auto const& moment :
       {Moment{"entry", false, false, old_note}, Moment{"proof", false, true, old_note},
        Moment{"over, entry", true, false, old_note}, Moment{"over, proof", true, true, both},
        Moment{"over, checkpoint", true, true, new_note}}) {
    SCOPED_TRACE(moment.name);
    auto const at = copy_of(moment.over ? journal : lasting, moment.name);
    if (moment.over) old_keys(at);
    if (!moment.proven) fs::remove(at / change);
    put(at / "checkpoint", moment.note);
    EXPECT_EQ(said(at, old), "");
    EXPECT_EQ(said(at, ""), "");
    trade(at);
    EXPECT_EQ(said(at, old), "");
    EXPECT_TRUE(fs::exists(at / change));
    EXPECT_EQ(vkey_in(at), moment.over ? later : old);
    EXPECT_EQ(signatures(note_in(at)), moment.over ? 1u : 2u);
  }
}

TEST_F(KeyRotation, AnExchangeWithoutTheKeyThatTheJournalNamesDoesNotStart) {
  trade(journal);
  rotate(journal, key_hour, 1);
  fs::remove(journal / "keys" / "log.next.key");
  Ear ear;
  auto const refused = Pipeline::open(options_for(journal, ear));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("keys/log.next.key is not that key"));
}

TEST_F(KeyRotation, TheRetiredKeyAloneAndAMissingLineAreFound) {
  trade(journal);
  auto const old = key(journal);
  auto const trusted = old.verifier().vkey();
  rotate(journal, key_hour, 1);
  auto const note = note_in(journal);
  auto const first_end = note.find('\n', note.find("\n\n") + 2) + 1;
  put(journal / "checkpoint", note.substr(0, first_end));
  EXPECT_THAT(said(journal, trusted), HasSubstr("must be signed by the key"))
      << "the new key's line is missing";
  put(journal / "checkpoint", note.substr(0, note.find("\n\n") + 2) + note.substr(first_end));
  EXPECT_THAT(said(journal, trusted), HasSubstr("must be signed by the key"))
      << "the old key's line is missing";
  put(journal / "checkpoint", note);
  EXPECT_EQ(said(journal, trusted), "");

  auto const over = folder.path() / "over";
  trade(over);
  auto const retired = key(over);
  rotate(over, Micros{}, 1);
  auto const text = parse_note(note_in(over))->text;
  put(over / "checkpoint", sign_note(text, retired));
  EXPECT_THAT(said(over, retired.verifier().vkey()), HasSubstr("must be signed by the key"));
  auto const kept = folder.path() / "kept";
  put(over / "checkpoint", sign_note(text, key(over)));
  put(kept, sign_note(text, retired));
  AuditOptions asked{over, retired.verifier().vkey()};
  asked.checkpoints = {kept};
  EXPECT_THAT(audit_journal(asked)->finding.value().reason, HasSubstr("must be signed by the key"))
      << "on a head that somebody shows, too";
}

TEST_F(KeyRotation, AProofThatWasAlteredLeadsNowhere) {
  trade(journal);
  auto const old = key(journal);
  rotate(journal, Micros{}, 1);
  auto const file = key_change_file(journal / "keys", old.verifier().key_id());
  auto const text = load_checkpoint(file).value();
  auto const proof = parse_tlog_proof(text).value();
  auto const altered = [&](auto change) {
    auto entry = decode_entry(proof.extra).value();
    auto hurt = proof;
    change(std::get<LogKeyChange>(entry.command), hurt);
    if (hurt.extra == proof.extra) hurt.extra = encode(entry);
    put(file, tlog_proof_text(hurt));
    return said(journal, old.verifier().vkey());
  };
  auto const thief = LogKey::from_seed(old.verifier().name(), {std::byte{9}});
  EXPECT_THAT(altered([](LogKeyChange& c, TlogProof&) { c.overlap = Micros{1}; }), HasSubstr("do not lead"));
  EXPECT_THAT(altered([&](LogKeyChange& c, TlogProof&) {
                c.after = thief.verifier().public_key(), c.after_id = thief.verifier().key_id();
              }),
              HasSubstr("do not lead"));
  EXPECT_THAT(altered([](LogKeyChange& c, TlogProof&) { ++c.after_id; }), HasSubstr("the ids in it"));
  EXPECT_THAT(altered([&](LogKeyChange&, TlogProof& p) {
                p.checkpoint = sign_note(parse_note(p.checkpoint)->text, old);
              }),
              HasSubstr("by the key that comes"));
  EXPECT_THAT(altered([&](LogKeyChange&, TlogProof& p) {
                p.checkpoint = sign_note(parse_note(p.checkpoint)->text, thief);
              }),
              HasSubstr("by the key before"));
  fs::remove(file);
  EXPECT_THAT(said(journal, old.verifier().vkey()), HasSubstr("no known key signed"));
  put(file, text);
  EXPECT_EQ(said(journal, old.verifier().vkey()), "");
}

// Whoever has both keys can sign another history; the proof of the first one speaks against it.
TEST_F(KeyRotation, AHistoryWithAShorterOverlapDoesNotFitItsProof) {
  trade(journal);
  auto const old = key(journal);
  rotate(journal, key_hour, 2);
  auto const next = LogKey::load_next(journal / "keys").value();
  std::vector<Entry> entries;
  auto log = LogReader::open(journal, StreamKind::entries, ReadMode::strict).value();
  for (auto frame = log.next(); frame && *frame; frame = log.next())
    if ((*frame)->type == FrameType::entry) entries.push_back(decode_entry((*frame)->payload).value());
  for (auto& entry : entries)
    if (auto* const change = std::get_if<LogKeyChange>(&entry.command)) change->overlap = Micros{1};
  auto const other = folder.path() / "other";
  write_journal(other, entries);
  fs::remove(other / "LOCK");
  auto const head = parse_checkpoint_text(parse_note(note_in(other))->text).value();
  put(other / "checkpoint", sign_checkpoint(head.size, head.root, old, next));
  EXPECT_EQ(said(other, old.verifier().vkey()), "") << "by itself it is one";
  auto const change = key_change_file("keys", old.verifier().key_id());
  fs::copy_file(journal / change, other / change);
  EXPECT_THAT(said(other, old.verifier().vkey()), HasSubstr(".change"));
}

TEST_F(KeyRotation, ABundleLeadsFromTheOldKeyToTheNewOneAndHasNoSecret) {
  trade(journal);
  auto const old = vkey_in(journal);
  rotate(journal, Micros{}, 1);
  rotate(journal, key_hour, 1);
  auto const out = folder.path() / "bundle";
  auto const made = make_bundle(journal, out, {});
  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ(said(out, old), "");
  EXPECT_EQ(said(out, ""), "");
  for (auto const& file : fs::directory_iterator(out / "keys"))
    EXPECT_THAT(load_checkpoint(file.path()).value(), ::testing::Not(HasSubstr("PRIVATE")));
  EXPECT_FALSE(fs::exists(out / "keys" / "log.next.key"));
}

// Whoever checks a receipt has no journal: the lines under its head are all there is.
TEST_F(KeyRotation, AReceiptHoldsUnderTheKeysThatSignedItsHead) {
  FillId fill;
  run(journal, [&](auto const&, Pipeline& pipeline, Ear& ear) {
    Trader trader(pipeline, ear);
    trader.offer_slots();
    fill = trader.buy_job().first;
  });
  auto const old = vkey_in(journal);
  auto const receipt = folder.path() / "receipt";
  auto const holds = [&](std::string const& trusted) {
    return check_proof_file(receipt, trusted).has_value();
  };
  auto const over = copy_of(journal, "over");
  rotate(journal, key_hour, 1);
  auto const next = LogKey::load_next(journal / "keys").value().verifier().vkey();
  put(receipt, prove_fill({journal, old}, fill).value().text);
  EXPECT_TRUE(holds(old));
  EXPECT_TRUE(holds(next));
  rotate(over, Micros{}, 1);
  put(receipt, prove_fill({over, old}, fill).value().text);
  EXPECT_FALSE(holds(old)) << "it is retired";
  EXPECT_TRUE(holds(vkey_in(over)));
  EXPECT_FALSE(holds(next)) << "that is the key of the other history";
}

TEST_F(KeyRotation, TheDoorTakesOnlyTheKeyInItsFile) {
  run(journal, [&](auto const& send, Pipeline& pipeline, Ear&) {
    auto const keys = journal / "keys";
    EXPECT_FALSE(pipeline.log_key_change({}, key_hour)) << "no such file";
    auto const next = LogKey::load_or_make_next(keys, key(journal).verifier().name()).value().verifier();
    EXPECT_THAT(pipeline.log_key_change(Bytes32{std::byte{1}}, key_hour).error(), HasSubstr("another key"));
    auto const change = pipeline.log_key_change(next.public_key(), key_hour).value();
    EXPECT_EQ(change.after_id, next.key_id());
    EXPECT_EQ(change.before, key(journal).verifier().public_key());
    EXPECT_EQ(send(change), Refusal::none);
    EXPECT_EQ(send(change), Refusal::key_unknown) << "the key before it signs no more";
  });
}

}  // namespace
}  // namespace spillway
