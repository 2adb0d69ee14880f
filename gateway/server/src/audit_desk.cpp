// gateway/server/src/audit_desk.cpp - one question after another.
#include "audit_desk.hpp"

namespace spillway {
namespace {

constexpr std::size_t most_waiting = 64;

}  // namespace

AuditDesk::AuditDesk(std::filesystem::path journal, std::filesystem::path archive)
    : reader_(std::move(journal), std::move(archive)),
      thread_([this](std::stop_token const& stop) { work(stop); }) {}

AuditDesk::~AuditDesk() = default;

bool AuditDesk::ask(audit_path::Path path, AuditGuest guest, std::shared_ptr<ReceiptRow const> kept,
                    Done done) {
  {
    std::lock_guard const lock(mutex_);
    if (waiting_.size() >= most_waiting) return false;
    waiting_.push_back({path, guest, std::move(kept), std::move(done)});
  }
  changed_.notify_one();
  return true;
}

void AuditDesk::work(std::stop_token const& stop) {
  for (;;) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
    auto const next = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    next.done(reader_.answer(next.path, next.guest, next.kept.get()));
    if (stop.stop_requested()) return;
  }
}

}  // namespace spillway
