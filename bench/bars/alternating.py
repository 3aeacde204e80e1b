"""Forty requests in a queue, for two models in turn, where the memory holds only one of them."""
import json
import time

from . import result, servers, texts
from .clients import ask_llama_server, ask_shoal, at_once, get

MODELS = ("smollm2-135m", "qwen2.5-coder-0.5b")
REQUESTS = 40
TOKENS = 16
TURN_SECONDS, TURN_LOADS = 2, 8  # of docs/design/host.md


def measure(bench):
    memory = cap(bench)
    times, waits = {"ours": [], "peer": []}, {"ours": [], "peer": []}
    loads = []
    presets = bench.folder / "presets.ini"
    presets.write_text("version = 1\n" + "".join(f"[{model}]\nmodel = {bench.model(model)}\n" for model in MODELS))
    with servers.shoal(bench, "capped", memory) as shoal, \
            servers.llama_server(bench, "--models-preset", presets, "--models-max", 1) as peer:
        for turn in range(bench.rounds(3)):
            for side, ask, socket in (("ours", ask_shoal, shoal), ("peer", ask_llama_server, peer)):
                answers = queue(ask, socket, turn)
                times[side].append(max(each.ended for each in answers) - min(each.begun for each in answers))
                waits[side].append(max(each.ended - each.begun for each in answers))
                bench.tell(f"{side}: {times[side][-1]:.1f} s for all, the longest waited {waits[side][-1]:.1f} s")
            decisions = json.loads(get(shoal, "/shoal/v1/state")[1])["host"]["decisions"]
            loads.append(sum(each["decision"] == "loaded" for each in decisions))
            load_seconds = max(load_times(decisions), default=0)
    turn_seconds = max(TURN_SECONDS, TURN_LOADS * load_seconds)
    note = (f"cap {memory / 1e6:.0f} MB, {loads[-1]} loads so far; longest wait {max(waits['ours']):.1f} s (peer "
            f"{max(waits['peer']):.1f} s), where a turn of the other model ends after {turn_seconds:.1f} s and its longest call, "
            f"and a load takes {load_seconds:.2f} s")
    return {"alternating": result.less_is_better(times["ours"], times["peer"], 3.0, "s", note)}


def queue(ask, socket, turn):
    """All at once, in their order as far as threads keep it."""
    def call(number):
        time.sleep(number / 1000)
        return ask(socket, MODELS[number % 2], texts.prose(20, 9000 + 100 * turn + number), TOKENS)

    return at_once([lambda number=number: call(number) for number in range(REQUESTS)])


def cap(bench):
    """Room for either model, a tenth to spare, and not for both."""
    with servers.shoal(bench) as shoal:
        for model in MODELS:
            ask_shoal(shoal, model, "Once", 1)
        needs = [each["memory"]["total"] for each in json.loads(get(shoal, "/shoal/v1/state")[1])["host"]["residents"]]
    memory = int(max(needs) * 1.1)
    if len(needs) != 2 or memory >= sum(needs):
        raise servers.CannotMeasure(f"no cap fits one model only: they need {needs} bytes")
    return memory


def load_times(decisions):
    """Between `load` and `loaded` of a model; the newest decision is the first."""
    begun, times = {}, []
    for each in reversed(decisions):
        if each["decision"] == "load":
            begun[each["model"]] = each["seconds_ago"]
        elif each["decision"] == "loaded" and each["model"] in begun:
            times.append(begun.pop(each["model"]) - each["seconds_ago"])
    return times
