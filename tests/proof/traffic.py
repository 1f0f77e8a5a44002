"""Load from threads of this process: each answer is checked, each failure noted."""

import contextlib
import os
import random
import socket
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from tests.proof.exchange import Answer, parse

__all__ = ["Ask", "Traffic", "busy", "percentile", "send"]


class Ask(NamedTuple):
    """A request, and a function that says what is wrong with its answer (None: nothing)."""

    name: str
    data: bytes
    check: Callable[[Answer], str | None]


def send(port, data, timeout=10.0):
    """The answer to a request that asks for the end of the connection. OSError without one."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(data)
        received = b""
        while chunk := connection.recv(1 << 18):
            received += chunk
    answers = parse(received, data.startswith(b"HEAD "))
    if not answers or not answers[0].whole:
        raise ConnectionError(f"broken off after {len(received)} bytes")
    return answers[0]


class Traffic:
    """Threads that send what is in `mix`, one request after another, while the block runs.

    `phase` may be set at any time; times are kept for each phase and name.
    """

    def __init__(self, port, mix, threads=4, timeout=10.0):
        self.port, self.mix, self.timeout, self.phase = port, mix, timeout, ""
        self.sent = 0
        self.wrong, self.failed = [], []
        self.times = {}
        self._over, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join(self.timeout + 5)

    def _run(self):
        while not self._over.is_set():
            self._one(random.choice(self.mix))

    def _one(self, ask):
        phase, began = self.phase, time.monotonic()
        failure = fault = None
        try:
            fault = ask.check(send(self.port, ask.data, self.timeout))
        except OSError as error:
            failure = f"{phase} {ask.name}: {type(error).__name__}: {error}"
        took = time.monotonic() - began
        with self._lock:
            self.sent += 1
            if failure:
                self.failed.append(failure)
            else:
                self.times.setdefault((phase, ask.name), []).append(took)
            if fault and len(self.wrong) < 1000:
                self.wrong.append(f"{phase} {ask.name}: {fault}")


def percentile(values, share=0.99):
    """The value that this share of values does not exceed; 0.0 of none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def busy():
    """How much else this machine was doing, for the reader of a table of times."""
    with contextlib.suppress(OSError):
        return f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
    return f"{os.cpu_count()} cores"
