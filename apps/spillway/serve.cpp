// apps/spillway/serve.cpp - spillway serve: the exchange on a directory, until a signal or its operator stops
// it.
// Room:   apps. Output: one JSON line on standard output once it listens, "D <hex> after sequence N" when it
//         stopped; the log is on standard error.
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <boost/json.hpp>
#include <csignal>
#include <ctime>
#include <map>
#include <optional>
#include <thread>

#include "apps/serve/first_commands.hpp"
#include "apps/serve/operator_key.hpp"
#include "apps/serve/serve_config.hpp"
#include "attest/evidence_store.hpp"
#include "command.hpp"
#include "journal/keys.hpp"

namespace spillway {
namespace {

namespace fs = std::filesystem;
using Say = std::function<void(std::string const&)>;  // one line for the operator's log

struct ServeFlags {
  fs::path data = "spillway-data", journal, archive, config, market_data;
  std::string address = "127.0.0.1";
  std::uint16_t port = 7443;
  std::optional<std::uint64_t> segment_mib;  // else the configuration's
  bool plain{}, json_log{}, rebuild_projection{}, replay_all{};
  BookKind book{BookKind::fast};

  [[nodiscard]] fs::path journal_directory() const { return journal.empty() ? data / "journal" : journal; }
  [[nodiscard]] fs::path key_file() const { return data / "operator.key"; }
};

Say make_log(bool json) {
  auto log = spdlog::stderr_color_mt("spillway");
  log->set_pattern(json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l","message":%v})" : "%H:%M:%S.%e %v",
                   json ? spdlog::pattern_time_type::utc : spdlog::pattern_time_type::local);
  log->flush_on(spdlog::level::info);
  return [log, json](std::string const& line) {
    log->info("{}", json ? boost::json::serialize(boost::json::string(line)) : line);
  };
}

// Signals are taken by one thread, which may use locks; every other thread has them blocked.
class StopOnSignal {
 public:
  static void block() {
    auto const set = watched();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
  }
  StopOnSignal(ExchangeServer& server, Say say)
      : thread_([&server, say = std::move(say)](std::stop_token const& stop) {
          auto const set = watched();
          timespec const a_while{0, 100'000'000};
          while (!stop.stop_requested()) {
            int const signal = sigtimedwait(&set, nullptr, &a_while);
            if (signal <= 0) continue;
            say(std::string(signal == SIGINT ? "SIGINT" : "SIGTERM") + ": stopping");
            server.request_stop();
          }
        }) {}

 private:
  static sigset_t watched() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
  }
  std::jthread thread_;
};

std::string vkey_of(fs::path const& journal, std::string const& origin) {
  auto const key = LogKey::load_or_make(journal / "keys", origin);
  return key ? key->verifier().vkey() : std::string();
}

void announce(ExchangeServer& server, ServeFlags const& flags, std::string const& origin, Say const& say) {
  auto const& start = server.start_report();
  auto const journal = flags.journal_directory();
  auto const vkey = vkey_of(journal, origin);
  auto const url =
      (flags.plain ? "ws://" : "wss://") + flags.address + ":" + std::to_string(server.port()) + "/v1/stream";
  say("listening on " + url);
  if (!flags.plain) say("clients may trust " + server.certificate());
  say("journal " + journal.string() + ": " + std::to_string(start.entries) + " entries, " +
      (start.snapshot.some() ? std::to_string(start.replayed) + " of them replayed behind the snapshot at " +
                                   std::to_string(start.snapshot.v)
                             : "all replayed"));
  if (start.torn_bytes > 0)
    say("an unfinished write of " + std::to_string(start.torn_bytes) +
        " bytes at the end of the journal was cut: nobody had been told of it");
  say("checkpoints are signed by " + vkey);
  boost::json::object const line{{"listening", server.port()},
                                 {"url", url},
                                 {"certificate", server.certificate()},
                                 {"credentials", flags.key_file().string()},
                                 {"journal", journal.string()},
                                 {"entries", start.entries},
                                 {"replayed", start.replayed},
                                 {"torn_bytes", start.torn_bytes},
                                 {"vkey", vkey}};
  std::printf("%s\n", boost::json::serialize(line).c_str());
  std::fflush(stdout);
}

std::expected<void, std::string> make_directories(ServeFlags const& flags) {
  for (auto const& directory : {flags.data, flags.journal_directory()}) {
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) return std::unexpected("cannot make " + directory.string() + ": " + error.message());
  }
  return {};
}

