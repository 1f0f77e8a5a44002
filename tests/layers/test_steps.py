"""Whoever watches the layers is told of every step, whether a path is known already or not."""

import pytest
from werkzeug.test import EnvironBuilder

from statusware import wrap
from statusware.layers.steps import STEPS, watch
from tests.apps import bare

ALL = ["Routing", "Authentication", "AccessControl", "JSONBody"]

TOLD = [
    # method, path, the layers that were asked, whether the last of them answered
    ("GET", "/open", ALL, False),
    ("GET", "/nowhere", ALL[:1], True),
    ("PUT", "/open", ALL[:1], True),
    ("GET", "/%0a", ALL[:1], True),
    ("GET", "/closed", ALL[:2], True),
    ("POST", "/open", ALL, True),
]


POLICY = {
    "auth": {"bearer": {"secret": "s" * 32}},
    "routes": [
        {"match": "GET /open", "allow": ["everyone"]},
        {"match": "POST /open", "allow": ["everyone"], "body": {"type": "object"}},
        {"match": "GET /closed"},
    ],
}


@pytest.mark.parametrize(("method", "path", "asked", "answered"), TOLD)
def test_every_step_is_told(method, path, asked, answered):
    app = wrap(bare, POLICY)
    assert watch(app)
    for _ in range(3):
        environ = EnvironBuilder(path=path, method=method).get_environ() | {STEPS: []}
        b"".join(app(environ, lambda *_: None))
        told = [(type(guard).__name__, refused) for guard, refused, *_ in environ[STEPS]]
        assert told == [(name, answered and name == asked[-1]) for name in asked]
