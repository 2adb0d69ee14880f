// tests/market/base64_test.cpp - the vectors of RFC 4648, every length, and one text per value.
#include "market/base64.hpp"

#include <gtest/gtest.h>

namespace spillway {
namespace {

std::vector<std::byte> bytes(std::string_view text) {
  auto const* first = reinterpret_cast<std::byte const*>(text.data());
  return {first, first + text.size()};
}

TEST(Base64, AgreesWithTheVectorsOfTheStandard) {
  std::pair<char const*, char const*> const vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (auto const& [plain, coded] : vectors) {
    EXPECT_EQ(base64_text(bytes(plain)), coded);
    EXPECT_EQ(bytes_from_base64(coded), bytes(plain));
  }
}

TEST(Base64, GivesBackEveryByteAtEveryLength) {
  std::vector<std::byte> all;
  for (unsigned n = 0; n < 600; ++n) {
    EXPECT_EQ(bytes_from_base64(base64_text(all)), all) << n;
    all.push_back(static_cast<std::byte>(n * 151 + 7));
  }
}

TEST(Base64, RefusesForeignLettersWrongPaddingAndLeftoverBits) {
  for (std::string_view const bad :
       {"Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Z=g=", "Zm9-", "Zm9 ", "Zh==", "Zm9=", "\xC3\xA9Zg"}) {
    EXPECT_FALSE(bytes_from_base64(bad)) << bad;
  }
}

}  // namespace
}  // namespace spillway
