#include "store/catalog.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/text.h"
#include "base/yaml.h"
#include "os/file.h"

namespace shoal::store {
namespace {

constexpr std::uint64_t kMaxDocumentBytes = 1 << 20;
constexpr std::size_t kMaxNameBytes = 100;

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > kMaxNameBytes) return false;
  auto letter_or_digit = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (!letter_or_digit(text.front())) return false;
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_file_name(std::string_view text) {
  if (text.empty() || text.size() > 255 || text.front() == '.' || text == "manifest.json") return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c != '/' && c != '\\' && c != 0x7f && (c < 0 || c >= ' '); });
}

// Reads one document and collects all that is wrong with it.
class Reader {
 public:
  CatalogEntry entry(Yaml const& root);
  std::vector<Mirror> mirrors(Yaml const& root);
  std::vector<Problem> take_problems() { return std::move(problems_); }

 private:
  void problem(Position where, std::string what, std::string hint = {}) {
    problems_.push_back({where, std::move(what), std::move(hint)});
  }
  // False, with a problem, unless `node` is a mapping. Its keys must be among `known`.
  bool open_mapping(Yaml const& node, std::string_view what, std::vector<std::string> const& known);
  Yaml const* required(Yaml const& mapping, std::string_view key);
  void version(Yaml const& root);
  std::string text(Yaml const& mapping, std::string_view key, bool is_required);
  std::string name(Yaml const& mapping, std::string_view key, bool is_required);
  std::vector<std::string> names(Yaml const& mapping, std::string_view key);
  std::uint64_t bytes(Yaml const& mapping, std::string_view key, bool is_required);
  std::optional<Sha256> sha256(Yaml const& node);
  std::vector<Assembly> sources(Yaml const& mapping);
  std::optional<Assembly> assembly(Yaml const& node);
  CatalogFile file(Yaml const& node);
  Mirror mirror(Yaml const& node);

  std::vector<Problem> problems_;
};

bool Reader::open_mapping(Yaml const& node, std::string_view what, std::vector<std::string> const& known) {
  if (!node.is_mapping()) {
    problem(node.position(), std::string(what) + " must be a mapping with the keys " + join(known, ", "));
    return false;
  }
  for (auto const& entry : node.entries()) {
    if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
      problem(entry.key_position, "unknown key `" + entry.key + "`", did_you_mean(entry.key, known));
    }
  }
  return true;
}

Yaml const* Reader::required(Yaml const& mapping, std::string_view key) {
  auto const* node = mapping.find(key);
  if (node == nullptr) problem(mapping.position(), "`" + std::string(key) + ":` is missing");
  return node;
}

void Reader::version(Yaml const& root) {
  auto const* node = required(root, "shoal");
  if (node != nullptr && (node->kind() != Yaml::Kind::integer || node->integer() != 1)) {
    problem(node->position(), "`shoal:` is the version of this format; this program knows 1");
  }
}

std::string Reader::text(Yaml const& mapping, std::string_view key, bool is_required) {
  auto const* node = is_required ? required(mapping, key) : mapping.find(key);
  if (node == nullptr) return {};
  if (!node->is_scalar() || node->text().empty()) {
    problem(node->position(), "`" + std::string(key) + ":` must be text");
    return {};
  }
  return node->text();
}

std::string Reader::name(Yaml const& mapping, std::string_view key, bool is_required) {
  std::string text = this->text(mapping, key, is_required);
  if (!text.empty() && !is_name(text)) {
    problem(mapping.find(key)->position(),
            "`" + std::string(key) + ":` has small letters, digits, `.`, `_` and `-` only",
            "for example `" + to_lower_ascii(replace_all(text, " ", "-")) + "`");
  }
  return text;
}

std::vector<std::string> Reader::names(Yaml const& mapping, std::string_view key) {
  std::vector<std::string> names;
  auto const* node = mapping.find(key);
  if (node == nullptr) return names;
  if (!node->is_sequence()) problem(node->position(), "`" + std::string(key) + ":` must be a list of names");
  for (Yaml const& item : node->items()) {
    if (item.is_scalar() && is_name(item.text())) {
      names.push_back(item.text());
    } else {
      problem(item.position(), "`" + std::string(key) + ":` takes names of small letters and digits");
    }
  }
  return names;
}

