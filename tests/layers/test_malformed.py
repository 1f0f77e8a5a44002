"""An environ that holds no text where PEP 3333 demands it: answered in the envelope, never led by.

Some servers, test clients and middlewares make such. Every key that is read (docs/reference says
which) meets every kind of value, in every layer alone and in whole stacks.
"""

import json
import logging
import re
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import Client

from statusware import (
    AccessControl,
    APIKey,
    Authentication,
    Bearer,
    ErrorEnvelope,
    JSONBody,
    Routing,
    wrap,
)
from statusware.auth.proxy import Proxy, RemoteUser
from statusware.integrations.flask import Statusware
from statusware.layers.lint import StatusLint
from statusware.layers.malformed import fault
from statusware.logs import JSONFormatter

SECRET = "0123456789abcdef0123456789abcdef"

DOCS = Path(__file__).parent.parent.parent / "docs" / "reference" / "environ.md"


def _keys():
    """What the documentation says is read, as environ keys."""
    read = DOCS.read_text("utf-8").partition("## What is read")[2].partition("\n## ")[0]
    for name in re.findall(r"`([\w.-]+)`", read):
        if name.isupper() or name.startswith(("wsgi.", "werkzeug.")):
            yield name
        elif name != "_method" and name[0].isupper():
            yield f"HTTP_{name.upper().replace('-', '_')}"


KEYS = sorted(
    {
        *_keys(), "HTTP_X_API_KEY", "HTTP_X_FORWARDED_USER", "HTTP_X_FORWARDED_GROUPS",
        "HTTP_X_REMOTE_USER", "HTTP_COOKIE", "SERVER_PROTOCOL", "SERVER_NAME",
        "statusware.request_id",
    }
)  # fmt: skip

#: No text; some would be taken for nothing, some for true, some cannot be looked up in a set.
VALUES = [b"GET", b"/r", b"", b"2", 2, 0, None, [], ["x"], object()]


class Reached(list):
    """An app that keeps what it has been asked for."""

    def __call__(self, environ, start_response):
        self.append(environ.get("PATH_INFO"))
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"fine"]


def bare_error(environ, start_response):
    start_response("404 Not Found", [("Content-Type", "text/html")])
    return [b"<p>no"]


def failing(environ, start_response):
    raise ValueError("x")


POLICY = {
    "auth": {
        "bearer": {"secret": SECRET},
        "api_key": {"keys": [{"sha256": "0" * 64, "subject": "ann"}]},
        "proxy": {"peers": ["127.0.0.1"], "roles": "X-Forwarded-Groups"},
        "remote_user": {},
    },
    "cors": {"origins": ["https://app.example.com"]},
    "envelope": {"types": "/problems"},
    "routes": [
        {"match": "GET /open", "allow": ["everyone"]},
        {"match": "POST /r", "allow": ["role:editor"], "body": {}},
        {"match": "GET,PUT /u/{name}", "allow": ["role:editor"], "hide": True},
        {"match": "POST /upload", "allow": ["everyone"], "max_bytes": 10},
        {"match": "POST /json", "allow": ["everyone"], "body": {}, "body_optional": True},
    ],
}

SCHEMES = (
    Bearer(secret=SECRET),
    APIKey(keys=[{"sha256": "0" * 64, "subject": "ann"}]),
    Proxy(peers=["127.0.0.1"]),
    RemoteUser(),
)


def flask(app):
    it = Flask("shop")
    for path in ("/open", "/r", "/u/<name>", "/upload", "/json"):
        it.add_url_rule(path, path, lambda **_: app.append("/r") or "fine", methods=["GET", "POST"])
    Statusware(it, POLICY)
    return it


STACKS = {
    "all": lambda app: wrap(app, POLICY),
    "paths": lambda app: wrap(app, {**POLICY, "api": {"paths": ["/r", "/u", "/upload", "/json", "/open", "/problems"]}}),
    "metrics": lambda app: wrap(app, {**POLICY, "metrics": {}}),
    "simple": lambda app: wrap(app, {**POLICY, "envelope": {"format": "simple", "html": False}}),
    "flask": flask,
    "routing": lambda app: Routing(app, ["POST /r", "GET /open", "GET /u/{name}"]),
    "authentication": lambda app: Authentication(app, *SCHEMES, public=["GET /open"]),
    "access": lambda app: AccessControl(app, {"GET /open": ["everyone"], "POST /r": ["role:x"]}),
    "body": lambda app: JSONBody(app, {"POST /r": {}, "POST /json": {"type": "object"}}),
}  # fmt: skip

#: These refuse nobody: they have to get by.
HARMLESS = {
    "no policy": wrap,
    "errors": lambda app: wrap(bare_error),
    "failures": lambda app: wrap(failing),
    "report": lambda app: wrap(app, {**POLICY, "api": {"report": True}}),
    "lint": StatusLint,
    "envelope": lambda app: ErrorEnvelope(app, types="/problems"),
}

REQUESTS = [
    ("GET", "/open"), ("POST", "/r"), ("GET", "/u/ann"), ("POST", "/upload"), ("POST", "/json"),
    ("GET", "/nowhere"), ("OPTIONS", "/r"), ("GET", "/problems"),
]  # fmt: skip

#: What makes other code look at the key that is wrong.
COMPANY = ({}, {"HTTP_CONNECTION": "upgrade", "HTTP_UPGRADE": "websocket"},
           {"HTTP_ORIGIN": "https://app.example.com", "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "GET",
            "HTTP_ACCEPT": "text/html"})  # fmt: skip


