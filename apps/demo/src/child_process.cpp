// apps/demo/src/child_process.cpp - fork, tie to the parent, exec; then polled: there are few children.
#include "child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

namespace spillway::demo {
namespace {

using namespace std::chrono_literals;
constexpr auto poll_every = 25ms;
constexpr int exec_failed = 127;

struct Files {
  int out{-1}, err{-1};
  ~Files() {
    if (out >= 0) ::close(out);
    if (err >= 0 && err != out) ::close(err);
  }
};

// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* arguments, Files const& files, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(exec_failed);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(files.out, STDOUT_FILENO);
  ::dup2(files.err, STDERR_FILENO);
  ::execvp(arguments[0], arguments);
  ::_exit(exec_failed);
}

// Programs say last what ended them.
std::string last_line(std::string const& text) {
  auto const end = text.find_last_not_of(" \n\r\t");
  if (end == std::string::npos) return {};
  auto const start = text.find_last_of('\n', end);
  return text.substr(start == std::string::npos ? 0 : start + 1,
                     end - (start == std::string::npos ? 0 : start + 1) + 1);
}

}  // namespace

std::expected<ChildProcess, std::string> ChildProcess::start(Start what) {
  Files files;
  auto open = [](std::filesystem::path const& file, int mode) {
    return ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | mode, 0644);
  };
  files.out = open(what.output, O_TRUNC | O_APPEND);
  files.err = what.errors == what.output ? files.out : open(what.errors, O_APPEND);
  if (files.out < 0 || files.err < 0)
    return std::unexpected("can't write the log " + what.errors.string() + ": " + std::strerror(errno));
  std::vector<char*> arguments;
  for (auto& argument : what.arguments) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  auto const parent = ::getpid();
  auto const pid = ::fork();
  if (pid < 0) return std::unexpected("can't start " + what.title + ": " + std::strerror(errno));
  if (pid == 0) become(arguments.data(), files, parent);
  return ChildProcess(pid, std::move(what));
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), status_(other.status_), what_(std::move(other.what_)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this == &other) return *this;
  kill_now();
  pid_ = std::exchange(other.pid_, 0);
  status_ = other.status_;
  what_ = std::move(other.what_);
  return *this;
}

ChildProcess::~ChildProcess() { kill_now(); }

void ChildProcess::kill_now() {
  if (!running()) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

bool ChildProcess::running() {
  if (pid_ <= 0 || status_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return false;
}

void ChildProcess::signal(int number) {
  if (running()) ::kill(pid_, number);
}

// g++ 12 breaks the frame of some coroutines that return a constant and test a co_await: these return a
// variable.
wire::awaitable<bool> ChildProcess::ended(std::chrono::milliseconds limit) {
  auto const until = std::chrono::steady_clock::now() + limit;
  bool over = !running();
  while (!over && std::chrono::steady_clock::now() < until) {
    co_await wire::sleep_for(poll_every);
    over = !running();
  }
  co_return over;
}

wire::awaitable<bool> ChildProcess::stop(std::chrono::milliseconds limit) {
  signal(SIGTERM);
  bool const by_itself = co_await ended(limit);
  if (!by_itself) kill_now();
  co_return by_itself;
}

std::string ChildProcess::last_words() const {
  auto const words = last_line(read_text(what_.errors));
  return words.empty() ? " and said nothing" : ": " + words;
}

wire::awaitable<std::expected<std::string, std::string>> ChildProcess::line(std::string start,
                                                                            std::chrono::milliseconds limit) {
  auto const until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    bool const alive = running();  // before reading: what it wrote before it ended counts
    std::istringstream text(read_text(what_.output));
    for (std::string found; std::getline(text, found);)
      if (found.starts_with(start) && !text.eof()) co_return found;
    if (!alive)
      co_return std::unexpected(what_.title + " ended with status " + std::to_string(status_.value_or(-1)) +
                                last_words());
    if (std::chrono::steady_clock::now() >= until)
      co_return std::unexpected(what_.title + " was not ready in time" + last_words());
    co_await wire::sleep_for(poll_every);
  }
}

std::optional<std::filesystem::path> find_program(std::string const& name) {
  auto const* const path = std::getenv("PATH");
  std::istringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    auto const candidate = std::filesystem::path(folder) / name;
    if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

std::filesystem::path own_executable() {
  std::error_code none;
  return std::filesystem::read_symlink("/proc/self/exe", none);
}

std::string read_text(std::filesystem::path const& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace spillway::demo
