"""The short form of `make wire`: the whole corpus against gunicorn's sync worker."""

import importlib.metadata
import json

import pytest

from tests.proof import servers, wire
from tests.proof.exchange import Answer

pytest.importorskip("gunicorn")
KIND = "gunicorn sync"


@pytest.fixture(scope="module")
def came():
    return wire.run([KIND])


def test_every_answer_is_the_right_one(came):
    assert came[1] == []


def test_every_answer_is_as_in_the_golden_file(came):
    version = importlib.metadata.version("gunicorn")
    if version != wire.golden()["versions"]["gunicorn"]:
        pytest.skip(f"the golden file is not of gunicorn {version}")
    before = wire.golden()["answers"]
    assert {name: row[KIND] for name, row in came[0].items()} == {
        name: row[KIND] for name, row in before.items()
    }


CASE = wire.CASES[0]
PROBLEM = Answer(
    401,
    [
        ("Content-Type", "application/problem+json"),
        ("X-Request-ID", "1"),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("WWW-Authenticate", "Bearer"),
        ("Content-Length", "53"),
    ],
    json.dumps({"status": 401, "code": "missing", "request_id": "1"}).encode(),
    True,
)


def without(name):
    return PROBLEM._replace(fields=[field for field in PROBLEM.fields if field[0] != name])


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (without("Cache-Control"), "may be stored"),
        (without("WWW-Authenticate"), "no challenge"),
        (without("X-Content-Type-Options"), "may be sniffed"),
        (without("Content-Length"), "another length"),
        (PROBLEM._replace(status=403), "another status"),
        (PROBLEM._replace(status=405), "another status"),
        (PROBLEM._replace(body=b"Traceback" + PROBLEM.body[9:]), "tells b'Traceback'"),
        (
            PROBLEM._replace(fields=[*PROBLEM.fields, ("Keep-Alive", "1")]),
            "keep-alive is hop-by-hop",
        ),
    ],
)
def test_the_checks_find_what_is_wrong(answer, fault):
    assert list(wire._faults(PROBLEM, CASE)) == []
    assert fault in list(wire._faults(answer, CASE))


@pytest.mark.parametrize(
    ("want", "other", "kind", "came", "right"),
    [
        ("401 a", {}, "waitress", "401 a", True),
        ("401 a", {}, "waitress", "401 b", False),
        ("401 a", {}, "waitress", "400 (server)", True),
        ("401 a", {}, "waitress", "200 GET /admin by root", False),
        ("200 x", {}, "waitress", "400 (server)", False),
        ("401", {}, "waitress", "401 b", True),
        ("server", {}, "waitress", "closed", True),
        ("server", {}, "waitress", "401 a", False),
        ("400 a", {"waitress": "401 b"}, "waitress", "401 b", True),
        ("400 a", {"waitress": "401 b"}, "werkzeug", "401 b", False),
        ("200 x", {"gunicorn": "400 (server)"}, servers.OWN, "400 bad-request", True),
        ("200 x", {}, servers.OWN, "400 bad-request", False),
        ("401 a", {}, "waitress", "timeout", False),
    ],
)
def test_what_counts_as_right(want, other, kind, came, right):
    case = CASE._replace(want=want, other=other)
    assert (wire.wrong(kind, case, came) is None) is right
