// apps/spillway/witness.cpp - spillway witness: follows one exchange, and cosigns the heads that grow out of
// each other.
// Room:   apps. Output: one JSON line on standard output once it knows its own key; what it does is told on
//         standard error.
#include <boost/json.hpp>
#include <cstdio>
#include <memory>

#include "apps/witness/follow.hpp"
#include "command.hpp"

namespace spillway {
namespace {

struct WitnessFlags {
  std::filesystem::path directory, trust;
  std::string url, vkey, name;
  unsigned every_s = 10;
  bool once{};
};

std::expected<FollowOptions, std::string> follow_options(WitnessFlags const& flags) {
  auto const url = wire::parse_url(flags.url);
  if (!url) return std::unexpected("--url " + flags.url + ": " + url.error());
  if (url->scheme != "https" && url->scheme != "http")
    return std::unexpected("--url " + flags.url + " must begin with https:// (or http:// on this machine)");
  FollowOptions options{.exchange = *url};
  if (!flags.trust.empty() && url->secure()) {
    auto trust = wire::TlsClient::trusting(flags.trust);
    if (!trust) return std::unexpected(trust.error().text);
    options.trust = std::move(*trust);
  }
  options.every = std::chrono::seconds(flags.every_s);
  options.once = flags.once;
  options.say = [](std::string const& line) { std::fprintf(stderr, "spillway witness: %s\n", line.c_str()); };
  return options;
}

int witness(WitnessFlags const& flags) {
  auto const log = NoteVerifier::from_vkey(flags.vkey);
  if (!log)
    return failed("--vkey must be <name>+<8 hex digits>+<base64>, as the exchange prints it", exit_misused);
  auto const options = follow_options(flags);
  if (!options) return failed(options.error(), exit_misused);
  auto book = WitnessBook::open(flags.directory, flags.name, *log);
  if (!book) return failed(book.error());
  boost::json::object const line{{"vkey", book->verifier().vkey()},
                                 {"follows", log->name()},
                                 {"last_size", book->last().size},
                                 {"checkpoint", (flags.directory / "checkpoint").string()}};
  std::printf("%s\n", boost::json::serialize(line).c_str());
  std::fflush(stdout);
  auto const end = follow(*book, *options);
  return end ? exit_done : failed(end.error());
}

}  // namespace

void add_witness(CLI::App& app, int& status) {
  auto const flags = std::make_shared<WitnessFlags>();
  auto* const sub =
      app.add_subcommand("witness", "follow an exchange, cosign its checkpoints, refuse a fork");
  sub->add_option("DIR", flags->directory, "directory of the witness's key and of what it saw")->required();
  sub->add_option("--url", flags->url, "the exchange, https://host:port")->required();
  sub->add_option("--vkey", flags->vkey, "key that signs the exchange's checkpoints")->required();
  sub->add_option("--name", flags->name, "the witness's own name, such as witness.example/w1")->required();
  sub->add_option("--trust", flags->trust, "PEM of the exchange's certificate");
  sub->add_option("--every", flags->every_s, "seconds between two looks")
      ->capture_default_str()
      ->check(CLI::Range(1U, 86'400U));
  sub->add_flag("--once", flags->once, "one look; status 1 if the exchange could not be reached");
  sub->callback([flags, &status] { status = witness(*flags); });
}

}  // namespace spillway
