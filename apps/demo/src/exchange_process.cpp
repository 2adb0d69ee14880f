// apps/demo/src/exchange_process.cpp - started by our own executable; its first line says where it listens.
#include "exchange_process.hpp"

#include <boost/json.hpp>
#include <csignal>
#include <sstream>

namespace spillway::demo {

using namespace std::chrono_literals;

wire::awaitable<std::expected<void, std::string>> ExchangeProcess::start(std::uint16_t port) {
  ++starts_;
  auto const log = run_.logs() / "exchange";
  ChildProcess::Start what{
      "the exchange", {}, log.string() + "-" + std::to_string(starts_) + ".out", log.string() + ".log"};
  what.arguments = {own_executable().string(),
                    "serve",
                    "--data",
                    run_.data().string(),
                    "--journal",
                    run_.journal.string(),
                    "--port",
                    std::to_string(port),
                    "--config",
                    config_.string()};
  if (!market_data_.empty()) {
    what.arguments.push_back("--market-data");
    what.arguments.push_back(market_data_.string());
  }
  auto child = ChildProcess::start(std::move(what));
  if (!child) co_return std::unexpected(child.error());
  child_ = std::move(*child);
  auto const line = co_await child_->line("{", 120s);  // replaying a long journal takes its time
  if (!line) co_return std::unexpected(line.error());
  boost::system::error_code error;
  auto const said = boost::json::parse(*line, error);
  auto const* const object = error ? nullptr : said.if_object();
  if (!object || !object->contains("listening") || !object->contains("certificate"))
    co_return std::unexpected("the exchange said: " + *line);
  port_ = object->at("listening").to_number<std::uint16_t>();
  certificate_ = std::string(object->at("certificate").as_string());
  co_return std::expected<void, std::string>{};
}

std::string ExchangeProcess::how_it_ended() const {
  auto const status = child_ ? child_->status() : std::nullopt;
  if (!status) return "is running";
  if (*status > 128) return "was ended by signal " + std::to_string(*status - 128);
  return "ended with status " + std::to_string(*status);
}

wire::awaitable<std::expected<std::string, std::string>> ExchangeProcess::stop() {
  if (!child_) co_return std::unexpected("the exchange never started");
  child_->signal(SIGTERM);
  auto const line = co_await child_->line("D ", 60s);
  (void)co_await child_->stop(5s);
  if (!line) co_return std::unexpected(line.error());
  std::istringstream words(*line);
  std::string letter, digest;
  words >> letter >> digest;
  co_return digest;
}

wire::Url ExchangeProcess::url(std::string const& scheme, std::string target) const {
  return {scheme, "127.0.0.1", port_, std::move(target)};
}

}  // namespace spillway::demo
