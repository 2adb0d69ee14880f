// gateway/wire/src/sse.cpp - the event stream format, line by line.
// Room:   gateway, target wire; standard library only.
#include "gateway/wire/sse.hpp"

#include <utility>

namespace spillway::wire {

void SseParser::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    auto const end = bytes.find_first_of("\r\n");
    keep(bytes.substr(0, end));
    if (end == std::string_view::npos) return;
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    end_line();
  }
}

std::optional<SseEvent> SseParser::next() {
  if (ready_.empty()) return std::nullopt;
  std::optional<SseEvent> event(std::move(ready_.front()));
  ready_.pop_front();
  return event;
}

// A line may be longer than an event by its field name; "data: " and its like fit in the margin.
void SseParser::keep(std::string_view part_of_line) {
  auto const room = event_bytes_ + 16 - line_.size();
  if (part_of_line.size() > room) line_over_ = true;
  line_.append(part_of_line.substr(0, room));
}

void SseParser::end_line() {
  std::string_view line = line_;
  if (std::exchange(first_line_, false) && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  if (line_over_ && !line.starts_with(':')) {
    event_over_ = true;
  } else {
    on_line(line);
  }
  line_.clear();
  line_over_ = false;
}

void SseParser::on_line(std::string_view line) {
  if (line.empty()) return end_event();
  auto const colon = line.find(':');
  if (colon == 0) {
    ++comments_;
    return;
  }
  auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  on_field(line.substr(0, colon), value);
}

void SseParser::on_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    auto const held = event_.event.size() + event_.id.size() + event_.data.size();
    if (event_over_ || held + value.size() + 1 > event_bytes_) {
      event_over_ = true;
      return;
    }
    if (has_data_) event_.data += '\n';
    event_.data += value;
    has_data_ = true;
  } else if (name == "event") {
    event_.event = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) event_.id = value;
  } else if (name != "retry") {
    ++skipped_lines_;
  }
}

void SseParser::end_event() {
  auto const held = event_.event.size() + event_.id.size() + event_.data.size();
  if (event_over_ || held > event_bytes_) {
    ++dropped_events_;
  } else if (has_data_) {
    ready_.push_back(std::move(event_));
  }
  event_ = {};
  has_data_ = event_over_ = false;
}

std::string sse_event(std::string_view data, std::string_view event, std::string_view id) {
  std::string out;
  out.reserve(data.size() + event.size() + id.size() + 24);
  auto const one_line = [&](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value.substr(0, value.find_first_of("\r\n"))).append("\n");
  };
  if (!event.empty()) one_line("event", event);
  if (!id.empty()) one_line("id", id);
  for (;;) {
    auto const end = data.find_first_of("\r\n");
    one_line("data", data);
    if (end == std::string_view::npos) break;
    data.remove_prefix(data.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  out += '\n';
  return out;
}

std::string sse_comment(std::string_view text) {
  std::string out = ": ";
  for (char const c : text) out += c == '\r' || c == '\n' ? ' ' : c;
  out += "\n\n";
  return out;
}

}  // namespace spillway::wire
