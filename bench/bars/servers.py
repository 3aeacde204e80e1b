"""The servers that bars compare. Who enters one ends it; nothing else is ended."""
import contextlib
import os
import pathlib
import signal
import subprocess
import time

from . import clients


class CannotMeasure(Exception):
    """Says what is missing and what to do."""


@contextlib.contextmanager
def process(command, is_ready, log, environment=None, patience=120):
    """A session of its own: Ctrl-C is for the benchmark, which then ends the server and what that started."""
    with open(log, "ab") as output:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                  env={**os.environ, **(environment or {})}, start_new_session=True)
    try:
        wait_until(is_ready, server, log, patience)
        yield server
    finally:
        end(server)


def wait_until(is_ready, server, log, patience):
    deadline = time.monotonic() + patience
    while not is_ready():
        if server.poll() is not None or time.monotonic() > deadline:
            last = pathlib.Path(log).read_text(errors="replace").strip().splitlines()[-5:]
            raise CannotMeasure(f"{server.args[0]} does not start:\n  " + "\n  ".join(last))
        time.sleep(0.02)


def end(server):
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        pass
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


def answers(socket, path):
    try:
        return clients.get(socket, path)[0] == 200
    except OSError:
        return False


@contextlib.contextmanager
def shoal(bench, name="home", memory=None):
    """`shoal serve` in a home of its own with the models of the bench. Gives its socket."""
    home = bench.folder / name
    models = home / "models"
    models.mkdir(parents=True, exist_ok=True)
    for model in bench.models.iterdir():
        if model.is_dir() and not model.name.startswith(".") and not (models / model.name).exists():
            (models / model.name).symlink_to(model.resolve())
    environment = {"SHOAL_HOME": str(home), "SHOAL_HOST": ""}
    if memory:
        environment["SHOAL_MEMORY"] = str(memory)
    socket = str(home / "host.sock")
    with process([str(bench.program), "serve", "-q"], lambda: answers(socket, "/shoal/v1/state"), bench.folder / "shoal.log",
                 environment):
        yield socket


@contextlib.contextmanager
def all_of(several):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(each) for each in several]


@contextlib.contextmanager
def llama_server(bench, *options):
    """llama.cpp's server on a Unix socket of its own, which it gives."""
    bench.peers_started += 1
    socket = str(bench.folder / f"peer-{bench.peers_started}.sock")
    command = [str(bench.peer()), "--host", socket, *map(str, options)]
    with process(command, lambda: answers(socket, "/health"), bench.folder / "peer.log"):
        yield socket
