// tests/attest/transcript_test.cpp - a challenge that was kept can be checked again, and nothing in it can be
// changed without being found. Covers: transcript.cpp, recheck.cpp.
#include "attest/transcript.hpp"

#include <array>
#include <set>

#include "attest/recheck.hpp"
#include "trial.hpp"

namespace spillway::attest {
namespace {

constexpr std::array versions{TranscriptVersion::one_chain, TranscriptVersion::striped};

struct Kept {
  explicit Kept(TranscriptVersion version = TranscriptVersion::striped) {
    trial.version = version;
    outcome = trial.run();
  }
  Trial trial;
  Outcome outcome;
  Transcript const& transcript = trial.kept;
};

// Why the bytes are not the transcript with this hash; empty: they are.
std::string wrong_with(ByteView bytes, Digest const& hash, std::shared_ptr<EpochSecret const> const& secret) {
  auto const read = decode_transcript(bytes);
  if (!read) return std::string(sentence(read.error()));
  if (hash_of(*read) != hash) return "another hash";
  auto const again = recheck(*read, secret);
  if (!again) return again.error();
  return again->admitted() ? "" : again->explain();
}

}  // namespace

TEST(Transcript, HasEverythingThatWasSaidAndTheHashOfTheVerdict) {
  Kept kept;
  ASSERT_TRUE(kept.outcome.admitted()) << kept.outcome.explain();
  EXPECT_EQ(kept.transcript.said.size(), 24u);
  EXPECT_EQ(kept.transcript.fresh, kept.trial.fresh);
  EXPECT_EQ(hash_of(kept.transcript), kept.outcome.transcript);
}

TEST(Transcript, ComesBackFromItsBytes) {
  for (auto const version : versions) {
    Kept kept(version);
    EXPECT_EQ(kept.transcript.version, version);
    auto const read = decode_transcript(encode(kept.transcript));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(*read, kept.transcript);
  }
}

// What an earlier exchange kept stays what it was; another version than its own makes another transcript of
// it.
TEST(Transcript, OfTheFirstVersionIsCheckedAgainAsItWasMade) {
  Kept kept(TranscriptVersion::one_chain);
  auto bytes = encode(kept.transcript);
  EXPECT_EQ(bytes[5], std::byte{1});
  EXPECT_EQ(wrong_with(bytes, kept.outcome.transcript, kept.trial.secret()), "");
  bytes[5] = std::byte{2};
  EXPECT_EQ(wrong_with(bytes, kept.outcome.transcript, kept.trial.secret()), "another hash");
  for (int const none : {0, 3, 255}) {
    bytes[5] = std::byte(none);
    EXPECT_EQ(wrong_with(bytes, kept.outcome.transcript, kept.trial.secret()),
              sentence(TranscriptError::version_unknown));
  }
}

// By the hash alone, whatever the bytes mean: lengths on both sides of the one from which lanes stand for
// bytes.
TEST(Transcript, HasAnotherHashForEveryOtherByteLengthTimeOrSpeaker) {
  for (auto const version : versions) {
    Transcript some{.version = version, .fresh = {}, .said = {}};
    for (std::size_t const size : {0u, 37u, 1'024u, 1'025u, 1'600u})
      some.said.push_back({Speaker::unit, Micros{5}, std::vector<std::byte>(size, std::byte{0})});
    std::set<Digest> seen{hash_of(some)};
    std::size_t made = 1;
    auto const differs = [&](Transcript const& other) { ++made, seen.insert(hash_of(other)); };
    for (std::size_t i = 0; i < some.said.size(); ++i) {
      auto other = some;
      auto& said = other.said[i];
      for (auto& byte : said.bytes) {
        byte = std::byte{1};
        differs(other);
        byte = std::byte{0};
      }
      said.bytes.push_back({}), differs(other),
          said.bytes.pop_back();  // a zero more, as the end is filled up with
      if (!said.bytes.empty()) said.bytes.pop_back(), differs(other), said.bytes.push_back({});
      said.at = Micros{6}, differs(other), said.at = Micros{5};
      said.speaker = Speaker::exchange, differs(other);
    }
    EXPECT_EQ(seen.size(), made);
  }
}

TEST(Transcript, GivesTheSameFiguresWhenItIsCheckedAgain) {
  Kept kept;
  auto const again = recheck(kept.transcript, kept.trial.secret());
  ASSERT_TRUE(again.has_value()) << again.error();
  EXPECT_TRUE(again->admitted()) << again->explain();
  EXPECT_EQ(again->measured, kept.outcome.measured);
  EXPECT_EQ(again->compute_time, kept.outcome.compute_time);
  EXPECT_EQ(again->transcript, kept.outcome.transcript);
}

TEST(Transcript, IsCheckedAgainInTheProfileThatItNames) {
  Trial trial;
  trial.params.profile = trial.open.profile = Profile::f16x;
  auto const outcome = trial.run();
  auto const claim = claim_of(trial.kept);
  ASSERT_TRUE(claim.has_value());
  EXPECT_EQ(claim->open.profile, Profile::f16x);
  auto const again = recheck(trial.kept, trial.secret());
  ASSERT_TRUE(again.has_value()) << again.error();
  EXPECT_TRUE(again->admitted()) << again->explain();
  EXPECT_EQ(again->measured, outcome.measured);
  auto renamed = trial.kept;  // as if it had been asked in INT8, where twice the memory would be counted
  for (auto& said : renamed.said) {
    auto message = decode(said.bytes).value();
    if (auto* const open = std::get_if<AttestOpen>(&message)) open->profile = Profile::int8;
    if (auto* const epoch = std::get_if<EpochParams>(&message)) epoch->params.profile = Profile::int8;
    said.bytes = encode(message);
  }
  trial.params.profile = Profile::int8;
  auto const other = recheck(renamed, trial.secret());
  EXPECT_TRUE(!other || !other->admitted());
}

TEST(Transcript, AFlippedBitIsFoundWhereverItIs) {
  for (auto const version : versions) {
    Kept kept(version);
    auto bytes = encode(kept.transcript);
    auto const secret = kept.trial.secret();
    ASSERT_EQ(wrong_with(bytes, kept.outcome.transcript, secret), "");
    for (std::size_t at = 0; at < bytes.size(); at += at < 300 ? 1 : 61) {
      bytes[at] ^= std::byte{4};
      EXPECT_NE(wrong_with(bytes, kept.outcome.transcript, secret), "") << at;
      bytes[at] ^= std::byte{4};
    }
  }
}

TEST(Transcript, ATimeThatCanNotBeAddedToIsNone) {
  Kept kept;
  auto transcript = kept.transcript;
  transcript.said.back().at = Micros{INT64_MAX};
  EXPECT_EQ(wrong_with(encode(transcript), hash_of(transcript), kept.trial.secret()),
            sentence(TranscriptError::value_out_of_range));
}

TEST(Transcript, AnEndThatIsMissingOrAddedIsFound) {
  Kept kept;
  auto bytes = encode(kept.transcript);
  auto const secret = kept.trial.secret();
  for (std::size_t size = 0; size < bytes.size(); size += size < 300 ? 1 : 97)
    EXPECT_NE(wrong_with(ByteView(bytes).first(size), kept.outcome.transcript, secret), "") << size;
  bytes.push_back(std::byte{0});
  EXPECT_EQ(wrong_with(bytes, kept.outcome.transcript, secret), sentence(TranscriptError::bytes_left_over));
}

TEST(Transcript, AMessageLeftOutDoubledOrAddedIsFoundEvenUnderItsOwnNewHash) {
  Kept kept;
  auto const secret = kept.trial.secret();
  for (std::size_t i = 0; i < kept.transcript.said.size(); ++i) {
    auto less = kept.transcript;
    less.said.erase(less.said.begin() + static_cast<std::ptrdiff_t>(i));
    auto const without = recheck(less, secret);
    EXPECT_FALSE(without.has_value() && without->admitted()) << i;
    auto more = kept.transcript;
    more.said.insert(more.said.begin() + static_cast<std::ptrdiff_t>(i), kept.transcript.said[i]);
    auto const doubled = recheck(more, secret);
    EXPECT_FALSE(doubled.has_value() && doubled->admitted()) << i;
  }
}

TEST(Transcript, AnotherSeedAsksForOtherRows) {
  Kept kept;
  auto const other =
      std::make_shared<EpochSecret const>(5, reference::bytes32(41), kept.trial.beacon, kept.trial.params.n);
  auto const again = recheck(kept.transcript, other);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error(), "message 23 is not what the exchange says with this seed");
}

TEST(Transcript, AWrongAnswerStaysWrong) {
  Trial trial;
  trial.from_prover = [](AttestMessage& message) {
    if (auto* const openings = std::get_if<Openings>(&message)) openings->rows[3].row[5] ^= 1;
    return true;
  };
  auto const outcome = trial.run();
  ASSERT_FALSE(outcome.admitted());
  auto const again = recheck(trial.kept, trial.secret());
  ASSERT_TRUE(again.has_value()) << again.error();
  EXPECT_EQ(again->reason, RejectReason::row_wrong);
}

TEST(Transcript, ALateAnswerStaysLate) {
  Trial trial;
  trial.compute = Micros{61'000'000};
  ASSERT_EQ(trial.run().reason, RejectReason::late_rounds);
  auto const again = recheck(trial.kept, trial.secret());
  ASSERT_TRUE(again.has_value()) << again.error();
  EXPECT_EQ(again->reason, RejectReason::late_rounds);
}

TEST(Transcript, WhatDoesNotBeginWithAUnitAndParametersIsNone) {
  EXPECT_FALSE(claim_of(Transcript{}).has_value());
  Kept kept;
  auto swapped = kept.transcript;
  std::swap(swapped.said[0], swapped.said[1]);
  EXPECT_FALSE(claim_of(swapped).has_value());
  auto probed = kept.transcript;
  probed.said[1].bytes = kept.transcript.said[2].bytes;
  EXPECT_FALSE(claim_of(probed).has_value());
}

TEST(Transcript, IsKeptOnlyWhereItIsAskedFor) {
  Trial trial;
  auto config = trial.config();
  EXPECT_FALSE(SessionConfig{}.keep_transcript);
  config.keep_transcript = false;
  ChallengeSession session(trial.secret(), config, Claimant{trial.unit, NodeId{7}, ClassId{3}}, trial.fresh,
                           Micros{0});
  (void)session.on_message(encode(AttestMessage(trial.open)), Micros{1});
  EXPECT_TRUE(session.transcript().said.empty());
}

}  // namespace spillway::attest
