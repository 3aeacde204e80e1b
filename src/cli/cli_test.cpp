#include "cli/cli.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "cli/testing.h"

namespace shoal::cli {
namespace {

constexpr std::string_view kGreet = R"(shoal: 1
pipeline: greet
about: Says hello.
inputs:
  name: text
  sign: {type: text, default: "!"}
steps:
  words: {use: template, with: {template: "Hello {{ name }}{{ sign }}", name: $name, sign: $sign}}
outputs:
  text: $words
)";

Json parsed(std::string const& text) {
  auto json = Json::parse(text);
  EXPECT_TRUE(json) << text;
  return json ? *json : Json();
}

TEST(Cli, VersionAndHelpOpenNothing) {
  Shell shell;
  EXPECT_EQ(shell.run({"--version"}).out, "shoal 1.2.3\n");
  auto const overview = shell.run({"--help"});
  for (auto const* verb : {"run", "check", "shelf add", "pull", "doctor"}) {
    EXPECT_NE(overview.out.find(verb), std::string::npos) << verb;
    auto words = std::vector<std::string>{verb, "--help"};
    if (std::string_view(verb) == "shelf add") words = {"shelf", "add", "-h"};
    auto const help = shell.run(words);
    EXPECT_EQ(help.status, 0);
    EXPECT_NE(help.out.find("Example:\n  shoal "), std::string::npos) << verb;
  }
  EXPECT_EQ(shell.homes_opened, 0);
}

TEST(Cli, WrongUsageIsStatusTwoAndSaysWhatWasMeant) {
  Shell shell;
  auto const verb = shell.run({"modles"});
  EXPECT_EQ(verb.status, 2);
  EXPECT_EQ(verb.out, "");
  EXPECT_EQ(verb.error,
            "shoal: there is no verb `modles`; did you mean `models`? `shoal --help` lists them\n");
  EXPECT_EQ(shell.run({"shelf"}).error, "shoal: `shoal shelf` wants one more word: add search ask list rm\n");
  EXPECT_EQ(shell.run({"run"}).status, 2);
  EXPECT_EQ(shell.run({"models", "--jsn"}).status, 2);
  EXPECT_EQ(shell.homes_opened, 0);
}

TEST(Cli, HelpIsFoundInAllWaysThatPeopleAskForIt) {
  Shell shell;
  auto const page = shell.run({"run", "--help"}).out;
  EXPECT_EQ(shell.run({"help", "run"}).out, page);
  EXPECT_EQ(shell.run({"help"}).out, shell.run({"--help"}).out);
  auto const shelf = shell.run({"shelf", "--help"}).out;
  EXPECT_NE(shelf.find("shelf ask"), std::string::npos);
  EXPECT_EQ(shelf.find("  pull"), std::string::npos);
  EXPECT_EQ(shell.run({"help", "me"}).status, 2);
  EXPECT_NE(shell.run({"ask", "why?"}).error.find("did you mean `shoal shelf ask`?"), std::string::npos);
  EXPECT_NE(shell.run({"version"}).error.find("did you mean `--version`?"), std::string::npos);
  EXPECT_NE(shell.run({"show", "smollm2"}).error.find("smollm2-135m"), std::string::npos);
}

TEST(Cli, RunPrintsTheAnswerAndNothingElse) {
  Shell shell;
  auto const file = shell.folder().write("greet.yaml", kGreet);
  auto const run = shell.run({"run", file, "Ada", "--in", "sign=?"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.out, "Hello Ada?\n");
  EXPECT_NE(run.error.find("nothing left this machine"), std::string::npos);
  EXPECT_EQ(shell.run({"-q", "run", file, "Ada"}).error, "");
}

TEST(Cli, RunReadsWhatIsPipedIn) {
  Shell shell;
  shell.terminal.input = false;
  shell.input = "Grace";
  auto const file = shell.folder().write("greet.yaml", kGreet);
  EXPECT_EQ(shell.run({"run", file, "-q"}).out, "Hello Grace!\n");
}

TEST(Cli, RunAsJsonHasTheShapeOfTheSurfaces) {
  Shell shell;
  auto const file = shell.folder().write("greet.yaml", kGreet);
  auto const run = shell.run({"run", file, "Ada", "--json"});
  auto const document = parsed(run.out);
  EXPECT_EQ(document["outputs"], Json::object({{"text", "Hello Ada!"}}));
  EXPECT_TRUE(document["route"].is_array());
  EXPECT_EQ(document["ledger"]["bytes_off_machine"], Json(0));
  EXPECT_EQ(document["run"].as_string().size(), 12u);

  auto const runs = parsed(shell.run({"runs", "--json"}).out);
  ASSERT_EQ(runs.as_array().size(), 1u);
  EXPECT_EQ(runs.as_array()[0]["run"], document["run"]);
  EXPECT_EQ(runs.as_array()[0]["name"], Json("greet"));
  EXPECT_EQ(runs.as_array()[0]["state"], Json("done"));
  auto const one = parsed(shell.run({"ledger", document["run"].as_string(), "--json"}).out);
  EXPECT_EQ(one, document["ledger"]);
  auto const all = parsed(shell.run({"ledger", "--json"}).out);
  EXPECT_EQ(all["runs"], Json(1));
  EXPECT_TRUE(all["energy_joules"]["method"].is_string());
  EXPECT_EQ(shell.run({"ledger", "nosuchrun"}).status, 3);
}

TEST(Cli, ShowSaysWhatSomethingTakesAndGives) {
  Shell shell;
  auto const text = shell.run({"show", "scan-to-text"}).out;
  EXPECT_NE(text.find("language  text; \"eng\" if not given\n"), std::string::npos) << text;
  EXPECT_NE(text.find("shoal run scan-to-text DOCUMENT [--in language=text]"), std::string::npos) << text;
  EXPECT_EQ(shell.run({"pipelines", "scan-to-text"}).out, text);
  auto const json = parsed(shell.run({"show", "ocr.pages", "--json"}).out);
  EXPECT_EQ(json["kind"], Json("operation"));
  EXPECT_EQ(json["inputs"].as_array()[0]["name"], Json("document"));
  EXPECT_EQ(json["inputs"].as_array()[0]["required"], Json(true));
  // Its models are not here; what it takes is known all the same.
  auto const asking = parsed(shell.run({"show", "shelf-ask", "--json"}).out);
  EXPECT_EQ(asking["inputs"].as_array()[1]["name"], Json("question"));
  EXPECT_EQ(asking["missing_models"].as_array().size(), 2u);
  EXPECT_NE(shell.run({"show", "llama.generate"}).out.find("shoal run MODEL.generate"), std::string::npos);
  EXPECT_NE(shell.run({"show", "smollm2-135m"}).out.find("shoal pull smollm2-135m"), std::string::npos);
  auto const wrong = shell.run({"show", "scan-to-txt"});
  EXPECT_EQ(wrong.status, 3);
  EXPECT_NE(wrong.error.find("did you mean `scan-to-text`?"), std::string::npos) << wrong.error;
  EXPECT_NE(shell.run({"tasks", "answer-form"}).error.find("`answer-from`"), std::string::npos);
}

TEST(Cli, EnginesForTestsAreListedOnlyWhenNamed) {
  Shell shell;
  auto const all = shell.run({"engines"}).out;
  EXPECT_EQ(all.find("echo"), std::string::npos) << all;
  EXPECT_NE(all.find("ocr.pages"), std::string::npos);
  EXPECT_NE(all.find("template"), std::string::npos) << "functions are listed, too";
  EXPECT_NE(shell.run({"engines", "echo"}).out.find("echo.sleep"), std::string::npos);
  EXPECT_EQ(shell.run({"engines", "ocrr"}).status, 3);
}

TEST(Cli, ARunIsShownByTheBeginningOfItsId) {
  Shell shell;
  auto const file = shell.folder().write("greet.yaml", kGreet);
  std::string const long_name(5000, 'x');
  auto const run = parsed(shell.run({"run", file, long_name, "--json"}).out)["run"].as_string();
  auto const shown = parsed(shell.run({"show", run.substr(0, 8), "--json"}).out);
  EXPECT_EQ(shown["run"], Json(run));
  EXPECT_EQ(shown["state"], Json("done"));
  EXPECT_EQ(shown["program"], Json(SHOAL_VERSION));
  EXPECT_EQ(shown["inputs"]["name"]["bytes"], Json(5000)) << "long texts are kept by their hash";
  EXPECT_EQ(shown["inputs"]["name"]["$value"].as_string().size(), 64u);
  EXPECT_EQ(shell.run({"cancel", run}).status, 0);
  EXPECT_NE(shell.run({"cancel", run}).out.find("is over already: done"), std::string::npos);
  EXPECT_EQ(shell.run({"cancel", "zzzzzzzzzzzz"}).status, 3);
  EXPECT_EQ(shell.run({"show", "scan-to-text", "--provenance"}).status, 2);
  EXPECT_NE(shell.run({"show", run, "--provenance"}).out.find("by shoal " SHOAL_VERSION), std::string::npos);
}

TEST(Cli, TheCacheIsLookedAtMadeSmallerAndChecked) {
  Shell shell;
  EXPECT_EQ(parsed(shell.run({"cache", "stats", "--json"}).out)["bytes"], Json(0));
  EXPECT_EQ(shell.run({"cache", "prune", "--to", "much"}).status, 2);
  shell.folder().write("cache/kept/llama/" + std::string(64, 'a') + "/x.prefix", std::string(1000, 'x'));
  EXPECT_EQ(parsed(shell.run({"cache", "stats", "--json"}).out)["kept_bytes"], Json(1000));
  EXPECT_EQ(parsed(shell.run({"cache", "prune", "--json"}).out)["freed_bytes"], Json(0));
  auto const garbage = parsed(shell.run({"gc", "--json"}).out);
  EXPECT_EQ(garbage["bytes"], Json(1000)) << "its model is not here";
  EXPECT_EQ(parsed(shell.run({"cache", "stats", "--json"}).out)["kept_bytes"], Json(0));
  shell.folder().write("cache/kept/llama/" + std::string(64, 'b') + "/x.prefix", std::string(1000, 'x'));
  EXPECT_EQ(parsed(shell.run({"cache", "prune", "--to", "0", "--json"}).out)["kept_bytes"], Json(1000));

  shell.folder().write("data/artifacts/ab/" + std::string(62, 'c'), "not the bytes of its name");
  auto const checked = shell.run({"cache", "verify"});
  EXPECT_EQ(checked.status, 1);
  EXPECT_NE(checked.out.find("DAMAGED, deleted"), std::string::npos) << checked.out;
  EXPECT_EQ(shell.run({"cache", "verify"}).status, 0);
}

TEST(Cli, ADamagedJournalOrCacheStopsNothing) {
  Shell shell;
  auto const file = shell.folder().write("greet.yaml", kGreet);
  ASSERT_EQ(shell.run({"run", file, "Ada"}).status, 0);
  shell.folder().write("data/runs.db", "this is no database, and it is longer than a header of one would be");
  shell.folder().write("cache/steps.db", std::string(10'000, 'x'));
  EXPECT_EQ(shell.run({"run", file, "Bob"}).out, "Hello Bob!\n");
  EXPECT_EQ(parsed(shell.run({"runs", "--json"}).out).as_array().size(), 1u);
  EXPECT_TRUE(std::filesystem::exists(shell.folder().path() + "/data/runs.db.damaged"));
  EXPECT_FALSE(std::filesystem::exists(shell.folder().path() + "/cache/steps.db.damaged"));
}

TEST(Cli, AFailedRunAsJsonIsOneDocumentWithTheError) {
  Shell shell;
  auto const run = shell.run({"run", "no-such-thing", "--json"});
  EXPECT_EQ(run.status, 3);
  EXPECT_EQ(parsed(run.out)["error"]["code"], Json("not_found"));
  EXPECT_NE(run.error.find("no-such-thing"), std::string::npos);
}

TEST(Cli, StrictChecksThatFailAreSaidSoInJson) {
  Shell shell;
  auto const file =
      shell.folder().write("strict.yaml",
                           "shoal: 1\ntask: strict\ninputs: {text: text}\noutputs: {text: text}\n"
                           "ladder: [{use: template, with: {template: \"\"}}]\nchecks: [not_empty]\n");
  auto const strict = shell.run({"run", file, "x", "--strict", "--json"});
  EXPECT_EQ(strict.status, 5);
  EXPECT_EQ(parsed(strict.out)["checks_failed"], Json(true));
  EXPECT_EQ(parsed(strict.out)["error"]["code"], Json("checks_failed"));
  auto const lenient = shell.run({"run", file, "x", "--json"});
  EXPECT_EQ(lenient.status, 0);
  EXPECT_EQ(parsed(lenient.out)["checks_failed"], Json(true));
}

TEST(Cli, EventsAreLinesOfJsonNumberedWithoutGaps) {
  Shell shell;
  auto const file = shell.folder().write("greet.yaml", kGreet);
  auto const run = shell.run({"run", file, "Ada", "--events", "-"});
  std::vector<Json> lines;
  for (auto const line : split(trim(run.out), '\n')) lines.push_back(parsed(std::string(line)));
  ASSERT_EQ(lines.size(), 3u) << run.out;
  EXPECT_EQ(lines[0]["event"], Json("run_started"));
  EXPECT_EQ(lines[1]["event"], Json("run_done"));
  EXPECT_EQ(lines[1]["seq"], Json(2));
  EXPECT_EQ(lines[2]["outputs"]["text"], Json("Hello Ada!")) << "the last line is what --json gives";
  EXPECT_EQ(lines[2]["run"], lines[0]["run"]);
  auto const events = shell.folder().path() + "/events.jsonl";
  EXPECT_EQ(shell.run({"run", file, "Ada", "--events", events}).out, "Hello Ada!\n");
  EXPECT_NE(read_text(events).find("run_done"), std::string::npos);
}

TEST(Cli, ADryRunSaysWhatIsMissingAndRunsNothing) {
  Shell shell;
  auto const asking = parsed(shell.run({"run", "shelf-ask", "--dry-run", "--json"}).out);
  EXPECT_EQ(asking["missing_models"].as_array().size(), 2u);
  EXPECT_GT(asking["missing_bytes"].as_integer(), 98'000'000);
  auto const scan = parsed(shell.run({"run", "scan-to-text", "--dry-run", "--json"}).out);
  ASSERT_EQ(scan["steps"].as_array().size(), 2u) << "functions are not told";
  EXPECT_EQ(scan["steps"].as_array()[0]["callable"], Json("ocr.pages"));
  auto const document = shell.folder().write("letter.pdf", "%PDF-1.4 not read");
  auto const explored = parsed(shell.run({"run", "scan-to-text", document, "--dry-run", "--json"}).out);
  EXPECT_EQ(explored["steps"].as_array()[0]["to_run"], Json(1));
  EXPECT_EQ(explored["steps"].as_array()[1]["to_run"], Json(0)) << "its pages are not known yet";
  EXPECT_TRUE(parsed(shell.run({"runs", "--json"}).out).as_array().empty());
  EXPECT_EQ(shell.run({"run", "scan-to-txt", "--dry-run"}).status, 3);
}

TEST(Cli, ADryRunRefusesTheInputsThatTheRunWouldRefuse) {
  Shell shell;
  auto const expect_refused = [&](std::vector<std::string> words, int status, std::string const& reason) {
    words.push_back("--dry-run");
    auto const refused = shell.run(words);
    EXPECT_EQ(refused.status, status) << refused.out << refused.error;
    EXPECT_NE(refused.error.find(reason), std::string::npos) << refused.error;
  };
  expect_refused({"run", "count", "3"}, 2, "items: expected list<any>");
  expect_refused({"run", "count", "--in", "itms=[3]"}, 2, "did you mean `items`?");
  auto const document = shell.folder().write("letter.pdf", "%PDF-1.4 not read");
  expect_refused({"run", "scan-to-text", document, "--in", "dpi=7"}, 2, "`dpi` is 7");
  expect_refused({"run", "index.list", "nowhere"}, 3, "there is no shelf `nowhere`");
}

TEST(Cli, AnOutputThatCannotBeWrittenIsSaidBeforeAnythingRuns) {
  Shell shell;
  auto const lines = shell.folder().write("lines.jsonl", "{\"items\": [1]}\n");
  auto const nowhere = shell.folder().path() + "/none/out.jsonl";
  for (auto const* option : {"--out", "--events"}) {
    auto const refused = shell.run({"run", "shelf-ask", "--each", lines, option, nowhere});
    EXPECT_EQ(refused.status, 3) << "before the models that are missing";
    EXPECT_NE(refused.error.find("there is no folder `" + shell.folder().path() + "/none`"),
              std::string::npos)
        << refused.error;
  }
  auto const folder = shell.run({"run", "count", "--each", lines, "--out", shell.folder().path()});
  EXPECT_EQ(folder.status, 2);
  EXPECT_NE(folder.error.find("it is a folder"), std::string::npos) << folder.error;
  auto const full = shell.run({"run", "count", "--each", lines, "--out", "/proc/out.jsonl"});
  EXPECT_EQ(full.status, 1);
  EXPECT_NE(full.error.find("in the folder `/proc`"), std::string::npos) << full.error;
  EXPECT_EQ(shell.run({"runs"}).out, "") << "nothing ran";
}

TEST(Cli, AStepThatFailsWithinAnotherIsNamedBehindIt) {
  Shell shell;
  shell.folder().write("config/pipelines/inner.yaml",
                       "shoal: 1\npipeline: inner\nabout: Reads.\ninputs: {file: file}\nsteps:\n"
                       "  opened: {use: file-text, with: {file: $file, strict: true}}\n"
                       "outputs: {text: $opened}\n");
  auto const outer =
      shell.folder().write("outer.yaml",
                           "shoal: 1\npipeline: outer\nabout: Reads.\ninputs: {file: file}\nsteps:\n"
                           "  read: {use: inner, with: {file: $file}}\noutputs: {text: $read}\n");
  auto const failed = shell.run({"run", outer, shell.folder().write("bad.txt", "\xff")});
  EXPECT_EQ(failed.status, 2) << failed.error;
  EXPECT_TRUE(failed.error.starts_with("shoal: step `read`: ")) << failed.error;
  EXPECT_TRUE(trim(failed.error).ends_with("(in step `opened` of `inner`)")) << failed.error;
}

TEST(Cli, CtrlCEndsARunWithItsStatus) {
  Shell shell;
  auto const file = shell.folder().write("greet.yaml", kGreet);
  shell.stop.request_stop();
  EXPECT_EQ(shell.run({"run", file, "Ada"}).status, 130);
}

TEST(Cli, CheckSaysAllThatIsWrong) {
  Shell shell;
  auto const good = shell.folder().write("greet.yaml", kGreet);
  auto const bad = shell.folder().write("bad.yaml",
                                        "shoal: 1\npipeline: bad\nsteps:\n  a: {use: tempalte, with: {}}\n"
                                        "  b: {use: greet, with: {nam: x}}\noutputs: {o: $a}\n");
  EXPECT_EQ(shell.run({"check", good}).out, good + ": good\n");
  auto const run = shell.run({"check", bad, good});
  EXPECT_EQ(run.status, 2);
  EXPECT_NE(run.out.find(bad + ":4:"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find(bad + ":5:"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("template"), std::string::npos) << run.out;
  auto const documents = parsed(shell.run({"check", bad, good, "--json"}).out);
  auto const& problems = documents.as_array()[0]["problems"].as_array();
  ASSERT_FALSE(problems.empty());
  EXPECT_EQ(problems[0]["file"], Json(bad));
  EXPECT_GT(problems[0]["line"].as_integer(), 0);
  EXPECT_FALSE(problems[0]["message"].as_string().empty());
  EXPECT_EQ(documents.as_array()[0]["good"], Json(false));
  EXPECT_EQ(documents.as_array()[1]["good"], Json(true));
  EXPECT_EQ(shell.run({"check", "/no/such.yaml"}).status, 3);
}

TEST(Cli, AMissingModelNamesThePullAndItsSize) {
  Shell shell;
  auto const run = shell.run({"run", "smollm2-135m.count", "text"});
  EXPECT_EQ(run.status, 3);
  EXPECT_NE(run.error.find("`shoal pull smollm2-135m:q4_1`"), std::string::npos) << run.error;
  EXPECT_NE(run.error.find("98.4 MB"), std::string::npos) << run.error;
  EXPECT_EQ(run.error.find("[Y/n]"), std::string::npos);
}

TEST(Cli, OnATerminalItAsksWhetherToPull) {
  Shell shell;
  shell.terminal = {true, true, true, false, 80};
  shell.input = "n\n";
  auto const run = shell.run({"run", "shelf-ask", "default", "why?"});
  EXPECT_EQ(run.status, 3);
  EXPECT_NE(run.error.find("smollm2-135m:q4_1 (98.4 MB)"), std::string::npos) << run.error;
  EXPECT_NE(run.error.find("Pull now? [Y/n]"), std::string::npos) << run.error;
}

TEST(Cli, ModelsOfTheCatalogueAreListed) {
  Shell shell;
  auto const models = parsed(shell.run({"models", "--json"}).out);
  bool found = false;
  for (auto const& model : models.as_array()) {
    if (model["name"] == Json("smollm2-135m")) {
      found = true;
      EXPECT_EQ(model["installed"], Json(false));
      EXPECT_EQ(model["bytes"], Json(98362432));
    }
  }
  EXPECT_TRUE(found);
  EXPECT_EQ(shell.run({"pull", "no-such-model"}).status, 3);
  EXPECT_EQ(shell.run({"models", "--mirrors", "/no/such/file"}).status, 3);
}

TEST(Cli, AShelfThatIsNotThereSaysHowToMakeOne) {
  Shell shell;
  for (auto const& words : std::vector<std::vector<std::string>>{
           {"shelf", "search", "x"}, {"shelf", "ask", "x"}, {"shelf", "list"}, {"shelf", "rm", "x"}}) {
    auto const run = shell.run(words);
    EXPECT_EQ(run.status, 3) << words[1];
    EXPECT_NE(run.error.find("`shoal shelf add FILES…`"), std::string::npos) << run.error;
  }
}

TEST(Cli, DoctorFailsOnlyWhenSomethingIsBroken) {
  using State = runtime::Finding::State;
  Shell shell;
  shell.findings = {{State::good, "disk", "fine", ""}, {State::weak, "seccomp", "missing", "a newer kernel"}};
  auto const weak = shell.run({"doctor"});
  EXPECT_EQ(weak.status, 0);
  EXPECT_NE(weak.out.find("a newer kernel"), std::string::npos);
  shell.findings.push_back({State::broken, "home", "not writable", "chmod"});
  EXPECT_EQ(shell.run({"doctor"}).status, 1);
  EXPECT_EQ(parsed(shell.run({"doctor", "--json"}).out).as_array()[2]["state"], Json("broken"));
  EXPECT_EQ(shell.homes_opened, 0);
}

TEST(Cli, WithoutAVerbItSaysWhatToTryNext) {
  Shell shell;
  auto const run = shell.run({});
  EXPECT_EQ(run.status, 0);
  EXPECT_NE(run.out.find("shoal pull smollm2-135m"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("shoal shelf add"), std::string::npos);
  EXPECT_EQ(run.out.find("shoal shelf ask"), std::string::npos) << "there is no shelf to ask yet";
}

TEST(Cli, ShelfAddAsksBeforeItReadsAThousandDocuments) {
  Shell shell;
  for (int i = 0; i < 1001; ++i) shell.folder().write("many/" + std::to_string(i) + ".txt", "x");
  auto const refused = shell.run({"shelf", "add", shell.folder().path() + "/many"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.error.find("1,001 documents are below"), std::string::npos) << refused.error;
  EXPECT_NE(refused.error.find("--yes"), std::string::npos) << refused.error;
  shell.terminal.error = true;
  shell.input = "n\n";
  auto const asked = shell.run({"shelf", "add", shell.folder().path() + "/many"});
  EXPECT_EQ(asked.status, 2);
  EXPECT_NE(asked.error.find("Read them all? [Y/n]"), std::string::npos) << asked.error;
}

TEST(Cli, APullThatIsOnlyPlannedFetchesNothing) {
  Shell shell;
  auto const file = shell.folder().write("tiny.Q4_0.gguf", "GGUF and more");
  auto const plan = shell.run({"pull", "--dry-run", "file:" + file});
  EXPECT_EQ(plan.status, 0) << plan.error;
  EXPECT_EQ(plan.out,
            "tiny:q4_0 would be pulled: 13 B to fetch\n  tiny.Q4_0.gguf  13 B  from file:" + file + "\n");
  auto const listed = parsed(shell.run({"pull", "--dry-run", "--json", "smollm2-135m"}).out).as_array()[0];
  EXPECT_EQ(listed["bytes_to_fetch"], Json(98362432));
  EXPECT_EQ(listed["bytes_here"], Json(0));
  EXPECT_EQ(listed["installed"], Json(false));
  EXPECT_FALSE(listed["files"].as_array()[0]["sources"].as_array().empty());
  EXPECT_EQ(parsed(shell.run({"show", "smollm2-135m", "--json"}).out)["installed"], Json(false));
  ASSERT_EQ(shell.run({"pull", "file:" + file}).status, 0);
  EXPECT_EQ(shell.run({"pull", "--dry-run", "file:" + file}).out,
            "tiny:q4_0 is here already: nothing would be fetched\n");
}

TEST(Cli, AModelWhoseFileWasCutIsRefusedWithWhatMendsIt) {
  Shell shell;
  auto const file = shell.folder().write("tiny.Q4_0.gguf", "GGUF and more");
  ASSERT_EQ(shell.run({"pull", "file:" + file}).status, 0);
  shell.folder().write("data/models/tiny/q4_0/tiny.Q4_0.gguf", "GGUF");
  for (auto const* name : {"tiny", "tiny:q4_0"}) {
    auto const refused = shell.run({"run", std::string(name) + ".generate", "Hello"});
    EXPECT_EQ(refused.status, 1);
    EXPECT_EQ(refused.out, "");
    EXPECT_NE(refused.error.find("is not the file that was pulled any more: `shoal pull tiny:q4_0` mends it"),
              std::string::npos)
        << refused.error;
  }
  EXPECT_EQ(shell.run({"pull", "tiny"}).status, 0);
  EXPECT_EQ(read_text(shell.folder().path() + "/data/models/tiny/q4_0/tiny.Q4_0.gguf"), "GGUF and more");
}

}  // namespace
}  // namespace shoal::cli
