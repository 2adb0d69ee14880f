// apps/spillway/admin_bundle.cpp - spillway admin bundle: what an auditor gets, without asking the exchange.
// Room:   apps.
#include "admin_bundle.hpp"

#include <boost/json.hpp>

#include "apps/bundle/bundle.hpp"

namespace spillway {
namespace {

struct BundleFlags {
  std::filesystem::path out, journal, archive;
};

int bundle(LinkFlags const& flags, BundleFlags const& own) {
  auto const made =
      make_bundle(own.journal.empty() ? flags.data / "journal" : own.journal, own.out, own.archive);
  if (!made) return failed(made.error());
  if (flags.json) {
    boost::json::object const line{{"ok", true},           {"directory", own.out.string()},
                                   {"size", made->size},   {"entries", made->entries},
                                   {"files", made->files}, {"vkey", made->vkey}};
    std::printf("%s\n", boost::json::serialize(line).c_str());
    return exit_done;
  }
  std::printf(
      "%s has %llu entries and seals in %llu files, and no secret\n"
      "tell the auditor the key by another way: %s\n",
      own.out.c_str(), static_cast<unsigned long long>(made->size),
      static_cast<unsigned long long>(made->files), made->vkey.c_str());
  return exit_done;
}

}  // namespace

void add_admin_bundle(CLI::App& admin, std::shared_ptr<LinkFlags const> flags, int& status) {
  auto const own = std::make_shared<BundleFlags>();
  auto* const sub =
      admin.add_subcommand("bundle", "a copy of the journal for an auditor; the exchange may be at work");
  sub->add_option("OUT", own->out, "the directory to make")->required();
  sub->add_option("--journal", own->journal, "directory of the journal, when it is not in --data");
  sub->add_option("--archive", own->archive, "directory to which 'admin archive' moved sealed segments");
  sub->callback([flags = std::move(flags), own, &status] { status = bundle(*flags, *own); });
}

}  // namespace spillway
