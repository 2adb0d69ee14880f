// tests/gateway/server_audit_test.cpp - what auditors get by HTTP: a tree that anybody can check, receipts
// for their parties, entries for auditors alone. Covers: audit_path.cpp, audit_reader.cpp, audit_desk.cpp,
// audit_door.cpp, bearer.cpp.
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstring>
#include <fstream>
#include <iterator>

#include "audit_path.hpp"
#include "exchange/receipt.hpp"
#include "gate_world.hpp"
#include "gateway/client/credentials.hpp"
#include "journal/checkpoint.hpp"
#include "journal/merkle.hpp"
#include "journal/tlog_proof.hpp"

namespace spillway {
namespace {

using testing::Contains;
using testing::FieldsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(AuditPath, HasOneSpellingForEachThing) {
  for (auto const* const path :
       {"checkpoint", "tile/0/000", "tile/3/x001/x234/067.p/17", "tile/entries/x001/000",
        "tile/entries/000.p/255", "proof/consistency/0/0", "proof/consistency/7/18446744073709551615",
        "proof/fill/1", "key-change/0a1b2c3d"})
    EXPECT_TRUE(audit_path::parse(path)) << path;
  auto const bundle = std::get<audit_path::Entries>(audit_path::parse("tile/entries/x001/002.p/3").value());
  EXPECT_EQ(bundle.tile, (TileName{0, 1002, 3}));
  auto const sizes = std::get<audit_path::Growth>(audit_path::parse("proof/consistency/7/9").value());
  EXPECT_EQ(sizes.old_size, 7u);
  EXPECT_EQ(sizes.new_size, 9u);
}

constexpr char const* nonsense[] = {
    "",
    "/",
    "checkpoint/",
    "Checkpoint",
    "checkpoint.tmp",
    "tile",
    "tile/",
    "tile/0",
    "tile/8/000",
    "tile/-1/000",
    "tile/0/0",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/x000/001",
    "tile/0/000/",
    "tile//000",
    "tile/0/../../../LAYOUT",
    "tile/0/%2e%2e/000",
    "../checkpoint",
    "..%2fkeys%2flog.key",
    "keys/log.key",
    "segments/00000000000000000001",
    "tile/entries/",
    "tile/entries/0/000",
    "tile/entries/../0/000",
    "proof/consistency/1",
    "proof/consistency/2/1",
    "proof/consistency/1/2/3",
    "proof/consistency/01/2",
    "proof/consistency/1/18446744073709551616",
    "proof/fill/",
    "proof/fill/0",
    "proof/fill/+1",
    "proof/fill/one",
    "key-change/",
    "key-change/0a1b2c3",
    "key-change/0A1B2C3D",
    "key-change/-a1b2c3d",
    "key-change/0a1b2c3d.key",
};

TEST(AuditPath, AnythingElseIsRefusedAndToldWhatThereIs) {
  for (auto const* const path : nonsense) {
    auto const parsed = audit_path::parse(path);
    ASSERT_FALSE(parsed) << path;
    EXPECT_THAT(parsed.error(), HasSubstr("proof/consistency/<OLD>/<NEW>"));
  }
  EXPECT_FALSE(audit_path::parse("tile/0/" + std::string(100'000, 'x') + "/000"));
  EXPECT_FALSE(audit_path::parse(std::string_view("checkpoint\0", 11)));
}

/// A market with one fill, stopped and started again: its checkpoint covers all of that.
class AuditPages : public ::testing::Test {
 protected:
  AuditPages() {
    auto boss = world_.log_in(the_boss);
    for (auto const& [who, bearer] : {std::pair{audrey, &audreys_}, {dora, &doras_}, {ada, &adas_}})
      EXPECT_EQ(
          boss.refusal_of(msg::AdminKey{0, who, KeyId{2}, KeyKind::bearer_blake2b, bearer_hash(*bearer)}),
          Refusal::none);
    auto provider = world_.log_in(ada);
    supply(provider);
    auto buyer = world_.log_in(carl);
    (void)buyer.ask(token_order());
    auto const dispatch = provider.next<msg::Dispatch>();
    deliver(provider, dispatch.job, {"word"});
    finish(provider, dispatch.job, 10, 1, world_.key_of(ada));
    (void)buyer.next<msg::JobEnd>();
    (void)world_.stop_exchange();
    world_.start_exchange();
  }

  wire::HttpReply get(std::string const& path, std::string const& bearer = {}, char const* method = "GET") {
    auto call = world_.call(method, "/audit/" + path);
    if (!bearer.empty()) call.headers.push_back({"authorization", "Bearer " + bearer});
    return world_.http(std::move(call));
  }
  NoteVerifier verifier() { return LogKey::load(world_.directory() / "journal" / "keys")->verifier(); }
  Checkpoint head() {
    auto const opened = open_checkpoint(get("checkpoint").body, verifier());
    EXPECT_TRUE(opened) << opened.error().reason;
    return *opened;
  }
  std::vector<Hash256> leaves(std::uint64_t size) {
    std::vector<Hash256> all;
    for (std::uint64_t i = 0; tile_width_at(0, i, size) > 0; ++i) {
      auto const tile = get(tile_path({0, i, tile_width_at(0, i, size)}));
      EXPECT_EQ(tile.status, 200);
      for (std::size_t at = 0; at < tile.body.size(); at += 32)
        std::memcpy(all.emplace_back().data(), tile.body.data() + at, 32);
    }
    return all;
  }
  static std::string code(wire::HttpReply const& reply) {
    return std::string(boost::json::parse(reply.body).at("error").at("code").as_string());
  }
  std::string log() {
    std::ifstream in(world_.directory() / "log");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string const audreys_ = make_bearer_key(), doras_ = make_bearer_key(), adas_ = make_bearer_key();

  GateWorld world_;
};

TEST_F(AuditPages, AnybodyGetsTheSignedHeadAndTheTilesUnderIt) {
  auto const now = head();
  ASSERT_GT(now.size, 10u);
  EXPECT_EQ(tree_root(leaves(now.size)), now.root);
  auto const reply = get("checkpoint");
  EXPECT_THAT(reply.headers, Contains(FieldsAre("content-type", "text/plain; charset=utf-8")));
  EXPECT_THAT(reply.headers, Contains(FieldsAre("cache-control", "max-age=1")));
  if (auto const width = static_cast<unsigned>(now.size % 256); width > 0) {
    auto const partial = get(tile_path({0, now.size / 256, width}));
    EXPECT_THAT(partial.headers, Contains(FieldsAre("cache-control", "max-age=60")));
  }
  if (now.size >= 256) {
    EXPECT_THAT(get("tile/0/000").headers,
                Contains(FieldsAre("cache-control", "public, max-age=31536000, immutable")));
  }
  EXPECT_EQ(get("tile/0/000.p/3").body, get("tile/0/000.p/7").body.substr(0, 96)) << "any width that it has";
  EXPECT_THAT(get("checkpoint", {}, "HEAD").body, IsEmpty());
}

TEST_F(AuditPages, AnybodyGetsTheProofThatTheTreeOnlyGrew) {
  auto const now = head();
  auto const all = leaves(now.size);
  for (std::uint64_t const old : {std::uint64_t{1}, now.size / 2, now.size - 1, now.size}) {
    auto const reply = get("proof/consistency/" + std::to_string(old) + "/" + std::to_string(now.size));
    ASSERT_EQ(reply.status, 200) << reply.body;
    auto const proof = parse_proof_lines(reply.body).value();
    auto const before = tree_root(std::span(all).first(static_cast<std::size_t>(old)));
    EXPECT_TRUE(verify_consistency(old, now.size, before, now.root, proof)) << old;
  }
  EXPECT_EQ(get("proof/consistency/0/" + std::to_string(now.size)).body, "");
}

TEST_F(AuditPages, WhatIsNoPathOrBeyondTheTreeIsToldSo) {
  for (auto const* const path : nonsense) {
    auto const reply = get(path, audreys_);
    EXPECT_EQ(reply.status, 400) << path;
    EXPECT_EQ(code(reply), "bad_path");
  }
  auto const size = head().size;
  // Far beyond: the exchange is at work, and its tree may grow meanwhile.
  for (auto const& path : {tile_path({0, size / 256 + 1000, tile_width}), tile_path({7, 0, 1}),
                           "proof/consistency/1/" + std::to_string(size + 1'000'000),
                           std::string("tile/entries/x999/x999/999"), std::string("proof/fill/4711")}) {
    auto const reply = get(path, audreys_);
    EXPECT_EQ(reply.status, 404) << path;
    EXPECT_THAT(reply.body, Not(HasSubstr(world_.directory().string())));
  }
  for (auto const* const method : {"POST", "PUT", "DELETE"})
    EXPECT_EQ(get("checkpoint", {}, method).status, 405);
}

TEST_F(AuditPages, EntriesAreForAuditorsAndEveryReadOfThemIsLogged) {
  auto const size = head().size;
  auto const width = tile_width_at(0, 0, size);
  auto const path = "tile/entries/" + tile_path({0, 0, width}).substr(7);
  EXPECT_EQ(get(path).status, 401);
  EXPECT_EQ(get(path, "sk-spillway-wrong").status, 401);
  EXPECT_EQ(get(path, world_.bearer_of_carl()).status, 403);
  EXPECT_EQ(get(path, adas_).status, 403);
  EXPECT_THAT(log(), Not(HasSubstr("asked for entries")));
  auto const reply = get(path, audreys_);
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_THAT(reply.headers, Contains(FieldsAre("cache-control", "private, no-store")));
  EXPECT_THAT(log(), HasSubstr("participant 30 at 127.0.0.1 asked for entries 0 to " +
                               std::to_string(width - 1) + ": sent\n"));
  std::vector<Hash256> hashed;
  for (auto rest = std::string_view(reply.body); !rest.empty();) {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
    auto const length = std::size_t{byte(0)} << 8 | byte(1);
    hashed.push_back(leaf_hash(as_byte_view(rest.substr(2, length))));
    rest.remove_prefix(2 + length);
  }
  auto const all = leaves(size);
  ASSERT_EQ(hashed.size(), width);
  EXPECT_TRUE(std::ranges::equal(hashed, std::span(all).first(width)));
}

TEST_F(AuditPages, AReceiptIsForThePartiesOfItsFillAndForAuditors) {
  EXPECT_EQ(get("proof/fill/1").status, 401);
  auto const key = verifier();
  for (auto const& bearer : {world_.bearer_of_carl(), adas_, audreys_}) {
    auto const reply = get("proof/fill/1", bearer);
    ASSERT_EQ(reply.status, 200) << reply.body;
    auto const proven = check_fill_proof(reply.body, &key);
    ASSERT_TRUE(proven) << proven.error();
    EXPECT_EQ(proven->record.as<record::Fill>().fill, 1u);
  }
  EXPECT_THAT(get("proof/fill/2", audreys_).body, HasSubstr("no fill 2, or the checkpoint does not cover"));
  auto const strangers = get("proof/fill/1", doras_);
  EXPECT_EQ(strangers.status, 404);
  auto nothing = get("proof/fill/2", doras_).body;
  nothing.replace(nothing.find("fill 2"), 6, "fill 1");
  EXPECT_EQ(strangers.body, nothing) << "a stranger can't tell the two apart";
}

}  // namespace
}  // namespace spillway
