// apps/spillway/link_flags.hpp - how a verb reaches the exchange: the same flags for admin and trade.
// Room:   apps.
#pragma once

#include <cstdio>
#include <string>
#include <utility>

#include "apps/trade/exchange_link.hpp"
#include "command.hpp"

namespace spillway {

struct LinkFlags {
  std::filesystem::path data = "spillway-data", trust, credentials;
  std::string url = "wss://127.0.0.1:7443";
  bool json{};

  void add_to(CLI::App& app) {
    app.add_option("--url", url, "the exchange, wss://host:port")->capture_default_str();
    app.add_option("--data", data, "directory of an exchange on this machine")->capture_default_str();
    app.add_option("--trust", trust,
                   "PEM of the exchange's certificate; without it DATA/tls/cert.pem if there is one");
    app.add_option("--credentials", credentials, "file with your key");
    app.add_flag("--json", json, "JSON on standard output");
  }
  [[nodiscard]] LinkOptions options() const {
    auto const here = data / "tls" / "cert.pem";
    return {url, trust.empty() && std::filesystem::exists(here) ? here : trust, credentials};
  }
};

/// The error, and what to do where a certificate is not trusted because none was named.
inline std::string connect_error(LinkFlags const& flags, ClientError const& error) {
  bool const unnamed =
      flags.options().trust.empty() && error.sentence.find("certificate") != std::string::npos;
  return error.sentence +
         (unnamed ? "; name the exchange's certificate by --trust cert.pem, or its directory by --data" : "");
}

/// Connects, lets `work` use the connection, and says what went wrong.
template <class Work>
int with_link(LinkFlags const& flags, Work work) {
  auto link = ExchangeLink::open(flags.options());
  if (!link)
    return failed(connect_error(flags, link.error()), link.error().denied ? exit_misused : exit_failed);
  return work(*link);
}

/// A result of one request: a line or a document for success, a sentence for a refusal.
int report(LinkFlags const& flags, std::expected<msg::Answer, ClientError> const& answer,
           std::string const& done);

}  // namespace spillway
