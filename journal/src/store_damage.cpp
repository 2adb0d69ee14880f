// journal/src/store_damage.cpp - walks the pages of a store's file without the library, which trusts what it
// maps: a page that is cut off or overwritten would end the process.
// Source: the format of LMDB 0.9 (mdb.c).
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <utility>
#include <vector>

#include "file.hpp"
#include "journal/store.hpp"

namespace spillway {
namespace {

// Offsets in bytes, as on 64-bit machines with the machine's own byte order.
constexpr std::uint64_t page_header = 16, node_header = 8, tree_bytes = 48;
constexpr std::uint32_t meta_magic = 0xBEEFC0DE, meta_version = 1;
constexpr std::uint64_t no_page = ~std::uint64_t{0};
constexpr unsigned branch = 1, leaf = 2, overflow = 4;     // a page's flags
constexpr unsigned fleeting = 0xC010;                      // those of pages still in memory
constexpr unsigned value_in_pages = 1, value_is_tree = 2;  // a node's flags
constexpr unsigned integer_key = 8;                        // of the tree of free pages
constexpr std::size_t deepest = 32;
constexpr std::uint64_t most_unwritten = 4096;

struct Broken {
  std::string why;
};

struct Tree {
  std::uint16_t flags{}, depth{};
  std::uint64_t root{};
};

class Walk {
 public:
  explicit Walk(ByteView file) : file_(file) {}

  void run() {
    auto const at = newest_meta();
    last_page_ = read<std::uint64_t>(at + 120);
    // Pages at the end that were freed before they were written need not be there.
    if (last_page_ < 1 || last_page_ > file_.size() / page_bytes_ + most_unwritten)
      throw Broken{"the file has " + std::to_string(file_.size()) + " bytes, its head needs page " +
                   std::to_string(last_page_)};
    seen_.assign(last_page_ + 1, false);
    walk(tree_at(at + 24), true);
    walk(tree_at(at + 24 + tree_bytes), false);
  }

 private:
  template <class T>
  [[nodiscard]] T read(std::uint64_t at) const {
    if (at > file_.size() || file_.size() - at < sizeof(T)) throw Broken{"the file is too short"};
    T value;
    std::memcpy(&value, file_.data() + at, sizeof value);
    return value;
  }

  // Two heads are written in turn. As the library does, both must be whole, and the newer counts.
  std::uint64_t newest_meta() {
    page_bytes_ = read<std::uint32_t>(page_header + 24);
    if (page_bytes_ < 512 || page_bytes_ > 65536 || (page_bytes_ & (page_bytes_ - 1)) != 0)
      throw Broken{"the first head names no size of pages"};
    std::uint64_t const first = page_header, second = page_bytes_ + page_header;
    for (auto const at : {first, second})
      if (read<std::uint32_t>(at) != meta_magic || read<std::uint32_t>(at + 4) != meta_version ||
          read<std::uint32_t>(at + 24) != page_bytes_)
        throw Broken{"one of its two heads is overwritten"};
    return read<std::uint64_t>(first + 128) > read<std::uint64_t>(second + 128) ? first : second;
  }

  [[nodiscard]] Tree tree_at(std::uint64_t at) const {
    return {read<std::uint16_t>(at + 4), read<std::uint16_t>(at + 6), read<std::uint64_t>(at + 40)};
  }

  [[noreturn]] static void broken(std::uint64_t page, char const* why) {
    throw Broken{"page " + std::to_string(page) + " " + why};
  }

  [[nodiscard]] std::uint64_t start_of(std::uint64_t page, std::uint64_t pages) const {
    if (page + pages > file_.size() / page_bytes_) broken(page, "is cut off");
    return page * page_bytes_;
  }

  void take(std::uint64_t page) {
    if (page < 2 || page > last_page_) broken(page, "lies outside the file");
    if (seen_[page]) broken(page, "is used twice");
    seen_[page] = true;
  }

  void walk(Tree const& tree, bool of_free_pages) {
    if ((tree.flags & 0x7fff) != (of_free_pages ? integer_key : 0U))
      throw Broken{"a table has flags that it was not made with"};
    if (tree.root == no_page && tree.depth == 0) return;
    if (tree.depth == 0 || tree.depth > deepest) throw Broken{"a table is deeper than any can be"};
    walk_page(tree.root, tree.depth, of_free_pages);
  }

  void walk_page(std::uint64_t page, std::size_t levels, bool of_free_pages) {
    take(page);
    auto const base = start_of(page, 1);
    unsigned const kind = levels > 1 ? branch : leaf;
    if (read<std::uint64_t>(base) != page) broken(page, "carries another number");
    if ((read<std::uint16_t>(base + 10) & ~fleeting) != kind) broken(page, "is of another kind");
    auto const lower = read<std::uint16_t>(base + 12);
    std::uint64_t const upper = read<std::uint16_t>(base + 14);
    if (lower < page_header || lower > upper || upper > page_bytes_ || lower % 2 != 0)
      broken(page, "has bounds outside itself");
    std::uint64_t const count = (lower - page_header) / 2;
    if (count < (kind == branch ? 2 : 1)) broken(page, "is empty");
    for (std::uint64_t i = 0; i < count; ++i) {
      std::uint64_t const node = read<std::uint16_t>(base + page_header + 2 * i);
      if (node < upper || node + node_header > page_bytes_) broken(page, "has a row outside itself");
      walk_node(page, node, levels, of_free_pages);
    }
  }

