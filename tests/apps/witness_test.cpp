// tests/apps/witness_test.cpp - a witness cosigns what grows and nothing else, remembers it over restarts,
// and keeps the evidence of a fork. Covers witness_book.cpp, follow.cpp.
#include <gmock/gmock.h>

#include <fstream>

#include "apps/audit/audit.hpp"
#include "apps/witness/follow.hpp"
#include "gate_world.hpp"
#include "journal/merkle.hpp"
#include "journal/tlog_proof.hpp"
#include "market/codec.hpp"

namespace spillway {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char const* witness_name = "witness.example/w1";

struct WitnessFolder {
  WitnessFolder() {
    auto name = (fs::temp_directory_path() / "spillway-witness-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~WitnessFolder() { fs::remove_all(path); }
  fs::path path;
};

/// A log whose history the test makes up.
struct MadeUpLog {
  LogKey key = LogKey::from_seed("log.example", {});
  LogKey second = LogKey::from_seed("log.example", {std::byte{1}});
  LogKey third = LogKey::from_seed("log.example", {std::byte{2}});
  std::vector<Hash256> leaves;
  void grow(int count, char const* with = "entry") {
    for (int i = 0; i < count; ++i)
      leaves.push_back(leaf_hash(as_byte_view(with + std::to_string(leaves.size()))));
  }
  [[nodiscard]] std::string head() const { return sign_checkpoint(leaves.size(), tree_root(leaves), key); }
  [[nodiscard]] std::vector<Hash256> proof_from(std::uint64_t old) const {
    return consistency_proof(leaves, old);
  }
  /// The next entry says who follows whom; the head over it is signed by both.
  struct Change {
    std::string proof, head;
  };
  Change change(LogKey const& from, LogKey const& to) {
    auto const at = leaves.size();
    auto const entry = say(from, to);
    return proven(entry, at, from, to);
  }
  std::vector<std::byte> say(LogKey const& from, LogKey const& to) {
    auto const &before = from.verifier(), &after = to.verifier();
    auto entry = encode(Entry{
        Seq{leaves.size() + 1},
        Stamp{1},
        {},
        LogKeyChange{before.public_key(), after.public_key(), before.key_id(), after.key_id(), Micros{}}});
    leaves.push_back(leaf_hash(entry));
    return entry;
  }
  [[nodiscard]] Change proven(std::vector<std::byte> const& entry, std::uint64_t at, LogKey const& from,
                              LogKey const& to) const {
    auto head = sign_checkpoint(leaves.size(), tree_root(leaves), from, to);
    return {tlog_proof_text({entry, at, inclusion_proof(leaves, at), head}), head};
  }
};

struct Witness : ::testing::Test {
  WitnessFolder folder;
  MadeUpLog log;
  std::optional<WitnessBook> book;

  std::string open() {
    book.reset();
    auto opened = WitnessBook::open(folder.path, witness_name, log.key.verifier());
    if (!opened) return opened.error();
    book.emplace(std::move(*opened));
    return {};
  }
  std::string consider(std::string const& note, std::vector<Hash256> const& proof = {}) {
    auto const done = book->consider(note, proof, 1'700'000'000);
    return !done ? done.error() : *done ? "cosigned" : "as before";
  }
  std::expected<void, std::string> adopt(std::string const& proof, std::string const& note,
                                         std::vector<Hash256> const& hashes) {
    std::vector<KeyLink> const links{{proof, hashes}};
    return book->adopt(links, note);
  }
  std::string file(char const* name) { return load_checkpoint(folder.path / name).value(); }
};

TEST_F(Witness, CosignsAHeadThatGrewOutOfTheOneBefore) {
  ASSERT_EQ(open(), "");
  EXPECT_EQ(book->last().size, 0u);
  log.grow(5);
  EXPECT_EQ(consider(log.head()), "cosigned") << "the first is taken as it is";
  EXPECT_EQ(consider(log.head()), "as before");
  log.grow(7);
  EXPECT_EQ(consider(log.head(), log.proof_from(5)), "cosigned");
  EXPECT_EQ(book->last(), (Checkpoint{"log.example", 12, tree_root(log.leaves)}));
  EXPECT_EQ(file("seen"), log.head());
  EXPECT_THAT(file("checkpoint"), StartsWith(log.head()));
  auto const note = parse_note(file("checkpoint")).value();
  EXPECT_EQ(book->verifier().cosigned_at(note).value(), 1'700'000'000u);
  EXPECT_TRUE(open_checkpoint(file("checkpoint"), log.key.verifier()));
}

TEST_F(Witness, RemembersOverARestartWithTheSameKey) {
  ASSERT_EQ(open(), "");
  log.grow(5);
  EXPECT_EQ(consider(log.head()), "cosigned");
  auto const vkey = book->verifier().vkey();
  EXPECT_THAT(WitnessBook::open(folder.path, witness_name, log.key.verifier()).error(), HasSubstr("in use"));
  ASSERT_EQ(open(), "");
  EXPECT_EQ(book->verifier().vkey(), vkey);
  EXPECT_EQ(book->last().size, 5u);
  EXPECT_EQ(consider(log.head()), "as before");
  fs::remove(folder.path / "checkpoint");  // it ended between the two files
  ASSERT_EQ(open(), "");
  EXPECT_EQ(consider(log.head()), "cosigned");
  book.reset();
  EXPECT_FALSE(WitnessBook::open(folder.path, "another.name", log.key.verifier()));
  auto const other = LogKey::from_seed("log.example", {std::byte{1}});
  EXPECT_THAT(WitnessBook::open(folder.path, witness_name, other.verifier()).error(),
              HasSubstr("a directory is for one exchange"));
}

TEST_F(Witness, WhatTheLogDidNotSignIsNotCosigned) {
  ASSERT_EQ(open(), "");
  log.grow(5);
  auto const stranger = LogKey::from_seed("log.example", {std::byte{1}});
  EXPECT_THAT(consider(sign_checkpoint(5, tree_root(log.leaves), stranger)), StartsWith("not cosigned: "));
  EXPECT_THAT(consider("nonsense"), StartsWith("not cosigned: "));
  EXPECT_THAT(consider(sign_checkpoint(0, tree_root(log.leaves), log.key)), StartsWith("not cosigned: "));
  EXPECT_EQ(book->last().size, 0u);
  EXPECT_EQ(file("seen"), "");
}

TEST_F(Witness, ARollbackIsRefusedAndChangesNothing) {
  ASSERT_EQ(open(), "");
  log.grow(5);
  auto const old = log.head();
  log.grow(5);
  EXPECT_EQ(consider(log.head()), "cosigned");
  EXPECT_THAT(consider(old), StartsWith("ROLLBACK: log.example shows 5 entries and seals"));
  EXPECT_EQ(book->last().size, 10u);
  EXPECT_EQ(file("seen"), log.head());
  ASSERT_EQ(open(), "") << "nobody signed two histories";
}

TEST_F(Witness, AForkIsRefusedAndBothHeadsAreKept) {
  ASSERT_EQ(open(), "");
  log.grow(5);
  EXPECT_EQ(consider(log.head()), "cosigned");
  auto const first = log.head(), cosigned = file("checkpoint");
  log.leaves.clear();
  log.grow(5, "other");
  EXPECT_THAT(consider(log.head()), StartsWith("FORK: log.example signed two histories"));
  EXPECT_EQ(file("fork.seen"), first);
  EXPECT_EQ(file("fork.shown"), log.head());
  EXPECT_EQ(file("seen"), first);
  EXPECT_EQ(file("checkpoint"), cosigned);
  EXPECT_THAT(open(), HasSubstr("has shown two histories")) << "until somebody looked";
}

TEST_F(Witness, AHeadWithoutItsProofIsRefused) {
  ASSERT_EQ(open(), "");
  log.grow(5);
  EXPECT_EQ(consider(log.head()), "cosigned");
  log.leaves.clear();
  log.grow(12, "other");
  EXPECT_THAT(consider(log.head(), log.proof_from(5)), StartsWith("FORK: the hashes do not lead from 5"));
  EXPECT_EQ(book->last().size, 5u);
  EXPECT_THAT(file("checkpoint"), HasSubstr("\n5\n"));
}

TEST_F(Witness, TakesAKeyThatTheOneBeforeVouchesForAndNoOther) {
  ASSERT_EQ(open(), "");
  log.grow(5);
  EXPECT_EQ(consider(log.head()), "cosigned");
  auto const old = log.key.verifier();
  auto const next = LogKey::from_seed("log.example", {std::byte{1}});
  auto const stranger = LogKey::from_seed("log.example", {std::byte{2}});
  auto const entry = encode(Entry{Seq{6},
                                  Stamp{1},
                                  {},
                                  LogKeyChange{old.public_key(), next.verifier().public_key(), old.key_id(),
                                               next.verifier().key_id(), Micros{}}});
  log.leaves.push_back(leaf_hash(entry));
  auto const proof = [&](LogKey const& first, LogKey const& second) {
    return tlog_proof_text(
        {entry, 5, inclusion_proof(log.leaves, 5), sign_checkpoint(6, tree_root(log.leaves), first, second)});
  };
  auto const by_both = proof(log.key, next), by_old = proof(log.key, stranger),
             by_new = proof(stranger, next);
  log.grow(3);
  auto const head = sign_checkpoint(9, tree_root(log.leaves), next);
  auto const hashes = log.proof_from(6);
  EXPECT_THAT(consider(head, log.proof_from(5)), StartsWith("not cosigned: ")) << "as yet it is a stranger's";
  EXPECT_FALSE(adopt(by_old, head, hashes)) << "the key that comes did not sign";
  EXPECT_FALSE(adopt(by_new, head, hashes)) << "the key that is known did not sign";
  EXPECT_FALSE(adopt(by_both, log.head(), hashes)) << "the head there is now is the old key's";
  EXPECT_FALSE(adopt(by_both, head, log.proof_from(5))) << "the hashes lead from elsewhere";
  EXPECT_EQ(book->log().vkey(), old.vkey());
  auto const taken = adopt(by_both, head, hashes);
  ASSERT_TRUE(taken) << taken.error();
  EXPECT_EQ(consider(head, log.proof_from(5)), "cosigned");
  log.grow(1);
  EXPECT_THAT(consider(log.head(), log.proof_from(9)), StartsWith("not cosigned: "))
      << "the old key is retired";
  ASSERT_EQ(open(), "") << "the operator still names the key that it began with";
  EXPECT_EQ(book->log().vkey(), next.verifier().vkey());
  EXPECT_EQ(book->last().size, 9u);
}

// The head that is shown now is signed by the last key alone.
TEST_F(Witness, GoesFromKeyToKeyWhenSeveralWereChangedAndAllOrNothingIsTaken) {
  ASSERT_EQ(open(), "");
  log.grow(5);
  ASSERT_EQ(consider(log.head()), "cosigned");
  auto const &second = log.second, &third = log.third;
  std::vector<KeyLink> links;
  std::vector<std::uint64_t> sizes;
  auto const change = [&](LogKey const& from, LogKey const& to) {
    links.push_back({log.change(from, to).proof, {}});
    sizes.push_back(log.leaves.size());
    log.grow(3);
  };
  change(log.key, second);
  change(second, third);
  auto const head = sign_checkpoint(log.leaves.size(), tree_root(log.leaves), third);
  for (std::size_t i = 0; i < links.size(); ++i) links[i].hashes = log.proof_from(sizes[i]);
  auto const one = std::span(links).first(1);
  EXPECT_THAT(book->adopt(one, head).error(), HasSubstr("not taken")) << "it did not sign the head";
  EXPECT_FALSE(book->adopt(std::span(links).last(1), head)) << "it begins with another key";
  auto broken = links;
  broken[1].hashes = links[0].hashes;
  EXPECT_THAT(book->adopt(broken, head).error(), HasSubstr("the hashes do not lead"));
  EXPECT_EQ(book->log().vkey(), log.key.verifier().vkey());
  ASSERT_EQ(open(), "");
  auto const taken = book->adopt(links, head);
  ASSERT_TRUE(taken) << taken.error();
  EXPECT_EQ(consider(head, log.proof_from(5)), "cosigned");
  ASSERT_EQ(open(), "");
  EXPECT_EQ(book->log().vkey(), third.verifier().vkey());
}

/// A log that signs a way back could lead it in a circle, and leave it a folder that does not open.
TEST_F(Witness, NeverGoesBackToAKeyThatItLeft) {
  ASSERT_EQ(open(), "");
  log.grow(5);
  ASSERT_EQ(consider(log.head()), "cosigned");
  auto const next = LogKey::from_seed("log.example", {std::byte{1}});
  auto const change = [&](LogKey const& from, LogKey const& to) {
    auto const made = log.change(from, to);
    return adopt(made.proof, made.head, {});
  };
  auto const there = change(log.key, next);
  ASSERT_TRUE(there) << there.error();
  auto const back = change(next, log.key);
  ASSERT_FALSE(back);
  EXPECT_THAT(back.error(), HasSubstr("it was followed by another one before"));
  EXPECT_EQ(book->log().vkey(), next.verifier().vkey());
  EXPECT_EQ(open(), "");
}

// What its next start would refuse is not taken either, or it would be locked out of its own folder.
TEST_F(Witness, TakesNoChangeToTheSameKeyAndNoneThatIsOlderThanTheLast) {
  ASSERT_EQ(open(), "");
  log.grow(5);
  ASSERT_EQ(consider(log.head()), "cosigned");
  auto const &second = log.second, &third = log.third;
  auto const itself = log.change(log.key, log.key);
  EXPECT_FALSE(adopt(itself.proof, itself.head, {}));
  EXPECT_EQ(open(), "");

  auto const early = log.leaves.size();
  auto const entry = log.say(second, third);
  auto const made = log.change(log.key, second);
  ASSERT_TRUE(adopt(made.proof, made.head, {}));
  auto const older = log.proven(entry, early, second, third);
  auto const refused = adopt(older.proof, older.head, {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error(), HasSubstr("older than the one before"));
  EXPECT_EQ(open(), "");
  EXPECT_EQ(book->log().vkey(), second.verifier().vkey());
}

/// The journal of the stopped exchange, which must lead to what this witness has cosigned.
AuditOptions under_its_head(GateWorld const& world, NoteVerifier const& log, WitnessFolder const& folder,
                            WitnessBook const& book) {
  AuditOptions asked{world.directory() / "journal", log.vkey()};
  asked.checkpoints = {folder.path / "checkpoint"};
  asked.witnesses = {{book.verifier().vkey()}, 1};
  return asked;
}

// The real exchange over TLS, the witness, and the auditor who has the witness's file.
TEST(WitnessOfAnExchange, FollowsItAndItsHeadFindsARemovedEnd) {
  WitnessFolder folder, copy;
  GateWorld world;
  auto const log = LogKey::load(world.directory() / "journal" / "keys")->verifier();
  auto book = WitnessBook::open(folder.path, witness_name, log).value();
  FollowOptions options{.exchange = world.url("http", "/")};
  options.trust = wire::TlsClient::trusting(world.certificate()).value();
  options.once = true;
  auto const restart = [&] {  // the closing checkpoint covers everything
    (void)world.stop_exchange();
    world.start_exchange();
  };
  restart();
  ASSERT_TRUE(follow(book, options)) << follow(book, options).error();
  auto const before = book.last().size;
  ASSERT_GT(before, 0u);
  (void)world.stop_exchange();
  fs::copy(world.directory() / "journal", copy.path / "journal", fs::copy_options::recursive);
  world.start_exchange();
  {
    auto provider = world.log_in(ada);
    (void)add_node(provider);
  }
  restart();
  ASSERT_TRUE(follow(book, options));
  EXPECT_GT(book.last().size, before);
  (void)world.stop_exchange();
  auto asked = under_its_head(world, log, folder, book);
  auto const whole = audit_journal(asked).value();
  EXPECT_TRUE(whole.ok()) << whole.finding->reason;
  asked.directory = copy.path / "journal";
  auto const cut = audit_journal(asked).value();
  ASSERT_FALSE(cut.ok());
  EXPECT_THAT(cut.finding->reason, HasSubstr("vouches for " + std::to_string(book.last().size)));
  auto const gone = follow(book, options);
  ASSERT_FALSE(gone);
  EXPECT_THAT(gone.error(), HasSubstr("127.0.0.1")) << "the exchange is not there";
}

/// The verifier of the key that alone signs from then on.
NoteVerifier change_the_key(GateWorld& world) {
  auto const keys = world.directory() / "journal" / "keys";
  auto const name = LogKey::load(keys)->verifier().name();
  auto const next = LogKey::load_or_make_next(keys, name).value().verifier();
  {
    auto boss = world.log_in(the_boss);
    EXPECT_EQ(boss.refusal_of(msg::AdminLogKey{0, next.public_key(), Micros{}}), Refusal::none);
  }
  (void)world.stop_exchange();
  world.start_exchange();  // with entries behind the overlap
  (void)world.stop_exchange();
  world.start_exchange();
  return next;
}

TEST(WitnessOfAnExchange, FollowsItToAnotherLogKeyAndOverTwoThatChangedWhileItWasAway) {
  WitnessFolder folder;
  GateWorld world;
  auto const log = LogKey::load(world.directory() / "journal" / "keys")->verifier();
  auto book = WitnessBook::open(folder.path, witness_name, log).value();
  FollowOptions options{.exchange = world.url("http", "/")};
  options.trust = wire::TlsClient::trusting(world.certificate()).value();
  options.once = true;
  ASSERT_TRUE(follow(book, options));
  auto const next = change_the_key(world);
  auto const followed = follow(book, options);
  ASSERT_TRUE(followed) << followed.error();
  EXPECT_EQ(book.log().vkey(), next.vkey());
  (void)change_the_key(world);
  auto const last = change_the_key(world);
  auto const again = follow(book, options);
  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(book.log().vkey(), last.vkey());
  (void)world.stop_exchange();
  auto const whole = audit_journal(under_its_head(world, log, folder, book)).value();
  EXPECT_TRUE(whole.ok()) << whole.finding->reason;
  EXPECT_EQ(whole.signed_by, last.vkey());
}

TEST(WitnessOfAnExchange, SeesTheExchangeThatCameBackShorter) {
  WitnessFolder folder, copy;
  GateWorld world;
  auto const journal = world.directory() / "journal";
  auto const log = LogKey::load(journal / "keys")->verifier();
  (void)world.stop_exchange();
  fs::copy(journal, copy.path / "journal", fs::copy_options::recursive);
  world.start_exchange();
  {
    auto provider = world.log_in(ada);
    (void)add_node(provider);
  }
  (void)world.stop_exchange();
  world.start_exchange();
  auto book = WitnessBook::open(folder.path, witness_name, log).value();
  FollowOptions options{.exchange = world.url("http", "/")};
  options.trust = wire::TlsClient::trusting(world.certificate()).value();
  options.once = true;
  ASSERT_TRUE(follow(book, options));
  (void)world.stop_exchange();
  fs::remove_all(journal);
  fs::rename(copy.path / "journal", journal);
  world.start_exchange();
  options.once = false;  // a refusal ends the following, too
  auto const refused = follow(book, options);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error(), ::testing::AnyOf(StartsWith("ROLLBACK: "), StartsWith("FORK: ")));
}

}  // namespace
}  // namespace spillway
