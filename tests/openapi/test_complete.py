"""The documents are complete: whatever a policy answers on a route, it says is possible there.

Generated policies around an app that fails in several ways, asked with all kinds of
credentials and bodies.
"""

import io
import json
import time

import jwt
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from statusware import Policy, PolicyError, wrap
from statusware.cli.openapi import contract_of
from statusware.openapi.answers import possible

from .policies import SECRET, policies

TOKEN = jwt.encode({"sub": "ann", "exp": time.time() + 86400}, SECRET, "HS256")
EDITOR = jwt.encode(
    {"sub": "eve", "roles": ["editor", "x"], "exp": time.time() + 86400}, SECRET, "HS256"
)
LATE = jwt.encode({"sub": "ann", "exp": time.time() - 86400}, SECRET, "HS256")

CREDENTIALS = [
    {},
    {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}"},
    {"HTTP_AUTHORIZATION": f"token {EDITOR}"},
    {"HTTP_AUTHORIZATION": f"Bearer {LATE}"},
    {"HTTP_AUTHORIZATION": "Bearer x.y.z"},
    {"HTTP_AUTHORIZATION": "Bearer a, Bearer b"},
    {"HTTP_AUTHORIZATION": "\x00"},
    {"HTTP_X_API_KEY": "wrong"},
    {"HTTP_X_API_KEY": "x", "HTTP_AUTHORIZATION": f"Bearer {TOKEN}"},
    {"REMOTE_USER": "ann"},
    {"REMOTE_USER": "ann", "HTTP_SEC_FETCH_SITE": "cross-site"},
    {
        "HTTP_X_FORWARDED_USER": "ann",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_ORIGIN": "https://b.example",
    },
]
BODIES = [
    (b"", {}),
    (b"{}", {"CONTENT_TYPE": "application/json"}),
    (b'{"name": 5}', {"CONTENT_TYPE": "application/json"}),
    (b"[1, 2, 3]", {"CONTENT_TYPE": "application/json; charset=utf-8"}),
    (b"{", {"CONTENT_TYPE": "application/json"}),
    (b"7", {"CONTENT_TYPE": "application/merge-patch+json"}),
    (b"{}", {"CONTENT_TYPE": "text/plain"}),
    (b"{}", {}),
    (b"{}", {"CONTENT_TYPE": "application/json", "HTTP_CONTENT_ENCODING": "gzip"}),
    (b"{}", {"CONTENT_TYPE": "application/json", "HTTP_CONTENT_ENCODING": "br"}),
    (b"{}", {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": "9"}),
    (b"{}", {"CONTENT_TYPE": "application/json", "HTTP_TRANSFER_ENCODING": "chunked"}),
    (b" " * 100, {"CONTENT_TYPE": "application/json"}),
]
ENDS = [None, KeyError, OSError, ValueError, RuntimeError]
VALUES = {"int": "5", "uuid": "00000000-0000-0000-0000-000000000001", "path": "a/b", "": "ann"}


def app(environ, start_response):
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if (error := environ["tests.end"]) is not None:
        raise error
    start_response("200 OK", [])
    return []


def path_of(pattern):
    parts = (
        VALUES[getattr(s, "converter", "")] if not isinstance(s, str) else s
        for s in pattern.segments
    )
    return "/" + "/".join(parts)


def call(wrapped, environ):
    """The status of the answer, and its code where it has one."""
    seen = []

    def start_response(status, headers, exc_info=None):
        seen[:] = [int(status[:3])]

    result = wrapped(environ, start_response)
    body = b"".join(result)
    if hasattr(result, "close"):
        result.close()
    try:
        found = json.loads(body)
    except ValueError:
        return seen[0], None
    return seen[0], found.get("code") or found.get("error", {}).get("code")


@settings(
    max_examples=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
@given(
    policies(),
    st.lists(
        st.tuples(
            st.integers(0, 50), st.sampled_from(CREDENTIALS), st.sampled_from(BODIES), st.sampled_from(ENDS)
        ),
        min_size=20, max_size=60,
    ),
)  # fmt: skip
def test_what_is_answered_is_possible(policy, requests):
    try:
        found = Policy(policy)
        contract = contract_of(found)
    except PolicyError:
        assume(False)
    every = list(contract.listed(whole=True))
    assume(every)
    wrapped = wrap(app, found)
    mount = min(found.table.line.mounts)
    for number, credentials, (body, fields), end in requests:
        asked = every[number % len(every)]
        environ = {
            "REQUEST_METHOD": asked.method, "SCRIPT_NAME": mount, "QUERY_STRING": "",
            "PATH_INFO": path_of(asked.pattern).encode().decode("latin-1"),
            "CONTENT_LENGTH": str(len(body)) if body else "", "wsgi.input": io.BytesIO(body),
            "HTTP_HOST": "localhost", "wsgi.url_scheme": "http", "SERVER_NAME": "localhost",
            "SERVER_PORT": "80", "REMOTE_ADDR": "192.0.2.1", "tests.end": end,
            **credentials, **fields,
        }  # fmt: skip
        if "ErrorEnvelope" not in contract.layers and end is not None:
            environ["tests.end"] = None
        status, code = call(wrapped, environ)
        match = environ.get("statusware.route")
        if match is None or match.route is None:
            # A layer on trial leaves nothing behind; nobody else lets a listed path be unknown.
            assert "Routing" not in contract.layers or status in (404, 200, 500)
            continue
        listed = [
            each for each in every
            if each.route is match.route and each.pattern.text == match.pattern
            and each.method == match.method
        ]  # fmt: skip
        told = possible(contract, listed)
        if status >= 400:
            assert status in told, (status, code, told)
            assert code is None or code in told[status], (status, code, told)
