// One file of a web server, over several connections where the server gives ranges. Broken connections are
// taken up again; a file that changes meanwhile is an error.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "net/egress.h"
#include "store/part_file.h"
#include "store/source_kind.h"

namespace shoal::store {

struct WebFile {
  std::string url;
  net::HttpRequest::Headers headers;  // secrets among them stay with the host of `url`
  // Sees the head of each answer, redirects too, before a body is taken; may be empty. Any thread.
  std::function<Result<void>(net::HttpResponse const&)> check;
};

// What the server says of the file: size and version. At most one byte is taken.
Result<SourceFacts> ask(WebFile const& web, FetchContext const& context);

// Brings what is missing of the file from file.position() on. The calling thread hashes what comes.
Result<void> download(WebFile const& web, PartFile& file, FetchContext const& context);

}  // namespace shoal::store
