"""A task's prompt of 800 tokens: the first token in a host that has read it, and in one started anew."""
from . import clients, result, servers, texts

MODEL = "qwen2.5-coder-0.5b"
WORDS = 640  # about 800 tokens


def measure(bench):
    cold, warm = [], []
    for turn in range(bench.rounds(3)):
        prefix = texts.prose(WORDS, 3000 + turn)
        # Another prompt in both, so that nothing but the prefix is the same.
        for times, prompt in ((cold, " A boat"), (warm, " The tower")):
            with servers.shoal(bench, f"kept-{turn}") as shoal:
                clients.ask_shoal(shoal, MODEL, "Once, before" + prompt, 1)  # loads: not what the step cache has
                answer = clients.ask_shoal(shoal, MODEL, prompt, 1, prefix=prefix)
                times.append(answer.first_ms)
        bench.tell(f"{answer.tokens_in} tokens: read in {cold[-1]:.0f} ms, kept {warm[-1]:.1f} ms")
    note = f"first token; the peer is the full prefill of {answer.tokens_in} tokens by ours"
    return {"kept-prefix": result.less_is_better(warm, cold, 20.0, "ms", note)}
