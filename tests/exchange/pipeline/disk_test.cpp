// tests/exchange/pipeline/disk_test.cpp - a disk that fills up, and one that segments were moved to:
// flusher.cpp, follower.cpp and pipeline.cpp.
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journal/archive.hpp"
#include "pipeline_world.hpp"

namespace spillway {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t segment = 262'144;
constexpr int cannot_mount = 77;

/// A file system of 16 MiB in memory over `folder`, seen by this process alone. Needs root, or a kernel that
/// lets users have name spaces.
bool mount_small_disk(fs::path const& folder) {
  if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  return ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=16m") == 0;
}

/// A file that takes all room but so many bytes.
class Ballast {
 public:
  explicit Ballast(fs::path file) : file_(std::move(file)) {}
  void leave(std::uint64_t bytes) const {
    std::ofstream(file_).close();  // its room is free again
    struct statvfs status {};
    ASSERT_EQ(::statvfs(file_.c_str(), &status), 0);
    std::uint64_t const free_bytes = std::uint64_t{status.f_bavail} * status.f_frsize;
    ASSERT_GT(free_bytes, bytes);
    std::ofstream(file_) << std::string(free_bytes - bytes, 'b');
  }

 private:
  fs::path file_;
};

PlaceOrder waiting_order(std::uint64_t client) {
  PlaceOrder order;
  order.client = ClientOrderId{client};
  order.predicate.product = ProductKind::tokens;
  order.predicate.models = {seven};
  order.tif = TimeInForce::timed;
  order.good_for = seconds(60);
  order.limit = units(1);
  order.input = order.output_max = Tokens{10};
  return order;
}

struct FillingDisk {
  explicit FillingDisk(fs::path const& folder) : ballast(folder / "ballast") {
    auto options = options_for(folder / "journal", ear);
    options.segment_bytes = segment;
    options.log = [this](std::string const& line) { lines.push_back(line); };
    auto opened = Pipeline::open(std::move(options));
    EXPECT_TRUE(opened) << opened.error().message;
    if (opened) pipeline = std::move(*opened);
  }
  Refusal submit(ParticipantId who, Command command) {
    return pipeline->submit({who, std::move(command), {0, ++ticket, 0}});
  }
  /// Submits and waits; the sequence it got.
  Seq done(ParticipantId who, Command command) {
    EXPECT_EQ(submit(who, std::move(command)), Refusal::none);
    return ear.wait(ticket).entry.seq;
  }
  void wait_for(DiskState state) const {
    while (pipeline->counters().disk != state) ::usleep(10'000);  // or this test's time limit ends it
  }

  Ear ear;
  Ballast ballast;
  std::vector<std::string> lines;  // written by the journal's thread, read when that has stopped
  std::uint64_t ticket = 0;
  std::unique_ptr<Pipeline> pipeline;
};

void fill_and_free(fs::path const& folder) {
  FillingDisk disk(folder);
  ASSERT_TRUE(disk.pipeline);
  EXPECT_EQ(disk.pipeline->counters().disk, DiskState::fine);
  OrderId const first{disk.done(carl, waiting_order(1)).v}, second{disk.done(carl, waiting_order(2)).v};

  disk.ballast.leave(5 * segment);  // and at most two spares: three for each stream
  disk.wait_for(DiskState::cancel_only);
  EXPECT_EQ(disk.submit(carl, waiting_order(3)), Refusal::capacity);
  (void)disk.done(carl, CancelOrder{first, CancelReason::asked});
  (void)disk.done(system_itself, Deposit{carl, Nano{1}});

  disk.ballast.leave(2 * segment - 8192);  // one, and at most two spares: one for each stream
  disk.wait_for(DiskState::operator_only);
  EXPECT_EQ(disk.submit(carl, waiting_order(4)), Refusal::capacity);
  EXPECT_EQ(disk.submit(carl, CancelOrder{second, CancelReason::asked}), Refusal::capacity);
  auto const last = disk.done(system_itself, Deposit{carl, Nano{1}});
  EXPECT_TRUE(ask(*disk.pipeline, last, [&](FollowerView const& view) {
    auto const seen = view.core.order(second);
    return seen && seen->phase != OrderPhase::cancelled;
  })) << "reads go on";

  disk.ballast.leave(20 * segment);
  disk.wait_for(DiskState::fine);  // though nothing was written meanwhile
  (void)disk.done(carl, waiting_order(5));
  disk.pipeline->stop();
  ASSERT_EQ(disk.lines.size(), 3u);
  EXPECT_NE(disk.lines[0].find("nearly full"), std::string::npos);
  EXPECT_NE(disk.lines[1].find("all but full"), std::string::npos);
  EXPECT_NE(disk.lines[2].find("room again"), std::string::npos);
}

TEST(FullDisk, IsMetEarlyInTwoStepsAndForgottenWhenThereIsRoomAgain) {
  Folder folder;
  auto const child = ::fork();
  if (child == 0) {
    if (!mount_small_disk(folder.path())) ::_exit(cannot_mount);
    fill_and_free(folder.path());
    std::fflush(stdout);
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == cannot_mount)
    GTEST_SKIP() << "this user may not mount a small file system here";
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(Archive, IsReadAtTheStartWithTheJournalAndAskedForWhenItIsNotNamed) {
  Folder folder, elsewhere;
  Ear ear, after;
  auto options = [&](Ear& heard, fs::path archive) {
    auto made = options_for(folder.path(), heard);
    made.segment_bytes = 12'288;
    made.archive = std::move(archive);
    return made;
  };
  Pipeline::Stopped stopped;
  {
    auto pipeline = Pipeline::open(options(ear, {}));
    ASSERT_TRUE(pipeline) << pipeline.error().message;
    for (std::uint64_t i = 1; i <= 300; ++i)
      ASSERT_EQ((*pipeline)->submit({system_itself, Deposit{carl, Nano{1}}, {0, i, 0}}), Refusal::none);
    (void)ear.wait(300);
    stopped = (*pipeline)->stop();
  }
  auto const moved =
      archive_sealed(*JournalDirectory::open(folder.path(), DirectoryMode::write), elsewhere.path());
  ASSERT_TRUE(moved) << moved.error().message;
  ASSERT_GT(moved->moved, 4u);
  auto const without = Pipeline::open(options(after, {}));
  ASSERT_FALSE(without);
  EXPECT_NE(without.error().message.find("nor in an archive that was named"), std::string::npos)
      << without.error().message;
  auto const again = Pipeline::open(options(after, elsewhere.path()));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*again)->start().entries, stopped.last.v);
  EXPECT_EQ((*again)->submit({system_itself, Deposit{carl, Nano{1}}, {0, 7, 0}}), Refusal::none);
  auto const last = after.wait(7).entry.seq;
  EXPECT_EQ(ask(**again, last, [](FollowerView const& view) { return view.seq; }), last)
      << "the follower went through the archive, too";
}

}  // namespace
}  // namespace spillway
