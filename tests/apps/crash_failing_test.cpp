// tests/apps/crash_failing_test.cpp - each call that changes the journal's files fails once, one after the
// other: whoever writes says so and ends, and nothing that was acknowledged is lost. Covers file.cpp,
// preallocator.cpp, log_writer.cpp and flusher.cpp.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>

#include "crash_calls.hpp"
#include "crash_world.hpp"
#include "journal/log_writer.hpp"

namespace spillway::crash {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

struct Written {
  Seq acknowledged;
  std::string ended;  // why it went no further
};

/// Batches of three into segments that hold few of them, until something fails.
Written write_some(fs::path const& journal) {
  Written written;
  LogOptions options;
  options.segment_bytes = smallest_segment_bytes;
  options.fatal = [&](std::string_view what) { written.ended = what; };
  auto log = LogWriter::open(journal, StreamKind::entries, options);
  if (!log) return {{}, log.error().message};
  std::vector<std::byte> const entry(200, std::byte{'e'});
  for (std::uint64_t seq = 1; seq <= 60 && written.ended.empty(); seq += 3) {
    for (std::uint64_t i = 0; i < 3; ++i) log->append(FrameType::entry, Seq{seq + i}, entry);
    log->append(FrameType::seal, Seq{seq + 2}, entry);
    log->commit();
    if (!log->failed()) written.acknowledged = log->durable_seq();
  }
  return written;
}

class FailingCalls : public ::testing::TestWithParam<int> {};

TEST_P(FailingCalls, OfTheWriterEndItWithTheWordsOfTheSystemAndLoseNothing) {
  std::uint64_t nth = 1;
  for (bool reached = true; reached; ++nth) {
    ScratchFolder folder;
    watch_disk(folder.path());
    fail_call(nth, GetParam());
    auto const written = write_some(folder.path());
    reached = calls_made() >= nth;
    (void)stop_watching();
    if (!written.ended.empty()) {
      EXPECT_THAT(written.ended,
                  AnyOf(HasSubstr("cannot write"), HasSubstr("cannot sync"), HasSubstr("cannot open"),
                        HasSubstr("cannot name"), HasSubstr("cannot make")))
          << "call " << nth;
    }
    RecoveryReport report;
    LogOptions options;
    options.segment_bytes = smallest_segment_bytes;
    auto const again = LogWriter::open(folder.path(), StreamKind::entries, options, &report);
    ASSERT_TRUE(again) << "call " << nth << ": " << again.error().message;
    ASSERT_GE(report.last_seq, written.acknowledged) << "call " << nth;
  }
  EXPECT_GT(nth, 80u) << "segments were made, written and named";
}

INSTANTIATE_TEST_SUITE_P(With, FailingCalls, ::testing::Values(EIO, ENOSPC), [](auto const& with) {
  return with.param == EIO ? "AnErrorOfTheDisk" : "AFullDisk";
});

struct Child {
  int status = 0;
  std::string said;
  Seq acknowledged;
  bool reached = false;
};

/// An exchange in a process of its own whose nth call fails.
Child exchange_with_failing_call(fs::path const& folder, std::uint64_t nth) {
  constexpr int refused = 3, not_reached = 4;
  int ends[2];
  if (::pipe(ends) != 0) return {};
  auto const said = folder / "said";
  auto const child = ::fork();
  if (child == 0) {
    rlimit const none{0, 0};
    (void)::setrlimit(RLIMIT_CORE, &none);
    if (::dup2(::open(said.c_str(), O_WRONLY | O_CREAT, 0600), STDERR_FILENO) < 0) ::_exit(5);
    watch_disk(folder / "journal");
    fail_call(nth, EIO);
    auto const told = [&](Seq seq) { (void)!::write(ends[1], &seq.v, sizeof seq.v); };
    auto const why = live(folder / "journal", 4, told);
    if (!why.empty()) std::fprintf(stderr, "%s\n", why.c_str());
    std::fflush(stderr);
    ::_exit(!why.empty() ? refused : calls_made() >= nth ? 0 : not_reached);
  }
  ::close(ends[1]);
  Child out;
  for (std::uint64_t seq = 0; ::read(ends[0], &seq, sizeof seq) == sizeof seq;) out.acknowledged = Seq{seq};
  ::close(ends[0]);
  ::waitpid(child, &out.status, 0);
  std::ifstream in(said);
  out.said.assign(std::istreambuf_iterator<char>(in), {});
  out.reached = !WIFEXITED(out.status) || WEXITSTATUS(out.status) != not_reached;
  return out;
}

TEST(FailingExchange, OneCallEndsItsProcessWithAMessageOrAreTriedAgain) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::uint64_t step = 17;
#else
  constexpr std::uint64_t step = 1;
#endif
  std::uint64_t ended = 0, went_on = 0, nth = 1;
  for (bool reached = true; reached; nth += step) {
    ScratchFolder folder;
    auto const child = exchange_with_failing_call(folder.path(), nth);
    reached = child.reached;
    if (WIFSIGNALED(child.status)) {
      ++ended;
      ASSERT_EQ(WTERMSIG(child.status), SIGABRT) << "call " << nth << ": " << child.said;
      ASSERT_THAT(child.said, AnyOf(HasSubstr("cannot be written, stopping at once"),
                                    HasSubstr("the projection cannot be written")))
          << "call " << nth;
    } else if (WEXITSTATUS(child.status) == 3) {
      ++ended;
      ASSERT_THAT(child.said, HasSubstr("cannot")) << "call " << nth;
    } else {
      ++went_on;
    }
    ASSERT_EQ(judge(folder.path() / "journal", {child.acknowledged, nullptr}), "")
        << "call " << nth << ": " << child.said;
  }
  EXPECT_GT(2 * ended, went_on);  // of few calls, those of a snapshot and of tiles are tried again
  std::printf("%llu calls, %llu ended the process\n", static_cast<unsigned long long>(nth),
              static_cast<unsigned long long>(ended));
}

}  // namespace
}  // namespace spillway::crash
