// apps/witness/src/follow.cpp - two requests a look: the head, and the proof from the one before; more when
// the log's key was changed.
#include "apps/witness/follow.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <vector>

#include "exchange/key_change.hpp"
#include "gateway/wire/client.hpp"
#include "journal/tlog_proof.hpp"

namespace spillway {
namespace {

/// More than anybody changes keys while a witness is away.
constexpr std::size_t most_changes_at_once = 64;

/// Far more than an entry, its way through the tree and a head under a few keys need.
constexpr std::size_t largest_change_bytes = 128 * 1024;

/// `refused`: the exchange answered, and its answer ends the work.
struct Failure {
  std::string sentence;
  bool refused = false;
  bool unknown = false;  // it says that there is no such thing
};
template <class T>
using Got = std::expected<T, Failure>;

std::unexpected<Failure> away(std::string sentence) {
  return std::unexpected(Failure{std::move(sentence), false});
}
std::unexpected<Failure> refused(std::string sentence) {
  return std::unexpected(Failure{std::move(sentence), true});
}

std::uint64_t seconds_now() {
  auto const now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

wire::HttpCall call_for(FollowOptions const& options, std::string const& path) {
  wire::HttpCall call;
  call.url = options.exchange;
  call.url.target = "/audit/" + path;
  call.tls = options.trust;
  call.limits.body_bytes = largest_note_bytes;
  return call;
}

wire::awaitable<Got<std::string>> get(FollowOptions const& options, std::string path) {
  auto const where = co_await wire::current_executor();
  auto call = call_for(options, path);
  auto reply = co_await wire::http_request(where, std::move(call));
  if (!reply) co_return away(options.exchange.authority() + ": " + reply.error().text);
  if (reply->status != 200) {
    auto failure = away(options.exchange.authority() + " answers " + std::to_string(reply->status) +
                        " to /audit/" + path);
    failure.error().unknown = reply->status == 404;
    co_return failure;
  }
  co_return std::move(reply->body);
}

wire::awaitable<Got<std::vector<Hash256>>> proof_between(FollowOptions const& options, std::uint64_t old_size,
                                                         std::uint64_t new_size) {
  std::vector<Hash256> none;
  if (old_size == 0 || new_size <= old_size) co_return none;
  auto path = "proof/consistency/" + std::to_string(old_size) + "/" + std::to_string(new_size);
  auto const text = co_await get(options, std::move(path));
  if (!text) co_return std::unexpected(text.error());
  auto proof = parse_proof_lines(*text);
  if (!proof) co_return away(options.exchange.authority() + ": " + proof.error().reason);
  co_return std::move(*proof);
}

/// Whether somebody under the log's name, but with another key, signed the note.
bool another_key(std::string const& note, NoteVerifier const& log) {
  auto const parsed = parse_note(note);
  return parsed && std::ranges::any_of(parsed->signatures, [&](NoteSignature const& signature) {
           return signature.name == log.name() && signature.key_id != log.key_id();
         });
}

/// The changes that lead from the key we know to one that signed the note; none when they do not.
wire::awaitable<Got<std::vector<KeyLink>>> changes_to(NoteVerifier const& known, FollowOptions const& options,
                                                      std::string const& note) {
  NoteVerifier from = known;
  std::vector<KeyLink> links;
  std::vector<Checkpoint> heads;
  std::optional<Checkpoint> shown;
  while (!shown && links.size() < most_changes_at_once) {
    auto path = "key-change/" + key_id_text(from.key_id());
    auto const text = co_await get(options, std::move(path));
    if (!text && text.error().unknown) co_return std::vector<KeyLink>();
    if (!text) co_return std::unexpected(text.error());
    if (text->size() > largest_change_bytes) co_return refused("a change of the log's key is too long");
    auto const change = check_key_change(*text, from);
    if (!change) co_return refused("the log's new key is not taken: " + change.error());
    links.push_back({*text, {}});
    heads.push_back(change->head);
    from = change->after;
    if (auto const head = open_checkpoint(note, from); head) shown = *head;
  }
  if (!shown) co_return std::vector<KeyLink>();
  for (std::size_t i = 0; i < links.size(); ++i) {
    auto hashes = co_await proof_between(options, heads[i].size, shown->size);
    if (!hashes) co_return std::unexpected(hashes.error());
    links[i].hashes = std::move(*hashes);
  }
  co_return std::move(links);
}

/// A key that follows the one we know is taken by its proofs alone; a stranger's line changes nothing.
wire::awaitable<Got<bool>> follow_key(WitnessBook& book, FollowOptions const& options,
                                      std::string const& note) {
  if (!another_key(note, book.log())) co_return false;
  auto const links = co_await changes_to(book.log(), options, note);
  if (!links) co_return std::unexpected(links.error());
  if (links->empty()) co_return false;
  auto const old = key_id_text(book.log().key_id());
  if (auto const taken = book.adopt(*links, note); !taken) co_return refused(taken.error());
  if (options.say)
    options.say("the log's key " + old + " is followed by " + book.log().vkey() + ", as " +
                (links->size() == 1 ? "an entry says" : std::to_string(links->size()) + " entries say") +
                " under both signatures");
  co_return true;
}

wire::awaitable<Got<bool>> look(WitnessBook& book, FollowOptions const& options) {
  std::string path = "checkpoint";
  auto const note = co_await get(options, std::move(path));
  if (!note) co_return std::unexpected(note.error());
  auto const followed = co_await follow_key(book, options, *note);
  if (!followed) co_return std::unexpected(followed.error());
  auto const head = book.read(*note);
  if (!head)
    co_return refused(options.exchange.authority() +
                      " shows a head that cannot be cosigned: " + head.error());
  auto const proof = co_await proof_between(options, book.last().size, head->size);
  if (!proof) co_return std::unexpected(proof.error());
  auto const cosigned = book.consider(*note, *proof, seconds_now());
  if (!cosigned) co_return refused(cosigned.error());
  co_return *cosigned;
}

wire::awaitable<void> look_until_refused(WitnessBook& book, FollowOptions const& options,
                                         std::expected<void, std::string>& end) {
  auto const say = [&](std::string const& line) {
    if (options.say) options.say(line);
  };
  std::string trouble;  // what was said last; once is enough
  for (;;) {
    auto const cosigned = co_await look(book, options);
    if (!cosigned && (options.once || cosigned.error().refused)) {
      end = std::unexpected(cosigned.error().sentence);
      co_return;
    }
    if (!cosigned && cosigned.error().sentence != trouble) say(cosigned.error().sentence + "; trying again");
    if (cosigned && !trouble.empty()) say("the exchange answers again");
    trouble = cosigned ? std::string() : cosigned.error().sentence;
    if (cosigned && *cosigned) say("cosigned " + std::to_string(book.last().size) + " entries and seals");
    if (options.once) co_return;
    co_await wire::sleep_for(options.every);
  }
}

}  // namespace

std::expected<void, std::string> follow(WitnessBook& book, FollowOptions const& options) {
  boost::asio::io_context loop{1};
  std::expected<void, std::string> end;
  std::exception_ptr broke;
  wire::spawn(loop.get_executor(), look_until_refused(book, options, end),
              [&](std::exception_ptr error) { broke = error; });
  loop.run();
  if (broke) std::rethrow_exception(broke);
  return end;
}

}  // namespace spillway
