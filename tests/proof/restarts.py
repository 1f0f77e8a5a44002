"""Reloads, restarts and kills under load: what fails, and which policy an answer is of.

python -m tests.proof.restarts [--times 20] [--document]
"""

import argparse
import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from statusware import PolicyError
from statusware.auth.keyfile import load_file
from tests.integrations.tools import environment
from tests.proof import servers
from tests.proof.report import Section, program
from tests.proof.traffic import Traffic, busy, send
from tests.proof.versioned import asks, seen, write_policy

__all__ = ["hups", "keys", "kills", "reloads"]

#: The servers, and how many requests a worker of each has in its hands at most.
KINDS = {"gunicorn sync": 1, "gunicorn gthread": 4}
APP = "tests.proof.versioned:make()"

#: What is killed while it writes.
WRITER = """
import pathlib, sys
from statusware.auth.keyfile import add_key
for n in range(10**6):
    add_key(pathlib.Path(sys.argv[1]), f"u{n}", label=sys.argv[2] + str(n))
"""

#: Seconds after which every worker has taken a new policy over (they look twice a second).
TAKEN = 1.5


def reloads(times, kind="gunicorn sync"):
    """Replace the policy while requests come in: the traffic, and faults of takeovers."""
    return _under_load(kind, times, lambda server, file, n: write_policy(file, n), TAKEN)


def hups(times, kind="gunicorn sync"):
    """Replace the policy and send HUP, which starts new workers and ends the old ones."""

    def step(server, file, n):
        write_policy(file, n, reload=False)
        before = set(server.workers)
        os.kill(server.process.pid, signal.SIGHUP)
        _wait(lambda: not before & set(server.workers))
        _both_serve(server)

    return _under_load(kind, times, step, 0.3, reload=False)


def kills(times, kind="gunicorn sync"):
    """Kill a worker: whatever fails was in its hands."""

    def step(server, file, n):
        _both_serve(server)
        time.sleep(random.random() * 0.3)
        os.kill(random.choice(server.workers), signal.SIGKILL)

    return _under_load(kind, times, step, 0.5, version=False)


def _both_serve(server):
    """Wait until both workers have answered: one that is still starting has nothing to lose."""
    who, seen = asks()[0].data, set()

    def ready():
        # A kill may take an answer of ours, too.
        with contextlib.suppress(OSError):
            seen.add(send(server.port, who).members().get("pid"))
        workers = server.workers
        return len(workers) == 2 and seen.issuperset(workers)

    _wait(ready)


def _wait(ready, patience=20):
    until = time.monotonic() + patience
    while not ready():
        if time.monotonic() > until:
            raise TimeoutError("the workers have not come")
        time.sleep(0.005)


def _under_load(kind, times, step, pause, *, reload=True, version=True):
    """Do `step` so many times under load; after each, the new policy has to be in force."""
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "statusware.toml")
        write_policy(file, 1, reload)
        with servers.running(kind, APP, workers=2, STATUSWARE_VERSIONED=str(file)) as server:
            mix = asks()
            with Traffic(server.port, mix) as traffic:
                time.sleep(0.3)
                for n in range(2, times + 2):
                    step(server, file, n)
                    time.sleep(pause)
                    if version and (found := _versions(server.port, mix)) != {n}:
                        faults.append(f"policy {n} is not in force, but {sorted(found)}")
                time.sleep(0.3)
    return traffic, faults


def _versions(port, mix):
    return set().union(*(seen(send(port, ask.data)) for ask in mix for _ in range(3)))


def keys(times):
    """Kill `statusware keys add` while it writes: the file is always whole.

    The number of keys at the end, and faults.
    """
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "keys.toml")
        for turn in range(times):
            process = subprocess.Popen(
                [sys.executable, "-c", WRITER, str(file), f"t{turn}-"],
                env=environment(), stderr=subprocess.DEVNULL,
            )  # fmt: skip
            _wait(partial(_has, file, f'"t{turn}-'))
            time.sleep(random.random() * 0.1)
            process.kill()
            process.wait()
            try:
                found = len(load_file(file))
            except PolicyError as error:
                faults.append(f"half a file: {error}")
        left = [each for each in os.listdir(folder) if each != "keys.toml"]
        unknown = [each for each in left if not re.fullmatch(r"\.keys\.toml\..{8}", each)]
        faults += [f"left behind: {each}" for each in unknown]
    return found, faults


def _has(file, text):
    return file.exists() and text in file.read_text("utf-8")


def main(argv=None):
    """Run, print, and return the number of faults."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--document", action="store_true", help="write docs/reliability.md")
    options = parser.parse_args(argv)
    command = f"make soak TIMES={options.times}"
    every = [*_restarts(options, command), *_kills(options, command)]
    return len(every)


def _restarts(options, command):
    every = []
    section = Section("restarts", "gunicorn", command=command)
    section.row("under load", "server", "times", "requests", "failed", "wrong", "of two policies")
    for name, run in (("HUP", hups), ("policy reload", reloads)):
        for kind in KINDS:
            traffic, faults = run(options.times, kind)
            mixed = sum("under the policies" in each for each in traffic.wrong)
            section.row(name, kind, options.times, f"{traffic.sent:,}", len(traffic.failed),
                        len(traffic.wrong) + len(faults), mixed)  # fmt: skip
            every += [*traffic.failed, *traffic.wrong, *faults]
    section.note(f"Four clients, two workers; {busy()}.")
    section.end(options.document, every[:20])
    return every


def _kills(options, command):
    every = []
    section = Section("kills", "gunicorn", command=command)
    section.row("`kill -9` of", "times", "requests", "failed", "at most", "wrong")
    for kind, held in KINDS.items():
        traffic, _ = kills(options.times, kind)
        most = options.times * held
        section.row(f"a worker of {kind} under load", options.times, f"{traffic.sent:,}",
                    len(traffic.failed), most, len(traffic.wrong))  # fmt: skip
        every += [*(traffic.failed if len(traffic.failed) > most else ()), *traffic.wrong]
    found, faults = keys(options.times)
    section.row(
        "`statusware keys add`", options.times, f"{found:,} keys written", "", "", len(faults)
    )
    section.note(
        "Two workers and four clients. A worker has one request in its hands, or one for each of "
        f"its four threads; {busy()}."
    )
    every += faults
    section.end(options.document, every[:20])
    return every


if __name__ == "__main__":
    program(main)
