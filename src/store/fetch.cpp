#include "store/fetch.h"

namespace shoal::store {
namespace {

Result<void> fetch_part(Source const& part, PartFile& file, FetchContext const& context) {
  if (file.skip_part(part.text)) return {};
  TRY(file.begin_part());
  auto const begin = file.position();
  TRY(part.kind->fetch(part, file, context));
  return file.end_part(begin, part.text);
}

}  // namespace

Result<void> fetch(Assembly const& source, PartFile& file, FetchContext const& context) {
  auto const& size = file.wanted().size;
  if (size && file.missing(0, *size).empty()) return {};  // an earlier try was killed before it could say so
  // Bytes of one whole file are as good from another server: they are kept, and only what is missing comes.
  if (source.parts.size() == 1) return source.parts.front().kind->fetch(source.parts.front(), file, context);
  auto of_parts = context;
  of_parts.is_whole = false;
  for (auto const& part : source.parts) TRY(fetch_part(part, file, of_parts).within(part.text));
  return {};
}

}  // namespace shoal::store
