// tests/gateway/gate_world.hpp - a real exchange on loopback, in a thread of its own, and the clients that a
// test drives. Waiting runs the test's own loop; its limit only ends a test that hangs, nothing is measured.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "gateway/client/market_client.hpp"
#include "gateway/server/exchange_server.hpp"
#include "gateway/wire/client.hpp"

namespace spillway {

inline constexpr ParticipantId the_boss{1}, ada{10}, bert{11};  // operator, two providers
inline constexpr ParticipantId carl{20}, dora{21}, poor{22},
    audrey{30};  // buyers (poor has nothing), auditor
inline constexpr char const* test_model = "deepseek-r1-distill-qwen-7b";
inline constexpr char const* test_class = "L4";
inline constexpr char const* test_place = "azure:westeurope";
inline constexpr char const* test_tier = "standard";

struct WorldOptions {
  Rules rules = [] {
    Rules r;
    r.class_scale = 1'000'000'000;
    r.bond_per_unit = {};  // where bonds are tested, they are switched on
    return r;
  }();
  attest::Cap1Params challenge{64, 2, 2, 1, 8};
  bool plain_text = false;
  std::string engine_note;
  Micros door_good_for{10'000'000};
  Micros login_within{30'000'000};
  Micros statement_within{10'000'000};
  bool statements_required = false;
  std::vector<ParticipantId> more_providers;
  CensusConfig census;
  bool check_place = false;
};
/// Memory decides who is admitted: 16 KiB are proven, an L4 needs 15.8 KB, an MI300X eight times that. The
/// rates have seconds of slack.
[[nodiscard]] WorldOptions memory_decides();

class Line;

class GateWorld {
 public:
  explicit GateWorld(WorldOptions options = {});
  ~GateWorld();
  GateWorld(GateWorld const&) = delete;
  GateWorld& operator=(GateWorld const&) = delete;

  /// What the next start of the exchange takes.
  [[nodiscard]] WorldOptions& options() { return options_; }
  /// Starts the exchange (again) on the same directory and port; the constructor has done it once.
  void start_exchange();
  Pipeline::Stopped stop_exchange();
  /// Waits for an exchange that was asked to stop by somebody else.
  Pipeline::Stopped join_exchange();
  [[nodiscard]] ExchangeServer& exchange() { return *server_; }

  [[nodiscard]] wire::executor on() { return loop_.get_executor(); }
  /// Runs the loop until `done`; throws after a minute.
  void until(std::function<bool()> const& done, char const* what = "what the test waits for");
  template <class T>
  std::shared_ptr<std::optional<T>> start(wire::awaitable<T> work) {
    auto out = std::make_shared<std::optional<T>>();
    wire::spawn(on(), keep(std::move(work), out));
    return out;
  }
  template <class T>
  T wait(wire::awaitable<T> work) {
    auto const out = start(std::move(work));
    until([&] { return out->has_value(); });
    return std::move(**out);
  }

  [[nodiscard]] Credentials const& key_of(ParticipantId who) const;
  [[nodiscard]] std::string bearer_of_carl() const { return bearer_; }
  [[nodiscard]] ClientOptions client_options(Credentials const& who, std::uint64_t last_report = 0) const;
  /// Logged in by the real client.
  Line log_in(ParticipantId who, std::uint64_t last_report = 0);
  /// Connected only; the next message is the hello.
  Line connect(char const* subprotocol = subprotocol_binary);

  [[nodiscard]] wire::Url url(char const* scheme, std::string target) const;
  [[nodiscard]] wire::HttpCall call(std::string method, std::string target, std::string body = {}) const;
  /// The door, with carl's bearer key.
  [[nodiscard]] wire::HttpCall chat(std::string body) const;
  wire::HttpReply http(wire::HttpCall call);

  [[nodiscard]] std::filesystem::path const& directory() const { return directory_; }
  [[nodiscard]] std::filesystem::path certificate() const { return directory_ / "tls" / "cert.pem"; }

 private:
  template <class T>
  static wire::awaitable<void> keep(wire::awaitable<T> work, std::shared_ptr<std::optional<T>> out) {
    T got = co_await std::move(work);
    out->emplace(std::move(got));
  }
  [[nodiscard]] std::vector<Command> genesis() const;

