// apps/demo/src/exchange_process.hpp - the exchange of a demonstration: `spillway serve` in a process of its
// own.
// Room:   apps, library demo.
// Errors: a sentence, with what the exchange said last.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "child_process.hpp"
#include "gateway/wire/tls.hpp"
#include "gateway/wire/url.hpp"
#include "run_directory.hpp"

namespace spillway::demo {

class ExchangeProcess {
 public:
  /// `config` is its configuration file; `market_data` may be empty.
  ExchangeProcess(RunDirectory run, std::filesystem::path config, std::filesystem::path market_data)
      : run_(std::move(run)), config_(std::move(config)), market_data_(std::move(market_data)) {}

  /// Starts it, again on the port that it had, and waits until it listens.
  wire::awaitable<std::expected<void, std::string>> start(std::uint16_t port);
  [[nodiscard]] bool running() { return child_ && child_->running(); }
  [[nodiscard]] pid_t pid() const { return child_ ? child_->pid() : 0; }
  [[nodiscard]] int starts() const { return starts_; }
  /// "killed by signal 9", once it has ended.
  [[nodiscard]] std::string how_it_ended() const;
  /// SIGTERM; D as it printed it in hexadecimal digits, or why there is none.
  wire::awaitable<std::expected<std::string, std::string>> stop();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string const& certificate() const { return certificate_; }
  [[nodiscard]] wire::Url url(std::string const& scheme, std::string target) const;  // of 127.0.0.1
  [[nodiscard]] std::filesystem::path operator_key() const { return run_.data() / "operator.key"; }

 private:
  RunDirectory run_;
  std::filesystem::path config_, market_data_;
  std::optional<ChildProcess> child_;
  int starts_{};
  std::uint16_t port_{};
  std::string certificate_;
};

}  // namespace spillway::demo
