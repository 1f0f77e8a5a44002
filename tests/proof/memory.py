"""Memory of a worker: large bodies at once, many tokens, many paths.

python -m tests.proof.memory [--scale 1.0] [--document]
"""

import argparse
import contextlib
import socket
import threading
import time
from pathlib import Path

from statusware import wrap
from tests.auth.forge import SECRET, claims, token
from tests.proof import servers
from tests.proof.exchange import parse, request
from tests.proof.report import Section, program
from tests.proof.traffic import send

__all__ = ["bodies", "make", "paths", "tokens"]

KIND = "gunicorn gthread"
APP = "tests.proof.memory:make()"
CLIENTS = 50
MIB = 1 << 20


def hello(environ, start_response):
    """Reads nothing: what is in memory is statusware's."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]


def make():
    """The app that is measured."""
    return wrap(
        hello,
        {
            "body": {"max_bytes": MIB},
            "auth": {"bearer": {"secret": SECRET}},
            "routes": [
                {"match": "POST /box", "allow": "everyone", "body": {}},
                {"match": "GET /items/{id}", "allow": "everyone"},
                {"match": "GET /me"},
            ],
        },
    )


def status(server, name):
    """A figure of the worker in MiB: VmRSS now, VmHWM the most since `forget`."""
    [worker] = server.workers
    for line in Path(f"/proc/{worker}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def forget(server):
    """Count the most memory from now on; where that may not be done, it counts from the start."""
    [worker] = server.workers
    with contextlib.suppress(OSError):
        Path(f"/proc/{worker}/clear_refs").write_text("5")


def filled(part, size=MIB):
    """An array of `part` as often as it fits."""
    return b"[" + b",".join([part] * ((size - 2) // (len(part) + 1))) + b"]"


#: What Python makes of a byte of JSON at most: objects in objects, as deep as is allowed. It is
#: 47 times as much, and what lies in between is left to how memory is shared out.
BOUND = 60

#: 1 MiB of each: what clients send, and what makes most of a byte.
BODIES = {
    "1 MiB of recipes": filled(b'{"name": "soup", "servings": 4, "tags": ["hot", "quick"]}'),
    "1 MiB of empty objects": filled(b"{}"),
    "1 MiB of objects in objects": filled(b'{"":' * 60 + b"0" + b"}" * 60),
    "the same, parsed twice": filled(b'{"":' * 60 + b"0" + b"}" * 60, MIB - 16)[:-1]
    + b',"\\u003a"]',
    "one byte too many": b" " * (MIB + 1),
}


def at_once(server, data, rounds, wanted):
    """Every client sends it so many times, all at the same time; what went wrong."""
    wrong, gate = [], threading.Barrier(CLIENTS)

    def client():
        for _ in range(rounds):
            gate.wait(60)
            try:
                got = send(server.port, data, 60).status
            except OSError as error:
                got = type(error).__name__
            if got != wanted:
                wrong.append(f"{got}, not {wanted}")

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def bodies(server, rounds):
    """Rows: what was sent, memory before, at most, after, and faults."""
    for name, body in BODIES.items():
        fields = ("Content-Type: application/json",)
        data = request("POST /box", *fields, body=body)
        wanted = 413 if len(body) > MIB else 200
        before = status(server, "VmRSS")
        forget(server)
        wrong = at_once(server, data, rounds, wanted)
        most = status(server, "VmHWM")
        # What is refused by its length is never read into memory.
        bound = CLIENTS * BOUND if wanted == 200 else CLIENTS
        if most - before > bound:
            wrong.append(f"{name}: {most - before:.0f} MiB more, the bound is {bound}")
        yield f"{CLIENTS} clients at once, {name}", before, most, status(server, "VmRSS"), wrong


def stream(server, requests, wanted):
    """Send all of them over one connection, fifty at a time; what went wrong."""
    wrong = []
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        for start in range(0, len(requests), 50):
            batch = requests[start : start + 50]
            connection.sendall(b"".join(batch))
            received = b""
            while received.count(b"HTTP/1.1 ") < len(batch) or not parse(received)[-1].whole:
                chunk = connection.recv(1 << 18)
                if not chunk:
                    return [*wrong, "the connection was closed"]
                received += chunk
            wrong += [f"{a.status}, not {wanted}" for a in parse(received) if a.status != wanted]
    return wrong


def _series(server, name, made, wanted, slack):
    """A row of distinct requests: memory in the second half must stay."""
    half = len(made) // 2
    before = status(server, "VmRSS")
    wrong = stream(server, made[:half], wanted)
    middle = status(server, "VmRSS")
    wrong += stream(server, made[half:], wanted)
    after = status(server, "VmRSS")
    if after - middle > slack:
        wrong.append(f"{name}: {middle:.1f} MiB half way, {after:.1f} in the end")
    return f"{len(made):,} {name}", before, max(middle, after), after, wrong


def tokens(server, count):
    """Rows: distinct tokens that are good, and distinct ones that are forged."""
    end = int(time.time()) + 86400

    def asked(secret):
        return [
            request("GET /me", f"Authorization: Bearer {made}", close=False)
            for made in (
                token(claims(sub=f"user{n}", exp=end), secret=secret) for n in range(count)
            )
        ]

    yield _series(server, "distinct tokens", asked(SECRET), 200, 1.0)
    yield _series(server, "distinct forged tokens", asked("x" * 64), 401, 1.0)


def paths(server, count):
    """Rows: distinct paths that a rule lists, and distinct ones that none does."""
    for name, path, wanted in (
        ("distinct paths", "/items/item-{}?page={}", 200),
        ("distinct paths that no rule lists", "/nowhere/{}?page={}", 404),
    ):
        made = [request(f"GET {path.format(n, n)}", close=False) for n in range(count // 2)]
        yield _series(server, name, made, wanted, 1.0)


def run(scale=1.0):
    """All rows."""
    rounds, count = max(int(4 * scale), 1), int(10_000 * scale)
    with servers.running(KIND, APP, "--threads", str(CLIENTS)) as server:
        yield from tokens(server, count)
        yield from paths(server, count * 10)
        yield from bodies(server, rounds)


def main(argv=None):
    """Run, print, and return the number of faults."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--document", action="store_true", help="write docs/reliability.md")
    options = parser.parse_args(argv)
    section = Section("memory", "gunicorn", command="make soak")
    section.row("one worker, 50 threads", "before", "at most", "after", "wrong")
    every = []
    for name, before, most, after, wrong in run(options.scale):
        figures = (f"{figure:.1f} MiB" for figure in (before, most, after))
        section.row(name, *figures, len(wrong))
        every += wrong
    section.note(
        "The bound of the first lines: 2,048 verified tokens are remembered, as many that have "
        f"expired, and 1,024 paths. That of a body in memory: {BOUND} times its bytes, until its "
        f"request is answered; so {CLIENTS} threads times `max_bytes` times {BOUND} at the very most."
    )
    section.end(options.document, every[:20])
    return len(every)


if __name__ == "__main__":
    program(main)