  WorldOptions options_;
  std::filesystem::path directory_;
  std::vector<Credentials> keys_;
  std::string bearer_;
  [[nodiscard]] std::expected<std::unique_ptr<ExchangeServer>, std::string> open_exchange() const;

  std::uint16_t port_{};
  boost::asio::io_context loop_{1};
  std::unique_ptr<ExchangeServer> server_;
  std::thread thread_;
  std::optional<Pipeline::Stopped> stopped_;
};

/// One connection to the exchange. Messages that a wait passes over are kept for later waits.
class Line {
 public:
  Line(GateWorld& world, std::shared_ptr<MarketClient> client);
  Line(GateWorld& world, std::shared_ptr<wire::WebSocket> ws, bool json);

  void send(ClientMessage const& message);
  void send_text(std::string text) { (void)ws_->send_text(std::move(text)); }
  void send_bytes(std::string const& bytes);
  /// The next message, nothing when the line ended.
  std::optional<ServerMessage> receive();
  template <class M>
  M next(std::type_identity_t<std::function<bool(M const&)>> const& which = {}) {
    for (auto it = kept_.begin(); it != kept_.end(); ++it)
      if (auto const* const m = std::get_if<M>(&*it); m && (!which || which(*m))) {
        M out = *m;
        kept_.erase(it);
        return out;
      }
    for (;;) {
      auto message = receive();
      if (!message) throw std::runtime_error("the line ended: " + end_);
      if (auto const* const m = std::get_if<M>(&*message); m && (!which || which(*m))) return *m;
      kept_.push_back(std::move(*message));
    }
  }
  template <class M>
  msg::Answer ask(M message) {
    auto const request = message.request = ++requests_;
    send(ClientMessage(std::move(message)));
    return next<msg::Answer>([=](msg::Answer const& a) { return a.request == request; });
  }
  template <class M>
  Refusal refusal_of(M message) {
    return ask(std::move(message)).refusal;
  }
  msg::ReadResult read(msg::Read read);
  std::string read(msg::ReadKind kind, Seq at_least = {});
  /// What came so far and was passed over.
  template <class M>
  [[nodiscard]] std::vector<M> passed_over() const {
    std::vector<M> out;
    for (auto const& message : kept_)
      if (auto const* const m = std::get_if<M>(&message)) out.push_back(*m);
    return out;
  }
  void keep(ServerMessage message) { kept_.push_back(std::move(message)); }
  /// Closes and waits until the exchange has heard of it.
  void leave();
  [[nodiscard]] MarketClient& client() { return *client_; }
  [[nodiscard]] std::shared_ptr<wire::WebSocket> const& socket() const { return ws_; }
  [[nodiscard]] std::string const& end() const { return end_; }
  [[nodiscard]] GateWorld& world() { return *world_; }

 private:
  GateWorld* world_;
  std::shared_ptr<MarketClient> client_;
  std::shared_ptr<wire::WebSocket> ws_;
  bool json_{};
  msg::Request requests_{1'000};
  std::deque<ServerMessage> kept_;
  std::string end_;
};

// ---- what providers and buyers say ----

[[nodiscard]] PriceIndex price(char const* units);
[[nodiscard]] Bytes bytes_of(std::string_view text);
[[nodiscard]] std::string text_of(Bytes const& bytes);
[[nodiscard]] ClassId class_id(char const* name);

NodeId add_node(Line& provider, std::uint64_t label = 1, char const* klass = test_class);
/// An honest prover on this machine answers for the unit, whatever class it claims, as if it were so far off.
msg::AttestVerdict prove(Line& provider, NodeId node, char const* klass = test_class, Micros away = {});
[[nodiscard]] msg::PostOffer token_offer(NodeId node, char const* units = "1", std::int64_t slots = 2);
[[nodiscard]] msg::PlaceOrder token_order(char const* units = "2", bool stream = true);
/// A proven node with one live offer of tokens.
NodeId supply(Line& provider, char const* units = "1", std::int64_t slots = 2);
void deliver(Line& provider, JobId job, std::initializer_list<char const*> pieces);
/// The claim is signed by `signer`, which is the provider itself in good order.
void finish(Line& provider, JobId job, std::int64_t input, std::int64_t output, Credentials const& signer);

}  // namespace spillway