std::expected<PipelineOptions, std::string> pipeline_options(ServeFlags const& flags,
                                                             ServeConfig const& config, Say const& say) {
  PipelineOptions options;
  options.directory = flags.journal_directory();
  options.archive = flags.archive;
  options.log = say;
  options.limits.book = flags.book;
  options.limits.resident = config.resident_rows;
  options.rebuild_projection = flags.rebuild_projection;
  options.replay_all = flags.replay_all;
  options.segment_bytes = flags.segment_mib.value_or(config.segment_mib) << 20;
  options.snapshot_entries = config.snapshot_entries;
  options.snapshot_every = std::chrono::seconds(config.snapshot_every_s);
  if (!journal_is_empty(options.directory)) {
    say("the journal has its rules and tables: [rules], [market] and --market-data are read for a new one "
        "only");
    return options;
  }
  auto const key = operator_public_key(flags.key_file());
  if (!key) return std::unexpected(key.error());
  auto first = first_commands(config, flags.market_data, *key);
  if (!first) return std::unexpected(first.error());
  say("a new market: " + first->tables);
  options.genesis = std::move(first->commands);
  return options;
}

int serve(ServeFlags const& flags) {
  auto config = flags.config.empty() ? ServeConfig{} : load_serve_config(flags.config);
  if (!config) return failed(config.error());
  if (auto const made = make_directories(flags); !made) return failed(made.error());
  auto const say = make_log(flags.json_log);
  auto pipeline = pipeline_options(flags, *config, say);
  if (!pipeline) return failed(pipeline.error());
  auto const origin = pipeline->origin;
  config->server.address = flags.address;
  config->server.port = flags.port;
  config->server.plain_text = flags.plain;
  config->server.tls_directory = flags.data / "tls";
  config->server.evidence_directory = flags.journal_directory() / attest::evidence_folder;
  config->server.census_directory = flags.journal_directory() / attest::census_folder;
  config->server.log = say;
  StopOnSignal::block();  // before the server's threads: they inherit it
  auto server = ExchangeServer::start(std::move(config->server), std::move(*pipeline));
  if (!server) return failed(server.error());
  announce(**server, flags, origin, say);
  StopOnSignal const on_signal(**server, say);
  auto const stopped = (*server)->run();
  std::printf("D %s after sequence %llu\n", to_hex(stopped.digest).c_str(),
              static_cast<unsigned long long>(stopped.last.v));
  std::fflush(stdout);
  return exit_done;
}

}  // namespace

void add_serve(CLI::App& app, int& status) {
  auto const flags = std::make_shared<ServeFlags>();
  auto* const sub = app.add_subcommand("serve", "run the exchange");
  sub->add_option("--data", flags->data, "directory of journal, certificate and operator's key")
      ->capture_default_str();
  sub->add_option("--journal", flags->journal, "directory of the journal, when it is not in --data");
  sub->add_option("--address", flags->address, "address to listen on")->capture_default_str();
  sub->add_option("--port", flags->port, "port to listen on; 0 picks a free one")->capture_default_str();
  sub->add_option("--config", flags->config, "TOML file with the numbers to change");
  sub->add_option("--market-data", flags->market_data,
                  "directory with measured round trips and prices; read when the journal is new");
  sub->add_option("--book", flags->book, "what matches: fast, or plain, the slow one that can be read")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, BookKind>{{"fast", BookKind::fast}, {"plain", BookKind::plain}}));
  sub->add_option("--archive", flags->archive, "directory to which 'admin archive' moved sealed segments");
  sub->add_option("--segment-mib", flags->segment_mib,
                  "size of the journal's files from now on, instead of [journal]'s")
      ->check(CLI::Range(1, 1024));
  sub->add_flag("--rebuild-projection", flags->rebuild_projection,
                "forget the tables in journal/projection and make them again from the journal");
  sub->add_flag("--replay-all", flags->replay_all,
                "start from the first entry of the journal, whatever snapshots there are");
  sub->add_flag("--plain", flags->plain, "no TLS; on a loopback address only");
  sub->add_flag("--json-log", flags->json_log, "log lines as JSON");
  sub->callback([flags, &status] { status = serve(*flags); });
}

}  // namespace spillway
