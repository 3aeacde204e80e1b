"""The engine in one process, by build/release/benchmarks/engine_llama_bench: what it prints is read here."""
import json
import re
import statistics
import subprocess

from . import result
from .servers import CannotMeasure

PAIRS = 20
NEAR_TIE = 0.4  # natural logarithm between the two likeliest tokens


def run(bench, model, what, *options):
    program = bench.built("benchmarks/engine_llama_bench")
    command = [program, bench.model(model), what, *map(str, options)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            lines = []
            for line in process.stdout:
                bench.tell(line.rstrip())
                lines.append(line)
            errors = process.stderr.read()
        finally:
            process.terminate()
    if process.returncode:
        raise CannotMeasure(f"engine_llama_bench {what} ended with {process.returncode}: {errors[-500:]}")
    return lines


def single(bench):
    """Speeds of llama.cpp's own loop and of the engine, in turn."""
    prompt_words, tokens = 300, 48
    prefills, decodes = [], []
    for line in run(bench, "smollm2-135m", "pairs", bench.cores, bench.rounds(PAIRS), prompt_words, tokens):
        found = re.match(r"pair \d+: prefill ([\d.]+) ms, engine ([\d.]+); decode ([\d.]+) ms, engine ([\d.]+)", line)
        if found:
            peer_prefill, prefill, peer_decode, decode = map(float, found.groups())
            prefills.append((peer_prefill, prefill))
            decodes.append((peer_decode, decode))
    return {"single-prefill": compared(prefills), "single-decode": compared(decodes)}


def compared(pairs):
    peer, ours = (statistics.median(times) for times in zip(*pairs))
    bound = result.lower_bound(pairs)
    ratio = peer / ours
    note = f"{len(pairs)} pairs; 95 % lower bound {bound:.3f}, which is to be 0.97"
    return result.Result(ours, peer, ratio, 0.98, "ms", note, ratio >= 0.98 and bound >= 0.97)


def copy_drafting(bench):
    file = bench.folder / "paragraphs.jsonl"
    paragraphs = bench.paragraphs()[:bench.rounds(10)]
    file.write_text("".join(json.dumps({"text": each}) + "\n" for each in paragraphs))
    lines = run(bench, "qwen2.5-coder-0.5b", "copy", file, "text", bench.cores, len(paragraphs))
    text = "".join(lines)
    times = [tuple(map(float, each)) for each in re.findall(r"^(\d+) tokens, plain (\d+) ms, guessed (\d+) ms", text, re.M)]
    margins = [float(each) for each in re.findall(r"differs at \d+, margin ([\d.]+)", text)]
    tokens, plain, guessed = map(sum, zip(*times))
    differing = len(margins) / tokens
    note = (f"{len(times)} paragraphs; first differences at {len(margins)} of {tokens:.0f} tokens ({100 * differing:.2f} %, "
            f"1 % is allowed), widest margin {max(margins, default=0):.2f} (a near-tie is {NEAR_TIE})")
    holds = plain / guessed >= 1.8 and differing <= 0.01 and max(margins, default=0) <= NEAR_TIE
    return {"copy-drafting": result.Result(guessed, plain, plain / guessed, 1.8, "ms", note, holds)}
