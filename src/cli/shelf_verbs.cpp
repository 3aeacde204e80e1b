#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "cli/execute.h"
#include "cli/explain.h"
#include "cli/render.h"
#include "cli/shelf_files.h"
#include "cli/verbs.h"
#include "runtime/files.h"
#include "runtime/ledger.h"
#include "value/json.h"

namespace shoal::cli {
namespace {

using value::Value;

constexpr char const* kDefaultShelf = "default";

Option shelf_option() { return {"--shelf", "", "NAME", "Which shelf; `default` if none is named"}; }

std::string shelf_of(Arguments const& arguments) { return arguments.value("--shelf", kDefaultShelf); }

// "1 page", "3 pages".
std::string counted(std::int64_t count, std::string const& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// The names of the shelves in the home.
std::vector<std::string> shelves_of(runtime::Runtime& home) {
  std::vector<std::string> names;
  for (auto const& engine : home.library().engines()) {
    if (engine.engine != "index") continue;
    std::error_code failed;
    for (auto const& entry :
         std::filesystem::directory_iterator(home.home().data + "/" + engine.folder_under, failed)) {
      names.push_back(entry.path().filename().string());
    }
  }
  return names;
}

Result<void> require_shelf(runtime::Runtime& home, std::string const& shelf) {
  TRY(runtime::require_plain_name("--shelf", shelf));
  auto const names = shelves_of(home);
  if (std::find(names.begin(), names.end(), shelf) != names.end()) return {};
  auto const option = shelf == kDefaultShelf ? std::string() : " --shelf " + shelf;
  return Error(Code::not_found, "there is no shelf `" + shelf + "` yet" + suggest(shelf, names) +
                                    "; `shoal shelf add FILES…" + option + "` makes it");
}

// Runs something of the shelf and gives its outputs.
struct ShelfAnswer {
  std::string run;
  Value outputs;
  Json route;
  Json ledger;
  bool checks_failed = false;
};
Result<ShelfAnswer> ask_shelf(Session& session, std::string const& name, Value inputs,
                              std::string label = {}) {
  auto& home = *TRY(session.home());
  RunWishes wishes;
  wishes.label = std::move(label);
  Runnable const runnable{TRY(home.library().link(name)), name};
  auto result = execute(session, runnable, std::move(inputs), std::move(wishes));
  auto outputs = TRY(std::move(result.outputs));
  return ShelfAnswer{result.run, std::move(outputs), std::move(result.route), std::move(result.ledger),
                     result.checks_failed};
}

// --- add

struct Added {
  Value outputs;
  Json ledger;
  bool is_empty = false;  // the file
};
Result<Added> add_file(Session& session, std::string const& shelf, std::string const& path,
                       Arguments const& arguments) {
  auto const pipeline = TRY(adding_pipeline(path, TRY(runtime::media_type_of_bytes(path))));
  auto const document = TRY(runtime::open_file(path));
  auto inputs = Value::record({{"shelf", shelf}, {"name", document_name(path)}, {"document", document}});
  for (std::string const name : {"language", "password"}) {
    if (pipeline == "shelf-add" && arguments.has("--" + name))
      inputs = inputs.with(name, arguments.value("--" + name));
  }
  auto answer = TRY(ask_shelf(session, pipeline, std::move(inputs), shown_name(document_name(path))));
  return Added{std::move(answer.outputs), std::move(answer.ledger), document->size() == 0};
}

std::string sentence_of(std::string const& file, Value const& outputs, bool is_empty) {
  auto const& state = outputs["state"].as_text();
  auto text = file + ": " + state;
  if (is_empty) return text + ", but the file is empty";
  if (state == "unchanged") return text;
  auto const passages = outputs["passages"].as_integer();
  text += passages > 0 ? ", " + counted(passages, "passage") : ", but no text was found in it";
  auto const& title = outputs["title"].as_text();
  if (!title.empty()) text += " (" + title + ")";
  auto const missing = std::ssize(outputs["missing"].as_list());
  return missing == 0 ? text : text + "; without " + counted(missing, "page") + " that could not be read";
}

class Adding {
 public:
  Adding(Session& session, Arguments const& arguments) : session_(session), arguments_(arguments) {}

  void failed(std::string const& file, Error const& error) {
    failures_.push_back(exit_status(error.code()));
    session_.complain((file.empty() ? "" : shown_name(file) + ": ") + error.message());
    Json entry = to_json(error);
    entry.set("file", file);
    files_.push(std::move(entry));
  }

  Result<void> add(std::string const& shelf, std::string const& path) {
    auto const name = document_name(path);
    auto const answer = add_file(session_, shelf, path, arguments_);
    if (!answer) {
      if (answer.error().code() == Code::cancelled) return answer.error();
      failed(name, answer.error());
      return {};
    }
    auto const& outputs = answer->outputs;
    ledgers_.push_back(answer->ledger);
    auto entry = Json::object({{"file", name},
                               {"state", outputs["state"].as_text()},
                               {"passages", outputs["passages"].as_integer()},
                               {"title", outputs["title"].as_text()}});
    if (!outputs["missing"].as_list().empty()) entry.set("missing", value::to_json(outputs["missing"]));
    files_.push(std::move(entry));
    if (!session_.json()) session_.print(sentence_of(shown_name(name), outputs, answer->is_empty));
    complain_of_missing(session_, outputs);
    return {};
  }

  int finish(std::string const& shelf) {
    auto const ledger = runtime::sum_of(ledgers_);
    if (session_.json())
      session_.print_json(Json::object({{"shelf", shelf}, {"files", files_}, {"ledger", ledger}}));
    if (!ledgers_.empty()) session_.account_for(ledger);
    return status();
  }

 private:
  // That of all documents where all failed alike.
  int status() const {
    if (failures_.empty()) return 0;
    auto const same = std::count(failures_.begin(), failures_.end(), failures_.front());
    return same == std::ssize(files_.as_array()) ? failures_.front() : 1;
  }

  Session& session_;
  Arguments const& arguments_;
  Json files_ = Json::array();
  std::vector<Json> ledgers_;
  std::vector<int> failures_;  // their statuses
};

// A person may have named a folder without knowing what lies below it.
Result<Documents> find_wanted(Session& session, Arguments const& arguments) {
  constexpr std::size_t kMostEntriesUnasked = 300'000;
  if (arguments.has("--yes")) return find_documents(arguments.positionals);
  auto documents = find_documents(arguments.positionals, kMostEntriesUnasked);
  if (!are_surprisingly_many(documents)) return documents;
  auto const what = count_of(documents) + " are below " + printable(join(arguments.positionals, ", "));
  if (session.interactive() && session.confirm(what + ". Read them all?"))
    return documents.is_cut ? find_documents(arguments.positionals) : documents;
  return Error(Code::invalid_argument,
               what + ", and nothing was read: name a smaller folder, or `--yes` reads them all");
}

Result<int> add(Session& session, Arguments const& arguments) {
  TRY(runtime::require_plain_name("--shelf", shelf_of(arguments)));
  auto const documents = TRY(find_wanted(session, arguments));
  TRY(prepare(session, "shelf-add"));
  TRY(prepare(session, "shelf-add"));
  Adding adding(session, arguments);
  for (auto const& error : documents.errors) adding.failed("", error);
  for (auto const& file : documents.files) TRY(adding.add(shelf_of(arguments), file));
  return adding.finish(shelf_of(arguments));
}

// --- search, ask

// Of a passage or a citation, whose words are `text`.
Place place_of(Value const& found, std::string const& text) {
  return place_in(found["document"].as_text(), found["page"].as_integer(), found["line"].as_integer(), text);
}

Json with_lines(Json json, Place const& place) {
  if (place.first_line > 0) json.set("lines", Json::array({place.first_line, place.last_line}));
  return json;
}

Json hit_of(Value const& passage) {
  auto json = Json::object({{"id", passage["id"].as_text()},
                            {"file", passage["document"].as_text()},
                            {"page", passage["page"].as_integer()},
                            {"score", passage["score"].as_number()},
                            {"text", passage["text"].as_text()}});
  return with_lines(std::move(json), place_of(passage, passage["text"].as_text()));
}

// Something with a letter or a digit in it.
Result<void> require_words(Arguments const& arguments, std::string const& what) {
  auto const text = join(arguments.positionals, " ");
  bool const says = std::any_of(text.begin(), text.end(), [](unsigned char c) {
    return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  if (says) return {};
  return Error(Code::invalid_argument, "give " + what + "; `" + printable(text) + "` has no words");
}

std::string shown_place(Value const& found, std::string const& text) {
  return shown_name(found["document"].as_text()) + to_string(place_of(found, text));
}

Result<int> search(Session& session, Arguments const& arguments) {
  auto& home = *TRY(session.home());
  TRY(require_words(arguments, "words to look for"));
  auto const top = TRY(arguments.integer("--top", 10, 1, 1000));
  TRY(require_shelf(home, shelf_of(arguments)));
  auto const answer = TRY(ask_shelf(
      session, "index.search",
      Value::record(
          {{"shelf", shelf_of(arguments)}, {"query", join(arguments.positionals, " ")}, {"top", top}})));
  auto const& hits = answer.outputs["hits"].as_list();
  if (session.json()) {
    Json found = Json::array();
    for (auto const& hit : hits) found.push(hit_of(hit));
    session.print_json(Json::object({{"hits", std::move(found)}}));
    return 0;
  }
  for (auto const& hit : hits) {
    auto const& text = hit["text"].as_text();
    session.print(shown_place(hit, text) + "\n  " + fit(trim(text), 160));
  }
  if (hits.empty()) session.note("nothing on this shelf has words of that");
  return 0;
}

Json citation_of(Value const& citation) {
  auto json = Json::object({{"file", citation["document"].as_text()},
                            {"page", citation["page"].as_integer()},
                            {"quote", citation["quote"].as_text()},
                            {"boxes", value::to_json(citation["boxes"])}});
  return with_lines(std::move(json), place_of(citation, citation["quote"].as_text()));
}

Result<int> ask(Session& session, Arguments const& arguments) {
  auto& home = *TRY(session.home());
  TRY(require_shelf(home, shelf_of(arguments)));
  TRY(require_words(arguments, "a question"));
  TRY(prepare(session, "shelf-ask"));
  auto const result = TRY(ask_shelf(
      session, "shelf-ask",
      Value::record({{"shelf", shelf_of(arguments)}, {"question", join(arguments.positionals, " ")}})));
  auto const& outputs = result.outputs;
  bool const abstained = outputs["abstained"].as_boolean();
  auto const& citations = outputs["citations"].as_list();
  if (session.json()) {
    Json cited = Json::array();
    for (auto const& citation : citations) cited.push(citation_of(citation));
    session.print_json(Json::object({{"answer", outputs["answer"].as_text()},
                                     {"abstained", abstained},
                                     {"citations", std::move(cited)},
                                     {"checks_failed", result.checks_failed},
                                     {"route", result.route},
                                     {"ledger", result.ledger}}));
  } else if (abstained) {
    session.print("Not found in this shelf.");
  } else {
    session.print(outputs["answer"].as_text());
    for (auto const& citation : citations) {
      auto const& quote = citation["quote"].as_text();
      session.print("  " + shown_place(citation, quote) + ": “" + replace_all(quote, "\n", " ") + "”");
    }
  }
  if (result.checks_failed) session.complain("the answer did not pass its checks; --explain says why");
  if (arguments.has("--explain")) {
    session.note(trim(explain(TRY(explained(home.journal(), result.run)), result.route)));
  }
  session.account_for(result.ledger);
  return 0;
}

// --- list, rm

Result<Value::List> documents_of(Session& session, std::string const& shelf) {
  auto& home = *TRY(session.home());
  TRY(require_shelf(home, shelf));
  auto const answer = TRY(ask_shelf(session, "index.list", Value::record({{"shelf", shelf}})));
  return answer.outputs["documents"].as_list();
}

Result<int> list(Session& session, Arguments const& arguments) {
  auto const documents = TRY(documents_of(session, shelf_of(arguments)));
  Json found = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (auto const& document : documents) {
    auto const pages = document["pages"].as_integer();
    auto const passages = document["passages"].as_integer();
    auto const& title = document["title"].as_text();
    found.push(Json::object({{"file", document["name"].as_text()},
                             {"title", title},
                             {"pages", pages},
                             {"passages", passages},
                             {"hash", document["hash"].as_text()}}));
    rows.push_back({shown_name(document["name"].as_text()), pages > 0 ? counted(pages, "page") : "",
                    counted(passages, "passage"), title});
  }
  if (session.json()) {
    session.print_json(Json::object({{"shelf", shelf_of(arguments)}, {"documents", std::move(found)}}));
  } else if (!rows.empty()) {
    session.print(table(rows));
  }
  return 0;
}

class Removing {
 public:
  Removing(Session& session, std::string shelf) : session_(session), shelf_(std::move(shelf)) {}

  // A document, or the folder of many.
  Result<void> remove(std::string const& word, std::vector<std::string>& names) {
    auto const document = find_document(word, names);
    auto const meant = document ? std::vector{*document} : documents_in(word, names);
    if (meant.empty()) return document.error();
    std::int64_t passages = 0;
    for (auto const& name : meant) {
      passages += TRY(remove_one(name));
      std::erase(names, name);
    }
    if (session_.json()) return {};
    auto const counted_passages = counted(passages, "passage");
    session_.print(document ? shown_name(*document) + ": removed, " + counted_passages
                            : replace_all(word, "\n", "\\n") + ": " + counted(std::ssize(meant), "document") +
                                  " removed, " + counted_passages);
    return {};
  }

  void finish() {
    if (session_.json()) session_.print_json(Json::object({{"shelf", shelf_}, {"removed", removed_}}));
  }

 private:
  Result<std::int64_t> remove_one(std::string const& name) {
    auto const answer =
        TRY(ask_shelf(session_, "index.remove", Value::record({{"shelf", shelf_}, {"name", name}})));
    auto const passages = answer.outputs["removed"].as_integer();
    removed_.push(Json::object({{"file", name}, {"passages", passages}}));
    return passages;
  }

  Session& session_;
  std::string shelf_;
  Json removed_ = Json::array();
};

Result<int> remove(Session& session, Arguments const& arguments) {
  auto const shelf = shelf_of(arguments);
  std::vector<std::string> names;
  for (auto const& document : TRY(documents_of(session, shelf))) names.push_back(document["name"].as_text());
  Removing removing(session, shelf);
  for (auto const& word : arguments.positionals) TRY(removing.remove(word, names));
  removing.finish();
  return 0;
}

Verb shelf_verb(std::string const& name, std::string positionals, std::string about, std::string example,
                Result<int> (*run)(Session&, Arguments const&)) {
  Verb verb;
  verb.name = "shelf " + name;
  verb.about = std::move(about);
  verb.example = std::move(example);
  verb.min_positionals = positionals.empty() ? 0 : 1;
  verb.max_positionals = positionals.empty() ? 0 : -1;
  verb.positionals = std::move(positionals);
  verb.options = {shelf_option()};
  verb.run = run;
  return verb;
}

}  // namespace

std::vector<Verb> shelf_verbs() {
  auto adding =
      shelf_verb("add", "FILES…", "Read PDFs, page images and text files, and put their text on a shelf",
                 "shoal shelf add letters/ report.pdf", add);
  adding.details =
      "Folders are searched for PDFs, images, .txt, .md, and .jsonl of {id, title, text}. A file that is on "
      "the shelf already costs nothing, a "
      "changed\n"
      "one is read anew, a broken one is reported and the others go on (exit status 1). So do the other "
      "pages of one\n"
      "with a page that cannot be read; which these are is said (exit status 0). Folders with more than a "
      "thousand\n"
      "documents are read with --yes, or when you say so on the terminal.";
  adding.options.push_back(
      {"--language", "", "CODE", "Of the print, as Tesseract names it: eng, deu, eng+fra"});
  adding.options.push_back({"--password", "", "TEXT", "Opens encrypted PDFs"});
  adding.options.push_back({"--yes", "", "", "Do not ask, however many documents the folders have"});
  auto searching = shelf_verb("search", "QUERY…", "Find the passages with the words of a query",
                              "shoal shelf search \"window glass\" --top 3", search);
  searching.options.push_back({"--top", "", "N", "How many, 10 if not said"});
  auto asking = shelf_verb("ask", "QUESTION…", "Answer a question from a shelf, with the pages that say so",
                           "shoal shelf ask \"What tax fell on glass?\"", ask);
  asking.options.push_back(
      {"--explain", "", "", "Say which steps ran or were cached, and which rungs of tasks were tried"});
  asking.details =
      "Every quote stands word for word on the page that is named. What nothing supports is not answered.";
  return {adding, searching, asking,
          shelf_verb("list", "", "List the documents of a shelf", "shoal shelf list", list),
          shelf_verb("rm", "FILES…", "Take documents off a shelf, or all below a folder",
                     "shoal shelf rm report.pdf letters/", remove)};
}

}  // namespace shoal::cli
