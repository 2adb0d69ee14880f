// tests/gateway/wire_tls_test.cpp - contexts and the development certificate (gateway/wire/src/tls.cpp,
// dev_certificate.cpp).
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>

#include "wire_world.hpp"

namespace spillway::wire {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

struct Directory {
  Directory() {
    auto name = (fs::temp_directory_path() / "spillway-cert-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Directory() { fs::remove_all(path); }
  fs::path path;
};

std::string content(fs::path const& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(WireTls, MakesACertificateOnceAndFindsItAgain) {
  Directory const place;
  auto const made = development_certificate(place.path / "deep" / "er", {"box.example", "10.1.2.3"});
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->made);
  EXPECT_NE(made->message.find("not for production"), std::string::npos);
  auto const text = content(made->certificate);

  auto const found = development_certificate(place.path / "deep" / "er");
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->made);
  EXPECT_EQ(content(found->certificate), text);
  EXPECT_TRUE(TlsServer::load(found->certificate, found->key));
  EXPECT_TRUE(TlsClient::trusting(found->certificate));
}

TEST(WireTls, TheKeyIsForItsOwnerAlone) {
  struct stat facts {};
  ASSERT_EQ(::stat(TestCertificate::get().files.key.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST(WireTls, TheCertificateNamesThisMachineAndWhatWasAsked) {
  Directory const place;
  auto const made = development_certificate(place.path, {"box.example", "10.1.2.3"});
  ASSERT_TRUE(made);
  std::unique_ptr<BIO, decltype(&BIO_free_all)> const file(BIO_new_file(made->certificate.c_str(), "r"),
                                                           BIO_free_all);
  std::unique_ptr<X509, decltype(&X509_free)> const x(
      PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr), X509_free);
  ASSERT_TRUE(x);
  for (char const* name : {"localhost", "box.example"})
    EXPECT_EQ(X509_check_host(x.get(), name, 0, 0, nullptr), 1) << name;
  for (char const* name : {"127.0.0.1", "::1", "10.1.2.3"})
    EXPECT_EQ(X509_check_ip_asc(x.get(), name, 0), 1) << name;
  EXPECT_EQ(X509_check_host(x.get(), "other.example", 0, 0, nullptr), 0);
}

TEST(WireTls, RefusesNamesThatWouldWriteOtherFields) {
  Directory const place;
  for (char const* name : {"a,DNS:evil.example", "", "a b", "a\nb"}) {
    EXPECT_FALSE(development_certificate(place.path / "x", {name})) << name;
  }
}

TEST(WireTls, SaysWhatToDoAboutFilesThatAreNoCertificates) {
  Directory const place;
  std::ofstream(place.path / "cert.pem") << "hello";
  std::ofstream(place.path / "key.pem") << "hello";
  auto const broken = development_certificate(place.path);
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().text.find("delete"), std::string::npos);
  EXPECT_EQ(TlsServer::load(place.path / "cert.pem", place.path / "key.pem").error().fault, WireFault::tls);
  EXPECT_EQ(TlsClient::trusting(place.path / "absent.pem").error().fault, WireFault::tls);
  std::ofstream(place.path / "file") << "x";
  EXPECT_EQ(development_certificate(place.path / "file" / "below").error().fault, WireFault::local);
}

awaitable<bool> handshake_up_to(World& world, std::uint16_t port, int version) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  SSL_CTX_set_max_proto_version(context.native_handle(), version);
  asio::ssl::stream<asio::ip::tcp::socket> stream(world.io_, context);
  constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
  asio::ip::tcp::endpoint const at(asio::ip::address_v4::loopback(), port);
  auto const [refused] = co_await stream.next_layer().async_connect(at, as_result);
  auto const [failed] = co_await stream.async_handshake(asio::ssl::stream_base::client, as_result);
  co_return !refused && !failed;
}

TEST(WireTls, SpeaksTls13AndNothingOlder) {
  World world;
  auto const port = world.serve(World::tls_options(), echo_handlers()).port();
  world.run([&]() -> awaitable<void> {
    EXPECT_TRUE(co_await handshake_up_to(world, port, TLS1_3_VERSION));
    EXPECT_FALSE(co_await handshake_up_to(world, port, TLS1_2_VERSION));
  }());
  EXPECT_EQ(world.server_->counters().handshake_failures, 1U);
}

awaitable<WireError> error_of_call(World& world, Url url, std::optional<TlsClient> tls) {
  HttpCall call;
  call.url = std::move(url);
  call.tls = std::move(tls);
  auto const reply = co_await http_request(world.on(), std::move(call));
  co_return reply ? WireError{WireFault::closed, "answered", reply->status} : reply.error();
}

TEST(WireTls, AClientTrustsOnlyWhatItWasTold) {
  World world;
  world.serve(World::tls_options(), echo_handlers());
  world.run([&]() -> awaitable<void> {
    auto const unknown = co_await error_of_call(world, world.url("https"), TlsClient::system().value());
    EXPECT_EQ(unknown.fault, WireFault::tls);
    auto const trusted = co_await error_of_call(world, world.url("https"), World::trust());
    EXPECT_EQ(trusted.http_status, 200);
  }());
}

TEST(WireTls, AClientChecksTheNameItDialled) {
  World world;
  auto options = World::tls_options();
  options.address = "127.0.0.2";  // not in the certificate
  world.serve(std::move(options), echo_handlers());
  auto url = world.url("https");
  url.host = "127.0.0.2";
  world.run([&]() -> awaitable<void> {
    auto const error = co_await error_of_call(world, url, World::trust());
    EXPECT_EQ(error.fault, WireFault::tls);
  }());
}

TEST(WireTls, PlainTextMustBeAskedForAndStaysOnLoopback) {
  World world;
  EXPECT_FALSE(Server::listen(world.on(), ServerOptions{}, echo_handlers()));
  auto options = World::plain_options();
  options.address = "0.0.0.0";
  auto const open = Server::listen(world.on(), options, echo_handlers());
  ASSERT_FALSE(open);
  EXPECT_NE(open.error().text.find("loopback"), std::string::npos);
  options.address = "not an address";
  EXPECT_FALSE(Server::listen(world.on(), options, echo_handlers()));
}

TEST(WireTls, KeyingMaterialIsTheSameOnBothSidesAndDiffersBetweenConnections) {
  World world;
  std::vector<TlsExporter> servers, clients;
  ServerHandlers handlers;
  handlers.websocket = [&](std::shared_ptr<WebSocket> socket, RequestHead const& head) -> awaitable<void> {
    EXPECT_TRUE(head.secure);
    servers.push_back(socket->tls_exporter().value());
    EXPECT_NE(socket->tls_exporter("EXPORTER-other"), socket->tls_exporter());
    co_await echo(socket);
  };
  world.serve(World::tls_options(), std::move(handlers));
  world.run([&]() -> awaitable<void> {
    for (int at = 0; at < 2; ++at) {
      ConnectOptions options;
      options.tls = World::trust();
      auto const socket = co_await connect_websocket(world.on(), world.url("wss"), options);
      CO_REQUIRE(socket);
      EXPECT_TRUE((*socket)->send_text("hello"));
      EXPECT_EQ(text_of(co_await (*socket)->read_frame()), "hello");
      clients.push_back((*socket)->tls_exporter().value());
    }
  }());
  ASSERT_EQ(servers.size(), 2U);
  EXPECT_EQ(servers, clients);
  EXPECT_NE(servers[0], servers[1]);
}

}  // namespace
}  // namespace spillway::wire
