// tests/journal/checkpoint_test.cpp - notes, checkpoints and keys against published vectors.
// Covers src/checkpoint.cpp, src/cosignature.cpp, src/key_text.cpp and src/keys.cpp.
#include "journal/checkpoint.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "journal/cosignature.hpp"
#include "journal/merkle.hpp"
#include "market/base64.hpp"
#include "support.hpp"

namespace spillway {
namespace {

using namespace testing;  // NOLINT: the helpers of this folder

constexpr std::string_view example_vkey =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
constexpr std::string_view example_note =
    "This is an example message.\n\n"
    "\xE2\x80\x94 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

LogKey vector_key() {
  std::array<std::byte, 32> seed{};
  for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::byte>(i);
  return LogKey::from_seed("exchange.example/settlement", seed);
}

Hash256 vector_root() {
  Frontier tree;
  for (int i = 0; i < 1000; ++i) tree.append(leaf_hash(as_byte_view("entry-" + std::to_string(i))));
  return tree.root();
}

TEST(Note, VerifiesTheExampleOfTheSpecification) {
  NoteVerifier const verifier = NoteVerifier::from_vkey(example_vkey).value();
  EXPECT_EQ(verifier.vkey(), example_vkey);
  Note const note = parse_note(example_note).value();
  EXPECT_EQ(note.text, "This is an example message.\n");
  EXPECT_TRUE(verify_note(note, {&verifier, 1}));
}

TEST(Note, AKnownKeyWithAWrongSignatureSpoilsItAndAnUnknownKeyDoesNot) {
  NoteVerifier const known = NoteVerifier::from_vkey(example_vkey).value();
  Note note = parse_note(example_note).value();
  note.signatures.push_back({"somebody.else", 17, std::vector<std::byte>(80)});
  EXPECT_TRUE(verify_note(note, {&known, 1}));
  note.signatures.push_back(note.signatures[0]);
  note.signatures.back().bytes[3] ^= std::byte{1};
  EXPECT_EQ(verify_note(note, {&known, 1}).error().reason, "the signature of example.com/foo is wrong");
  note.signatures = {{"somebody.else", 17, std::vector<std::byte>(64)}};
  EXPECT_EQ(verify_note(note, {&known, 1}).error().reason, "no known key signed the note");
}

TEST(Note, SaysWhatIsWrongWithBadText) {
  std::string const good(example_note);
  std::pair<std::string, char const*> const cases[] = {
      {"", "no empty line"},
      {"text\n", "no empty line"},
      {"text\n\n", "no signature"},
      {good.substr(0, good.size() - 1), "no line feed"},
      {"text\n\n- a b\n", "dash"},
      {"text\n\n\xE2\x80\x94 name\n", "without signature"},
      {"text\n\n\xE2\x80\x94 na+me AAAAAAAA\n", "bad key name"},
      {"text\n\n\xE2\x80\x94 name AAAA\n", "base64"},
      {"te\txt\n\n\xE2\x80\x94 name AAAAAAAA\n", "control"},
      {"te\xC2\x85xt\n\n\xE2\x80\x94 name AAAAAAAA\n", "control"},
      {"te\xffxt\n\n\xE2\x80\x94 name AAAAAAAA\n", "UTF-8"},
      {"te\xC0\xAFxt\n\n\xE2\x80\x94 name AAAAAAAA\n", "UTF-8"},
      {"te\xED\xA0\x80xt\n\n\xE2\x80\x94 name AAAAAAAA\n", "UTF-8"},
      {std::string(largest_note_bytes + 1, 'x'), "too large"},
  };
  for (auto const& [text, reason] : cases) {
    auto const note = parse_note(text);
    ASSERT_FALSE(note) << reason;
    EXPECT_NE(note.error().reason.find(reason), std::string::npos) << note.error().reason << " / " << reason;
  }
}

TEST(Checkpoint, SignsTheVectorThatOtherImplementationsAccepted) {
  LogKey const key = vector_key();
  EXPECT_EQ(key.verifier().key_id(), 0x52026bb1U);
  EXPECT_EQ(sign_checkpoint(1000, vector_root(), key),
            "exchange.example/settlement\n1000\n0D1jt3KvmQGYF+4+AYKG02omFhvbW/6CKOksAqvpEV0=\n\n"
            "\xE2\x80\x94 exchange.example/settlement "
            "UgJrsQHbiiZjL30UT0CVjhZvQRheP3shw6tDvxiEv3KpnX/v/GNKWsbdwYuitpFO2Gfumtkb0aKA/lhhFIJf1dk61QE=\n");
}

TEST(Checkpoint, OpensWhatItSignedAndNothingThatWasTouched) {
  LogKey const key = vector_key();
  std::string const note = sign_checkpoint(1000, vector_root(), key);
  Checkpoint const opened = open_checkpoint(note, key.verifier()).value();
  EXPECT_EQ(opened, (Checkpoint{"exchange.example/settlement", 1000, vector_root()}));
  for (std::size_t i = 0; i < note.size(); ++i) {
    std::string hurt = note;
    hurt[i] = static_cast<char>(hurt[i] ^ 1);
    EXPECT_FALSE(open_checkpoint(hurt, key.verifier())) << i;
  }
  EXPECT_FALSE(open_checkpoint(note, NoteVerifier::from_vkey(example_vkey).value()));
  EXPECT_FALSE(
      open_checkpoint(sign_note(checkpoint_text({"another.origin", 5, vector_root()}), key), key.verifier()));
}

constexpr std::string_view witness_vkey =
    "witness.example/w1+e81c5069+BHEmUfRQugW2OJi5nvX3ukVjLo4lJ/f3Fc1nHsQCTMUe";

WitnessKey vector_witness() {
  std::array<std::byte, 32> seed{};
  for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::byte>(31 - i);
  return WitnessKey::from_seed("witness.example/w1", seed);
}

// Made by Go's crypto/ed25519 from the words of the specification.
TEST(Cosignature, IsTheOneThatAnotherImplementationMade) {
  auto const key = vector_witness();
  EXPECT_EQ(key.verifier().vkey(), witness_vkey);
  auto const note = sign_checkpoint(1000, vector_root(), vector_key());
  EXPECT_EQ(key.cosign(note, 1'700'000'000),
            note +
                "\xE2\x80\x94 witness.example/w1 "
                "6BxQaQAAAABlU/EAMIxOHlAocwlK2m2e5OptPrT3+tqUSZpFZ9ZNv7KkkRBoJqRSJ/"
                "tgneqIULpHFXqT4rDoouMoG8K1mthEE3/"
                "bCw==\n");
}

TEST(Cosignature, HoldsForTheTextAndTimeThatItSigned) {
  auto const verifier = WitnessVerifier::from_vkey(witness_vkey).value();
  auto const plain = sign_checkpoint(1000, vector_root(), vector_key());
  auto const cosigned = vector_witness().cosign(plain, 1'700'000'000);
  EXPECT_EQ(verifier.cosigned_at(parse_note(cosigned).value()).value(), 1'700'000'000U);
  EXPECT_EQ(verifier.cosigned_at(parse_note(plain).value()).value(), std::nullopt);
  EXPECT_EQ(
      verifier.cosigned_at(parse_note(vector_witness().cosign(cosigned, 1'700'000'009)).value()).value(),
      1'700'000'009U)
      << "the latest counts";
  EXPECT_TRUE(open_checkpoint(cosigned, vector_key().verifier())) << "the log's own signature is there too";
  for (std::size_t i = plain.size(); i < cosigned.size(); ++i) {
    auto hurt = cosigned;
    hurt[i] = static_cast<char>(hurt[i] ^ 1);
    auto const note = parse_note(hurt);
    EXPECT_FALSE(note && verifier.cosigned_at(*note).value_or(std::nullopt)) << i;
  }
  auto const other =
      vector_witness().cosign(sign_checkpoint(1001, vector_root(), vector_key()), 1'700'000'000);
  auto const line = [](std::string const& note) { return note.substr(note.rfind("\xE2\x80\x94")); };
  EXPECT_EQ(verifier.cosigned_at(parse_note(plain + line(other)).value()).error().reason,
            "the cosignature of witness.example/w1 is wrong");
}

TEST(Cosignature, KeysOfLogsAndOfWitnessesAreNotMistakenForEachOther) {
  EXPECT_FALSE(WitnessVerifier::from_vkey(example_vkey));
  EXPECT_FALSE(NoteVerifier::from_vkey(witness_vkey));
  for (std::size_t i = 0; i < witness_vkey.size(); ++i) {
    std::string hurt(witness_vkey);
    hurt[i] = static_cast<char>(hurt[i] ^ 1);
    EXPECT_FALSE(WitnessVerifier::from_vkey(hurt)) << i;
  }
  TempDir dir;
  auto const file = dir.path() / "witness" / "witness.key";
  auto const made = WitnessKey::load_or_make(file, "w.example").value();
  EXPECT_EQ(WitnessKey::load_or_make(file, "w.example").value().verifier().vkey(), made.verifier().vkey());
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  fs::rename(file, dir.path() / "log.key");
  EXPECT_FALSE(LogKey::load_or_make(dir.path(), "w.example"));
}

TEST(Checkpoint, TextIsStrictAboutNumbersAndLines) {
  std::string const root = base64_text(vector_root());
  EXPECT_TRUE(parse_checkpoint_text("a\n0\n" + root + "\n"));
  EXPECT_TRUE(parse_checkpoint_text("a\n18446744073709551615\n" + root + "\nextension\n"));
  for (std::string const& text :
       {std::string(), std::string("a\n"), "\n5\n" + root + "\n", "a\n05\n" + root + "\n",
        "a\n-5\n" + root + "\n", "a\n+5\n" + root + "\n", "a\n 5\n" + root + "\n",
        "a\n18446744073709551616\n" + root + "\n", "a\n\n" + root + "\n", "a\n5\n" + root,
        std::string("a\n5\nAAAA\n"), "a\n5\n" + root + "\n\n", "a\n5\n" + root + "\nunfinished"})
    EXPECT_FALSE(parse_checkpoint_text(text)) << text;
}

TEST(Checkpoint, IsReplacedAsAWholeOnDisk) {
  TempDir dir;
  fs::path const file = dir.path() / "checkpoint";
  EXPECT_EQ(load_checkpoint(file).value(), "");
  ASSERT_TRUE(persist_checkpoint(file, "first"));
  ASSERT_TRUE(persist_checkpoint(file, "second, longer"));
  EXPECT_EQ(load_checkpoint(file).value(), "second, longer");
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()), 1);
  EXPECT_FALSE(persist_checkpoint(dir.path() / "missing" / "checkpoint", "x"));
}

TEST(VerifierKey, RefusesTextThatDoesNotAgreeWithItself) {
  EXPECT_TRUE(NoteVerifier::from_vkey(example_vkey));
  for (std::string_view text :
       {"", "name", "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/fob+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm", "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"})
    EXPECT_FALSE(NoteVerifier::from_vkey(text)) << text;
}

TEST(LogKey, IsMadeOnceKeptPrivateAndLoadedAgain) {
  TempDir dir;
  fs::path const keys = dir.path() / "keys";
  LogKey const made = LogKey::load_or_make(keys, "log.example").value();
  struct stat status {};
  ASSERT_EQ(::stat((keys / "log.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  LogKey const loaded = LogKey::load_or_make(keys, "log.example").value();
  EXPECT_EQ(made.verifier().vkey(), loaded.verifier().vkey());
  EXPECT_EQ(LogKey::load(keys).value().verifier().vkey(), made.verifier().vkey()) << "whatever its name";
  EXPECT_FALSE(LogKey::load(dir.path() / "nowhere"));
  EXPECT_TRUE(made.verifier().verify("text", loaded.sign("text")));
  EXPECT_FALSE(made.verifier().verify("test", loaded.sign("text")));
}

TEST(LogKey, SaysWhyAFileCannotBeUsed) {
  TempDir dir;
  fs::path const file = dir.path() / "log.key";
  ASSERT_TRUE(LogKey::load_or_make(dir.path(), "log.example"));
  auto const refusal = [&](char const* name = "log.example") {
    auto const key = LogKey::load_or_make(dir.path(), name);
    return key ? std::string("accepted") : key.error().message;
  };
  EXPECT_NE(refusal("other.example").find("the key of \"log.example\""), std::string::npos) << refusal();
  EXPECT_NE(refusal("a name").find("no spaces"), std::string::npos);
  fs::permissions(file, fs::perms::others_read, fs::perm_options::add);
  EXPECT_NE(refusal().find("chmod 600"), std::string::npos) << refusal();
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  auto const good = slurp(file);
  spit(file, flipped(good, good.size() - 10, 1));
  EXPECT_NE(refusal(), "accepted");
  spit(file, {'x', '\n'});
  EXPECT_NE(refusal().find("no private key"), std::string::npos) << refusal();
}

}  // namespace
}  // namespace spillway
