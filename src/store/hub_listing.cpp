#include "store/hub_listing.h"

#include <algorithm>
#include <map>

#include "base/json.h"
#include "base/text.h"
#include "store/source_kind.h"
#include "store/unlisted.h"

namespace shoal::store {
namespace {

constexpr std::size_t kMostChoices = 40;

// The files of one model.
struct Choice {
  std::vector<std::string> paths;
  std::uint64_t size = 0;
};
using Choices = std::map<std::string, Choice>;  // by the path without a part

bool is_model(std::string_view path) {
  auto const name = to_lower_ascii(file_name_of(path));
  // Eyes and ears of another model, and what quantisers measured.
  return name.ends_with(".gguf") && name.find("mmproj") == std::string::npos && !name.starts_with("imatrix");
}

Choices choices_among(std::vector<HubFile> const& files) {
  Choices choices;
  for (auto const& file : files) {
    if (!is_model(file.path)) continue;
    auto& choice = choices[without_part(file.path)];
    choice.paths.push_back(file.path);
    choice.size += file.size;
  }
  for (auto& [name, choice] : choices) std::sort(choice.paths.begin(), choice.paths.end());
  return choices;
}

std::string stem_of(std::string const& path) {
  auto const name = file_name_of(path);
  return name.substr(0, name.size() - std::string_view(".gguf").size());
}

// What `hf:ORG/REPO:…` calls it.
std::string label_of(std::string const& path) {
  auto const name = file_name_of(path);
  auto const quantisation = quantisation_in(name);
  return quantisation.empty() ? stem_of(path) : std::string(quantisation);
}

bool is_meant(std::string const& path, std::string const& wanted) {
  auto const word = to_lower_ascii(wanted);
  return to_lower_ascii(label_of(path)) == word || to_lower_ascii(stem_of(path)) == word;
}

std::string list(Choices const& choices, std::string const& repository) {
  std::map<std::string, int> labels;
  for (auto const& [path, choice] : choices) ++labels[label_of(path)];
  std::string text;
  std::size_t said = 0;
  for (auto const& [path, choice] : choices) {
    if (++said > kMostChoices)
      return text + "\n  … and " + std::to_string(choices.size() - kMostChoices) + " more";
    bool const is_alone = labels[label_of(path)] == 1 && is_word(label_of(path), "._-");
    text += "\n  shoal pull hf:" + repository +
            (is_alone ? ":" + label_of(path) : "/" + choice.paths.front()) + "   " + human_bytes(choice.size);
    if (choice.paths.size() > 1) text += " in " + std::to_string(choice.paths.size()) + " files";
  }
  return text;
}

Result<std::vector<std::string>> whole(Choice const& choice) {
  auto parts = TRY(all_parts(choice.paths.front()));
  if (parts.size() == choice.paths.size()) return parts;
  return Error(Code::not_found, "of the " + std::to_string(parts.size()) + " parts of " +
                                    without_part(choice.paths.front()) + " the repository has " +
                                    std::to_string(choice.paths.size()));
}

}  // namespace

Result<std::vector<HubFile>> read_hub_listing(std::string_view page, std::string_view repository) {
  auto const document = Json::parse(page);
  if (!document || !document->is_array()) {
    return Error(Code::invalid_argument,
                 "what the hub gives for " + std::string(repository) + " is no list of files");
  }
  std::vector<HubFile> files;
  for (auto const& item : document->as_array()) {
    if (item["type"].as_string() != "file" || !is_inner_path(item["path"].as_string())) continue;
    auto const size = item["size"].as_integer();
    files.push_back({std::string(item["path"].as_string()), size > 0 ? static_cast<std::uint64_t>(size) : 0});
  }
  return files;
}

std::string_view next_page(std::string_view link_header) {
  while (true) {
    auto const begin = link_header.find('<');
    auto const end = link_header.find('>', begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) return {};
    auto const address = link_header.substr(begin + 1, end - begin - 1);
    link_header.remove_prefix(end + 1);
    auto const relations = link_header.substr(0, link_header.find('<'));
    if (relations.find("rel=\"next\"") != std::string_view::npos ||
        relations.find("rel=next") != std::string_view::npos)
      return address;
  }
}

Result<std::vector<std::string>> choose_hub_model(std::vector<HubFile> const& files,
                                                  std::string const& repository, std::string const& wanted) {
  auto const all = choices_among(files);
  if (all.empty()) return Error(Code::not_found, repository + " has no GGUF file");
  auto fitting = all;
  if (!wanted.empty()) {
    std::erase_if(fitting, [&](auto const& choice) { return !is_meant(choice.first, wanted); });
    if (fitting.empty()) {
      return Error(Code::not_found,
                   repository + " has no `" + printable(wanted) + "`; it has" + list(all, repository));
    }
  }
  if (fitting.size() == 1) return whole(fitting.begin()->second);
  return Error(Code::invalid_argument, repository + " has " + std::to_string(fitting.size()) + " models" +
                                           (wanted.empty() ? "" : " called " + printable(wanted)) +
                                           "; say which:" + list(fitting, repository));
}

}  // namespace shoal::store
