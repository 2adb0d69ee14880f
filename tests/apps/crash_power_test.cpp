// tests/apps/crash_power_test.cpp - the power goes: an ext4 of its own is shut down below an exchange at
// work, by the file system's own call for it, mounted again and started on. Needs root, loop devices and
// mkfs.ext4.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <random>

#include "crash_world.hpp"

namespace spillway::crash {
namespace {

constexpr unsigned long ext4_shutdown = 0x8004587D;  // EXT4_IOC_SHUTDOWN: _IOR('X', 125, __u32)
constexpr std::uint32_t without_flushing = 2;        // EXT4_GOING_FLAGS_NOLOGFLUSH
constexpr int cannot_here = 77;

bool runs(std::string const& command) { return std::system((command + " >/dev/null 2>&1").c_str()) == 0; }

class LoopDisk {
 public:
  explicit LoopDisk(fs::path const& folder)
      : image_((folder / "image").string()), at_((folder / "disk").string()) {}
  bool make() const {
    fs::create_directory(at_);
    return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           runs("truncate -s 64M " + image_) && runs("/sbin/mkfs.ext4 -q -F " + image_) && mount();
  }
  bool mount() const { return runs("mount -o loop " + image_ + " " + at_); }
  bool unmount() const { return runs("umount " + at_); }
  /// What was not synced is gone, and no call succeeds any more.
  bool cut_power() const {
    int const fd = ::open(at_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto how = without_flushing;
    bool const cut = fd >= 0 && ::ioctl(fd, ext4_shutdown, &how) == 0;
    ::close(fd);
    return cut;
  }
  [[nodiscard]] fs::path journal() const { return fs::path(at_) / "journal"; }

 private:
  std::string image_, at_;
};

/// Works until it is killed; the pipe's other end hears what is acknowledged.
pid_t exchange_at_work(LoopDisk const& disk, int pipe_end) {
  auto const child = ::fork();
  if (child != 0) return child;
  (void)::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
  (void)live(disk.journal(), 1'000'000, [&](Seq seq) { (void)!::write(pipe_end, &seq.v, sizeof seq.v); });
  ::_exit(1);
}

struct Round {
  Seq acknowledged;
  std::string wrong;
};

Round one_round(LoopDisk const& disk, std::mt19937_64& dice) {
  int ends[2];
  if (::pipe(ends) != 0) return {{}, "no pipe"};
  auto const child = exchange_at_work(disk, ends[1]);
  ::close(ends[1]);
  Round round;
  auto const hear = [&] {
    std::uint64_t seq = 0;
    if (::read(ends[0], &seq, sizeof seq) != sizeof seq) return false;
    round.acknowledged = Seq{seq};
    return true;
  };
  auto const wanted = std::uniform_int_distribution<int>(30, 400)(dice);
  for (int i = 0; i < wanted && hear(); ++i) continue;
  bool const cut = disk.cut_power();
  ::kill(child, SIGKILL);
  while (hear()) continue;
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  if (!cut)
    round.wrong = "the file system did not take the call";
  else if (!disk.unmount() || !disk.mount())
    round.wrong = "the file system could not be mounted again";
  else
    round.wrong = judge(disk.journal(), {round.acknowledged, nullptr});
  return round;
}

int cut_again_and_again(fs::path const& folder) {
  LoopDisk const disk(folder);
  if (!disk.make()) return cannot_here;
  std::mt19937_64 dice(std::random_device{}());
  std::uint64_t acknowledged = 0;
  for (std::size_t i = 0; i < 3 * effort(); ++i) {
    auto const round = one_round(disk, dice);
    acknowledged = std::max(acknowledged, round.acknowledged.v);
    if (round.wrong.empty()) continue;
    std::printf("round %zu, acknowledged %llu: %s\n", i,
                static_cast<unsigned long long>(round.acknowledged.v), round.wrong.c_str());
    return 1;
  }
  std::printf("%llu entries were acknowledged before the last cut\n",
              static_cast<unsigned long long>(acknowledged));
  return disk.unmount() ? 0 : 1;
}

TEST(PowerCut, BelowAnExchangeAtWorkLosesNothingThatWasAcknowledged) {
  auto const folder = fs::temp_directory_path() / ("spillway-power-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  std::fflush(stdout);
  auto const child = ::fork();  // mounts are seen by this child alone and go with it
  if (child == 0) {
    int const code = cut_again_and_again(folder);
    std::fflush(stdout);
    ::_exit(code);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  if (WIFEXITED(status) && WEXITSTATUS(status) == cannot_here)
    GTEST_SKIP() << "needs root, loop devices and mkfs.ext4: no ext4 could be made and mounted here";
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace spillway::crash
