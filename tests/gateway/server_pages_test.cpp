// tests/gateway/server_pages_test.cpp - what operators and strangers get by HTTP: metrics, health, refusals.
// Covers: metrics_page.cpp, exchange_server.cpp, and who may use openai_door.cpp.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <boost/json.hpp>
#include <map>
#include <regex>
#include <sstream>

#include "descriptors.hpp"
#include "gate_world.hpp"

namespace spillway {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

std::string message_of(wire::HttpReply const& reply) {
  return std::string(json::parse(reply.body).at("error").at("message").as_string());
}

/// Every line is a comment or `name{labels} value`: the text format of Prometheus.
std::map<std::string, double> metrics(GateWorld& world) {
  auto const page = world.http(world.call("GET", "/metrics"));
  EXPECT_EQ(page.status, 200);
  std::map<std::string, double> found;
  static std::regex const sample(R"(([a-z_]+(?:\{[a-z]+="[^"]*"\})?) (\S+))");
  std::istringstream lines(page.body);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with("# HELP ") || line.starts_with("# TYPE ")) continue;
    std::smatch parts;
    EXPECT_TRUE(std::regex_match(line, parts, sample)) << line;
    if (parts.size() == 3) found[parts[1]] = std::stod(parts[2]);
  }
  return found;
}

TEST(Pages, TheHealthPageSaysOk) {
  GateWorld world;
  auto const reply = world.http(world.call("GET", "/healthz"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(json::parse(reply.body).at("status"), "ok");
}

TEST(Pages, OperatorsPagesAreReadOnly) {
  GateWorld world;
  for (auto const* const path : {"/healthz", "/metrics"})
    for (auto const* const method : {"POST", "PUT", "DELETE"}) {
      auto const reply = world.http(world.call(method, path));
      EXPECT_EQ(reply.status, 405) << method << " " << path;
      EXPECT_THAT(reply.headers, testing::Contains(testing::FieldsAre("allow", "GET")));
    }
}

TEST(Descriptors, AreRaisedAtTheStartAndSomeAreKeptFromConnections) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit lower = before;
  lower.rlim_cur = std::min<rlim_t>(before.rlim_max, 512);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &lower), 0);
  {
    GateWorld world;
    rlimit now{};
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &now), 0);
    EXPECT_EQ(now.rlim_cur, before.rlim_max);
  }
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(connections_for(1024), 1024 - descriptors_in_reserve);
  EXPECT_EQ(connections_for(1'000'000), 4096u);
  EXPECT_EQ(connections_for(10), 16u) << "too few to serve: better some than none";
  EXPECT_GE(descriptors_in_reserve, 64u);
}

TEST(Pages, UnknownPathsAreToldWhereTheDoorsAre) {
  GateWorld world;
  for (auto const* const path : {"/", "/v1", "/v1/embeddings", "/v1/stream", "/metrics/x"}) {
    auto const reply = world.http(world.call("GET", path));
    EXPECT_EQ(reply.status, 404) << path;
    EXPECT_THAT(message_of(reply), HasSubstr("/v1/chat/completions"));
  }
}

TEST(Pages, AWebSocketOpensAtItsOwnPathOnly) {
  GateWorld world;
  wire::ConnectOptions options;
  options.tls = wire::TlsClient::trusting(world.certificate()).value();
  options.subprotocols = {subprotocol_binary};
  auto const opened = world.wait(wire::connect_websocket(world.on(), world.url("ws", "/elsewhere"), options));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().http_status, 404);
}

TEST(Pages, TheDoorWantsABearerKeyThatTheOperatorAdded) {
  GateWorld world;
  for (auto const* const value : {"", "Bearer ", "Bearer sk-spillway-wrong", "Basic abc"}) {
    for (auto const& [method, path] :
         {std::pair{"GET", "/v1/models"}, {"POST", "/v1/chat/completions"}, {"DELETE", "/v1/models"}}) {
      auto call = world.call(method, path, "{}");
      if (*value != '\0') call.headers.push_back({"authorization", value});
      auto const reply = world.http(std::move(call));
      EXPECT_EQ(reply.status, 401) << method << " " << path << " with " << value;
      EXPECT_EQ(json::parse(reply.body).at("error").at("code"), "invalid_api_key");
    }
  }
}

TEST(Pages, TheDoorSaysWhichMethodAPathTakes) {
  GateWorld world;
  auto reply = [&](char const* method, char const* path) {
    auto call = world.chat("{}");
    call.method = method;
    call.url.target = path;
    return world.http(std::move(call));
  };
  EXPECT_EQ(reply("GET", "/v1/chat/completions").status, 405);
  EXPECT_EQ(message_of(reply("GET", "/v1/chat/completions")), "use POST");
  EXPECT_EQ(reply("POST", "/v1/models").status, 405);
  EXPECT_THAT(reply("POST", "/v1/models").headers, testing::Contains(testing::FieldsAre("allow", "GET")));
  EXPECT_EQ(message_of(reply("PUT", "/v1/models")), "use GET");
}

TEST(Pages, MetricsAreWellFormedAndCountWhatHappens) {
  GateWorld world;
  auto const before = metrics(world);
  EXPECT_EQ(before.at("spillway_orders_total"), 0);
  EXPECT_EQ(before.at("spillway_offers_live"), 0);
  auto provider = world.log_in(ada);
  supply(provider);
  auto buyer = world.log_in(carl);
  (void)buyer.ask(token_order());
  auto const dispatch = provider.next<msg::Dispatch>();
  EXPECT_EQ(metrics(world).at("spillway_jobs_running"), 1);
  provider.send(msg::JobAck{0, dispatch.job});
  deliver(provider, dispatch.job, {"word"});
  finish(provider, dispatch.job, 10, 1, world.key_of(ada));
  (void)buyer.next<msg::JobEnd>();
  EXPECT_EQ(world.log_in(poor).refusal_of(token_order()), Refusal::funds_short);
  auto const after = metrics(world);
  EXPECT_EQ(after.at("spillway_orders_total"), 1);
  EXPECT_EQ(after.at("spillway_refused_total"), 1);
  EXPECT_EQ(after.at("spillway_fills_total"), 1);
  EXPECT_EQ(after.at("spillway_offers_live"), 1);
  EXPECT_EQ(after.at("spillway_jobs_running"), 0);
  EXPECT_EQ(after.at(R"(spillway_jobs_total{end="completed"})"), 1);
  EXPECT_EQ(after.at(R"(spillway_jobs_total{end="failed_provider"})"), 0);
  EXPECT_EQ(after.at("spillway_output_tokens_total"), 1);
  EXPECT_EQ(after.at(R"(spillway_attestations_total{verdict="admitted"})"), 1);
  EXPECT_EQ(after.at("spillway_sessions_total"), 3);
  EXPECT_GT(after.at("spillway_entries_total"), before.at("spillway_entries_total"));
  EXPECT_GT(after.at(R"(spillway_match_nanoseconds{quantile="0.99"})"), 0);
}

}  // namespace
}  // namespace spillway