def environ_of(method, path, more):
    length = {"CONTENT_LENGTH": "2", "CONTENT_TYPE": "application/json"} if method == "POST" else {}
    return {
        "REQUEST_METHOD": method, "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "",
        "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost", "REMOTE_ADDR": "10.0.0.1", "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http", "wsgi.input": BytesIO(b"{}"), "wsgi.errors": None,
        "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
        **length, **more,
    }  # fmt: skip


def ask(app, environ):
    """Status, header fields and body, as a server would get them."""
    said = []

    def start_response(status, headers, exc_info=None):
        said[:] = [int(status[:3]), {name.lower(): value for name, value in headers}]

    body = app(environ, start_response)
    whole = b"".join(body)
    getattr(body, "close", lambda: None)()
    return *said, whole


def _all(key):
    for company in COMPANY:
        for method, path in REQUESTS:
            for value in VALUES if not company else VALUES[:-4:2]:
                yield environ_of(method, path, {**company, key: value})


@pytest.fixture
def log():
    """Every record there is, formatted: that has to work as well."""

    class Kept(logging.Handler):
        lines = []  # noqa: RUF012  # one at a time

        def emit(self, record):
            self.lines.append(self.format(record))

    handler, logger = Kept(), logging.getLogger("statusware")
    handler.lines = []
    handler.setFormatter(JSONFormatter())
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler.lines
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("make", STACKS.values(), ids=STACKS)
def test_the_answer_is_in_the_envelope_and_nobody_is_let_in(make, key, log, request):
    reached = Reached()
    app = make(reached)
    for environ in _all(key):
        path, kept = environ["PATH_INFO"], {k: repr(v) for k, v in environ.items()}
        reached.clear()
        try:
            status, fields, body = ask(app, environ)
        except Exception:  # where the protocol changes, what the app itself raises passes
            assert make is flask, kept
            assert "HTTP_UPGRADE" in environ, kept
            continue
        if status >= 400 and body:
            assert fields["content-type"].startswith(("application/", "text/html; charset")), kept
            if fields["content-type"].endswith("json"):
                assert "code" in str(json.loads(body)), kept
        if path in ("/r", "/u/ann") and "body" not in request.node.name:
            assert reached in ([], [path]) if "routing" in request.node.name else not reached, kept


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("make", HARMLESS.values(), ids=HARMLESS)
def test_what_refuses_nobody_gets_by(make, key, log):
    app = make(Reached())
    for environ in _all(key):
        if make is HARMLESS["failures"]:
            environ.pop("HTTP_UPGRADE", None)  # what the app raises passes there
            assert ask(app, environ)[0] == 500
        else:
            assert ask(app, environ)[0] in (200, 204, 404, 405, 501)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("CONTENT_LENGTH", 2, "CONTENT_LENGTH is int"),
        ("CONTENT_TYPE", b"application/json", "CONTENT_TYPE is bytes"),
        ("REQUEST_METHOD", ["POST"], "REQUEST_METHOD is list"),
        ("PATH_INFO", 5, "PATH_INFO is int"),
        ("QUERY_STRING", b"_method=PUT", "QUERY_STRING is bytes"),
        ("HTTP_X_METHOD_OVERRIDE", None, "HTTP_X_METHOD_OVERRIDE is None"),
        ("HTTP_AUTHORIZATION", b"Bearer x", "HTTP_AUTHORIZATION is bytes"),
        ("HTTP_AUTHORIZATION", 5, "HTTP_AUTHORIZATION is int"),
        ("wsgi.input", None, "wsgi.input is none that can be read"),
        ("wsgi.input", b"{}", "wsgi.input is none that can be read"),
    ],
)
def test_the_log_says_once_which_key_it_is(key, value, told, log):
    environ = environ_of("POST", "/json", {key: value})
    app = wrap(Reached(), {**POLICY, "routes": [*POLICY["routes"], {"match": "POST /closed"}]})
    if key == "HTTP_AUTHORIZATION":
        environ["PATH_INFO"] = "/closed"
    status, _, body = ask(app, environ)
    assert (status, json.loads(body)["code"]) == (500, "internal-error")
    lines = [json.loads(line) for line in log]
    assert [line["message"] for line in lines if line["level"] == "ERROR"] == [
        f"no environ, as PEP 3333 has it: {told}"
    ]
    assert not [line for line in lines if line["event"] == "refused"]
    assert told.split()[0] not in body.decode()


def test_without_a_method(log):
    environ = environ_of("GET", "/open", {})
    del environ["REQUEST_METHOD"]
    assert ask(wrap(Reached(), POLICY), environ)[0] == 500
    assert "REQUEST_METHOD is missing" in log[0]


def test_a_path_that_is_known_does_not_excuse_the_rest():
    """What was read before is not read again, but for what makes it another request."""
    app = wrap(Reached(), POLICY)
    assert ask(app, environ_of("GET", "/open", {}))[0] == 200
    for more in ({"QUERY_STRING": b"_method=PUT"}, {"SCRIPT_NAME": []}, {"HTTP_X_HTTP_METHOD": 5}):
        assert ask(app, environ_of("GET", "/open", more))[0] == 500


def test_what_is_wrong_with_a_layer_is_not_blamed_on_a_good_environ():
    class Broken(Routing):
        def check(self, environ):
            raise TypeError("ours")

    with pytest.raises(TypeError, match="ours"):
        Client(Broken(Reached(), ["GET /open"])).get("/open")


def test_a_good_environ_has_no_fault():
    assert (
        fault(environ_of("POST", "/json", {"HTTP_X_REQUEST_ID": "abc", 5: b"", "x.y": b""})) == ""
    )
