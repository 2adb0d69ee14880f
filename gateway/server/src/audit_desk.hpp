// gateway/server/src/audit_desk.hpp - a thread that reads the journal for the doors, so that the loop never
// waits for the disk.
// Room:   gateway, target server, private.
// Thread: `ask` from the loop's; `done` runs on the desk's own.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "audit_reader.hpp"

namespace spillway {

class AuditDesk {
 public:
  using Done = std::function<void(AuditReply)>;
  AuditDesk(std::filesystem::path journal, std::filesystem::path archive);
  ~AuditDesk();
  AuditDesk(AuditDesk const&) = delete;
  AuditDesk& operator=(AuditDesk const&) = delete;

  /// False when too many wait already; then `done` is never called.
  [[nodiscard]] bool ask(audit_path::Path path, AuditGuest guest, std::shared_ptr<ReceiptRow const> kept,
                         Done done);

 private:
  struct Waiting {
    audit_path::Path path;
    AuditGuest guest;
    std::shared_ptr<ReceiptRow const> kept;
    Done done;
  };
  void work(std::stop_token const& stop);

  AuditReader reader_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Waiting> waiting_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace spillway