std::uint64_t Reader::bytes(Yaml const& mapping, std::string_view key, bool is_required) {
  auto const* node = is_required ? required(mapping, key) : mapping.find(key);
  if (node == nullptr) return 0;
  std::optional<std::uint64_t> bytes;
  if (node->is_scalar()) bytes = parse_bytes(node->text());
  if (!bytes || *bytes == 0) {
    problem(node->position(), "`" + std::string(key) + ":` must be a size such as 98362432 or 500MB");
    return 0;
  }
  return *bytes;
}

std::optional<Sha256> Reader::sha256(Yaml const& node) {
  auto digest = Sha256::from_hex(node.is_scalar() ? node.text() : "");
  if (digest) return *digest;
  problem(node.position(), "`sha256:` must be 64 hexadecimal digits", "`sha256sum FILE` prints them");
  return {};
}

std::optional<Assembly> Reader::assembly(Yaml const& node) {
  std::vector<std::string> texts;
  for (Yaml const& part : node.is_sequence() ? node.items() : std::vector<Yaml>{node}) {
    if (!part.is_scalar()) {
      problem(part.position(), "a source is text, or a list of texts that are joined in their order");
      return {};
    }
    texts.push_back(part.text());
  }
  auto assembly = parse_assembly(texts);
  if (assembly) return std::move(*assembly);
  problem(node.position(), assembly.error().message());
  return {};
}

std::vector<Assembly> Reader::sources(Yaml const& mapping) {
  std::vector<Assembly> sources;
  auto const* node = required(mapping, "sources");
  if (node == nullptr) return sources;
  if (!node->is_sequence() || node->items().empty()) {
    problem(node->position(), "`sources:` must be a list of at least one source");
    return sources;
  }
  for (Yaml const& item : node->items()) {
    if (auto source = assembly(item)) sources.push_back(std::move(*source));
  }
  return sources;
}

CatalogFile Reader::file(Yaml const& node) {
  CatalogFile file;
  if (!open_mapping(node, "a file", {"file", "size", "sha256", "sources", "served_by", "version"}))
    return file;
  file.file = text(node, "file", true);
  if (!file.file.empty() && !is_file_name(file.file)) {
    problem(node.find("file")->position(), "`file:` is the name of a file, without folders");
  }
  file.size = bytes(node, "size", true);
  if (auto const* digest = required(node, "sha256")) file.sha256 = sha256(*digest).value_or(Sha256{});
  file.sources = sources(node);
  file.served_by = text(node, "served_by", false);
  file.version = text(node, "version", false);
  return file;
}

CatalogEntry Reader::entry(Yaml const& root) {
  CatalogEntry entry;
  if (!open_mapping(root, "a catalogue entry",
                    {"shoal", "name", "tag", "about", "licence", "publisher", "engine", "operations", "roles",
                     "memory", "options", "files", "pulled"})) {
    return entry;
  }
  version(root);
  entry.name = name(root, "name", true);
  entry.tag = name(root, "tag", false);
  if (entry.tag.empty()) entry.tag = "latest";
  entry.about = text(root, "about", true);
  entry.licence = text(root, "licence", true);
  entry.publisher = text(root, "publisher", false);
  entry.engine = name(root, "engine", true);
  entry.operations = names(root, "operations");
  entry.roles = names(root, "roles");
  entry.memory_bytes = bytes(root, "memory", false);
  if (auto const* options = root.find("options")) {
    if (options->is_mapping()) {
      entry.options = options->to_json();
    } else {
      problem(options->position(), "`options:` must be a mapping");
    }
  }
  auto const* files = required(root, "files");
  if (files == nullptr) return entry;
  if (!files->is_sequence() || files->items().empty()) {
    problem(files->position(), "`files:` must be a list of at least one file");
  }
  std::set<std::string> seen;
  for (Yaml const& node : files->items()) {
    entry.files.push_back(file(node));
    if (!seen.insert(entry.files.back().file).second) problem(node.position(), "two files have this name");
  }
  return entry;
}

