#include "engines/llama/file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace shoal::llama_engine {

Result<Stream> open_stream(engine::ModelFile const& file) {
  auto const failed = [&] {
    return Error(Code::engine_failed, std::string("cannot read the file: ") + std::strerror(errno));
  };
  if (file.descriptor < 0) return Error(Code::invalid_argument, "no file: a GGUF model is one file");
  int const own = dup(file.descriptor);
  if (own < 0) return failed();
  Stream stream(fdopen(own, "rb"));
  if (!stream) {
    auto error = failed();
    close(own);
    return error;
  }
  if (std::fseek(stream.get(), 0, SEEK_SET) != 0) return failed();
  return stream;
}

Result<Stream> open_part(std::string const& path) {
  Stream stream(std::fopen(path.c_str(), "rbe"));
  if (stream) return stream;
  return Error(Code::engine_failed, "cannot read " + path + ": " + std::strerror(errno));
}

}  // namespace shoal::llama_engine
