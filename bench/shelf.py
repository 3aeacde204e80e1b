#!/usr/bin/env python3
"""Questions to a shelf of the example scans: answers, pages, quotes, abstentions, seconds.

usage: bench/shelf.py --truth FOLDER --scorer shelf.py [--shoal build/release/bin/shoal] [--questions FILE]

FOLDER has shelf-*.pages.json ({"pdf", "pages": [{"page", "text"}]}), the text of each page as it was proof-read. The home
(SHOAL_HOME) has the demo's models; the shelf `bench` is made in it. The 35 questions in bench/shelf/questions.jsonl
were written for these 19 pages while the pipelines were made: figures on them are not figures on papers unseen.
"""
import argparse, json, os, pathlib, statistics, subprocess, sys, tempfile, time

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truth", type=pathlib.Path, required=True)
    parser.add_argument("--scorer", type=pathlib.Path, required=True)
    parser.add_argument("--shoal", default="build/release/bin/shoal")
    parser.add_argument("--questions", type=pathlib.Path, default=pathlib.Path("bench/shelf/questions.jsonl"))
    options = parser.parse_args()
    shoal(options, "shelf", "add", "--shelf", "bench", *map(str, sorted(pathlib.Path("examples/scans").glob("*.pdf"))))
    start = time.monotonic()
    shoal(options, "shelf", "add", "--shelf", "bench", *map(str, sorted(pathlib.Path("examples/scans").glob("*.pdf"))))
    print(f"shelf add of the same {page_count(options.truth)} pages again: {time.monotonic() - start:.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "pages.json").write_text(json.dumps(pages(options.truth)))
        seconds = ask_all(options, folder / "answers.jsonl")
        print(f"seconds a question: median {statistics.median(seconds):.1f}, most {max(seconds):.1f}")
        sys.stdout.flush()
        subprocess.run([sys.executable, options.scorer, "--questions", options.questions, "--pages",
                        folder / "pages.json", "--pred", folder / "answers.jsonl"], check=True)

def shoal(options, *words):
    return subprocess.run([options.shoal, *words, "--json", "--quiet"], stdout=subprocess.PIPE, check=True).stdout

def ask_all(options, file):
    seconds = []
    with open(file, "w") as out:
        for line in options.questions.read_text().splitlines():
            question = json.loads(line)
            start = time.monotonic()
            reply = json.loads(shoal(options, "shelf", "ask", "--shelf", "bench", question["question"]))
            seconds.append(time.monotonic() - start)
            citations = [{"pdf": os.path.basename(each["file"]), "page": each["page"], "quote": each["quote"]}
                         for each in reply["citations"]]
            out.write(json.dumps({"id": question["id"], "answer": reply["answer"], "abstain": reply["abstained"],
                                  "citations": citations}) + "\n")
    return seconds

def pages(folder):
    documents = [json.loads(file.read_text()) for file in sorted(folder.glob("shelf-*.pages.json"))]
    return [{"pdf": each["pdf"], "page": page["page"], "text": page["text"]} for each in documents for page in each["pages"]]

def page_count(folder):
    return len(pages(folder))

main()
