"""A client leaves while its prompt of 3,000 tokens is read: when is its place free again?"""
import json
import statistics
import time

from . import clients, result, servers, texts

MODEL = "qwen2.5-coder-0.5b"
WORDS = 2400  # about 3,000 tokens
BOUND_MS = 50
AFTER_SECONDS = 0.7


def measure(bench):
    waits, nexts = {"ours": [], "peer": []}, {"ours": [], "peer": []}
    with servers.shoal(bench) as shoal, \
            servers.llama_server(bench, "-m", bench.model(MODEL), "-np", 1, "-c", 8192, "-t", bench.cores) as peer:
        clients.ask_shoal(shoal, MODEL, "Once", 1)
        clients.ask_llama_server(peer, MODEL, "Once", 1)
        sides = {"ours": (leave_shoal, shoal_is_free, clients.ask_shoal, shoal),
                 "peer": (leave_llama_server, llama_server_is_free, clients.ask_llama_server, peer)}
        for turn in range(bench.rounds(3)):
            for side, (leave, is_free, ask, socket) in sides.items():
                left = leave(socket, texts.prose(WORDS, 5000 + turn))
                while not is_free(socket):
                    time.sleep(0.001)
                waits[side].append((time.monotonic() - left) * 1e3)
                nexts[side].append(ask(socket, MODEL, "Once", 1).first_ms)
                bench.tell(f"{side}: free after {waits[side][-1]:.1f} ms, the next first token {nexts[side][-1]:.0f} ms later")
    ours, peer = (statistics.median(waits[side]) for side in ("ours", "peer"))
    note = f"goal: the ratio that {BOUND_MS} ms would give; most of ours {max(waits['ours']):.1f} ms"
    return {"cancel-prefill": result.Result(ours, peer, peer / ours, peer / BOUND_MS, "ms", note, max(waits["ours"]) <= BOUND_MS)}


def leave(connection):
    """When the client has left."""
    time.sleep(AFTER_SECONDS)
    left = time.monotonic()
    connection.close()
    return left


def leave_shoal(socket, prompt):
    body = {"run": f"{MODEL}.generate", "inputs": {"prompt": prompt, "raw": True, "max_tokens": 8}}
    return leave(clients.begin(socket, "/shoal/v1/runs", body))


def leave_llama_server(socket, prompt):
    return leave(clients.begin(socket, "/completion", {"prompt": prompt, "n_predict": 8, "stream": True}))


def shoal_is_free(socket):
    """No run, no call in the worker: what was cancelled counts until the worker has answered."""
    state = json.loads(clients.get(socket, "/shoal/v1/state")[1])
    return not state["runs"] and not any(each["running"] for each in state["host"]["residents"])


def llama_server_is_free(socket):
    return not any(slot["is_processing"] for slot in json.loads(clients.get(socket, "/slots")[1]))
