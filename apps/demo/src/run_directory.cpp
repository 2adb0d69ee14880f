// apps/demo/src/run_directory.cpp - see run_directory.hpp.
#include "run_directory.hpp"

#include <stdlib.h>

#include <fstream>

namespace spillway::demo {
namespace {

namespace fs = std::filesystem;

std::expected<fs::path, std::string> temporary() {
  auto pattern = (fs::temp_directory_path() / "spillway-demo-XXXXXX").string();
  if (!::mkdtemp(pattern.data()))
    return std::unexpected("can't make a directory like " + pattern + "; name one with --journal");
  return fs::path(pattern);
}

}  // namespace

std::expected<RunDirectory, std::string> make_run_directory(fs::path const& journal) {
  RunDirectory run;
  std::error_code error;
  if (journal.empty()) {
    auto made = temporary();
    if (!made) return std::unexpected(made.error());
    run.files = std::move(*made);
    run.journal = run.files / "journal";
  } else {
    run.journal = fs::weakly_canonical(fs::absolute(journal), error);
    run.files = run.journal.string() + ".demo";
    run.resumed = fs::exists(run.journal / "segments") && !fs::is_empty(run.journal / "segments", error);
    if (run.resumed && !fs::exists(run.data() / "operator.key"))
      return std::unexpected("the journal " + run.journal.string() +
                             " holds another market: the operator's key is not in " + run.data().string() +
                             "; name a fresh --journal directory");
  }
  for (auto const& folder : {run.journal, run.data(), run.logs(), run.models(), run.keys()}) {
    fs::create_directories(folder, error);
    if (error) return std::unexpected("can't make the directory " + folder.string() + ": " + error.message());
  }
  return run;
}

std::expected<void, std::string> write_text(fs::path const& file, std::string const& text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) return std::unexpected("can't write " + file.string() + "; is the disk full?");
  return {};
}

std::expected<Credentials, std::string> kept_credentials(fs::path const& file, ParticipantId who, Role role) {
  if (fs::exists(file)) return load_credentials(file);
  auto const made = make_credentials(who, KeyId{1}, role);
  if (auto saved = save_credentials(file, made); !saved) return std::unexpected(saved.error());
  return made;
}

}  // namespace spillway::demo
