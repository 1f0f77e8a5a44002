"""No request outlives its answer: nothing holds an environ in a cycle until it is collected."""

import gc
import weakref

import pytest
from werkzeug.test import create_environ

from statusware import wrap

POLICY = {
    "auth": {
        "bearer": {"secret": "0123456789abcdef0123456789abcdef"},
        "api_key": {"keys": [{"subject": "bot", "sha256": "0" * 64}]},
    },
    "routes": [
        {"match": "GET /open", "allow": ["everyone"]},
        {"match": "GET /closed"},
        {"match": "POST /open", "allow": ["everyone"], "body": {"type": "object"}},
    ],
}
TOKEN = {"HTTP_AUTHORIZATION": "Bearer a.b.c"}
BOTH = {**TOKEN, "HTTP_X_API_KEY": "k"}
REQUESTS = {
    "passes": ("GET", "/open", {}, 200),
    "bad token where nobody asks": ("GET", "/open", TOKEN, 200),
    "two bad ones where nobody asks": ("GET", "/open", BOTH, 200),
    "no token": ("GET", "/closed", {}, 401),
    "bad token": ("GET", "/closed", TOKEN, 401),
    "two bad ones": ("GET", "/closed", BOTH, 401),
    "no such path": ("GET", "/nowhere", {}, 404),
    "no such method": ("PATCH", "/open", {}, 405),
    "no body": ("POST", "/open", {"CONTENT_TYPE": "application/json"}, 400),
}


class Marker:
    """Something in the environ that can be watched."""


@pytest.mark.parametrize("schemes", [("bearer",), ("bearer", "api_key")])
@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_gone_with_its_answer(name, schemes):
    method, path, headers, status = REQUESTS[name]
    auth = {scheme: POLICY["auth"][scheme] for scheme in schemes}
    stack = wrap(app, POLICY | {"auth": auth})
    gc.collect()
    gc.disable()
    try:
        for _ in range(2):  # what is remembered is made by the first
            marker = Marker()
            known = weakref.ref(marker)
            environ = create_environ(path, method=method) | headers | {"tests.marker": marker}
            assert answered(stack, environ) == str(status)
            del marker, environ
            assert known() is None
    finally:
        gc.enable()


def answered(stack, environ):
    """The status of the answer, of which nothing is kept."""
    seen = []
    stack(environ, lambda status, headers, exc_info=None: seen.append(status))
    return seen[0][:3]


def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
