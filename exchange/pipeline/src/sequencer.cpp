// exchange/src/sequencer.cpp - the life of a command between inbox and journal.
#include "sequencer.hpp"

#include <algorithm>

#include "market/codec.hpp"

namespace spillway {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto longest_wait = 100ms;  // so that a stall of the process itself is noticed
constexpr auto tick_after = 1ms;      // a Tick is entered only when nothing else arrived for so long
constexpr auto stall_from = 250ms;    // a loop that wakes later than this did not run
constexpr std::size_t taken_at_once = 256, handed_at_once = 64;
constexpr std::size_t few = 32;  // the core makes them durable itself: to wake the journal takes longer

}  // namespace

void Sequencer::run() {
  for (;;) {
    auto until = steady_clock::now() + longest_wait;
    if (auto const due = core_.next_deadline())
      until = std::min(until, std::max(clock_.when(*due), steady_clock::now()) + tick_after);
    auto taken = inbox_.take(until, taken_at_once);
    note_stall(until);
    for (auto& submission : taken) {
      sequence(std::move(submission));
      if (made_.out.size() >= handed_at_once) batch_.add(made_);
    }
    hand_over();
    if (taken.empty()) {
      if (inbox_.closed()) return;
      tick_if_due();
    }
  }
}

// What comes during the sync waits in the inbox. When that is more, the journal gets it, and core and journal
// work side by side until the journal has found nothing to do. A disk that stalls is a stall of this loop:
// who answered meanwhile waits in the inbox and was in time.
void Sequencer::hand_over() {
  if (made_.out.empty()) return;
  if (made_.out.size() > few || !batch_.begin_turn()) return batch_.add(made_);
  auto const begun = steady_clock::now();
  flusher_.write(made_);
  flusher_.follow_up(inbox_.waiting() > 0);
  batch_.end_turn();
  made_.clear();
  note_stall(begun);
}

void Sequencer::enter(Command command) {
  sequence({ParticipantId{}, std::move(command), {}});
  batch_.add(made_);
}

// What earlier entries left comes first, as of their stamp. What is due comes before the command, in an entry
// of its own: should it be much, the command finds it done. A gap moves deadlines before they fire.
void Sequencer::sequence(Submission&& submission) {
  finish();
  auto const stamp = std::max(clock_.now(), core_.now());
  auto const due = core_.next_deadline();
  bool const own = std::holds_alternative<Tick>(submission.command) ||
                   std::holds_alternative<Resumed>(submission.command) || core_.rules().version < 2;
  if (due && *due <= stamp && !own) {
    sequence({ParticipantId{}, Tick{}, {}}, stamp);
    finish();
  }
  sequence(std::move(submission), stamp);
  finish();
}

void Sequencer::finish() {
  while (core_.unfinished()) {
    sequence({ParticipantId{}, Continue{}, {}}, core_.now());
    if (made_.out.size() >= handed_at_once) batch_.add(made_);  // nobody waits for the end of a long list
  }
}

void Sequencer::sequence(Submission&& submission, Stamp stamp) {
  auto& applied = made_.out.emplace_back();
  applied.cookie = submission.cookie;
  applied.entry = {Seq{core_.applied().v + 1}, stamp,
                   submission.principal,       std::move(submission.command),
                   submission.asked.session,   submission.asked.number};
  core_.expect(applied.entry);
  auto const bytes = encode(applied.entry);
  made_.bytes.insert(made_.bytes.end(), bytes.begin(), bytes.end());
  made_.ends.push_back(made_.bytes.size());
  outcome_.clear();
  auto const before = steady_clock::now();
  core_.apply(applied.entry, outcome_);
  applied.apply_ns = std::chrono::nanoseconds(steady_clock::now() - before).count();
  applied.records.assign(outcome_.records.begin(), outcome_.records.end());
}

void Sequencer::tick_if_due() {
  auto const due = core_.next_deadline();
  if (due && *due <= clock_.now()) enter(Tick{});
}

// The loop expected to be where it is at `expected`, or soon after; when it is far later, the process did not
// run or waited for its disk, and no participant answers for that time.
void Sequencer::note_stall(steady_clock::time_point expected) {
  auto const late = steady_clock::now() - expected;
  if (late < stall_from) return;
  enter(Resumed{Micros{std::chrono::duration_cast<std::chrono::microseconds>(late).count()}, false});
}

}  // namespace spillway
