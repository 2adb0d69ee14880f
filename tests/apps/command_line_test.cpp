// tests/apps/command_line_test.cpp - the programs as users start them: an exchange, its operator, a buyer and
// the auditor, each a process. Covers exchange_link.cpp and apps/spillway.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string const bin = SPILLWAY_BIN_DIR;

struct Ran {
  int status{};
  std::string out;  // standard output and standard error together
};

Ran run(std::string const& command) {
  Ran ran;
  FILE* const pipe = ::popen((bin + "/" + command + " 2>&1").c_str(), "r");
  std::array<char, 4096> some{};
  while (auto const n = std::fread(some.data(), 1, some.size(), pipe)) ran.out.append(some.data(), n);
  int const status = ::pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

/// The text of a field of one flat JSON line, without its quotes.
std::string field(std::string const& json, std::string const& name) {
  auto at = json.find("\"" + name + "\":");
  if (at == std::string::npos) return {};
  at += name.size() + 3;
  bool const quoted = json[at] == '"';
  auto const end = quoted ? json.find('"', at + 1) : json.find_first_of(",}", at);
  return json.substr(at + quoted, end - at - quoted);
}

/// `spillway serve` as a child; its standard output is read line by line.
class Serving {
 public:
  explicit Serving(std::vector<std::string> args) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("pipe");
    args.insert(args.begin(), {bin + "/spillway", "serve"});
    std::vector<char*> argv;
    for (auto& arg : args) argv.push_back(arg.data());
    argv.push_back(nullptr);
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      ::execv(argv.front(), argv.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    out_ = ::fdopen(ends[0], "r");
    announced = line();
  }
  ~Serving() {
    if (child_ > 0) ::kill(child_, SIGKILL), ::waitpid(child_, nullptr, 0);
    std::fclose(out_);
  }
  Serving(Serving const&) = delete;
  Serving& operator=(Serving const&) = delete;

  std::string line() {
    std::array<char, 4096> text{};
    return std::fgets(text.data(), text.size(), out_) ? std::string(text.data()) : std::string();
  }
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(child_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void signal(int number) const { ::kill(child_, number); }

  std::string announced;

 private:
  pid_t child_{};
  FILE* out_{};
};

class CommandLine : public ::testing::Test {
 protected:
  CommandLine() : data_(fs::temp_directory_path() / ("spillway-cli-" + std::to_string(::getpid()))) {
    fs::remove_all(data_);
  }
  ~CommandLine() override { fs::remove_all(data_); }

  [[nodiscard]] std::string at(std::string const& name) const { return (data_ / name).string(); }
  [[nodiscard]] std::vector<std::string> here() const {
    return {"--data", data_.string(), "--port", "0", "--segment-mib", "1"};
  }
  [[nodiscard]] Ran admin(Serving const& serving, std::string const& verb) const {
    return run("spillway admin --data " + data_.string() + " --url " + field(serving.announced, "url") + " " +
               verb);
  }
  [[nodiscard]] Ran trade(Serving const& serving, std::string const& verb) const {
    return run("spillway trade --data " + data_.string() + " --url " + field(serving.announced, "url") +
               " --credentials " + at("carl.key") + " " + verb);
  }
  void add_carl(Serving const& serving) const {
    for (auto const& verb :
         {std::string("participant 2 --roles buyer"), "key 2 --new " + at("carl.key") + " --role buyer",
          std::string("deposit 2 100.00")}) {
      auto const done = admin(serving, verb);
      ASSERT_EQ(done.status, 0) << verb << ": " << done.out;
    }
  }

  fs::path data_;
};

TEST_F(CommandLine, ABuyerTradesAndTheAuditorGetsTheDigestThatTheExchangePrinted) {
  Serving serving(here());
  ASSERT_NE(field(serving.announced, "listening"), "") << serving.announced;
  ASSERT_NO_FATAL_FAILURE(add_carl(serving));
  EXPECT_THAT(trade(serving, "balances").out, HasSubstr("funds     100.00"));
  EXPECT_THAT(trade(serving, "postings").out, HasSubstr("deposit  credit"));
  EXPECT_THAT(trade(serving, "postings escrow").out, HasSubstr("no postings"));
  EXPECT_NE(trade(serving, "postings fees").status, 0);
  EXPECT_NE(trade(serving, "postings purse").status, 0);

  auto const placed = trade(serving, "--json place --capacity 1 --limit 2.79");
  ASSERT_EQ(placed.status, 0) << placed.out;
  auto const order = field(placed.out, "id");
  EXPECT_THAT(trade(serving, "orders").out, HasSubstr("resting"));
  EXPECT_THAT(trade(serving, "why " + order).out, HasSubstr("0 of 0 live offers"));
  EXPECT_THAT(trade(serving, "preview --capacity 1 --limit 2.79").out,
              HasSubstr("nothing would be filled now"));
  EXPECT_EQ(trade(serving, "amend " + order + " --limit 3 --capacity 1").status, 0);
  EXPECT_EQ(trade(serving, "cancel " + order).out, "cancelled\n");
  for (auto const* list : {"jobs", "leases", "instruments"})
    EXPECT_EQ(trade(serving, list).status, 0) << list;

  auto const live = run("spillway-audit verify " + at("journal"));
  EXPECT_EQ(live.status, 0) << live.out;
  auto const bundle = admin(serving, "--json bundle " + at("bundle"));
  EXPECT_EQ(bundle.status, 0) << bundle.out;
  auto const signer = " --vkey '" + field(serving.announced, "vkey") + "'";
  EXPECT_THAT(run("spillway-audit verify " + at("bundle") + signer).out, HasSubstr("verdict  ok"));
  auto const witness =
      run("spillway witness " + at("witness") +
          " --once --name w.example/1 --url https://127.0.0.1:" + field(serving.announced, "listening") +
          " --trust " + field(serving.announced, "certificate") + signer);
  EXPECT_EQ(witness.status, 0) << witness.out;
  EXPECT_EQ(admin(serving, "stop").status, 0);
  auto const said = serving.line();
  EXPECT_THAT(said, StartsWith("D "));
  EXPECT_EQ(serving.wait(), 0);

  auto const replay = run("spillway-audit replay " + at("journal") + " --json");
  EXPECT_EQ(replay.status, 0) << replay.out;
  EXPECT_EQ(said,
            "D " + field(replay.out, "digest") + " after sequence " + field(replay.out, "last_seq") + "\n");
  auto const vkey =
      run("spillway-audit verify " + at("journal") + " --vkey '" + field(serving.announced, "vkey") + "'");
  EXPECT_THAT(vkey.out, HasSubstr("verdict  ok"));
  auto const kept = " --checkpoint " + at("witness") + "/checkpoint --quorum 1 --witness '" +
                    field(witness.out, "vkey") + "'" + signer;
  EXPECT_THAT(run("spillway-audit verify " + at("journal") + kept).out,
              HasSubstr("witness  w.example/1: covers "));
  EXPECT_EQ(run("spillway-audit verify " + at("journal") + signer + " --witness x").status, 1);
  EXPECT_THAT(run("spillway-audit trial-balance " + at("journal")).out, HasSubstr("the books balance"));
  EXPECT_THAT(run("spillway-audit statement " + at("journal") + " funds:2").out,
              HasSubstr("as in the books"));
  EXPECT_THAT(run("spillway-audit postings " + at("journal")).out, HasSubstr("the books balance"));
  EXPECT_EQ(run("spillway-audit attest " + at("journal")).status, 0);
  auto const life = run("spillway-audit explain " + at("journal") + " order:" + order);
  EXPECT_EQ(life.status, 0);
  EXPECT_THAT(life.out, HasSubstr("cancel"));
  auto const nobody = run("spillway-audit explain " + at("journal") + " order:4711 --json");
  EXPECT_EQ(nobody.status, 1);
  EXPECT_THAT(nobody.out, HasSubstr("{\"ok\":false,\"reason\":\"the journal has no order:4711\"}\n"));
  EXPECT_EQ(run("spillway-audit prove " + at("journal") + " 4711").status, 1);
  EXPECT_EQ(run("spillway-audit check-proof " + at("journal") + "/checkpoint --vkey '" +
                field(serving.announced, "vkey") + "'")
                .status,
            1);
}

TEST_F(CommandLine, AKilledExchangeGoesOnWhereItWasAndKeepsEveryAcknowledgedOrder) {
  std::string order;
  {
    Serving serving(here());
    ASSERT_NO_FATAL_FAILURE(add_carl(serving));
    order = field(trade(serving, "--json place --capacity 1 --limit 2.79").out, "id");
    ASSERT_NE(order, "");
    serving.signal(SIGKILL);
    serving.wait();
  }
  EXPECT_EQ(run("spillway-audit verify " + at("journal")).status, 0);
  Serving again(here());
  ASSERT_NE(field(again.announced, "entries"), "0");
  EXPECT_THAT(trade(again, "orders").out, HasSubstr(order));
  again.signal(SIGTERM);
  EXPECT_THAT(again.line(), StartsWith("D "));
  EXPECT_EQ(again.wait(), 0);
}

TEST_F(CommandLine, TheOperatorChangesTheLogKeyAndAnAuditorWithTheOldOneFollows) {
  Serving serving(here());
  auto const old = field(serving.announced, "vkey");
  auto const unmade = admin(serving, "change-log-key '" + old + "'");
  EXPECT_EQ(unmade.status, 1);
  EXPECT_THAT(unmade.out, HasSubstr("keys/log.next.key does not hold this key"));
  auto const next = field(admin(serving, "--json next-log-key").out, "vkey");
  ASSERT_NE(next, "");
  auto const changed = admin(serving, "change-log-key '" + next + "' --overlap-hours 0");
  EXPECT_EQ(changed.status, 0) << changed.out;
  ASSERT_NO_FATAL_FAILURE(add_carl(serving));
  EXPECT_EQ(admin(serving, "stop").status, 0);
  EXPECT_EQ(serving.wait(), 0);
  for (auto const& key : {old, next}) {
    auto const audit = run("spillway-audit verify " + at("journal") + " --vkey '" + key + "'");
    EXPECT_EQ(audit.status, 0) << audit.out;
    EXPECT_THAT(audit.out, HasSubstr("signed by " + next));
  }
}

TEST_F(CommandLine, ARefusalIsASentenceAndStatusOne) {
  Serving serving(here());
  ASSERT_NO_FATAL_FAILURE(add_carl(serving));
  auto const poor = trade(serving, "place --capacity 1000 --limit 9000");
  EXPECT_EQ(poor.status, 1);
  EXPECT_THAT(poor.out, HasSubstr("funds_short: deposit more"));
  auto const twice = admin(serving, "participant 2 --roles buyer");
  EXPECT_EQ(twice.status, 1);
  EXPECT_THAT(twice.out, HasSubstr("participant_exists"));
  EXPECT_EQ(admin(serving, "key 9 --bearer-new " + at("nobody.key")).status, 1);
  EXPECT_FALSE(fs::exists(data_ / "nobody.key")) << "a refused key leaves no file";
  EXPECT_THAT(trade(serving, "cancel 999999").out, HasSubstr("unknown_id"));
  EXPECT_EQ(admin(serving, "halt").status, 0);
  EXPECT_THAT(trade(serving, "place --capacity 1 --limit 1").out, HasSubstr("halted"));
  EXPECT_EQ(admin(serving, "resume").status, 0);
  EXPECT_EQ(trade(serving, "place --capacity 1 --limit 1").status, 0);
  EXPECT_THAT(admin(serving, "status").out, HasSubstr("books_balance  yes"));
}

TEST_F(CommandLine, ADirectoryInUseADamagedJournalAndABrokenConfigAreNamed) {
  fs::create_directories(data_);
  {
    Serving serving(here());
    auto const second = run("spillway serve --port 0 --data " + data_.string());
    EXPECT_EQ(second.status, 1);
    EXPECT_THAT(second.out, HasSubstr("in use"));
    auto const port =
        run("spillway serve --data " + at("other") + " --port " + field(serving.announced, "listening"));
    EXPECT_EQ(port.status, 1);
    EXPECT_THAT(port.out, HasSubstr(field(serving.announced, "listening")));
    EXPECT_TRUE(fs::is_empty(fs::path(at("other")) / "journal")) << "a start that failed begins no journal";
    serving.signal(SIGTERM);
    serving.wait();
  }
  std::ofstream(data_ / "bad.toml") << "[rules]\nsilence = 1\n";
  auto const config = run("spillway serve --port 0 --data " + data_.string() + " --config " + at("bad.toml"));
  EXPECT_EQ(config.status, 1);
  EXPECT_THAT(config.out, HasSubstr("bad.toml, line 2"));

  std::ofstream(data_ / "nowhere.toml") << "[door]\nbuyer_place = \"atlantis\"\n";
  auto const place =
      run("spillway serve --port 0 --data " + data_.string() + " --config " + at("nowhere.toml"));
  EXPECT_EQ(place.status, 1);
  EXPECT_THAT(place.out, HasSubstr("\"atlantis\" is no leaf"));

  auto const segment = data_ / "journal" / "segments" / "00000000000000000001";
  std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096 + 30);
  file.put('\x7f');
  file.close();
  auto const damaged = run("spillway serve --port 0 --data " + data_.string());
  EXPECT_EQ(damaged.status, 1);
  EXPECT_THAT(damaged.out, HasSubstr("at byte 4096"));
  auto const audit = run("spillway-audit verify " + at("journal") + " --json 2>/dev/null");
  EXPECT_EQ(audit.status, 1);
  EXPECT_EQ(field(audit.out, "position"), "4096");
}

TEST_F(CommandLine, AWrongCommandLineIsStatusTwoAndNothingIsMade) {
  for (auto const* wrong : {"spillway", "spillway provider", "spillway provider selftest --backend abacus",
                            "spillway serve --prot 1", "spillway trade orders", "spillway admin deposit 2",
                            "spillway trade --credentials x place --capacity 1 --limit 2.79999",
                            "spillway-audit verify", "spillway-audit statement x gold:1"})
    EXPECT_EQ(run(wrong).status, 2) << wrong;
  EXPECT_EQ(run("spillway --help").status, 0);
  auto const nowhere = run("spillway-audit replay " + at("nowhere"));
  EXPECT_EQ(nowhere.status, 1);
  EXPECT_FALSE(fs::exists(data_));
  auto const nobody = run("spillway provider --config " + at("agent.toml"));
  EXPECT_EQ(nobody.status, 1);
  EXPECT_THAT(nobody.out, HasSubstr("agent.toml"));
}

TEST_F(CommandLine, AProviderTestsItsDevicesWithoutAFileOrAnExchange) {
  auto const one = run("spillway provider selftest --backend cpu-portable --class T4 --class L4");
  EXPECT_EQ(one.status, 0) << one.out;
  EXPECT_THAT(one.out, HasSubstr("digests equal to the golden ones"));
  EXPECT_THAT(one.out, HasSubstr("T4             INT8 refused: "));
  auto const card = run("spillway provider selftest --backend cann");
  EXPECT_EQ(card.status, 1);
  EXPECT_THAT(card.out, HasSubstr("absent: cann: there is no cann.so in "));
}

}  // namespace
