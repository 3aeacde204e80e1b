"""Eight requests at once: tokens a second of all, and how long the first token of each takes."""
from . import result, servers, texts
from .clients import ask_llama_server, ask_shoal, at_once, tokens_a_second

MODEL = "smollm2-135m"
REQUESTS = 8
TOKENS = 64


def measure(bench):
    speeds, firsts = {"ours": [], "peer": []}, {"ours": [], "peer": []}
    with servers.shoal(bench) as shoal, \
            servers.llama_server(bench, "-m", bench.model(MODEL), "-np", REQUESTS, "-t", bench.cores) as peer:
        sides = [("ours", ask_shoal, shoal), ("peer", ask_llama_server, peer)]
        for turn in range(bench.rounds(9) + 1):
            prompts = [texts.prose(100, 1000 * turn + i) for i in range(REQUESTS)]
            for side, ask, socket in sides:
                answers = at_once([lambda prompt=prompt: ask(socket, MODEL, prompt, TOKENS) for prompt in prompts])
                bench.tell(f"{side}: {tokens_a_second(answers):.1f} tokens/s, first token "
                           f"{min(each.first_ms for each in answers):.0f} to {max(each.first_ms for each in answers):.0f} ms, "
                           f"{sum(each.tokens_in for each in answers)} in, {sum(each.tokens_out for each in answers)} out")
                if turn == 0:
                    continue  # loads, and warms the caches
                speeds[side].append(tokens_a_second(answers))
                firsts[side] += [each.first_ms for each in answers]
            sides.reverse()
    ours, peer = (result.percentile(firsts[side], 0.95) for side in ("ours", "peer"))
    return {
        "parallel-throughput": result.more_is_better(speeds["ours"], speeds["peer"], 1.0, "tokens/s"),
        "parallel-first-token": result.Result(ours, peer, peer / ours, 1.0, "ms"),
    }
