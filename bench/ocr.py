#!/usr/bin/env python3
"""Shoal's OCR against the tesseract command, two at a time: pages a minute and character error rate.

usage: bench/ocr.py SCANS_FOLDER [--scorer ocr.py] [--rounds 3] [--shoal build/release/bin/shoal]

SCANS_FOLDER has NAME.tiff and NAME.txt pairs at 300 dpi. Both read all pages in turn (A B A B …), so that a machine
which slows down slows both; the ratio is of medians. Shoal starts with an empty cache and includes the start of its
worker; tesseract runs as `xargs -P 2`, one process a page.
"""
import argparse, json, os, pathlib, shutil, statistics, subprocess, sys, tempfile, time

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scans", type=pathlib.Path)
    parser.add_argument("--scorer", type=pathlib.Path, help="a scorer with --truth DIR --pred DIR")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shoal", default="build/release/bin/shoal")
    options = parser.parse_args()
    pages = sorted(options.scans.glob("*.tiff"))
    if not pages:
        parser.error(f"{options.scans} has no NAME.tiff")
    work = pathlib.Path(tempfile.mkdtemp(prefix="shoal-bench-"))
    times = {"shoal": [], "tesseract": []}
    try:
        for _ in range(options.rounds):
            times["shoal"].append(run_shoal(options.shoal, pages, work))
            times["tesseract"].append(run_tesseract(pages, work))
        for name, seconds in times.items():
            print(f"{name:10} {len(pages) * 60 / statistics.median(seconds):6.1f} pages a minute   seconds: "
                  + " ".join(f"{each:.1f}" for each in seconds))
        print(f"ratio      {statistics.median(times['tesseract']) / statistics.median(times['shoal']):6.2f} x")
        if options.scorer:
            for name in times:
                print(f"--- {name}")
                sys.stdout.flush()
                subprocess.run([sys.executable, options.scorer, "--truth", options.scans, "--pred", work / name, "--only-pred"])
    finally:
        shutil.rmtree(work)

def run_shoal(program, pages, work):
    out = work / "shoal"
    out.mkdir(exist_ok=True)
    home = tempfile.mkdtemp(dir=work)
    document = work / "read.yaml"
    document.write_text("shoal: 1\npipeline: read-all\ninputs: {files: list<file>}\nsteps:\n"
                        "  sheets: {use: ocr.pages, each: $files, as: one, with: {document: $one}}\n"
                        "  flat: {use: flatten, with: {lists: $sheets}}\n"
                        "  read: {use: ocr.recognize, each: $flat, as: sheet, with: {page: $sheet}}\n"
                        "outputs: {pages: $read}\n")
    files = json.dumps([{"$file": str(page)} for page in pages])
    start = time.monotonic()
    result = subprocess.run([program, "run", document, "--in", f"files={files}", "--json", "--quiet"],
                            env={**os.environ, "SHOAL_HOME": home, "SHOAL_HOST": "own"}, stdout=subprocess.PIPE, check=True)
    seconds = time.monotonic() - start
    for page, read in zip(pages, json.loads(result.stdout)["outputs"]["pages"]):
        (out / page.with_suffix(".txt").name).write_text(read["text"])
    return seconds

def run_tesseract(pages, work):
    out = work / "tesseract"
    out.mkdir(exist_ok=True)
    commands = "".join(f"{page}\0{out / page.stem}\0" for page in pages)
    start = time.monotonic()
    subprocess.run(["xargs", "-0", "-P", "2", "-n", "2", "sh", "-c", 'exec tesseract "$0" "$1" --dpi 300 2>/dev/null'],
                   input=commands.encode(), env={**os.environ, "OMP_THREAD_LIMIT": "1"}, check=True)
    return time.monotonic() - start

main()
