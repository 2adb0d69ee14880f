// apps/spillway/trade_order.cpp - spillway trade place and preview: one order, and what becomes of it.
// Room:   apps. Output: content on standard output as it comes, the rest on standard error; with --json one
// message per line on standard output.
#include <chrono>
#include <fstream>
#include <iterator>

#include "apps/trade/pages.hpp"
#include "apps/trade/told.hpp"
#include "market/json.hpp"
#include "trade_flags.hpp"

namespace spillway {
namespace {

// Rises with every order of this machine, and names the same order when it is typed again with --client.
ClientOrderId fresh_client() {
  auto const now = std::chrono::system_clock::now().time_since_epoch();
  return ClientOrderId{
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count())};
}

void say_content(msg::ChunkToBuyer const& chunk) {
  std::fwrite(chunk.content.data(), 1, chunk.content.size(), stdout);
  std::fflush(stdout);
}

int wait_for_end(TradeFlags const& flags, ExchangeLink& link, OrderId order) {
  link.stop_on_signals();
  for (;;) {
    auto const message = link.receive();
    if (!message) return failed(link.stopped() ? "stopped waiting" : message.error().sentence);
    if (flags.json)
      std::printf("%s\n", json_text(*message).c_str());
    else if (auto const* const chunk = std::get_if<msg::ChunkToBuyer>(&*message))
      say_content(*chunk);
    auto const end = order_end(*message, order);
    if (!end) continue;
    if (!flags.json) std::printf("\n");
    std::fflush(stdout);
    std::fprintf(stderr, "%s\n", end->line.c_str());
    return end->well ? exit_done : exit_failed;
  }
}

}  // namespace

std::expected<msg::PlaceOrder, std::string> typed_order(TradeFlags const& flags) {
  auto form = flags.form;
  if (!flags.prompt_file.empty()) {
    std::ifstream file(flags.prompt_file, std::ios::binary);
    form.prompt.assign(std::istreambuf_iterator<char>(file), {});
    if (!file || form.prompt.empty())
      return std::unexpected("--prompt-file " + flags.prompt_file + " can't be read, or is empty");
  }
  return order_of(form, fresh_client());
}

int place_order(TradeFlags const& flags) {
  auto const order = typed_order(flags);
  if (!order) return failed(order.error(), exit_misused);
  return with_link(flags, [&](ExchangeLink& link) {
    auto const answer = link.ask(*order);
    auto const id = answer ? std::to_string(answer->id) : std::string();
    int const placed = report(flags, answer,
                              "order " + id + ", client " + std::to_string(order->client.v) +
                                  (answer && answer->repeat ? ", as before" : ""));
    std::fflush(stdout);
    // A token order dies with the connection that carries its prompt; what never rests has its end already.
    bool const at_once = order->tif == TimeInForce::ioc || order->tif == TimeInForce::fok;
    bool const stay = flags.wait || at_once || order->wanted.product == ProductKind::tokens;
    if (placed != exit_done || !stay || answer->repeat) return placed;
    return wait_for_end(flags, link, OrderId{answer->id});
  });
}

int preview_order(TradeFlags const& flags) {
  auto with_prompt = flags;
  if (with_prompt.form.prompt.empty() && with_prompt.prompt_file.empty() && !with_prompt.form.models.empty())
    with_prompt.form.prompt = "?";  // nothing is sent to an engine; --input says how much it would be
  auto const order = typed_order(with_prompt);
  if (!order) return failed(order.error(), exit_misused);
  return with_link(flags, [&](ExchangeLink& link) {
    msg::Read read;
    read.kind = msg::ReadKind::preview;
    read.place_order = *order;
    read.place_order->prompt.clear();
    auto const document = link.read(read);
    if (!document) return failed(document.error().sentence);
    auto const page = page_of(read.kind, *document);
    if (!page) return failed(page.error());
    std::printf("%s%s", flags.json ? document->c_str() : page->c_str(), flags.json ? "\n" : "");
    return exit_done;
  });
}

void add_order_form(CLI::App& verb, TradeFlags& flags) {
  auto& form = flags.form;
  verb.add_option("--tokens", form.models, "tokens of this model; several: any of them")->delimiter(',');
  verb.add_option("--input", form.input,
                  "input tokens; without it counted from the prompt, three bytes a token");
  verb.add_option("--output", form.output, "output tokens at most");
  verb.add_option("--prompt", form.prompt, "text, or an OpenAI chat-completions body");
  verb.add_option("--prompt-file", flags.prompt_file, "the same from a file");
  verb.add_flag("--re-run", form.re_run,
                "when a started job fails, run it again instead of paying for the part");
  verb.add_option("--capacity", form.capacity, "accelerators, such as 1 or 0.5");
  verb.add_option("--term", form.term_s, "seconds of a lease; without it until released");
  verb.add_option("--limit", form.limit, "most you pay, per million tokens or accelerator-hour; on the grid");
  verb.add_flag("--market", form.market, "take what is there now, --limit is the worst price");
  verb.add_option("--tif", form.tif, "ioc, fok, gtc (capacity) or timed (tokens)");
  verb.add_option("--good-for-ms", form.good_for_ms, "how long a timed order waits");
  verb.add_option("--class", form.classes, "accelerator classes")->delimiter(',');
  verb.add_option("--within", form.within, "places, any of them")->delimiter(',');
  verb.add_option("--outside", form.outside, "places, none of them")->delimiter(',');
  verb.add_option("--tier", form.tier, "fast, standard; warm, cold");
  verb.add_option("--origin", form.origin, "us, cn or other");
  verb.add_option("--pue", form.pue, "power usage effectiveness at most, such as 1.2");
  verb.add_option("--green", form.green, "share of green power at least, such as 0.8");
  verb.add_option("--place", form.place, "where you are, a leaf of the place table");
  verb.add_option("--network-ms", form.network_ms, "round trip at most");
  verb.add_option("--ready-ms", form.ready_ms, "first token, or usable, after at most");
  verb.add_flag("--near", form.near, "among equal prices the nearer");
  verb.add_option("--client", form.client, "your number of this order: the same number never buys twice");
}

}  // namespace spillway