Mirror Reader::mirror(Yaml const& node) {
  Mirror mirror;
  if (!open_mapping(node, "a mirror", {"sha256", "model", "file", "sources", "first"})) return mirror;
  auto const* digest = node.find("sha256");
  auto const* model = node.find("model");
  if ((digest == nullptr) == (model == nullptr)) {
    problem(node.position(), "a mirror names either `sha256:` or `model:`");
  }
  if (digest != nullptr) mirror.sha256 = sha256(*digest);
  if (model != nullptr) {
    auto name = parse_model_name(model->is_scalar() ? model->text() : "");
    if (name) {
      mirror.model = *name;
    } else {
      problem(model->position(), name.error().message());
    }
  }
  mirror.file = text(node, "file", false);
  mirror.sources = sources(node);
  if (auto const* first = node.find("first")) {
    if (first->kind() != Yaml::Kind::boolean) problem(first->position(), "`first:` is true or false");
    mirror.first = first->boolean();
  }
  return mirror;
}

std::vector<Mirror> Reader::mirrors(Yaml const& root) {
  std::vector<Mirror> mirrors;
  if (!open_mapping(root, "a document of mirrors", {"shoal", "mirrors"})) return mirrors;
  version(root);
  auto const* list = required(root, "mirrors");
  if (list == nullptr) return mirrors;
  if (!list->is_sequence()) problem(list->position(), "`mirrors:` must be a list");
  for (Yaml const& item : list->items()) mirrors.push_back(mirror(item));
  return mirrors;
}

template <typename Read>
auto read_document(std::string_view text, std::string_view file, Read read)
    -> Result<decltype(read(std::declval<Reader&>(), std::declval<Yaml const&>()))> {
  auto root = TRY(Yaml::parse(text, file));
  Reader reader;
  auto document = read(reader, root);
  auto problems = reader.take_problems();
  if (!problems.empty()) return to_error(std::move(problems), file);
  return document;
}

