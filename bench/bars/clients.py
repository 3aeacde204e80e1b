"""One client for both servers: HTTP over a Unix socket, answers as streams of events."""
import concurrent.futures
import contextlib
import dataclasses
import http.client
import json
import socket
import time


class Connection(http.client.HTTPConnection):
    def __init__(self, path, timeout=300):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


@dataclasses.dataclass
class Answer:
    """Times are of the monotonic clock, in seconds."""
    begun: float
    parts: list = dataclasses.field(default_factory=list)  # when each part of the text came
    ended: float = None
    tokens_in: int = 0
    tokens_out: int = 0

    @property
    def first_ms(self):
        return ((self.parts or [self.ended])[0] - self.begun) * 1e3


def get(path, address):
    connection = Connection(path)
    try:
        connection.request("GET", address)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def begin(path, address, body):
    """Asks for an answer as a stream of events. Gives the connection, which the caller closes."""
    connection = Connection(path)
    connection.request("POST", address, json.dumps(body), {"Content-Type": "application/json", "Accept": "text/event-stream"})
    return connection


def events(connection):
    """(kind, data as bytes) of server-sent events; llama.cpp's have no kind."""
    response = connection.getresponse()
    if response.status != 200:
        raise RuntimeError(f"status {response.status}: {response.read().decode(errors='replace')}")
    kind = b""
    for line in response:
        if line.startswith(b"event: "):
            kind = line[7:].strip()
        elif line.startswith(b"data: "):
            yield kind, line[6:].strip()
            kind = b""


def ask_shoal(path, model, prompt, tokens, **inputs):
    answer = Answer(time.monotonic())
    body = {"run": f"{model}.generate", "inputs": {"prompt": prompt, "raw": True, "max_tokens": tokens, **inputs}}
    with contextlib.closing(begin(path, "/shoal/v1/runs", body)) as connection:
        for kind, data in events(connection):
            if kind == b"step_chunk":
                answer.parts.append(time.monotonic())
            elif kind == b"result":
                result = json.loads(data)
        answer.ended = time.monotonic()
    if "error" in result:
        raise RuntimeError(f"shoal: {result['error']}")
    counted = result["ledger"]["tokens"]
    answer.tokens_in, answer.tokens_out = counted["in"], counted["out"]
    return answer


def ask_llama_server(path, model, prompt, tokens):
    """`model` is for the router; a server with one model does not look at it."""
    answer = Answer(time.monotonic())
    body = {"model": model, "prompt": prompt, "n_predict": tokens, "temperature": 0, "stream": True}
    with contextlib.closing(begin(path, "/completion", body)) as connection:
        for _, data in events(connection):
            answer.parts.append(time.monotonic())
        answer.ended = answer.parts.pop()  # the last has no text
    result = json.loads(data)
    if not result.get("stop"):
        raise RuntimeError(f"llama-server: {result}")
    answer.tokens_in, answer.tokens_out = result["tokens_evaluated"], result["tokens_predicted"]
    return answer


def at_once(calls):
    """All calls on threads of their own; their answers in order."""
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as threads:
        return [each.result() for each in [threads.submit(call) for call in calls]]


def tokens_a_second(answers):
    return sum(each.tokens_out for each in answers) / (max(each.ended for each in answers) - min(each.begun for each in answers))
