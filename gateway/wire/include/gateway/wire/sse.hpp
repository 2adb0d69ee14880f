// gateway/wire/sse.hpp - server-sent events: read from an engine, written to a client.
// Room:   gateway, target wire; sees the standard library only. Pure: bytes in, events out.
// Errors: none stop the parser; lines without meaning and events over the bound are skipped and counted.
// Source: the event stream format of the HTML standard, section 9.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace spillway::wire {

struct SseEvent {
  std::string event;  // its type; empty when none was given
  std::string data;   // data lines joined with LF
  std::string id;     // of this event; empty when none was given

  friend bool operator==(SseEvent const&, SseEvent const&) = default;
};

/// Feed bytes in any pieces, then take events until there is none. Splitting the bytes differently gives the
/// same events. An event that the stream ends without its blank line is not delivered, as the standard says.
class SseParser {
 public:
  /// `event_bytes`: largest sum of an event's field values, and longest line.
  explicit SseParser(std::size_t event_bytes = std::size_t{1} << 20) : event_bytes_(event_bytes) {}

  void feed(std::string_view bytes);
  [[nodiscard]] std::optional<SseEvent> next();

  [[nodiscard]] std::uint64_t comments() const { return comments_; }
  [[nodiscard]] std::uint64_t skipped_lines() const { return skipped_lines_; }    // unknown field names
  [[nodiscard]] std::uint64_t dropped_events() const { return dropped_events_; }  // over the bound

 private:
  void keep(std::string_view part_of_line);
  void end_line();
  void on_line(std::string_view line);
  void on_field(std::string_view name, std::string_view value);
  void end_event();

  std::size_t event_bytes_;
  std::deque<SseEvent> ready_;
  std::string line_;        // the part of the line that has come
  bool line_over_ = false;  // the line is longer than the bound; its end is not kept
  bool after_cr_ = false;   // an LF that comes next belongs to the CR before it
  bool first_line_ = true;  // a byte order mark may stand on it

  SseEvent event_;
  bool has_data_ = false;
  bool event_over_ = false;
  std::uint64_t comments_ = 0, skipped_lines_ = 0, dropped_events_ = 0;
};

/// One event as it goes on the wire; line breaks in `data` become further data lines.
[[nodiscard]] std::string sse_event(std::string_view data, std::string_view event = {},
                                    std::string_view id = {});
/// A comment keeps the connection alive and means nothing; line breaks become spaces.
[[nodiscard]] std::string sse_comment(std::string_view text);

}  // namespace spillway::wire
