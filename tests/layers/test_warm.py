"""A stack that has served anything before answers as one that is new: over random policies."""

from __future__ import annotations

import io
import os
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from statusware import Identity, Policy, PolicyError, Problem, wrap

USERS = {
    "ann": Identity("ann", roles=["editor"], scopes=["read"]),
    "bob": Identity("bob", roles=["admin"]),
    "eve": Identity("eve"),
}


def identify(environ: Any) -> Identity | None:
    user = environ.get("HTTP_X_KEY")
    if user is None:
        return None
    if user not in USERS:
        raise Problem(401 if user == "bad" else 400, code="invalid-credentials")
    return USERS[user]


def app(environ: Any, start_response: Any) -> list[bytes]:
    """Tells all that the layers have left for it, and spoils what it gets its hands on."""
    body = environ["wsgi.input"].read()
    match = environ.get("statusware.route")
    told = [
        environ["PATH_INFO"], environ.get("REMOTE_USER"), environ.get("statusware.identity"),
        environ.get("statusware.json"), environ.get("HTTP_X_REMOTE_USER"), body,
        match and (match.name, match.pattern, dict(match.variables), match.method, match.path,
                   match.allow, match.listed, bool(match.override)),
    ]  # fmt: skip
    if "fail" in environ["PATH_INFO"]:
        raise Problem(409, "Taken.", headers={"X-Own": "1"})
    if "bare" in environ["PATH_INFO"]:
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"no such thing"]
    headers = [("Content-Type", "text/plain")]
    start_response("200 OK", headers)
    return [repr(told).encode("utf-8", "replace")]


SEGMENTS = ("a", "b", "fail", "bare", "{x}", "{n:int}", "ann")
MATCHES = st.builds(
    lambda methods, segments, tail: f"{methods} /" + "/".join((*segments, *tail)),
    st.sampled_from(["GET", "POST", "GET,POST", "*", "DELETE", "OPTIONS", "GET,OPTIONS", "HEAD"]),
    st.lists(st.sampled_from(SEGMENTS), max_size=2, unique=True),
    st.sampled_from([(), (), (), ("{rest:path}",)]),
)
ROUTES = st.fixed_dictionaries(
    {
        "match": MATCHES,
        "allow": st.sampled_from(
            [
                ["everyone"],
                ["authenticated"],
                ["role:admin"],
                ["role:editor & scope:write", "role:admin"],
                ["scope:read"],
                ["everyone & user:ann"],
                ["role:editor & scope:write", "user:eve"],
            ]
        ),
    },
    optional={
        "deny": st.sampled_from([["role:admin"], ["user:eve"]]),
        "hide": st.booleans(),
        "max_bytes": st.just(4),
    },
)
POLICIES = st.fixed_dictionaries(
    {
        "routes": st.lists(ROUTES, min_size=1, max_size=4),
        "auth": st.just({"own": {"verify": identify, "header": "X-Key"}}),
    },
    optional={
        "cors": st.just({"origins": ["https://x.example"]}),
        "envelope": st.sampled_from(
            [{"format": "simple"}, {"types": "/problems"}, {"html": False}, {"keep": "none"}]
        ),
        "api": st.fixed_dictionaries(
            {},
            optional={
                "unlisted": st.sampled_from(["reject", "pass"]),
                "allow_path": st.sampled_from([["double-slash"], ["dot", "semicolon"]]),
                "mount": st.just(["", "/m"]),
                "paths": st.sampled_from([["/a"], ["/a", "/b"]]),
                "report": st.sampled_from(
                    [
                        ["Routing", "Authentication", "AccessControl", "JSONBody"],
                        ["Authentication", "AccessControl"],
                    ]
                ),
            },
        ),
    },
)
PATHS = st.sampled_from(
    ["", "/", "/a", "/a/", "/b", "/ann", "/a/b", "/a//b", "//a", "/a/7", "/7", "/a/7/", "/fail", "/bare",
     "/a/../b", "/a;x", "/b/ann/x/y", "/\xc3\xa9", "/\xff", "/none/such/path/x", "/problems/not-found", "/a%2fb"]
)  # fmt: skip
REQUESTS = st.fixed_dictionaries(
    {
        "REQUEST_METHOD": st.sampled_from(
            ["GET", "GET", "GET", "HEAD", "POST", "DELETE", "OPTIONS", "OPTIONS", "FOO"]
        ),
        "PATH_INFO": PATHS,
    },
    optional={
        "HTTP_X_KEY": st.sampled_from(["ann", "bob", "eve", "bad", "worse", ""]),
        "SCRIPT_NAME": st.sampled_from(["", "/m", "/evil"]),
        "QUERY_STRING": st.sampled_from(
            ["", "q=1", "_method=POST", "_method=DELETE&_method=PUT", "%5Fmethod=OPTIONS"]
        ),
        "HTTP_X_HTTP_METHOD_OVERRIDE": st.sampled_from(["GET", "DELETE", "", "FOO"]),
        "HTTP_ORIGIN": st.sampled_from(["https://x.example", "https://evil.example"]),
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD": st.just("POST"),
        "HTTP_ACCEPT": st.sampled_from(["text/html", "*/*", "application/json, text/html;q=0.1"]),
        "HTTP_X_REMOTE_USER": st.just("root"),
        "HTTP_UPGRADE": st.just("websocket"),
        "HTTP_CONNECTION": st.just("upgrade"),
        "body": st.sampled_from([b"1", b"too long"]),
    },
)


def served(stacked: Any, request: dict[str, Any]) -> tuple[Any, ...]:
    """What the server is told; the list of headers is spoiled afterwards, as a server may."""
    body = request.get("body", b"")
    environ = {name: value for name, value in request.items() if name != "body"}
    environ |= {
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "statusware.request_id": "id",
        "HTTP_HOST": "localhost",
    }
    told: list[Any] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:
        told.extend([status, sorted(headers)])
        headers += [("Set-Cookie", "spoiled=1")]
        headers[0] = ("X-Spoiled", "1")
        return lambda data: None

    try:
        result = stacked(environ, start_response)
    except Problem as problem:  # outside of `paths` nobody answers it
        return ("raised", str(problem))
    told.append(b"".join(result))
    getattr(result, "close", lambda: None)()
    return tuple(told)


def made(policy: dict[str, Any]) -> Any:
    try:
        return Policy.of(policy)
    except PolicyError:
        return None


@settings(
    max_examples=int(os.environ.get("WARM_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(POLICIES.filter(made), st.lists(REQUESTS, min_size=2, max_size=12))
@example(
    {
        "routes": [{"match": "* /", "allow": ["authenticated"]}],
        "auth": {"own": {"verify": identify, "header": "X-Key"}},
        "cors": {"origins": ["https://x.example"]},
    },
    [
        {"REQUEST_METHOD": "OPTIONS", "PATH_INFO": "/", "HTTP_X_KEY": "ann"},
        {
            "REQUEST_METHOD": "OPTIONS",
            "PATH_INFO": "/",
            "HTTP_ORIGIN": "https://x.example",
            "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "POST",
        },
    ],
)
def test_a_warm_stack_answers_as_a_new_one(
    policy: dict[str, Any], requests: list[dict[str, Any]]
) -> None:
    warm = wrap(app, policy)
    for request in requests + requests:
        assert served(warm, request) == served(wrap(app, policy), request), request
