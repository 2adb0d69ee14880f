// tests/matching/order_types_test.cpp - the examples of docs/order-types.md, each run on both books.
#include <fstream>
#include <sstream>

#include "scenario.hpp"

namespace spillway {
namespace {

using namespace rig;

/// The fenced blocks marked `story`, in order.
std::vector<std::string> stories() {
  std::ifstream page{std::string{SPILLWAY_SOURCE_DIR} + "/docs/order-types.md"};
  std::vector<std::string> found;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line == "```story") {
      found.emplace_back();
      inside = true;
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      found.back() += line + "\n";
    }
  }
  return found;
}

class OrderTypes : public OnBothBooks {};
SPILLWAY_ON_BOTH_BOOKS(OrderTypes);

TEST_P(OrderTypes, AreWhatTheirPageSays) {
  auto const all = stories();
  EXPECT_GE(all.size(), 10u);
  for (auto const& story : all) {
    SCOPED_TRACE(story);
    plays(story);
  }
}

}  // namespace
}  // namespace spillway
