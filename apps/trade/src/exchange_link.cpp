// apps/trade/src/exchange_link.cpp - runs the loop just as long as each call needs it.
#include "apps/trade/exchange_link.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <deque>
#include <utility>

namespace spillway {
namespace {

template <class T>
wire::awaitable<void> keep(wire::awaitable<T> work, std::optional<T>& into) {
  into.emplace(co_await std::move(work));
}

std::unexpected<ClientError> no(std::string sentence) {
  return std::unexpected(ClientError{std::move(sentence), false});
}

}  // namespace

struct ExchangeLink::Impl {
  boost::asio::io_context loop{1};
  boost::asio::signal_set signals{loop};
  std::shared_ptr<MarketClient> client;
  std::deque<ServerMessage> kept;
  bool stopped{};
  std::string trouble;  // the exchange journalled something else than we asked

  ~Impl() {
    if (client) client->close();
    signals.cancel();
    loop.restart();
    loop.run_for(std::chrono::milliseconds(200));  // what is queued leaves, the close goes out
  }

  template <class T>
  T wait(wire::awaitable<T> work) {
    std::optional<T> result;
    std::exception_ptr broke;
    bool ended = false;
    wire::spawn(loop.get_executor(), keep(std::move(work), result), [&](std::exception_ptr error) {
      broke = error;
      ended = true;
    });
    loop.restart();
    while (!ended && loop.run_one() > 0) {
    }
    if (broke) std::rethrow_exception(broke);
    return std::move(*result);
  }
};

std::expected<wire::Url, std::string> exchange_url(std::string_view text) {
  auto const whole = text.find("://") == text.npos ? "wss://" + std::string(text) : std::string(text);
  auto url = wire::parse_url(whole);
  if (!url) return std::unexpected("the address " + std::string(text) + ": " + url.error());
  if (url->scheme != "wss" && url->scheme != "ws")
    return std::unexpected("the address " + std::string(text) +
                           " must begin with wss:// (or ws:// on this machine)");
  if (url->target == "/") url->target = "/v1/stream";
  return *url;
}

std::expected<ExchangeLink, ClientError> ExchangeLink::open(LinkOptions const& options) {
  auto const url = exchange_url(options.url);
  if (!url) return no(url.error());
  auto const credentials = load_credentials(options.credentials);
  if (!credentials) return no(credentials.error());
  ClientOptions client{*url, std::nullopt, *credentials, 0};
  // Reports of the past are not asked for: reads tell what came of them.
  client.last_report = ~std::uint64_t{0};
  if (!options.trust.empty() && url->secure()) {
    auto trust = wire::TlsClient::trusting(options.trust);
    if (!trust) return no(trust.error().text);
    client.trust = std::move(*trust);
  }
  auto impl = std::make_unique<Impl>();
  client.on_trouble = [raw = impl.get()](std::string const& what) { raw->trouble = what; };
  auto connected = impl->wait(MarketClient::connect(impl->loop.get_executor(), std::move(client)));
  if (!connected) return std::unexpected(connected.error());
  impl->client = std::move(*connected);
  return ExchangeLink(std::move(impl));
}

ExchangeLink::ExchangeLink(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ExchangeLink::ExchangeLink(ExchangeLink&&) noexcept = default;
ExchangeLink& ExchangeLink::operator=(ExchangeLink&&) noexcept = default;
ExchangeLink::~ExchangeLink() = default;

MarketClient& ExchangeLink::client() { return *impl_->client; }
msg::Welcome const& ExchangeLink::welcome() const { return impl_->client->welcome(); }
bool ExchangeLink::stopped() const { return impl_->stopped; }

std::expected<msg::Answer, ClientError> ExchangeLink::answer_to(msg::Request request) {
  for (;;) {
    auto message = impl_->wait(impl_->client->receive());
    if (!message) return std::unexpected(message.error());
    if (!impl_->trouble.empty()) return no(std::exchange(impl_->trouble, {}));
    if (auto const* const answer = std::get_if<msg::Answer>(&*message); answer && answer->request == request)
      return *answer;
    if (auto const* const closing = std::get_if<msg::Closing>(&*message)) return no(closing->sentence);
    impl_->kept.push_back(std::move(*message));
  }
}

std::expected<std::string, ClientError> ExchangeLink::read(msg::Read read) {
  auto const request = impl_->client->ask(std::move(read));
  for (;;) {
    auto message = impl_->wait(impl_->client->receive());
    if (!message) return std::unexpected(message.error());
    if (auto const* const result = std::get_if<msg::ReadResult>(&*message);
        result && result->request == request)
      return result->json;
    if (auto const* const answer = std::get_if<msg::Answer>(&*message); answer && answer->request == request)
      return no(answer->sentence);
    if (auto const* const closing = std::get_if<msg::Closing>(&*message)) return no(closing->sentence);
    impl_->kept.push_back(std::move(*message));
  }
}

std::expected<ServerMessage, ClientError> ExchangeLink::receive() {
  if (impl_->kept.empty()) return impl_->wait(impl_->client->receive());
  auto message = std::move(impl_->kept.front());
  impl_->kept.pop_front();
  return message;
}

void ExchangeLink::stop_on_signals() {
  impl_->signals.add(SIGINT);
  impl_->signals.add(SIGTERM);
  impl_->signals.async_wait([impl = impl_.get()](boost::system::error_code error, int) {
    if (error) return;
    impl->stopped = true;
    impl->client->close();
  });
}

}  // namespace spillway
