"""The short form of the claims on restarts and kills: each of them once or twice."""

import json
import sys

import pytest

from tests.proof import restarts, versioned
from tests.proof.exchange import Answer

pytest.importorskip("gunicorn")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@pytest.mark.parametrize(("run", "times"), [(restarts.reloads, 1), (restarts.hups, 1)])
def test_no_request_fails_or_meets_two_policies(run, times):
    traffic, faults = run(times)
    assert [*traffic.failed, *traffic.wrong, *faults] == []
    assert traffic.sent > 50


def test_a_killed_worker_loses_no_more_than_what_it_had():
    traffic, _ = restarts.kills(1)
    assert traffic.wrong == []
    assert len(traffic.failed) <= 1, traffic.failed


def test_no_half_written_file_of_keys():
    found, faults = restarts.keys(1)
    assert faults == []
    assert found > 0


def answer(status, challenge=None, **members):
    fields = [("WWW-Authenticate", challenge)] if challenge else []
    return Answer(status, fields, json.dumps(members).encode(), True)


@pytest.mark.parametrize(
    ("mixed", "right"),
    [
        (answer(401, 'Bearer realm="v3"', type="https://v3.example/missing"), True),
        (answer(401, 'Bearer realm="v3"', type="https://v4.example/missing"), False),
        (answer(401, type="https://v3.example/x", max_bytes=1003), True),
        (answer(401, type="https://v3.example/x", max_bytes=1002), False),
        (answer(401, roles=["r3"], route="v3"), True),
        (answer(401, roles=["r3"], route="v2"), False),
        (answer(200), False),
    ],
)
def test_a_mixture_shows(mixed, right):
    assert (versioned.expecting(401)(mixed) is None) is right
