"""The short form of the claim on responses: gunicorn's sync worker, all but what it must kill."""

import pytest

from tests.proof import responses

pytest.importorskip("gunicorn")
KIND = "gunicorn sync"


def test_apps_that_misbehave():
    names = [name for name in responses.names_for(KIND) if name != responses.SLEEPS]
    came, faults = responses.run(KIND, names)
    assert faults == []
    assert len(came) > 100


@pytest.mark.parametrize(
    ("name", "came", "faults", "wrong"),
    [
        ("starts-twice", "500 internal-error", [], 0),
        ("starts-twice", "200 +20", [], 1),
        ("starts-twice", "500 internal-error", ["hangs"], 1),
        ("error-header-chunked", "500 (server)", [], 1),
        ("header-chunked", "500 (server)", [], 0),
        ("header-line-break", "200 +20", ["tells b's3cret'"], 1),
    ],
)
def test_what_counts_as_wrong(name, came, faults, wrong):
    assert len(responses.verdict(name, came, faults, KIND)) == wrong
