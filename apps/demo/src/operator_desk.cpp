// apps/demo/src/operator_desk.cpp - see operator_desk.hpp.
#include "operator_desk.hpp"

#include <boost/json.hpp>

namespace spillway::demo {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
constexpr auto patience = 10s;

std::string price_text(json::object const& row, char const* side) {
  auto const* const level = row.if_contains(side);
  if (!level || !level->is_object()) return {};
  auto const* const price = level->get_object().if_contains("price");
  return price && price->is_string() ? std::string(price->get_string()) : std::string();
}

}  // namespace

wire::awaitable<std::expected<std::unique_ptr<OperatorDesk>, std::string>> OperatorDesk::open(
    wire::executor where, ExchangeProcess const& exchange) {
  auto const credentials = load_credentials(exchange.operator_key());
  if (!credentials) co_return std::unexpected(credentials.error());
  std::unique_ptr<OperatorDesk> desk(new OperatorDesk);
  auto* const raw = desk.get();  // the session ends before the desk does
  MarketSession::Events events;
  events.up = [raw] {
    if (raw->session_) (void)raw->session_->ask(msg::Subscribe{0, msg::topic_trades, {}});
  };
  events.message = [raw](ServerMessage const& message) {
    if (auto const* const trade = std::get_if<msg::Trade>(&message)) ++raw->trades_[trade->instrument.v];
  };
  desk->session_ = MarketSession::start(where, exchange, *credentials, std::move(events));
  if (!co_await desk->session_->wait_until_up(patience))
    co_return std::unexpected("the operator can't log in: " + desk->session_->trouble());
  co_return desk;
}

OperatorDesk::~OperatorDesk() {
  if (session_) session_->stop();
}

template <class M>
wire::awaitable<std::expected<Refusal, std::string>> OperatorDesk::order(M message) {
  auto const reply = co_await session_->call(std::move(message), patience);
  auto const* const answer = reply ? std::get_if<msg::Answer>(&*reply) : nullptr;
  if (!answer) co_return std::unexpected("the exchange did not answer its operator: " + session_->trouble());
  co_return answer->refusal;
}

wire::awaitable<std::expected<void, std::string>> OperatorDesk::admit(Person person) {
  auto const who = "participant " + std::to_string(person.id.v) + ": ";
  auto const added = co_await order(
      msg::AdminParticipant{0, person.id, FirmId{person.id.v}, static_cast<std::uint32_t>(person.role)});
  if (!added) co_return std::unexpected(who + added.error());
  if (*added != Refusal::none && *added != Refusal::participant_exists)
    co_return std::unexpected(who + sentence(*added));
  bool const fresh = *added == Refusal::none;
  auto key = co_await order(msg::AdminKey{0, person.id, KeyId{1}, KeyKind::ed25519, person.public_key});
  if (key && person.bearer)
    key = co_await order(msg::AdminKey{0, person.id, KeyId{2}, KeyKind::bearer_blake2b, *person.bearer});
  if (!key) co_return std::unexpected(who + key.error());
  if (*key != Refusal::none && *key != Refusal::key_exists) co_return std::unexpected(who + sentence(*key));
  std::expected<void, std::string> done;
  if (!fresh || person.deposit.v == 0) co_return done;
  auto const paid = co_await order(msg::AdminDeposit{0, person.id, person.deposit});
  if (!paid) done = std::unexpected(who + paid.error());
  if (paid && *paid != Refusal::none) done = std::unexpected(who + sentence(*paid));
  co_return done;
}

wire::awaitable<std::optional<Figures>> OperatorDesk::figures() {
  msg::Read read;
  read.kind = msg::ReadKind::status;
  auto const reply = co_await session_->call(std::move(read), patience);
  auto const* const result = reply ? std::get_if<msg::ReadResult>(&*reply) : nullptr;
  std::optional<Figures> figures;
  if (auto const parsed = result ? parse_figures(result->json) : std::unexpected(std::string()))
    figures = *parsed;
  co_return figures;
}

wire::awaitable<std::map<std::uint32_t, InstrumentRow>> OperatorDesk::instruments() {
  std::map<std::uint32_t, InstrumentRow> rows;
  msg::Read read;
  read.kind = msg::ReadKind::instruments;
  read.most = 10'000;
  auto const reply = co_await session_->call(std::move(read), patience);
  auto const* const result = reply ? std::get_if<msg::ReadResult>(&*reply) : nullptr;
  boost::system::error_code error;
  auto const document = result ? json::parse(result->json, error) : json::value();
  auto const* const list = document.is_object() ? document.get_object().if_contains("instruments") : nullptr;
  if (error || !list || !list->is_array()) co_return rows;
  for (auto const& item : list->get_array()) {
    auto const& row = item.as_object();
    rows[row.at("instrument").to_number<std::uint32_t>()] = {std::string(row.at("name").as_string()),
                                                             price_text(row, "ask"), price_text(row, "bid")};
  }
  co_return rows;
}

}  // namespace spillway::demo
