// apps/demo/src/child_process.hpp - one process of the demonstration: started, watched, ended with its
// parent.
// Room:   apps, library demo.
// Rule:   no child outlives us: the kernel signals it when we die. Ctrl-C reaches us only; we end them in
//         order.
// Errors: a sentence.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/wire/loop.hpp"

namespace spillway::demo {

class ChildProcess {
 public:
  struct Start {
    std::string title;                   // for errors
    std::vector<std::string> arguments;  // the first is the program, found by PATH when it has no slash
    std::filesystem::path output;        // standard output, from its beginning
    std::filesystem::path errors;        // standard error, appended; may be `output`
  };
  [[nodiscard]] static std::expected<ChildProcess, std::string> start(Start what);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ChildProcess(ChildProcess const&) = delete;
  ChildProcess& operator=(ChildProcess const&) = delete;
  ~ChildProcess();  // kills what still runs

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  /// Exit status, or 128 + signal; nothing while it runs.
  [[nodiscard]] std::optional<int> status() const { return status_; }
  void signal(int number);
  /// True when it ended within the limit.
  wire::awaitable<bool> ended(std::chrono::milliseconds limit);
  /// SIGTERM, and SIGKILL when that was not enough within the limit. True when it ended by itself.
  wire::awaitable<bool> stop(std::chrono::milliseconds limit);
  /// The first line of its output that begins with `start`, or why there is none; the end of its errors is in
  /// it.
  wire::awaitable<std::expected<std::string, std::string>> line(std::string start,
                                                                std::chrono::milliseconds limit);

 private:
  ChildProcess(pid_t pid, Start what) : pid_(pid), what_(std::move(what)) {}
  [[nodiscard]] std::string last_words() const;
  void kill_now();

  pid_t pid_{};
  std::optional<int> status_;
  Start what_;
};

/// A program's path by PATH, or nothing.
[[nodiscard]] std::optional<std::filesystem::path> find_program(std::string const& name);
[[nodiscard]] std::filesystem::path own_executable();
[[nodiscard]] std::string read_text(std::filesystem::path const& file);  // empty when it can't be read

}  // namespace spillway::demo
