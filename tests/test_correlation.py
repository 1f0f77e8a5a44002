"""Ids of requests: each of its own, whatever the app does with `random`, threads and processes."""

from __future__ import annotations

import os
import random
import uuid
from typing import Any

import pytest
from werkzeug.test import Client

from statusware import ErrorEnvelope, Problem, correlation
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


@pytest.mark.parametrize(
    "told", ["a\r\nSet-Cookie: x=1", "a\n", "", "ü", "a b", "-" * 129, uuid.UUID(int=1), None, 5]
)
@pytest.mark.parametrize("end", ["raise", "problem", "kept", "replaced", "returned", "401"])
def test_an_id_that_the_app_puts_there_cannot_stand_in_a_header_unless_it_is_well_formed(told, end):
    def app(environ: Any, start_response: Any) -> list[bytes]:
        environ["statusware.request_id"] = told
        if end == "raise":
            raise LookupError
        if end == "problem":
            raise Problem(409)
        if end == "returned":
            return Problem(409, more=1)(environ, start_response)
        if end == "401":
            return Problem(401).prepared()(environ, start_response)
        kind = "application/json" if end == "kept" else "text/plain"
        start_response("409 Conflict", [("Content-Type", kind)])
        return [b"{}"]

    for stack in (app, ErrorEnvelope(app), ErrorEnvelope(app, format="simple")):
        if stack is app and end in ("raise", "problem", "kept", "replaced"):
            continue  # without an envelope that is the server's to answer
        answer = Client(stack).get("/", headers={"X-Request-ID": "sent"})
        assert answer.headers["X-Request-ID"] == "sent"
        assert "Set-Cookie" not in answer.headers
        assert end == "kept" or '"request_id": "sent"' in answer.text


def test_a_well_formed_id_of_the_apps_own_counts():
    def app(environ: Any, start_response: Any) -> list[bytes]:
        environ["statusware.request_id"] = "own-5"
        raise Problem(409)

    answer = Client(ErrorEnvelope(app)).get("/", headers={"X-Request-ID": "sent"})
    assert answer.headers["X-Request-ID"] == answer.json["request_id"] == "own-5"
