// apps/spillway/admin.cpp - spillway admin: people, keys, money, halt and stop, by the operator.
// Room:   apps.
// Rule:   secrets go to files that only their owner can read, never to the terminal.
#include <fcntl.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <memory>

#include "admin_bundle.hpp"
#include "admin_log_key.hpp"
#include "apps/trade/pages.hpp"
#include "journal/archive.hpp"
#include "journal/bytes.hpp"
#include "link_flags.hpp"
#include "market/decimal.hpp"

namespace spillway {

int report(LinkFlags const& flags, std::expected<msg::Answer, ClientError> const& answer,
           std::string const& done) {
  if (!answer) return failed(answer.error().sentence);
  bool const well = answer->refusal == Refusal::none || answer->refusal == Refusal::exists;
  if (flags.json) {
    boost::json::object const out{{"ok", well},
                                  {"refusal", name(answer->refusal)},
                                  {"sentence", answer->sentence},
                                  {"id", std::to_string(answer->id)},
                                  {"seq", std::to_string(answer->seq.v)},
                                  {"repeat", answer->repeat}};
    std::printf("%s\n", boost::json::serialize(out).c_str());
  } else if (well) {
    std::printf("%s\n", done.c_str());
  }
  if (well) return exit_done;
  return failed(std::string(name(answer->refusal)) + ": " + answer->sentence);
}

namespace {

struct AdminFlags : LinkFlags {
  std::uint32_t participant{}, firm{}, key = 1, node{}, instrument{}, version = rules_newest;
  std::int64_t hold_s = 86'400;
  std::string roles, role, amount, public_key, name, contact, payout, to;
  std::filesystem::path new_file, bearer_file, journal, archive;
};

std::expected<std::uint32_t, std::string> roles_of(std::string const& text) {
  std::uint32_t roles = 0;
  for (std::size_t at = 0; at <= text.size();) {
    auto const comma = std::min(text.find(',', at), text.size());
    auto const role = role_named(std::string_view(text).substr(at, comma - at));
    if (!role)
      return std::unexpected("--roles must name provider, buyer, auditor or operator, with commas between");
    roles |= static_cast<std::uint32_t>(*role);
    at = comma + 1;
  }
  return roles;
}

int participant(AdminFlags const& flags) {
  auto const roles = roles_of(flags.roles);
  if (!roles) return failed(roles.error(), exit_misused);
  msg::AdminParticipant const message{0, ParticipantId{flags.participant},
                                      FirmId{flags.firm == 0 ? flags.participant : flags.firm}, *roles};
  return with_link(flags, [&](ExchangeLink& link) {
    return report(flags, link.ask(message),
                  "participant " + std::to_string(flags.participant) + " added as " + flags.roles);
  });
}

/// The key as the exchange stores it, and the file that was made for its owner.
struct KeyMade {
  KeyKind kind{};
  Bytes32 value{};
  std::filesystem::path file;
};

std::expected<KeyMade, std::string> make_pair(AdminFlags const& flags) {
  auto const role = role_named(flags.role);
  if (!role)
    return std::unexpected("--role must be provider, buyer, auditor or operator: what this key logs in as");
  auto const made = make_credentials(ParticipantId{flags.participant}, KeyId{flags.key}, *role);
  if (auto const saved = save_credentials(flags.new_file, made); !saved)
    return std::unexpected(saved.error());
  return KeyMade{KeyKind::ed25519, made.public_key(), flags.new_file};
}

std::expected<KeyMade, std::string> make_bearer(std::filesystem::path const& file) {
  auto const bearer = make_bearer_key();
  auto const line = bearer + "\n";
  int const fd = ::open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0)
    return std::unexpected("the key file " + file.string() + " can't be made: " + std::strerror(errno));
  bool const written =
      ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(fd) == 0;
  ::close(fd);
  if (!written)
    return std::unexpected("the key file " + file.string() + " can't be written; is the disk full?");
  return KeyMade{KeyKind::bearer_blake2b, bearer_hash(bearer), file};
}

std::expected<KeyMade, std::string> key_of(AdminFlags const& flags) {
  int const ways = !flags.new_file.empty() + !flags.bearer_file.empty() + !flags.public_key.empty();
  if (ways != 1) return std::unexpected("name one of --new FILE, --bearer-new FILE and --public HEX");
  if (!flags.new_file.empty()) return make_pair(flags);
  if (!flags.bearer_file.empty()) return make_bearer(flags.bearer_file);
  auto const bytes = from_hex(flags.public_key);
  if (!bytes || bytes->size() != 32) return std::unexpected("--public must be 64 hexadecimal digits");
  KeyMade made{KeyKind::ed25519, {}, {}};
  std::copy(bytes->begin(), bytes->end(), made.value.begin());
  return made;
}

int key(AdminFlags const& flags) {
  return with_link(flags, [&](ExchangeLink& link) {
    auto const made = key_of(flags);
    if (!made) return failed(made.error());
    msg::AdminKey const message{0, ParticipantId{flags.participant}, KeyId{flags.key}, made->kind,
                                made->value};
    auto const answer = link.ask(message);
    // A key that was refused is nobody's: its file would only mislead.
    if (answer && answer->refusal != Refusal::none && !made->file.empty())
      std::filesystem::remove(made->file);
    return report(flags, answer,
                  "key " + std::to_string(flags.key) + " of participant " +
                      std::to_string(flags.participant) + " added" +
                      (made->file.empty() ? "" : "; keep " + made->file.string() + " secret"));
  });
}

int deposit(AdminFlags const& flags) {
  auto const amount = parse_money(flags.amount);
  if (!amount)
    return failed("the amount " + flags.amount + " can't be read: " + sentence(amount.error()), exit_misused);
  msg::AdminDeposit const message{0, ParticipantId{flags.participant}, *amount};
  return with_link(flags, [&](ExchangeLink& link) {
    return report(flags, link.ask(message),
                  money_text(*amount) + " deposited for participant " + std::to_string(flags.participant));
  });
}

int write_row(AdminFlags const& flags) {
  msg::AdminRegister const message{0, ParticipantId{flags.participant}, flags.name, flags.contact,
                                   flags.payout};
  return with_link(flags, [&](ExchangeLink& link) {
    return report(flags, link.ask(message),
                  "participant " + std::to_string(flags.participant) + " is in the register");
  });
}

int forget(AdminFlags const& flags) {
  return with_link(flags, [&](ExchangeLink& link) {
    return report(flags, link.ask(msg::AdminForget{0, ParticipantId{flags.participant}}),
                  "nothing in the register says who participant " + std::to_string(flags.participant) +
                      " is; copies and backups of the register are yours to erase");
  });
}

int read_row(AdminFlags const& flags) {
  return with_link(flags, [&](ExchangeLink& link) {
    msg::Read read;
    read.kind = msg::ReadKind::registered;
    read.participant = ParticipantId{flags.participant};
    auto const document = link.read(read);
    if (!document) return failed(document.error().sentence);
    return std::printf("%s\n", document->c_str()) > 0 ? exit_done : exit_failed;
  });
}

int halt(AdminFlags const& flags, bool halted) {
  return with_link(flags, [&](ExchangeLink& link) {
    return report(flags, link.ask(msg::AdminHalt{0, halted}),
                  halted ? "halted: new orders and offers are refused" : "resumed");
  });
}

int raise_rules(AdminFlags const& flags) {
  return with_link(flags, [&](ExchangeLink& link) {
    return report(flags, link.ask(msg::AdminRules{0, flags.version}),
                  "rules version " + std::to_string(flags.version) +
                      " is in force; auditors need a spillway-audit that knows it");
  });
}

int bonds(AdminFlags const& flags) {
  auto const amount = parse_money(flags.amount);
  if (!amount)
    return failed("the amount " + flags.amount + " can't be read: " + sentence(amount.error()), exit_misused);
  msg::AdminBonds const message{0, *amount, Micros{flags.hold_s * micros_per_second}};
  return with_link(flags, [&](ExchangeLink& link) {
    return report(flags, link.ask(message),
                  amount->v == 0 ? "no bonds are asked for"
                                 : "a unit is challenged with a bond of " + money_text(*amount));
  });
}

int settle_frozen(AdminFlags const& flags) {
  auto const amount = parse_money(flags.amount);
  if (!amount)
    return failed("the amount " + flags.amount + " can't be read: " + sentence(amount.error()), exit_misused);
  if (flags.to != "earnings" && flags.to != "guarantee")
    return failed("--to must be earnings (released) or guarantee (forfeited)", exit_misused);
  auto const to = flags.to == "earnings" ? FrozenTo::earnings : FrozenTo::guarantee;
  msg::AdminFrozen const message{0, ParticipantId{flags.participant}, *amount, to};
  return with_link(flags, [&](ExchangeLink& link) {
    return report(flags, link.ask(message),
                  money_text(*amount) + " of participant " + std::to_string(flags.participant) +
                      (to == FrozenTo::earnings ? " is its own again" : " went to the guarantee account"));
  });
}

int cancel_all_of(AdminFlags const& flags) {
  int const named = (flags.participant != 0) + (flags.node != 0) + (flags.instrument != 0);
  if (named != 1) return failed("name one of --participant ID, --node ID and --instrument ID", exit_misused);
  msg::CancelAll const message{0, ParticipantId{flags.participant}, NodeId{flags.node},
                               InstrumentId{flags.instrument}};
  return with_link(flags, [&](ExchangeLink& link) {
    return report(flags, link.ask(message), "all of it that rests is cancelled; what runs goes on");
  });
}

// An exchange that stops ends its connections, perhaps before its answer left; a refusal would have come.
int stop(AdminFlags const& flags) {
  return with_link(flags, [&](ExchangeLink& link) {
    auto answer = link.ask(msg::AdminShutdown{0});
    if (!answer) answer = msg::Answer{};
    return report(flags, answer, "the exchange stops");
  });
}

int status_page(AdminFlags const& flags) {
  return with_link(flags, [&](ExchangeLink& link) {
    msg::Read read;
    read.kind = msg::ReadKind::status;
    auto const document = link.read(read);
    if (!document) return failed(document.error().sentence);
    if (flags.json) return std::printf("%s\n", document->c_str()) > 0 ? exit_done : exit_failed;
    auto const page = page_of(read.kind, *document);
    if (!page) return failed(page.error());
    std::fputs(page->c_str(), stdout);
    return exit_done;
  });
}

// Without a connection: the exchange has to be stopped, and the journal's lock says whether it is.
int archive(AdminFlags const& flags) {
  auto const path = flags.journal.empty() ? flags.data / "journal" : flags.journal;
  // Opened for reading first: a mistyped directory is not made into a journal.
  if (auto const there = JournalDirectory::open(path, DirectoryMode::read_only); !there)
    return failed(there.error().message);
  auto const journal = JournalDirectory::open(path, DirectoryMode::write);
  if (!journal) return failed(journal.error().message);
  auto const done = archive_sealed(*journal, flags.archive);
  if (!done) return failed(done.error().message);
  if (flags.json)
    std::printf("{\"ok\":true,\"moved\":%llu,\"bytes\":%llu}\n", static_cast<unsigned long long>(done->moved),
                static_cast<unsigned long long>(done->bytes));
  else
    std::printf("%llu segments (%llu MiB) are in %s now; start and audit with --archive %s\n",
                static_cast<unsigned long long>(done->moved),
                static_cast<unsigned long long>(done->bytes >> 20), flags.archive.c_str(),
                flags.archive.c_str());
  return exit_done;
}

}  // namespace

