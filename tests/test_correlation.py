"""Ids of requests: each of its own, whatever the app does with `random`, threads and processes."""

from __future__ import annotations

import os
import random
from typing import Any

from statusware import ErrorEnvelope, correlation
from statusware.correlation import POOL, request_id


def test_ids_differ_though_the_app_seeds_random_for_each_request():
    seen: list[str] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        random.seed(1)
        seen.append(environ["statusware.request_id"])
        start_response("200 OK", [])
        return []

    envelope = ErrorEnvelope(app)
    for _ in range(1000):
        list(envelope({"REQUEST_METHOD": "GET"}, lambda *started: None))
    assert len(set(seen)) == 1000
    assert all(len(each) == 32 and int(each, 16) for each in seen)


def test_ids_leave_the_numbers_of_the_app_alone():
    POOL.clear()
    random.seed(7)
    wanted = random.random()
    random.seed(7)
    request_id({})
    assert random.random() == wanted


def test_a_child_has_ids_of_its_own():
    request_id({})
    read, write = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover: another process
        os.write(write, " ".join(request_id({}) for _ in range(300)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    with os.fdopen(read) as told:
        theirs = set(told.read().split())
    assert len(theirs) == 300
    assert theirs.isdisjoint(request_id({}) for _ in range(300))


def test_a_pool_that_another_thread_empties_is_filled_again(monkeypatch):
    """Between the look at the pool and the id out of it another thread may take the last one."""

    class Emptied(list[str]):
        def __bool__(self) -> bool:
            return True

    monkeypatch.setattr(correlation, "POOL", Emptied())
    monkeypatch.setattr("statusware.layers.envelope.POOL", Emptied())
    assert len(request_id({})) == 32
    environ: dict[str, Any] = {"REQUEST_METHOD": "GET"}
    list(ErrorEnvelope(lambda environ, start: start("200 OK", []) and [])(environ, lambda *a: [1]))
    assert len(environ["statusware.request_id"]) == 32
