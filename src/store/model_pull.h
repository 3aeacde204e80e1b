// One pull of one model, under its lock: all files into a folder beside the models, then one rename. Used by
// ModelStore only.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "net/egress.h"
#include "store/catalog.h"
#include "store/fetch.h"
#include "store/models.h"

namespace shoal::store {

// How many bytes of the file a pull into the folder `incoming` that was broken off has left.
std::uint64_t bytes_there_of(CatalogFile const& file, std::string const& incoming);

class ModelPull {
 public:
  struct Parts {
    net::Egress& egress;
    net::EgressAccount& account;
    Clock const& clock;
    Hubs const& hubs;
    std::string models;    // the folder of all models, for messages
    std::string incoming;  // what is written
    std::string place;     // where it goes
    std::function<std::vector<Assembly>(CatalogEntry const&, CatalogFile const&)> sources;
    std::function<std::optional<ModelTwin>(CatalogFile const&)> twin;
  };
  // The hash of a file whose `sha256` is zero is not known; what comes must then be a model that is
  // recognised.
  ModelPull(CatalogEntry entry, Parts parts, PullOptions const& options)
      : entry_(std::move(entry)), parts_(std::move(parts)), options_(options) {}

  Result<Model> run();

 private:
  Result<void> prepare();
  Result<void> look_for_room() const;
  Result<void> bring(CatalogFile& file);
  bool link_twin(CatalogFile& file);
  Result<void> try_source(CatalogFile& file, Assembly const& source);
  Result<void> write_from(CatalogFile& file, Assembly const& source, PartFile& part);
  PartFile::Wanted wanted(CatalogFile const& file);
  std::string partial(CatalogFile const& file) const;
  Error explain_disk_error(PartFile const& part, Error const& error) const;
  Error none_served(CatalogFile const& file, std::vector<Error> const& failures) const;
  Result<Model> put_in_place();
  void begin_progress(CatalogFile const& file, Assembly const& source, std::uint64_t have);
  void progress(std::uint64_t bytes_of_file, bool always);

  CatalogEntry entry_;
  Parts parts_;
  PullOptions const& options_;
  bool is_final_ = false;     // the last error concerns us, not the source
  bool has_changed_ = false;  // the last source left other bytes in the file than there were
  std::uint64_t done_bytes_ = 0;
  PullProgress progress_;
  MonotonicTime began_;
  MonotonicTime reported_;
  std::uint64_t began_with_ = 0;
};

}  // namespace shoal::store
