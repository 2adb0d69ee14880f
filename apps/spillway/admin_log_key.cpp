// apps/spillway/admin_log_key.cpp - spillway admin next-log-key, change-log-key: first the key, then the
// entry.
// Room:   apps.
// Rule:   the private half is made beside the journal and never leaves it.
#include "admin_log_key.hpp"

#include <boost/json.hpp>

#include "journal/directory.hpp"
#include "journal/keys.hpp"

namespace spillway {
namespace {

struct LogKeyFlags {
  std::filesystem::path journal;
  std::string vkey;
  double overlap_hours = 336;
};

// Without a connection, on the exchange's machine; the exchange may be at work.
int make_next(LinkFlags const& flags, LogKeyFlags const& own) {
  auto const path = own.journal.empty() ? flags.data / "journal" : own.journal;
  auto const journal = JournalDirectory::open(path, DirectoryMode::read_only);
  if (!journal) return failed(journal.error().message);
  auto const now = LogKey::load(journal->keys());
  if (!now) return failed(now.error().message + "; run this as the user of the exchange");
  auto const next = LogKey::load_or_make_next(journal->keys(), now->verifier().name());
  if (!next) return failed(next.error().message);
  if (flags.json) {
    boost::json::object const line{{"ok", true}, {"vkey", next->verifier().vkey()}};
    std::printf("%s\n", boost::json::serialize(line).c_str());
    return exit_done;
  }
  std::printf(
      "%s holds the key that can follow; nothing is signed with it yet. Back it up, then run:\n"
      "spillway admin change-log-key '%s'\n",
      (journal->keys() / "log.next.key").c_str(), next->verifier().vkey().c_str());
  return exit_done;
}

int change(LinkFlags const& flags, LogKeyFlags const& own) {
  auto const next = NoteVerifier::from_vkey(own.vkey);
  if (!next)
    return failed("the key must be <name>+<8 hex digits>+<base64>, as next-log-key prints it", exit_misused);
  if (!(own.overlap_hours >= 0 && own.overlap_hours <= 366 * 24))
    return failed("--overlap-hours must be 0 to 8784", exit_misused);
  Micros const overlap{static_cast<std::int64_t>(own.overlap_hours * static_cast<double>(micros_per_hour))};
  return with_link(flags, [&](ExchangeLink& link) {
    auto const answer = link.ask(msg::AdminLogKey{0, next->public_key(), overlap});
    if (answer && answer->refusal == Refusal::key_unknown)
      return failed(
          "keys/log.next.key does not hold this key, or the key before it is still to go; the exchange's log "
          "says which");
    if (answer && answer->refusal == Refusal::busy)
      return failed("the overlap of the last change is not over yet");
    return report(flags, answer,
                  "the key " + key_id_text(next->key_id()) + " signs from now on, the one before it for " +
                      std::to_string(overlap.v / micros_per_hour) +
                      " hours more; tell auditors and witnesses");
  });
}

}  // namespace

void add_admin_log_key(CLI::App& admin, std::shared_ptr<LinkFlags> flags, int& status) {
  auto const own = std::make_shared<LogKeyFlags>();
  auto* const make =
      admin.add_subcommand("next-log-key", "make the key that is to sign the log's heads after this one");
  make->add_option("--journal", own->journal, "directory of the journal, when it is not in --data");
  make->callback([flags, own, &status] { status = make_next(*flags, *own); });
  auto* const enter =
      admin.add_subcommand("change-log-key", "let that key sign; both do while the overlap lasts");
  enter->add_option("VKEY", own->vkey, "its public half, as next-log-key prints it")->required();
  enter->add_option("--overlap-hours", own->overlap_hours, "how long the key before it signs as well")
      ->capture_default_str();
  enter->callback([flags, own, &status] {
    if (flags->credentials.empty()) flags->credentials = flags->data / "operator.key";
    status = change(*flags, *own);
  });
}

}  // namespace spillway