  void walk_node(std::uint64_t page, std::uint64_t node, std::size_t levels, bool of_free_pages) {
    auto const at = page * page_bytes_ + node;
    std::uint64_t const low = read<std::uint16_t>(at) | std::uint64_t{read<std::uint16_t>(at + 2)} << 16;
    auto const flags = read<std::uint16_t>(at + 4);
    std::uint64_t const value = node + node_header + read<std::uint16_t>(at + 6);
    if (value > page_bytes_) broken(page, "has a key that runs out of it");
    if (levels > 1) return walk_page(low | std::uint64_t{flags} << 32, levels - 1, of_free_pages);
    if (flags == value_in_pages) {
      if (value + 8 > page_bytes_) broken(page, "has a row that runs out of it");
      auto const first = read<std::uint64_t>(page * page_bytes_ + value);
      take_run(first, low);
      if (of_free_pages) free_list(page, first * page_bytes_ + page_header, low);
      return;
    }
    if (value + low > page_bytes_) broken(page, "has a row that runs out of it");
    if (of_free_pages && flags == 0) return free_list(page, page * page_bytes_ + value, low);
    if (flags == value_is_tree && low == tree_bytes && !of_free_pages)
      return walk(tree_at(page * page_bytes_ + value), false);
    if (flags != 0) broken(page, "has a row of an unknown kind");
  }

  void take_run(std::uint64_t first, std::uint64_t bytes) {
    if (first < 2 || first > last_page_) broken(first, "lies outside the file");
    auto const base = start_of(first, 1);
    if (read<std::uint64_t>(base) != first || (read<std::uint16_t>(base + 10) & ~fleeting) != overflow)
      broken(first, "is of another kind");
    std::uint64_t const pages = read<std::uint32_t>(base + 12);
    if (pages != (page_header - 1 + bytes) / page_bytes_ + 1) broken(first, "has another length");
    (void)start_of(first, pages);
    for (std::uint64_t i = 0; i < pages; ++i) take(first + i);
  }

  /// A count, then that many numbers of pages.
  void free_list(std::uint64_t page, std::uint64_t at, std::uint64_t bytes) {
    auto const count = bytes < 8 ? no_page : read<std::uint64_t>(at);
    if (count > bytes / 8 - (bytes < 8 ? 0 : 1)) broken(page, "lists more free pages than it has room for");
    for (std::uint64_t i = 1; i <= count; ++i) take(read<std::uint64_t>(at + 8 * i));
  }

  ByteView file_;
  std::uint64_t page_bytes_{}, last_page_{};
  std::vector<bool> seen_;
};

struct Mapped {
  void* at = MAP_FAILED;
  std::size_t bytes = 0;
  Mapped(int fd, std::size_t n) : at(::mmap(nullptr, n, PROT_READ, MAP_SHARED, fd, 0)), bytes(n) {}
  ~Mapped() {
    if (at != MAP_FAILED) ::munmap(at, bytes);
  }
  Mapped(Mapped const&) = delete;
  Mapped& operator=(Mapped const&) = delete;
};

/// Size, number and times of a file. The last one moves with every write, and nobody can set it back.
std::string looks(struct stat const& file) {
  std::string text;
  for (auto const n :
       {static_cast<long long>(file.st_dev), static_cast<long long>(file.st_ino),
        static_cast<long long>(file.st_size), static_cast<long long>(file.st_mtim.tv_sec),
        static_cast<long long>(file.st_mtim.tv_nsec), static_cast<long long>(file.st_ctim.tv_sec),
        static_cast<long long>(file.st_ctim.tv_nsec)})
    text += std::to_string(n) + ' ';
  return text + '\n';
}

constexpr char const* note_name = "closed";
constexpr std::size_t longest_note = 256;

}  // namespace

// Times of files move in ticks of some milliseconds. Once the clock stands behind the file's own time, no
// later write can leave it at that time.
void Store::vouch(std::filesystem::path const& folder) {
  struct stat file {};
  if (::stat((folder / "data.mdb").c_str(), &file) != 0) return;
  for (int tries = 0;; ++tries) {
    timespec now{};
    if (tries == 100 || ::clock_gettime(CLOCK_REALTIME_COARSE, &now) != 0) return;
    if (std::pair(now.tv_sec, now.tv_nsec) > std::pair(file.st_ctim.tv_sec, file.st_ctim.tv_nsec)) break;
    ::usleep(1'000);
  }
  auto const note = looks(file);
  auto to = File::open(folder / note_name, O_WRONLY | O_CREAT | O_TRUNC, 0640);
  if (to) (void)to->write_at(0, as_byte_view(note));
}

bool Store::vouched(std::filesystem::path const& folder) {
  auto const note = read_text(folder / note_name, longest_note);
  if (!note || !*note) return false;
  // It speaks of the file as it is now: gone before anybody writes, also when the machine stops.
  if (::unlink((folder / note_name).c_str()) != 0 || !sync_folder(folder)) return false;
  struct stat file {};
  return ::stat((folder / "data.mdb").c_str(), &file) == 0 && **note == looks(file);
}

std::string Store::damage(std::filesystem::path const& folder) {
  auto const path = folder / "data.mdb";
  int const fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};  // opening the store says why
  std::error_code unread;
  auto const bytes = std::filesystem::file_size(path, unread);
  if (unread || bytes == 0) return ::close(fd), std::string();  // an empty file is a new store
  Mapped const file(fd, static_cast<std::size_t>(bytes));
  ::close(fd);
  if (file.at == MAP_FAILED) return {};
  try {
    Walk(ByteView(static_cast<std::byte const*>(file.at), file.bytes)).run();
  } catch (Broken const& broken) {
    return path.string() + ": " + broken.why;
  }
  return {};
}

}  // namespace spillway
