// The passages of a shelf in a SQLite database in its folder, searchable by words. One thread at a time, and
// one process: a second one is told that it is in use.
//
// The database is index.db with a write-ahead log beside it: one flush to disk a change, and the state before
// or behind a change whenever the process or the machine stops. As no other process may have it open, no
// shared memory file is needed; temporary data stay in memory. So nothing but the folder is written to.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "value/records.h"

namespace shoal::index_engine {

struct Document {
  std::string name;
  std::string title;
  std::int64_t pages = 0;  // 0: not known
  std::string hash;        // of the document's content
  std::string digest;      // of what was made of it: its title and passages
};

struct ListedDocument {
  Document document;
  std::int64_t passages = 0;
};

class ShelfIndex {
 public:
  // Makes the database where there is none. unsupported: a newer program wrote it. invalid_argument: it is
  // damaged. busy: another process has it open and does not close it in time.
  static Result<std::unique_ptr<ShelfIndex>> open(std::string const& folder, int busy_timeout_ms = 3000);
  // Once before the first open(), while all files can be opened: the library takes its seed.
  static void prepare_library();

  ShelfIndex(ShelfIndex const&) = delete;
  ShelfIndex& operator=(ShelfIndex const&) = delete;
  ~ShelfIndex();

  enum class Change { added, replaced, unchanged };
  // All of the document's passages or none; unchanged where hash and digest are what they were.
  Result<Change> put(Document const& document, std::vector<value::Passage> const& passages);
  // not_found names the nearest document. Gives the passages that were deleted.
  Result<std::int64_t> remove(std::string const& name);
  Result<std::vector<ListedDocument>> list();

  // The best passages first (BM25, the document's title counts as well), each with the document's name and
  // title and a score above zero. Empty where no word of the query is found. A query of stop words is
  // searched for as it is.
  Result<std::vector<value::Passage>> search(std::string_view query, std::int64_t top);

  // Asked often during the next operations; where it gives true, they undo what they did and give
  // `cancelled`.
  void set_stop(std::function<bool()> stop);
  std::uint64_t memory_bytes() const;

 private:
  struct Parts;
  explicit ShelfIndex(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace shoal::index_engine
