// gateway/server/src/patient_entries.hpp - entries of the exchange's own that wait, in their order, for a
// pipeline that does not take them now: a disk that is all but full.
// Room:   gateway, target server, private.
// Thread: the loop's.
// Rule:   none is lost while the server runs, none overtakes another.
#pragma once

#include <deque>
#include <functional>
#include <utility>

#include "market/command.hpp"
#include "market/refusal.hpp"

namespace spillway {

class PatientEntries {
 public:
  using Done = std::function<void(Refusal)>;  // what the core said of it, once it is durable
  using Submit = std::function<Refusal(Command const&, Done)>;
  using Say = std::function<void(char const*)>;

  /// `submit` gives none when it took the entry; then it calls `done` some time. `say` hears of each wait.
  PatientEntries(Submit submit, Say say) : submit_(std::move(submit)), say_(std::move(say)) {}

  void put(Command command, Done done) {
    waiting_.emplace_back(std::move(command), std::move(done));
    go_on();
  }
  /// Tries what waits; a few times a second.
  void go_on() {
    while (!waiting_.empty()) {
      auto& [command, done] = waiting_.front();
      auto const refusal = submit_(command, done);
      if (refusal == Refusal::server_stopping) return waiting_.clear();
      if (refusal != Refusal::none) {
        if (!std::exchange(said_, true))
          say_("no entry is taken now (the disk is full?); it goes on when one is");
        return;
      }
      waiting_.pop_front();
    }
    if (std::exchange(said_, false)) say_("entries are taken again");
  }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }

 private:
  Submit submit_;
  Say say_;
  std::deque<std::pair<Command, Done>> waiting_;
  bool said_{};
};

}  // namespace spillway