std::vector<std::string> yaml_files(std::string const& folder) {
  std::vector<std::string> files;
  std::error_code failure;
  for (std::filesystem::directory_iterator it(folder, failure), end; !failure && it != end;
       it.increment(failure)) {
    auto extension = it->path().extension();
    if (extension == ".yaml" || extension == ".yml") files.push_back(it->path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<CatalogEntry> read_entry(std::string const& file) {
  auto text = TRY(os::read_file(file, kMaxDocumentBytes));
  auto entry = TRY(parse_catalog_entry(text, file));
  entry.origin = file;
  return entry;
}

bool is_same_model(ModelName const& wanted, CatalogEntry const& entry) {
  return wanted.name == entry.name && (wanted.tag.empty() || wanted.tag == entry.tag);
}

Json to_json(Assembly const& assembly) {
  if (assembly.parts.size() == 1) return assembly.parts.front().text;
  Json parts = Json::array();
  for (Source const& part : assembly.parts) parts.push(part.text);
  return parts;
}

Json to_json(std::vector<std::string> const& names) {
  Json list = Json::array();
  for (auto const& name : names) list.push(name);
  return list;
}

}  // namespace

Result<ModelName> parse_model_name(std::string_view text) {
  auto colon = text.find(':');
  ModelName model{.name = std::string(text.substr(0, colon))};
  if (colon != std::string_view::npos) model.tag = text.substr(colon + 1);
  if (!is_name(model.name) || (colon != std::string_view::npos && !is_name(model.tag))) {
    return Error(Code::invalid_argument,
                 "`" + printable(text) +
                     "` is no model's name: it is written name or name:tag, in small letters, "
                     "digits, `.`, `_` and `-`");
  }
  return model;
}

std::uint64_t CatalogEntry::size() const {
  std::uint64_t total = 0;
  for (auto const& file : files) total += file.size;
  return total;
}

Result<CatalogEntry> parse_catalog_entry(std::string_view text, std::string_view file) {
  return read_document(text, file, [](Reader& reader, Yaml const& root) { return reader.entry(root); });
}

Result<std::vector<Mirror>> parse_mirrors(std::string_view text, std::string_view file) {
  return read_document(text, file, [](Reader& reader, Yaml const& root) { return reader.mirrors(root); });
}

Json to_json(CatalogEntry const& entry) {
  Json json = Json::object({{"shoal", 1},
                            {"name", entry.name},
                            {"tag", entry.tag},
                            {"about", entry.about},
                            {"licence", entry.licence}});
  if (!entry.publisher.empty()) json.set("publisher", entry.publisher);
  json.set("engine", entry.engine);
  json.set("operations", to_json(entry.operations));
  json.set("roles", to_json(entry.roles));
  if (entry.memory_bytes > 0) json.set("memory", entry.memory_bytes);
  json.set("options", entry.options);
  Json files = Json::array();
  for (CatalogFile const& file : entry.files) {
    Json sources = Json::array();
    for (Assembly const& source : file.sources) sources.push(to_json(source));
    Json item = Json::object({{"file", file.file},
                              {"size", file.size},
                              {"sha256", file.sha256.hex()},
                              {"sources", std::move(sources)}});
    if (!file.served_by.empty()) item.set("served_by", file.served_by);
    if (!file.version.empty()) item.set("version", file.version);
    files.push(std::move(item));
  }
  json.set("files", std::move(files));
  return json;
}

Catalog Catalog::load(std::vector<std::string> const& folders, std::vector<std::string> const& mirror_files) {
  Catalog catalog;
  for (auto const& folder : folders) {
    for (auto const& file : yaml_files(folder)) {
      auto entry = read_entry(file);
      if (entry) {
        catalog.add(std::move(*entry));
      } else {
        catalog.problems_.push_back(std::move(entry).error());
      }
    }
  }
  for (auto const& file : mirror_files) {
    auto text = os::read_file(file, kMaxDocumentBytes);
    if (!text && text.error().code() == Code::not_found) continue;
    auto mirrors = text ? parse_mirrors(*text, file) : std::move(text).error();
    if (!mirrors) {
      catalog.problems_.push_back(std::move(mirrors).error());
      continue;
    }
    for (auto& mirror : *mirrors) catalog.add(std::move(mirror));
  }
  return catalog;
}

void Catalog::add(CatalogEntry entry) {
  auto key = [](CatalogEntry const& e) { return std::pair(e.name, e.tag); };
  auto place = std::lower_bound(entries_.begin(), entries_.end(), entry,
                                [&](auto const& a, auto const& b) { return key(a) < key(b); });
  if (place != entries_.end() && key(*place) == key(entry)) {
    *place = std::move(entry);
  } else {
    entries_.insert(place, std::move(entry));
  }
}

void Catalog::add(Mirror mirror) { mirrors_.push_back(std::move(mirror)); }

CatalogEntry const* Catalog::find(ModelName const& model) const {
  CatalogEntry const* found = nullptr;
  for (auto const& entry : entries_) {
    if (!is_same_model(model, entry)) continue;
    if (found == nullptr || entry.tag == "latest") found = &entry;
  }
  return found;
}

CatalogEntry const* Catalog::find(Sha256 const& sha256) const {
  auto const found = std::find_if(entries_.begin(), entries_.end(), [&](auto const& entry) {
    return entry.files.size() == 1 && entry.files.front().sha256 == sha256;
  });
  return found == entries_.end() ? nullptr : &*found;
}

CatalogEntry const* Catalog::find_source(std::string_view text) const {
  auto const found = std::find_if(entries_.begin(), entries_.end(), [&](auto const& entry) {
    auto const& sources = entry.files.front().sources;
    return entry.files.size() == 1 && std::any_of(sources.begin(), sources.end(),
                                                  [&](auto const& source) { return source.text == text; });
  });
  return found == entries_.end() ? nullptr : &*found;
}

std::vector<Assembly> Catalog::sources(CatalogEntry const& entry, CatalogFile const& file) const {
  std::vector<Assembly> before;
  std::vector<Assembly> after = file.sources;
  for (Mirror const& mirror : mirrors_) {
    bool same_file = mirror.file.empty() ? entry.files.size() == 1 : mirror.file == file.file;
    bool serves =
        mirror.sha256 ? *mirror.sha256 == file.sha256 : is_same_model(mirror.model, entry) && same_file;
    if (!serves) continue;
    auto& place = mirror.first ? before : after;
    place.insert(place.end(), mirror.sources.begin(), mirror.sources.end());
  }
  before.insert(before.end(), after.begin(), after.end());
  return before;
}

}  // namespace shoal::store
