#include "graph/check.h"

#include <gtest/gtest.h>

#include "graph/test_catalog.h"

namespace shoal::graph {
namespace {

Result<Checked> checked(std::string const& text) {
  auto parsed = TRY(parse(text, "p.yaml"));
  return check(std::move(parsed), test_catalog());
}

std::string problems_of(std::string const& text) {
  auto result = checked(text);
  return result ? "none" : result.error().message();
}

// The body's first line is line 6 of the document. Warnings of unused inputs are left out.
std::string document(std::string const& body) {
  return R"(shoal: 1
pipeline: p
inputs: {document: file, text: text, n: integer, maybe: {type: text, required: false}, texts: list<text>}

steps:
)" + body;
}

std::string problems_in(std::string const& body) {
  auto text = problems_of(document(body)) + "\n";
  std::string kept;
  for (std::size_t start = 0; start < text.size();) {
    auto end = text.find('\n', start) + 1;
    auto line = text.substr(start, end - start);
    if (line.find("warning: input") == std::string::npos) kept += line;
    start = end;
  }
  kept.pop_back();
  return kept;
}

// Of the pipeline's first output.
std::string type_of_output(std::string const& body) {
  auto result = checked(document(body));
  if (!result) return result.error().message();
  auto const& port = result->signature.outputs.at(0);
  return port.type.to_string() + (port.required ? "" : " or null");
}

TEST(Check, TakesTheDocumentOfTheDesign) {
  auto result = checked(R"(shoal: 1
pipeline: scan-to-text
inputs:
  document: {type: file, accept: [application/pdf]}
  dpi:      {type: integer, default: 300, min: 72, max: 600}
steps:
  pages: {use: ocr.pages,     with: {document: $document, dpi: $dpi}}
  words: {use: ocr.recognize, each: $pages, as: sheet, with: {page: $sheet, language: eng}}
  clean: {use: clean-ocr,     each: $words, as: read, with: {page: $read}, when: $read.confidence < 0.9, else: $read}
  text:  {use: page-text,     with: {pages: $clean}}
outputs:
  pages: $clean
  text: $text
)");
  ASSERT_TRUE(result.has_value()) << result.error().message();
  EXPECT_TRUE(result->warnings.empty());
  ASSERT_EQ(result->signature.outputs.size(), 2u);
  EXPECT_EQ(result->signature.outputs[0].type.to_string(), "list<page>");
  EXPECT_TRUE(result->signature.outputs[0].required);
  EXPECT_EQ(result->signature.outputs[1].type.to_string(), "text");
  auto callable = callable_of(*result);
  EXPECT_EQ(callable.kind, Callable::Kind::pipeline);
  EXPECT_EQ(callable.signature.inputs.size(), 2u);
  EXPECT_EQ(callable.effects, Effects::none);
}

TEST(Check, ReportsAllProblemsOfParsingAndCheckingAtOnce) {
  EXPECT_EQ(problems_in(R"(  a: {use: uper, with: {text: $text}, retrys: 3}
  b: {use: upper, with: {txt: $texd}}
  c: {use: upper, with: {text: $n}}
outputs:
  x: $b.txt
  y: $c
)"),
            R"(p.yaml:6:12: nothing is called `uper` (did you mean `upper`?)
p.yaml:6:39: `retrys` is no key of a step (did you mean `retry`?)
p.yaml:7:12: step `b` lacks the input `text` (text) of `upper` (add `text: …` to `with`)
p.yaml:7:26: `upper` has no input `txt` (did you mean `text`?)
p.yaml:7:31: no input or step is called `$texd` (did you mean `$text`?)
p.yaml:8:32: step `c`, input `text`: a value of `integer` cannot be used as `text`; the function `json-text` writes it as text (the function `spell-out` makes `text` of it)
p.yaml:10:6: `$b.text.txt`: `text` has no field `txt`)");
}

TEST(Check, ProposesEachAndConvertingFunctions) {
  EXPECT_EQ(
      problems_in(R"(  pages: {use: ocr.pages, with: {document: $document}}
  words: {use: ocr.recognize, with: {page: $pages}}
  read: {use: page-text, with: {pages: $words}}
  up: {use: upper, with: {text: $words}}
outputs: {read: $read, up: $up}
)"),
      R"(p.yaml:7:44: step `words`, input `page`: a value of `list<sheet>` cannot be used as `sheet`; map over it with `each:`
p.yaml:8:40: step `read`, input `pages`: a value of `page` cannot be used as `list<page>`; write [ … ] around it
p.yaml:9:33: step `up`, input `text`: a value of `page` cannot be used as `text`; use its field `.text`)");
  EXPECT_EQ(
      problems_in(R"(  k: {use: keywords, with: {text: $n}}
  u: {use: upper, with: {text: $k}}
outputs: {u: $u}
)"),
      "p.yaml:6:35: step `k`, input `text`: a value of `integer` cannot be used as `text`; the function "
      "`json-text` writes it as text (the function `spell-out` makes `text` of it)\n"
      "p.yaml:7:32: step `u`, input `text`: a value of `{words: list<text>}` cannot be used as `text`; the "
      "function `json-text` writes it as text");
}

TEST(Check, LooksIntoLiterals) {
  EXPECT_EQ(problems_in(R"(  a: {use: ocr.pages, with: {document: $document, dpi: 10}}
  b: {use: ocr.pages, with: {document: /tmp/x.pdf, dpi: high}}
  c: {use: ocr.recognize, each: $a, with: {page: $item, language: fra}}
  d: {use: upper, with: {text: 3}}
outputs: {b: $b, c: $c, d: $d}
)"),
            R"(p.yaml:6:56: step `a`: input `dpi` is 10, but must be at least 72
p.yaml:7:40: step `b`, input `document`: expected file, got text
p.yaml:7:57: step `b`, input `dpi`: expected integer, got text (`$high` would refer to a value)
p.yaml:8:67: step `c`: input `language` is `fra`, but must be one of eng, deu
p.yaml:9:32: step `d`, input `text`: expected text, got integer)");
}

TEST(Check, HoldsLiteralsAgainstTheSchemaOfAPort) {
  EXPECT_EQ(problems_in("  a: {use: ask, with: {prompt: hi, options: {a: 1}}}\n"
                        "  b: {use: ask, with: {prompt: hi, options: [a]}}\noutputs: {a: $a, b: $b}\n"),
            "p.yaml:7:45: step `b`: wrong input: options: expected object, got list");
}

TEST(Check, ASchemaIsCheckedWhereItStands) {
  EXPECT_EQ(problems_of("shoal: 1\npipeline: p\ninputs:\n  o: {type: json, schema: {type: objekt}}\n"
                        "outputs: {o: $o}\n"),
            "p.yaml:1:1: `steps` are missing (write `steps:` and a mapping of steps)\n"
            "p.yaml:4:34: `objekt` is no type of JSON (did you mean `object`?)");
}

TEST(Check, LooksIntoListsAndRecordsWithReferences) {
  EXPECT_EQ(type_of_output(
                "  t: {use: join, with: {parts: [{name: a, count: $n, more: $text}]}}\noutputs: {t: $t}\n"),
            "text");
  EXPECT_EQ(problems_in("  t: {use: join, with: {parts: [{count: $text}, {name: $maybe, count: 1}, "
                        "$n]}}\noutputs: {t: $t}\n"),
            R"(p.yaml:6:33: step `t`, input `parts`: field `name` (text) is missing
p.yaml:6:41: step `t`, input `parts`, field `count`: a value of `text` cannot be used as `integer`; the function `json` reads JSON text
p.yaml:6:56: step `t`, input `parts`, field `name`: it may be null: input `maybe` is not required (give the input a `default:`)
p.yaml:6:75: step `t`, input `parts`: a value of `integer` cannot be used as `{name: text, count: integer}`)");
  EXPECT_EQ(type_of_output("  a: {use: ask, with: {prompt: hi, options: {names: [$text, $maybe], n: "
                           "$n}}}\noutputs: {a: $a}\n"),
            "json");
  EXPECT_EQ(
      problems_in("  a: {use: ask, with: {prompt: [$text], options: {f: $document}}}\noutputs: {a: $a}\n"),
      "p.yaml:6:32: step `a`, input `prompt`: a value of `list<text>` cannot be used as `text`; map over it "
      "with `each:`\n"
      "p.yaml:6:50: step `a`, input `options`: a value of `{f: file}` cannot be used as `json`, because it "
      "holds files");
}

TEST(Check, TypesReferences) {
  EXPECT_EQ(type_of_output("  s: {use: split, with: {text: $text}}\noutputs: {o: $s}\n"),
            "{parts: list<text>, count: integer}");
  EXPECT_EQ(type_of_output("  s: {use: split, with: {text: $text}}\noutputs: {o: \"$s.parts[0]\"}\n"),
            "text");
  EXPECT_EQ(type_of_output("  s: {use: split, each: $texts, with: {text: $item}}\noutputs: {o: $s.count}\n"),
            "list<integer>");
  EXPECT_EQ(type_of_output("  u: {use: upper, with: {text: $text}}\noutputs: {o: [$u.text, $u]}\n"),
            "list<text>");
  EXPECT_EQ(
      type_of_output(
          "  a: {use: ask, with: {prompt: $text}}\n  u: {use: upper, with: {text: \"$a.answers[0].text\"}}\n"
          "outputs: {o: $u}\n"),
      "text");
  EXPECT_EQ(type_of_output("  f: {use: first, with: {list: $texts}}\noutputs: {o: $f}\n"), "text");
  EXPECT_EQ(problems_in("  s: {use: split, with: {text: $text}}\n"
                        "outputs: {a: $s.part, b: \"$s[0]\", c: $s.count.x, d: $s.parts.x, e: \"$n[0]\"}\n"),
            R"(p.yaml:7:14: step `s` has no output `part` (did you mean `parts`?)
p.yaml:7:27: step `s` has several outputs and no items (there are parts, count)
p.yaml:7:38: `$s.count.x`: `integer` has no field `x`
p.yaml:7:53: `$s.parts.x`: `list<text>` has no field `x` (`[0]` is its first item; `each:` goes over all)
p.yaml:7:69: `$n[0]`: `integer` has no items)");
}

TEST(Check, GivesFunctionsWhatIsKnown) {
  EXPECT_EQ(type_of_output("  r: {use: record, with: {a: $n, b: [1.5, 2], c: x}}\noutputs: {o: $r}\n"),
            "{a: integer, b: list<number>, c: text}");
  EXPECT_EQ(
      problems_in(
          "  f: {use: first, with: {list: $n}}\n  g: {use: first, with: {}}\noutputs: {f: $f, g: $g}\n"),
      "p.yaml:6:32: step `f`, input `list`: a value of `integer` cannot be used as `list<any>`; write [ … ] "
      "around it\n"
      "p.yaml:7:12: step `g` lacks the input `list` (list<any>) of `first` (add `list: …` to `with`)\n"
      "p.yaml:7:12: step `g`: there is nothing to take the first of");
}

TEST(Check, NeedsAListForEach) {
  EXPECT_EQ(problems_in(R"(  a: {use: upper, each: $text, with: {text: $item}}
  b: {use: upper, each: texts, with: {text: $item}}
  d: {use: upper, each: $texts, as: text, with: {text: $text}}
  e: {use: upper, each: [$text, x], with: {text: $item}}
  f: {use: upper, each: [1, 2], with: {text: $item}}
  g: {use: upper, each: $item, with: {text: $item}}
outputs: {a: $a, b: $b, d: $d, e: $e, f: $f, g: $g}
)"),
            R"(p.yaml:6:25: `each` of step `a` needs a list, not `text`
p.yaml:7:25: `each` of step `b` needs a list, not `text` (`$texts` would refer to a value)
p.yaml:8:37: the item of step `d` has the name `text` of a step or an input (name it with `as: NAME`)
p.yaml:10:46: step `f`, input `text`: a value of `integer` cannot be used as `text`; the function `json-text` writes it as text (the function `spell-out` makes `text` of it)
p.yaml:11:25: `each` cannot use its own item `$item`)");
}

TEST(Check, NamesTheItemThatShadows) {
  EXPECT_EQ(
      problems_in(
          "  a: {use: upper, each: $texts, with: {text: $item}}\n  item: {use: upper, with: {text: $text}}\n"
          "outputs: {a: $a, i: $item}\n"),
      "p.yaml:6:25: the item of step `a` has the name `item` of a step or an input (name it with `as: "
      "NAME`)");
}

TEST(Check, FollowsWhatMayBeNull) {
  std::string const gated = "  g: {use: upper, with: {text: $text}, when: $n > 3}\n";
  EXPECT_EQ(type_of_output(gated + "outputs: {o: $g}\n"), "text or null");
  EXPECT_EQ(type_of_output(gated + "  m: {use: maybe, with: {text: $g}}\noutputs: {o: $m}\n"),
            "text or null");
  auto gated_with = [](std::string const& more) {
    return type_of_output("  g: {use: upper, with: {text: $text}, " + more + "}\noutputs: {o: $g}\n");
  };
  EXPECT_EQ(gated_with("when: $n > 3, else: none"), "text");
  EXPECT_EQ(gated_with("when: $n > 3, else: $maybe"), "text or null");
  EXPECT_EQ(gated_with("when: $n > 3, else: null"), "text or null");
  EXPECT_EQ(gated_with("on_error: skip"), "text or null");
  EXPECT_EQ(gated_with("each: $texts, on_error: skip, when: $item != ''"), "list<text>");
  EXPECT_EQ(type_of_output("  g: {use: upper, each: $texts, with: {text: $item}, on_error: skip}\n"
                           "outputs: {o: $g.errors}\n"),
            "list<{item: integer, code: text, message: text}>");
  EXPECT_EQ(type_of_output("  g: {use: maybe, each: $texts, with: {text: $item}}\noutputs: {o: $g}\n"),
            "list<any>");
}

TEST(Check, KeepsNullFromWhereAValueIsNeeded) {
  EXPECT_EQ(
      problems_in(R"(  g: {use: upper, with: {text: $text}, when: $n > 3}
  a: {use: upper, with: {text: $g}}
  b: {use: upper, with: {text: $maybe}}
  c: {use: upper, with: {text: $m}}
  m: {use: maybe, with: {}}
  s: {use: split, with: {text: x}, on_error: skip}
  e: {use: upper, each: $s.parts, with: {text: $item}, when: $item == "", else: $maybe}
  f: {use: upper, with: {text: null}}
outputs: {a: $a, b: $b, c: $c, e: $e, f: $f}
)"),
      R"(p.yaml:7:32: step `a`, input `text` (text) may be null: step `g` has `when` without `else` (give step `g` an `else:`)
p.yaml:8:32: step `b`, input `text` (text) may be null: input `maybe` is not required (give the input a `default:`)
p.yaml:9:32: step `c`, input `text` (text) may be null: output `text` of step `m` may be absent
p.yaml:12:25: `each` of step `e` may be null: step `s` has `on_error: skip` (use `on_error: fail`, or an input that is not required)
p.yaml:12:81: `else` of step `e` may be null: input `maybe` is not required (without `else` the items that `when` refuses are left out)
p.yaml:13:32: step `f`, input `text` (text) may be null: it is null (give it a value))");
}

TEST(Check, ComparesElseWithTheOutputs) {
  EXPECT_EQ(
      problems_in(R"(  a: {use: upper, with: {text: $text}, when: true, else: $n}
  b: {use: split, with: {text: $text}, when: true, else: {parts: $texts, count: 0}}
  c: {use: split, with: {text: $text}, when: true, else: {parts: $text}}
  d: {use: index.add, with: {text: $text}, when: true, else: 1}
outputs: {a: $a, b: $b, c: $c}
)"),
      R"(p.yaml:6:58: `else` of step `a`: a value of `integer` cannot be used as `text`; the function `json-text` writes it as text (the function `spell-out` makes `text` of it)
p.yaml:8:58: `else` of step `c`: field `count` (integer) is missing
p.yaml:8:66: `else` of step `c`, field `parts`: a value of `text` cannot be used as `list<text>`; write [ … ] around it
p.yaml:9:62: `else` of step `d`: the step has no outputs (leave it out))");
}

TEST(Check, TypesConditions) {
  auto condition = [](std::string const& when) {
    return problems_in("  a: {use: upper, with: {text: $text}, when: " + when + "}\noutputs: {a: $a}\n");
  };
  EXPECT_EQ(condition("$n > 3 and size($texts) == 2 or $text in $texts"), "none");
  EXPECT_EQ(condition("$maybe == null"), "none");
  EXPECT_EQ(condition("$n"),
            "p.yaml:6:46: `when` must be true or false, not `integer` (compare it with something)");
  EXPECT_EQ(condition("$n > 3 and $text"),
            "p.yaml:6:53: `and`, `or` and `not` take true or false, not `text` (compare it with something)");
  EXPECT_EQ(condition("$text == 3"),
            "p.yaml:6:52: `==` compares `text` and `integer`, which are never equal");
  EXPECT_EQ(condition("$text < 3"),
            "p.yaml:6:52: `<` compares two numbers or two texts, not `text` and `integer`");
  EXPECT_EQ(condition("$n in $texts"),
            "p.yaml:6:49: `integer` cannot be `in` `list<text>` (`in` finds an item in a "
            "list or a text in a text)");
  EXPECT_EQ(condition("size($n) > 3"),
            "p.yaml:6:46: size() of `integer` is not known (it counts items, fields, characters or bytes)");
  EXPECT_EQ(condition("$texd > 3"),
            "p.yaml:6:46: no input or step is called `$texd` (did you mean `$text`?)");
  EXPECT_EQ(condition("$n > and"),
            "p.yaml:6:51: `and` is no value (`$and` refers to a value, \"and\" is a text)");
}

TEST(Check, ALoopReadsWhatItsOwnStepGave) {
  auto loop = [](std::string const& repeat) {
    return problems_in("  s: {use: split, with: {text: $text}, repeat: {at_most: 3, " + repeat +
                       "}}\noutputs: {s: $s}\n");
  };
  EXPECT_EQ(loop("while: $s.count > $n, carry: {text: \"$s.parts[0]\", size: $s.count}"), "none");
  EXPECT_EQ(loop("while: $s.count > $m"), "p.yaml:6:79: no input or step is called `$m`");
  EXPECT_EQ(loop("while: $s.count"),
            "p.yaml:6:68: `while` must be true or false, not `integer` (compare it with something)");
  EXPECT_EQ(loop("while: $s.cont > 1"), "p.yaml:6:68: step `s` has no output `cont` (did you mean `count`?)");
  EXPECT_EQ(
      loop("while: true, carry: {text: $s.count}"),
      "p.yaml:6:88: step `s`, input `text`: a value of `integer` cannot be used as `text`; the function "
      "`json-text` writes it as text (the function `spell-out` makes `text` of it)");
  EXPECT_EQ(loop("while: true, carry: {texd: $text}"),
            "p.yaml:6:82: `split` has no input `texd` (did you mean `text`?)");
  EXPECT_EQ(loop("while: true, carry: {text: $maybe}"),
            "p.yaml:6:88: step `s`, input `text` (text) may be null: input `maybe` is not required (give the "
            "input a `default:`)");
}

TEST(Check, AStepWithOneOutputMayBeNamedAloneInItsLoop) {
  EXPECT_EQ(type_of_output("  u: {use: upper, with: {text: $text}, repeat: {while: size($u) < 9, at_most: 4, "
                           "carry: {text: \"{{ $u }}!\"}}}\noutputs: {u: $u}\n"),
            "text");
}

TEST(Check, AStandInGivesWhatTheStepGives) {
  auto stand_in = [](std::string const& use, std::string const& more) {
    return problems_in("  s: {use: " + use + ", on_error: " + more + "}\noutputs: {s: $s}\n");
  };
  std::string const split = "split, with: {text: $text}";
  EXPECT_EQ(stand_in("upper, with: {text: $text}", "{use: spell-out, with: {number: $n}}"), "none");
  EXPECT_EQ(stand_in(split, "{use: split, with: {text: $error.message}}"), "none");
  EXPECT_EQ(stand_in("upper, each: $texts, with: {text: $item}",
                     "{use: upper, with: {text: '{{ $item }}: {{ $error.code }}'}}"),
            "none");
  EXPECT_EQ(
      stand_in(split, "{use: upper, with: {txt: $text}}"),
      R"(p.yaml:6:56: `on_error` of step `s` lacks the input `text` (text) of `upper` (add `text: …` to `with`)
p.yaml:6:56: `on_error` of step `s`: `upper` has no output `parts` (there are text)
p.yaml:6:56: `on_error` of step `s`: `upper` has no output `count` (there are text)
p.yaml:6:70: `upper` has no input `txt` (did you mean `text`?))");
  EXPECT_EQ(stand_in("upper, with: {text: $text}", "{use: keywords, with: {text: $text}}"),
            "p.yaml:6:56: `on_error` of step `s`, output `text`: a value of `{words: list<text>}` cannot be "
            "used as "
            "`text`; the function `json-text` writes it as text");
  EXPECT_EQ(stand_in("upper, with: {text: $text}", "{use: maybe, with: {text: $error.mesage}}"),
            R"(p.yaml:6:56: `on_error` of step `s`, output `text`: that of `maybe` may be absent
p.yaml:6:76: `$error.mesage`: `{code: text, message: text}` has no field `mesage` (did you mean `message`?))");
  EXPECT_EQ(stand_in("uper, with: {text: $text}", "{use: uppr, with: {text: $text}}"),
            R"(p.yaml:6:12: nothing is called `uper` (did you mean `upper`?)
p.yaml:6:55: nothing is called `uppr` (did you mean `upper`?))");
}

TEST(Check, TheErrorIsKnownInItsStandInAlone) {
  EXPECT_EQ(problems_in("  u: {use: upper, with: {text: $error.message}}\noutputs: {u: $u}\n"),
            "p.yaml:6:32: no input or step is called `$error`");
  EXPECT_EQ(
      problems_in("  error: {use: upper, with: {text: $text}}\n"
                  "  u: {use: upper, with: {text: $text}, on_error: {use: upper, with: {text: $error}}}\n"
                  "outputs: {u: $u, e: $error}\n"),
      R"(p.yaml:7:76: `$error` is what went wrong here, and a step or an input has that name (rename it)
p.yaml:7:76: `on_error` of step `u`, input `text`: a value of `{code: text, message: text}` cannot be used as `text`; use its field `.code`)");
}

TEST(Check, SaysWhatCanNeverFitTheMemory) {
  auto needs = [](std::string const& step) { return problems_in("  s: {" + step + "}\noutputs: {s: $s}\n"); };
  EXPECT_EQ(needs("use: keywords, with: {text: $text}, needs: {memory: 8GB}"), "none");
  EXPECT_EQ(
      needs("use: keywords, with: {text: $text}, needs: {memory: 9GB}"),
      "p.yaml:6:43: step `s` needs 9.0 GB, and all that runs may take 8.0 GB (use a smaller model, or give "
      "shoal more: SHOAL_MEMORY=…)");
  EXPECT_EQ(needs("use: huge.generate, with: {prompt: $text}, needs: {memory: 2GB}"), "none");
  EXPECT_EQ(
      needs("use: huge.generate, with: {prompt: $text}, needs: {memory: 3GB}"),
      "p.yaml:6:50: step `s` needs 3.0 GB and about 6.0 GB for its model, and all that runs may take 8.0 GB "
      "(use a smaller model, or give shoal more: SHOAL_MEMORY=…)");
  EXPECT_EQ(needs("use: upper, with: {text: $text}, needs: {memory: 1GB}"),
            "p.yaml:6:40: `needs` in step `s`, which uses no operation (leave it out)");
}

TEST(Check, OnlyTheLoopOfAStepReadsItself) {
  EXPECT_EQ(
      problems_in("  u: {use: upper, with: {text: $u}, repeat: {while: $u == '', at_most: 4}}\n"
                  "outputs: {u: $u}\n"),
      "p.yaml:6:3: steps wait for each other in a circle: u → u (one of them must do without the next)");
}

TEST(Check, AFunctionKeepsItsTypesInEveryTurn) {
  EXPECT_EQ(
      problems_in("  r: {use: record, with: {a: $n}, repeat: {while: true, at_most: 4, carry: {a: $r.a, "
                  "b: 1}}}\n  q: {use: record, with: {a: $n}, repeat: {while: true, at_most: 4, carry: "
                  "{a: $q}}}\noutputs: {r: $r, q: $q}\n"),
      R"(p.yaml:6:89: the first turn of step `r` has no input `b` (add `b: …` to `with`)
p.yaml:7:80: step `q`, input `a`: the first turn gets `integer`, further ones `{a: integer}`)");
}

TEST(Check, KeepsFilesOutOfTemplates) {
  EXPECT_EQ(
      problems_in(
          "  a: {use: upper, with: {text: \"{{ $text }} {{ $n }} {{ $document }}\"}}\noutputs: {a: $a}\n"),
      "p.yaml:6:57: a value of `file` cannot stand in a template (give it to an input of its own)");
}

TEST(Check, FindsCirclesWithTheirWay) {
  EXPECT_EQ(
      problems_in(R"(  a: {use: upper, with: {text: $c}}
  b: {use: upper, with: {text: $a}}
  c: {use: upper, with: {text: $text}, when: $b == "x", else: y}
  d: {use: upper, with: {text: $d}}
  e: {use: upper, with: {text: $c}}
outputs: {e: $e, n: $n.x}
)"),
      R"(p.yaml:6:3: steps wait for each other in a circle: a → c → b → a (one of them must do without the next)
p.yaml:9:3: steps wait for each other in a circle: d → d (one of them must do without the next)
p.yaml:11:21: `$n.x`: `integer` has no field `x`)");
}

TEST(Check, FindsWhatIsNotUsed) {
  EXPECT_EQ(problems_of(document(R"(  a: {use: upper, with: {text: $text}}
  b: {use: upper, with: {text: $a}}
  c: {use: index.search, with: {query: $text}}
  d: {use: index.add, with: {text: $text}}
)")),
            R"(p.yaml:3:10: warning: input `document` is not used
p.yaml:3:38: warning: input `n` is not used
p.yaml:3:50: warning: input `maybe` is not used
p.yaml:3:88: warning: input `texts` is not used
p.yaml:7:3: step `b` is not used (use `$b` in a step or in `outputs`, or remove it)
p.yaml:8:3: warning: step `c` is not used (use `$c` in a step or in `outputs`, or remove it))");
  auto result = checked(document(
      "  c: {use: index.search, with: {query: $text}}\n  d: {use: index.add, with: {text: $text}}\n"));
  ASSERT_TRUE(result.has_value()) << result.error().message();
  ASSERT_EQ(result->warnings.size(), 5u);
  EXPECT_EQ(result->warnings[0].message, "step `c` is not used");
  EXPECT_EQ(result->effects, Effects::writes);
  EXPECT_EQ(problems_of("shoal: 1\npipeline: p\nsteps: {}\n"),
            "p.yaml:1:1: the pipeline has neither steps nor outputs (write `steps:` and `outputs:`)");
}

TEST(Check, NamesThePullOfAMissingModelOnce) {
  auto body =
      "  a: {use: tiny.generate, with: {prompt: $text}}\n  b: {use: tiny.generate, with: {prompt: "
      "$a}}\noutputs: {b: $b}\n";
  EXPECT_EQ(problems_in(body),
            "p.yaml:6:12: `tiny.generate` needs a model that is not in the store (`shoal pull tiny`, 98 MB)");
  EXPECT_EQ(checked(document(body)).error().code(), Code::not_found);
  auto other = checked(document("  a: {use: tiny.generate, with: {prompt: $n}}\noutputs: {a: $a}\n"));
  EXPECT_EQ(other.error().code(), Code::invalid_argument);
}

TEST(Check, RefusesNamesThatMeanTwoThings) {
  EXPECT_EQ(problems_in("  text: {use: upper, with: {text: x}}\noutputs: {t: $text}\n"),
            "p.yaml:6:3: step `text` has the name of an input (rename one of them)");
}

// 40 levels that each use the one before twice: a type that is written out doubles with every level.
TEST(Check, DoubleFanInOfTypesDoesNotBlowUp) {
  std::string body = "  s0: {use: record, with: {a: $text, b: $text}}\n";
  for (int i = 1; i <= 40; ++i) {
    auto before = "$s" + std::to_string(i - 1);
    body +=
        "  s" + std::to_string(i) + ": {use: record, with: {a: " + before + ", b: {c: " + before + "}}}\n";
  }
  EXPECT_LT(type_of_output(body + "outputs: {o: $s40, p: {q: $s40, r: $s39}}\n").size(), 20000u);
  EXPECT_EQ(type_of_output(body + "  t: {use: upper, with: {text: $s40}}\noutputs: {t: $t}\n").substr(0, 7),
            "p.yaml:");
}

TEST(Check, DeepCirclesDoNotOverflow) {
  std::string body;
  for (int i = 0; i < 20000; ++i) {
    body += "  s" + std::to_string(i) + ": {use: upper, with: {text: $s" + std::to_string((i + 1) % 20000) +
            "}}\n";
  }
  EXPECT_NE(problems_in(body).find(
                "s0 → s1 → s2 → s3 → s4 → s5 → s6 → s7 → s8 → s9 → s10 → s11 → … (19988 more) → s0"),
            std::string::npos);
}

TEST(OrderOfUse, PutsWhatIsUsedFirst) {
  auto uses_of = [](std::string const& name) -> std::optional<std::vector<std::string>> {
    if (name == "a") return {{"b", "upper", "c"}};
    if (name == "b") return {{"c"}};
    if (name == "c") return std::vector<std::string>{};
    return std::nullopt;
  };
  auto order = order_of_use("a", uses_of);
  ASSERT_TRUE(order.has_value());
  EXPECT_EQ(*order, (std::vector<std::string>{"c", "b", "a"}));
  EXPECT_TRUE(order_of_use("upper", uses_of)->empty());
}

TEST(OrderOfUse, NamesTheCircle) {
  auto uses_of = [](std::string const& name) -> std::optional<std::vector<std::string>> {
    if (name == "start") return std::vector<std::string>{"a"};
    if (name == "a") return std::vector<std::string>{"b"};
    return std::vector<std::string>{"a"};
  };
  auto order = order_of_use("start", uses_of);
  ASSERT_FALSE(order.has_value());
  EXPECT_EQ(order.error().message(),
            "pipelines use each other in a circle: a uses b uses a; one of them must do without the next");
}

}  // namespace
}  // namespace shoal::graph
