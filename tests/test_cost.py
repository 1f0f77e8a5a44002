"""What a request costs, in calls: a guard against changes that make every request dearer.

Counted, not timed, so that a busy machine changes nothing: every call of a Python function
or of a C function while a whole stack serves a request, once it has served the same one
before. The app inside makes two of them.

A budget is what was counted on Python 3.11. Later ones count a few calls less or more (they
run comprehensions in place, and do not tell of every call of a C function), hence `MARGIN`.
Where a change is worth more calls, raise its budgets in the same commit; where it saves
some, lower them.
"""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterable
from typing import Any

import pytest

from benchmarks import job
from statusware import wrap
from statusware.body import fast

#: Calls by which a count may exceed its budget.
MARGIN = 5

POLICY = {
    "auth": {"bearer": {"secret": job.SECRET, "issuer": job.ISSUER, "audience": job.AUDIENCE}},
    "routes": [
        {"match": "GET /recipes/{id:int}", "allow": ["everyone"]},
        {"match": "GET /recipes", "allow": ["everyone"]},
        {
            "match": "POST /recipes",
            "allow": [f"role:{job.ROLE} & scope:{job.SCOPE}"],
            "body": {"properties": {"name": {"type": "string", "maxLength": 20}}},
        },
    ],
}

GET = job.CASES["a"]
POST = job.CASES["b"]._replace(body=b'{"name": "soup"}')

#: Request, status, and the budget: calls of Python functions, of C functions.
REQUESTS = {
    "public GET": (GET, 200, 6, 11),
    "public GET, no path variable": (GET._replace(path="/recipes"), 200, 6, 11),
    "checked POST, token seen before": (POST, 200, 22, 42),
    "checked POST, fast": (POST, 200, 12, 34),
    "400 of a body that breaks its schema": (POST._replace(body=b'{"name": 5}'), 400, 60, 86),
    "401 without a token": (POST._replace(token=None), 401, 14, 36),
    "403 of a wrong role": (POST._replace(token=job.WRONG_ROLE), 403, 17, 48),
    "404 of an unknown path": (GET._replace(path="/nope"), 404, 19, 27),
}

#: Those that are counted with the engines of the extra `fast`, all others without.
FAST = ("checked POST, fast",)


def app(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


def serve(stack: Any, case: job.Case) -> tuple[str, int, int]:
    """The status of the answer, and how many calls it took: of Python, of C functions."""
    environ = {**job.environ(case), "wsgi.input": io.BytesIO(case.body)}
    counts = {"call": 0, "c_call": 0, "return": 0, "c_return": 0, "c_exception": 0}
    seen: list[str] = []

    def start_response(status: str, headers: object, exc_info: object = None) -> None:
        seen.append(status)

    def count(frame: object, event: str, argument: object) -> None:
        counts[event] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        result: Iterable[bytes] = stack(environ, start_response)
    finally:
        sys.setprofile(before)  # which is the last call that is counted
    assert b"".join(result)
    return seen[0][:3], counts["call"], counts["c_call"] - 1


@pytest.mark.parametrize("name", REQUESTS)
def test_calls(
    name: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.WARNING, "statusware")  # as it is where nobody asks for more
    monkeypatch.setattr(fast, "ENABLED", name in FAST)
    if name in FAST:
        pytest.importorskip("jsonschema_rs")
        pytest.importorskip("orjson")
    case, status, python, c = REQUESTS[name]
    stack = wrap(app, POLICY)
    for _ in range(3):  # caches are warm, and what is made once is made
        serve(stack, case)
    found = serve(stack, case)
    assert found[0] == str(status)
    assert found[1] <= python + MARGIN, f"{found[1]} calls of Python functions"
    assert found[2] <= c + MARGIN, f"{found[2]} calls of C functions"
