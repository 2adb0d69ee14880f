// apps/spillway/trade.cpp - spillway trade: what a buyer types.
// Room:   apps.
#include "apps/trade/pages.hpp"
#include "apps/trade/price_text.hpp"
#include "apps/trade/told.hpp"
#include "market/account.hpp"
#include "market/decimal.hpp"
#include "market/json.hpp"
#include "trade_flags.hpp"

namespace spillway {
namespace {

constexpr char const* which_order = "name the ORDER, or your own number of it with --client";

int amend(TradeFlags const& flags) {
  if (flags.order == 0 && flags.client == 0) return failed(which_order, exit_misused);
  msg::AmendOrder message{0, OrderId{flags.order}, ClientOrderId{flags.client}, {}, {}};
  auto const limit = parse_price(flags.limit);
  if (!limit) return failed(limit.error(), exit_misused);
  message.limit = *limit;
  if (!flags.quantity.empty()) {
    auto const milli = parse_milli(flags.quantity);
    if (!milli) return failed("--capacity must be a number of accelerators, such as 1 or 0.5", exit_misused);
    message.quantity = Lots{*milli};
  }
  return with_link(flags, [&](ExchangeLink& link) { return report(flags, link.ask(message), "amended"); });
}

int cancel(TradeFlags const& flags) {
  if (flags.order == 0 && flags.client == 0) return failed(which_order, exit_misused);
  msg::CancelOrder const message{0, OrderId{flags.order}, ClientOrderId{flags.client}};
  return with_link(flags, [&](ExchangeLink& link) { return report(flags, link.ask(message), "cancelled"); });
}

int cancel_own(TradeFlags const& flags) {
  return with_link(flags, [&](ExchangeLink& link) {
    return report(flags, link.ask(msg::CancelAll{}), "all that you have at rest is cancelled");
  });
}

int release(TradeFlags const& flags) {
  msg::ReleaseLease const message{0, LeaseId{flags.lease}};
  return with_link(flags, [&](ExchangeLink& link) {
    return report(flags, link.ask(message), "lease " + std::to_string(flags.lease) + " released");
  });
}

std::string unit_of(TradeFlags const& flags) {
  return "unit " + std::to_string(flags.unit) + " of node " + std::to_string(flags.node);
}

int post_bond(TradeFlags const& flags) {
  return with_link(flags, [&](ExchangeLink& link) {
    return report(flags, link.ask(msg::BondPost{0, NodeId{flags.node}, flags.unit}),
                  "the bond of " + unit_of(flags) + " is posted");
  });
}

int take_bond(TradeFlags const& flags) {
  return with_link(flags, [&](ExchangeLink& link) {
    return report(flags, link.ask(msg::BondTake{0, NodeId{flags.node}, flags.unit}),
                  "the bond of " + unit_of(flags) + " is in your funds again");
  });
}

int show(TradeFlags const& flags, msg::ReadKind kind) {
  auto const account = account_kind_named(flags.account);
  if (!account) return failed("ACCOUNT is funds, escrow, earnings, bond or frozen", exit_misused);
  return with_link(flags, [&](ExchangeLink& link) {
    msg::Read read;
    read.account = static_cast<std::uint16_t>(*account);
    read.from_us = Stamp{flags.from_us}, read.to_us = Stamp{flags.to_us};
    read.kind = kind;
    read.order = OrderId{flags.order};
    read.instrument = InstrumentId{flags.instrument};
    read.most = flags.most;
    auto const document = link.read(read);
    if (!document) return failed(document.error().sentence);
    auto const page = page_of(kind, *document);
    if (!page) return failed(page.error());
    std::printf("%s%s", flags.json ? document->c_str() : page->c_str(), flags.json ? "\n" : "");
    return exit_done;
  });
}

std::expected<InstrumentNames, ClientError> names_of(ExchangeLink& link) {
  msg::Read read;
  read.kind = msg::ReadKind::instruments;
  read.most = 10'000;
  auto const document = link.read(read);
  if (!document) return std::unexpected(document.error());
  return instrument_names(*document);
}

// Instruments are listed while we watch: an unknown one is asked for once.
bool names_a_stranger(ServerMessage const& message, InstrumentNames const& names) {
  if (auto const* const top = std::get_if<msg::BookTop>(&message)) return !names.contains(top->instrument);
  if (auto const* const trade = std::get_if<msg::Trade>(&message)) return !names.contains(trade->instrument);
  return false;
}

int watch(TradeFlags const& flags) {
  return with_link(flags, [&](ExchangeLink& link) {
    auto names = names_of(link);
    if (!names) return failed(names.error().sentence);
    msg::Subscribe wanted;
    wanted.topics = msg::topic_top | msg::topic_trades;
    if (flags.instrument != 0) wanted.instruments = {InstrumentId{flags.instrument}};
    auto const subscribed = link.ask(wanted);
    if (!subscribed) return failed(subscribed.error().sentence);
    link.stop_on_signals();
    for (;;) {
      auto const message = link.receive();
      if (!message) return link.stopped() ? exit_done : failed(message.error().sentence);
      if (names_a_stranger(*message, *names))
        if (auto fresh = names_of(link)) names = std::move(fresh);
      auto const line = feed_line(*message, *names);
      if (!line) continue;
      std::printf("%s\n", flags.json ? json_text(*message).c_str() : line->c_str());
      std::fflush(stdout);
    }
  });
}

auto shower(msg::ReadKind kind) {
  return [kind](TradeFlags const& flags) { return show(flags, kind); };
}

}  // namespace

void add_trade(CLI::App& app, int& status) {
  auto const flags = std::make_shared<TradeFlags>();
  auto* const trade = app.add_subcommand("trade", "the buyer's verbs");
  trade->require_subcommand(1);
  trade->fallthrough();
  flags->add_to(*trade);
  auto verb = [&](char const* name, char const* about, auto run) {
    auto* const sub = trade->add_subcommand(name, about);
    sub->callback([flags, &status, run] {
      if (flags->credentials.empty()) {
        status = failed("name your key file with --credentials", exit_misused);
        return;
      }
      status = run(*flags);
    });
    return sub;
  };
  auto* const place = verb("place", "place an order; a token order waits for its answer", place_order);
  add_order_form(*place, *flags);
  place->add_flag("--wait", flags->wait, "capacity: stay until the order is filled, cancelled or expired");
  add_order_form(*verb("preview", "what an order would get now, and what it would hold", preview_order),
                 *flags);
  auto by_order = [&](CLI::App* sub) {
    auto* const order = sub->add_option("ORDER", flags->order, "the order's number");
    auto* const client = sub->add_option("--client", flags->client, "or your own number of it");
    order->excludes(client);
    return sub;
  };
  auto* const amending = by_order(verb("amend", "change the price, or the quantity of capacity", amend));
  amending->add_option("--limit", flags->limit, "the new limit")->required();
  amending->add_option("--capacity", flags->quantity, "the new quantity in accelerators");
  by_order(verb("cancel", "cancel an order", cancel));
  verb("cancel-all", "cancel all your orders and offers that rest", cancel_own);
  verb("release", "end a lease", release)
      ->add_option("LEASE", flags->lease, "the lease's number")
      ->required();
  auto by_unit = [&](CLI::App* sub) {
    sub->add_option("NODE", flags->node, "the node's number")->required();
    sub->add_option("UNIT", flags->unit, "the unit's number within the node, from 0")->required();
  };
  by_unit(verb("post-bond", "of a provider: post what the bond of a unit lacks", post_bond));
  by_unit(verb("take-bond", "of a provider: take back the bond of a unit that is done", take_bond));
  verb("why", "why an order is not filled, and what to relax", shower(msg::ReadKind::why))
      ->add_option("ORDER", flags->order, "the order's number")
      ->required();
  verb("book", "the ladder of one instrument", shower(msg::ReadKind::book))
      ->add_option("INSTRUMENT", flags->instrument, "its number in `instruments`")
      ->required();
  verb("watch", "best prices and trades as they come, until Ctrl-C", watch)
      ->add_option("INSTRUMENT", flags->instrument, "only this one");
  auto list = [&](char const* name, char const* about, msg::ReadKind kind) {
    verb(name, about, shower(kind))->add_option("--most", flags->most, "rows at most")->capture_default_str();
  };
  list("orders", "your orders", msg::ReadKind::orders);
  list("jobs", "your jobs", msg::ReadKind::jobs);
  list("leases", "your leases", msg::ReadKind::leases);
  list("balances", "your accounts", msg::ReadKind::balances);
  auto* const postings =
      verb("postings", "what moved on one of your accounts, oldest first", shower(msg::ReadKind::postings));
  postings->add_option("ACCOUNT", flags->account, "funds, escrow, earnings, bond, frozen")
      ->capture_default_str();
  postings->add_option("--from", flags->from_us, "stamps from here, in UTC microseconds");
  postings->add_option("--to", flags->to_us, "and before here");
  postings->add_option("--most", flags->most, "rows at most")->capture_default_str();
  list("instruments", "what is listed, with best prices", msg::ReadKind::instruments);
}

}  // namespace spillway
