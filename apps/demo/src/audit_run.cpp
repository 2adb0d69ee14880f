// apps/demo/src/audit_run.cpp - three passes; the first thing that is wrong is the verdict.
#include "audit_run.hpp"

#include <boost/json.hpp>

namespace spillway::demo {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

json::object document(std::string const& text) {
  boost::system::error_code error;
  auto value = json::parse(text, error);
  return !error && value.is_object() ? std::move(value.get_object()) : json::object();
}

bool flag(json::object const& object, char const* name) {
  auto const* const value = object.if_contains(name);
  return value && value->is_bool() && value->get_bool();
}

std::string text(json::object const& object, char const* name) {
  auto const* const value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string fault(char const* pass, json::object const& found) {
  if (flag(found, "ok")) return {};
  auto const reason = text(found, "reason");
  return std::string(pass) + ": " + (reason.empty() ? "the auditor gave no answer" : reason);
}

wire::awaitable<std::string> pass(RunDirectory const& run, std::string verb) {
  auto const log = run.logs() / ("audit-" + verb);
  ChildProcess::Start what{"the auditor", {}, log.string() + ".json", log.string() + ".log"};
  what.arguments = {(own_executable().parent_path() / "spillway-audit").string(), verb, run.journal.string(),
                    "--json"};
  auto child = ChildProcess::start(std::move(what));
  if (!child) co_return std::string();
  (void)co_await child->ended(600s);
  co_return read_text(log.string() + ".json");
}

}  // namespace

AuditFound judge(std::string const& replay, std::string const& balance, std::string const& verify,
                 std::string const& digest_printed) {
  auto const replayed = document(replay), balanced = document(balance), verified = document(verify);
  AuditFound found;
  found.digest = text(replayed, "digest");
  found.books_balance = flag(balanced, "books_balance");
  for (auto const& wrong :
       {fault("replay", replayed), fault("verify", verified), fault("trial balance", balanced)})
    if (found.verdict.empty()) found.verdict = wrong;
  if (found.verdict.empty() && found.digest != digest_printed)
    found.verdict = "the exchange printed D " + (digest_printed.empty() ? "nowhere" : digest_printed) +
                    " and the replay gives " + found.digest;
  if (found.verdict.empty()) found.verdict = "ok";
  return found;
}

wire::awaitable<AuditFound> run_audit(RunDirectory run, std::string digest_printed) {
  auto const replay = co_await pass(run, "replay");
  auto const balance = co_await pass(run, "trial-balance");
  auto const verify = co_await pass(run, "verify");
  co_return judge(replay, balance, verify, digest_printed);
}

}  // namespace spillway::demo
