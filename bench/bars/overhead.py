"""What a request costs beside the engine: a call that takes the engine next to no time, over a kept connection."""
import json
import socket
import statistics
import time

from . import clients, result, servers

MODEL = "smollm2-135m"
BOUND_MS = 0.5


def measure(bench):
    with servers.shoal(bench) as shoal, socket.socket(socket.AF_UNIX) as connection:
        clients.ask_shoal(shoal, MODEL, "Once", 1)
        connection.connect(shoal)
        times = [request(connection, number) for number in range(bench.rounds(900))]
    ours = statistics.median(times[len(times) // 10:]) * 1e3
    note = "counts a word's tokens; the peer is the bound"
    return {"request-overhead": result.Result(ours, BOUND_MS, BOUND_MS / ours, 1.0, "ms", note)}


def request(connection, number):
    """Seconds. By hand: a library's client would take longer than what it asks."""
    body = json.dumps({"run": f"{MODEL}.count", "inputs": {"text": f"word {number}"}}).encode()
    message = b"POST /shoal/v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    begun = time.monotonic()
    connection.sendall(message)
    answer = b""
    while not is_whole(answer):
        part = connection.recv(65536)
        if not part:
            raise RuntimeError("shoal closed the connection")
        answer += part
    ended = time.monotonic()
    if b'"error"' in answer or not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"shoal: {answer.decode(errors='replace')}")
    return ended - begun


def is_whole(answer):
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    if b"content-length" in lines:
        return len(body) >= int(lines[b"content-length"])
    return body.endswith(b"0\r\n\r\n")