void add_admin(CLI::App& app, int& status) {
  auto const flags = std::make_shared<AdminFlags>();
  auto* const admin = app.add_subcommand("admin", "the operator's verbs");
  admin->require_subcommand(1);
  admin->fallthrough();
  flags->add_to(*admin);
  auto verb = [&](char const* name, char const* about, auto run) {
    auto* const sub = admin->add_subcommand(name, about);
    sub->callback([flags, &status, run] {
      if (flags->credentials.empty()) flags->credentials = flags->data / "operator.key";
      status = run(*flags);
    });
    return sub;
  };
  auto* const add = verb("participant", "add a participant", participant);
  add->add_option("ID", flags->participant, "its number")->required();
  add->add_option("--roles", flags->roles, "provider,buyer,auditor,operator")->required();
  add->add_option("--firm", flags->firm, "number of its firm; without it, its own");
  auto* const keys = verb("key", "add a key of a participant", key);
  keys->add_option("ID", flags->participant, "the participant")->required();
  keys->add_option("--key", flags->key, "the key's number")->capture_default_str();
  keys->add_option("--new", flags->new_file, "make a key pair and keep it in this file");
  keys->add_option("--role", flags->role, "with --new: what the key logs in as");
  keys->add_option("--public", flags->public_key, "an Ed25519 public key, 64 hexadecimal digits");
  keys->add_option("--bearer-new", flags->bearer_file,
                   "make a bearer key for OpenAI clients and keep it in this file");
  auto* const money = verb("deposit", "book money that came in for a participant", deposit);
  money->add_option("ID", flags->participant, "the participant")->required();
  money->add_option("AMOUNT", flags->amount, "decimal, such as 100.00")->required();
  auto* const row = verb("register", "write down who a participant is, outside of the journal", write_row);
  row->add_option("ID", flags->participant, "the participant")->required();
  row->add_option("--name", flags->name, "of the person or firm")->required();
  row->add_option("--contact", flags->contact, "how to reach them");
  row->add_option("--payout", flags->payout, "where their money goes");
  verb("forget", "erase who a participant is", forget)
      ->add_option("ID", flags->participant, "the participant")
      ->required();
  verb("registered", "read who a participant is, as JSON", read_row)
      ->add_option("ID", flags->participant, "the participant")
      ->required();
  verb("halt", "refuse new orders and offers; what runs goes on",
       [](AdminFlags const& f) { return halt(f, true); });
  verb("resume", "take orders and offers again", [](AdminFlags const& f) { return halt(f, false); });
  verb("raise-rules", "take a later version of the rules; there is no way back", raise_rules)
      ->add_option("--version", flags->version, "the version; without it, the newest that this program knows")
      ->capture_default_str();
  auto* const asked = verb("bonds", "what a unit's bond is from now on; 0: none is asked for", bonds);
  asked->add_option("AMOUNT", flags->amount, "decimal, such as 5.00")->required();
  asked->add_option("--hold-s", flags->hold_s, "how long it is held when all that it stands for has ended")
      ->capture_default_str();
  auto* const thaw = verb("settle-frozen", "release or forfeit frozen earnings of a provider", settle_frozen);
  thaw->add_option("ID", flags->participant, "the participant")->required();
  thaw->add_option("AMOUNT", flags->amount, "decimal, such as 12.50")->required();
  thaw->add_option("--to", flags->to, "earnings (released) or guarantee (forfeited)")->required();
  auto* const all =
      verb("cancel-all", "cancel all that rests of a participant, a node or an instrument", cancel_all_of);
  all->add_option("--participant", flags->participant, "its orders and offers");
  all->add_option("--node", flags->node, "its offers");
  all->add_option("--instrument", flags->instrument, "everybody's offers of it");
  auto* const move =
      verb("archive", "of a stopped exchange: move sealed segments to another directory", archive);
  move->add_option("DIR", flags->archive, "the archive; made if it is not there")->required();
  move->add_option("--journal", flags->journal, "directory of the journal, when it is not in --data");
  verb("stop", "stop the exchange in good order", stop);
  verb("status", "what the market and the server count", status_page);
  add_admin_bundle(*admin, flags, status);
  add_admin_log_key(*admin, flags, status);
}

}  // namespace spillway
