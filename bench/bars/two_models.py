"""Two different models that write at the same time: tokens a second of both together."""
from . import result, servers, texts
from .clients import ask_llama_server, ask_shoal, at_once, tokens_a_second

# Of each so many tokens that both write for about as long.
MODELS = {"smollm2-135m": 160, "qwen2.5-coder-0.5b": 64}


def measure(bench):
    def peers(*options):
        return [servers.llama_server(bench, "-m", bench.model(model), *options) for model in MODELS]

    with servers.shoal(bench) as shoal, servers.all_of(peers()) as default, servers.all_of(peers("-t", 1)) as one_thread:
        sides = {"ours": (ask_shoal, [shoal, shoal]), "default": (ask_llama_server, default),
                 "one thread": (ask_llama_server, one_thread)}
        speeds = {side: [] for side in sides}
        for turn in range(bench.rounds(7) + 1):
            prompts = [texts.prose(20, 7000 + 10 * turn + i) for i in range(2)]
            for side, (ask, sockets) in sides.items():
                answers = at_once([lambda socket=socket, prompt=prompt, model=model: ask(socket, model, prompt, MODELS[model])
                                   for socket, prompt, model in zip(sockets, prompts, MODELS)])
                speed = tokens_a_second_while_both_write(answers)
                bench.tell(f"{side}: {speed:.1f} tokens/s")
                if turn > 0:  # the first loads, and warms the caches
                    speeds[side].append(speed)
    return {
        "two-models-default": result.more_is_better(speeds["ours"], speeds["default"], 2.0, "tokens/s"),
        "two-models-one-thread": result.more_is_better(speeds["ours"], speeds["one thread"], 0.98, "tokens/s"),
    }


def tokens_a_second_while_both_write(answers):
    begin, end = max(each.parts[0] for each in answers), min(each.parts[-1] for each in answers)
    if end <= begin:  # one after the other
        return tokens_a_second(answers)
    inside = [sum(begin < part <= end for part in each.parts) / len(each.parts) for each in answers]
    return sum(each.tokens_out * part for each, part in zip(answers, inside)) / (end - begin)
