// tests/gateway/client_credentials_test.cpp - keys on disk: kept from others' eyes, and refused by file and
// line. Covers: credentials.cpp.
#include <gmock/gmock.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <set>

#include "gateway/client/credentials.hpp"

namespace spillway {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class CredentialFiles : public testing::Test {
 protected:
  CredentialFiles() {
    auto name = (fs::temp_directory_path() / "spillway-keys-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~CredentialFiles() override { fs::remove_all(directory_); }
  fs::path written(std::string const& text, ::mode_t mode = 0600) {
    auto file = directory_ / ("key" + std::to_string(++files_));
    std::ofstream(file) << text;
    ::chmod(file.c_str(), mode);
    return file;
  }
  static std::string refusal(fs::path const& file) {
    auto const loaded = load_credentials(file);
    EXPECT_FALSE(loaded);
    auto const sentence = loaded ? "" : loaded.error();
    EXPECT_THAT(sentence, HasSubstr(file.string())) << "the file is named";
    EXPECT_THAT(sentence, testing::Not(HasSubstr("5eed"))) << "a seed is never told";
    return sentence;
  }
  fs::path directory_;
  int files_{};
};

std::string const seed = std::string("5eed") + std::string(60, '0');

TEST_F(CredentialFiles, ComeBackAsTheyWereSaved) {
  for (auto const role : {Role::provider, Role::buyer, Role::auditor, Role::operator_}) {
    auto const file = directory_ / role_name(role);
    auto const made = make_credentials(ParticipantId{4'000'000'000}, KeyId{7}, role);
    ASSERT_TRUE(save_credentials(file, made));
    auto const kept = load_credentials(file);
    ASSERT_TRUE(kept) << kept.error();
    EXPECT_EQ(kept->participant, made.participant);
    EXPECT_EQ(kept->key, made.key);
    EXPECT_EQ(kept->role, made.role);
    EXPECT_EQ(kept->seed, made.seed);
    EXPECT_EQ(kept->public_key(), made.public_key());
  }
}

TEST_F(CredentialFiles, AreReadableByTheirOwnerAloneAndNeverOverwritten) {
  auto const file = directory_ / "key";
  auto const first = make_credentials(ParticipantId{1}, KeyId{1}, Role::buyer);
  ASSERT_TRUE(save_credentials(file, first));
  struct stat info {};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  auto const again = save_credentials(file, make_credentials(ParticipantId{2}, KeyId{1}, Role::buyer));
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error(), HasSubstr(file.string()));
  EXPECT_EQ(load_credentials(file)->seed, first.seed);
  EXPECT_FALSE(save_credentials(directory_ / "no" / "such" / "place", first));
}

TEST_F(CredentialFiles, ThatOthersCanReadAreRefused) {
  auto const text = "participant = 1\nkey = 1\nrole = \"buyer\"\nseed = \"" + seed + "\"\n";
  for (auto const mode : {0644u, 0640u, 0604u, 0660u})
    EXPECT_THAT(refusal(written(text, mode)), HasSubstr("chmod 600"));
  EXPECT_TRUE(load_credentials(written(text, 0600)));
  EXPECT_TRUE(load_credentials(written(text, 0400)));
}

TEST_F(CredentialFiles, ThatAreNotThereOrNotTomlAreNamedByFileAndLine) {
  EXPECT_THAT(refusal(directory_ / "nothing"), HasSubstr("can't be read"));
  EXPECT_THAT(refusal(written("participant = 1\nkey = = 2\n")), HasSubstr("line 2"));
}

TEST_F(CredentialFiles, ThatLackSomethingAreToldWhatBelongsInThem) {
  auto text = [](std::string const& participant, std::string const& key, std::string const& role,
                 std::string const& bytes) {
    return "participant = " + participant + "\nkey = " + key + "\nrole = " + role + "\nseed = " + bytes +
           "\n";
  };
  auto const good_seed = "\"" + seed + "\"";
  for (auto const& bad :
       {std::string(), text("0", "1", "\"buyer\"", good_seed), text("-1", "1", "\"buyer\"", good_seed),
        text("4294967296", "1", "\"buyer\"", good_seed), text("1", "0", "\"buyer\"", good_seed),
        text("\"1\"", "1", "\"buyer\"", good_seed), text("1", "1", "\"king\"", good_seed),
        text("1", "1", "\"none\"", good_seed), text("1", "1", "3", good_seed),
        text("1", "1", "\"buyer\"", "\"" + seed.substr(2) + "\""),
        text("1", "1", "\"buyer\"", "\"" + seed + "00\""),
        text("1", "1", "\"buyer\"", "\"" + seed.substr(0, 62) + "zz\""), text("1", "1", "\"buyer\"", "17")})
    EXPECT_THAT(refusal(written(bad)), HasSubstr("64 hex digits")) << bad;
}

TEST(Credentials, SignWhatTheirPublicKeyVerifies) {
  auto const mine = make_credentials(ParticipantId{1}, KeyId{1}, Role::buyer);
  auto const text = std::array{std::byte{1}, std::byte{2}, std::byte{3}};
  auto const signature = mine.sign(text);
  auto verified = [&](Credentials const& whose) {
    auto const open = whose.public_key();
    return crypto_sign_verify_detached(reinterpret_cast<unsigned char const*>(signature.data()),
                                       reinterpret_cast<unsigned char const*>(text.data()), text.size(),
                                       reinterpret_cast<unsigned char const*>(open.data())) == 0;
  };
  EXPECT_TRUE(verified(mine));
  EXPECT_FALSE(verified(make_credentials(ParticipantId{1}, KeyId{1}, Role::buyer))) << "each key is new";
}

TEST(Credentials, RolesAreNamedAndFoundByTheirNames) {
  for (auto const role : {Role::provider, Role::buyer, Role::auditor, Role::operator_})
    EXPECT_EQ(role_named(role_name(role)), role);
  for (auto const* const wrong : {"", "none", "Buyer", "buyers"}) EXPECT_EQ(role_named(wrong), std::nullopt);
}

TEST(BearerKeys, AreLongAllDifferentAndKnownByTheirHash) {
  std::set<std::string> keys;
  std::set<Bytes32> hashes;
  for (int i = 0; i < 100; ++i) {
    auto const key = make_bearer_key();
    EXPECT_TRUE(key.starts_with("sk-spillway-")) << key;
    EXPECT_EQ(key.size(), std::string("sk-spillway-").size() + 64);
    EXPECT_EQ(bearer_hash(key), bearer_hash(key));
    keys.insert(key), hashes.insert(bearer_hash(key));
  }
  EXPECT_EQ(keys.size(), 100u);
  EXPECT_EQ(hashes.size(), 100u);
}

}  // namespace
}  // namespace spillway
