// gateway/server/src/feed.cpp - who reads slowly gets fewer tops, never wrong ones: each one is the present
// state.
#include "feed.hpp"

namespace spillway {
namespace {

std::optional<msg::Level> best(std::vector<Level> const& levels) {
  if (levels.empty()) return std::nullopt;
  return msg::Level{levels.front().price, levels.front().lots};
}

std::vector<msg::BookTop> tops_of(FollowerView const& view, std::vector<InstrumentId> const& instruments) {
  std::vector<msg::BookTop> tops;
  for (auto const id : instruments)
    tops.push_back({id, view.seq, best(view.core.book().asks(id, 1)), best(view.core.book().bids(id, 1))});
  return tops;
}

}  // namespace

void Feed::subscribe(Peer& peer, msg::Subscribe const& wanted) {
  if (wanted.topics == 0) return forget(peer);
  subscribers_[&peer] = {wanted.topics, {wanted.instruments.begin(), wanted.instruments.end()}};
  // The present state first: everything that the newcomer may want counts as touched.
  for (auto const& [id, instrument] : hub_.instruments())
    if (subscribers_[&peer].wants(msg::topic_top, id)) dirty_.insert(id);
}

void Feed::on_released(Released const& released) {
  if (subscribers_.empty()) return;
  for (auto const& record : released.records) {
    if (record.head.kind != RecordKind::fill) continue;
    auto const fill = record.as<record::Fill>();
    InstrumentId const id{fill.instrument};
    msg::Trade const trade{id, released.entry.seq, PriceIndex{fill.price}, Lots{fill.lots},
                           released.entry.stamp};
    for (auto const& [peer, subscription] : subscribers_)
      if (subscription.wants(msg::topic_trades, id)) peer->send(trade);
  }
}

void Feed::touched(std::vector<InstrumentId> const& instruments) {
  if (!subscribers_.empty()) dirty_.insert(instruments.begin(), instruments.end());
}

void Feed::flush() {
  if (dirty_.empty()) return;
  std::vector<InstrumentId> const wanted(dirty_.begin(), dirty_.end());
  dirty_.clear();
  hub_.pipeline().follower().query(Seq{}, [this, wanted](FollowerView const& view) {
    wire::post(hub_.where(), [this, tops = tops_of(view, wanted)] { send_tops(tops); });
  });
}

void Feed::send_tops(std::vector<msg::BookTop> const& tops) {
  for (auto const& [peer, subscription] : subscribers_)
    for (auto const& top : tops)
      if (subscription.wants(msg::topic_top, top.instrument)) peer->send(top);
}

}  // namespace spillway
