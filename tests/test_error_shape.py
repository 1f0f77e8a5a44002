"""Every error answer has one shape: every code, and every place in the package that makes a problem.

The places are found in the source. One that no row of `WALK` passes, and that `ELSEWHERE` does
not name, fails the last test.
"""

import ast
import gzip
import io
import json
import sys
import time
from pathlib import Path

import bottle
import falcon
import flask
import jsonschema
import jwt
import pyramid.config
import pyramid.response
import pytest
from django.core.exceptions import PermissionDenied
from werkzeug.test import Client

import statusware
from statusware import AccessControl, ErrorEnvelope, Identity, Policy, Problem, wrap
from statusware.catalog import CODES, PHRASES, default_code
from statusware.integrations.flask import Statusware
from statusware.layers.bare import _replacing as replacing
from statusware.readings import MOST

PACKAGE = Path(statusware.__file__).parent

#: RFC 9457 section 3.1, and DESIGN's extensions: nothing else stands in an answer of ours.
TEXT = {"type": "string", "pattern": r"^[^\x00-\x1f\x7f]+$"}
CODE = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._~-]*$"}
COUNT = {"type": "integer", "minimum": 0}
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "pattern": r"^(about:blank|(https://x|/problems)/[a-z0-9-]+)$"},
        "title": TEXT,
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": TEXT,
        "code": CODE,
        "request_id": {"type": "string", "pattern": r"^[0-9A-Za-z._~:/+=-]{1,128}$"},
        "max_bytes": COUNT,
        "line": COUNT,
        "column": COUNT,
        "errors": {
            "type": "array",
            "maxItems": 20,
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "additionalProperties": False,
                "properties": {
                    "pointer": {"type": "string", "pattern": r"^(/([^~/]|~[01])*)*$"},
                    "code": {"type": "string", "minLength": 1},
                    "detail": TEXT,
                },
            },
        },
    },
}
SIMPLE = {
    "type": "object",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "status", "request_id"],
            "properties": {"code": CODE, "message": TEXT, "status": COUNT, "request_id": TEXT},
        }
    },
}
for each in (SCHEMA, SIMPLE):
    jsonschema.Draft202012Validator.check_schema(each)


def check(response, schema=SCHEMA):
    """The members of an answer that is complete (else the test fails)."""
    members = json.loads(response.get_data())
    jsonschema.Draft202012Validator(schema).validate(members)
    told = members.get("error", members)
    headers = response.headers
    assert told["status"] == response.status_code
    assert response.status.lower() == f"{told['status']} {PHRASES[told['status']]}".lower()
    assert told["request_id"] == headers["X-Request-ID"]
    assert headers["Content-Type"] == (
        "application/problem+json" if schema is SCHEMA else "application/json"
    )
    assert int(headers["Content-Length"]) == len(response.get_data())
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Accept" in headers["Vary"].split(", ")
    assert told["status"] != 401 or headers.getlist("WWW-Authenticate")
    assert told["status"] != 405 or "Allow" in headers
    assert told["status"] != 415 or {"Accept", "Accept-Encoding"} & {n for n, _ in headers}
    assert not {"Connection", "Transfer-Encoding", "Upgrade"} & {n for n, _ in headers}
    return told


# Every code


def raising(error):
    def app(environ, start_response):
        raise error

    return app


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    ("options", "schema"), [({"types": "https://x/"}, SCHEMA), ({"format": "simple"}, SIMPLE)]
)
def test_every_code_has_the_shape(code, options, schema):
    row = CODES[code]
    headers = [("Accept", "a/b")] if row.status == 415 else []
    app = ErrorEnvelope(raising(Problem(row.status, code=code, headers=headers)), **options)
    told = check(Client(app).get("/"), schema)
    assert (told["status"], told["code"]) == (row.status, code)
    assert told.get("detail", told.get("message")) == row.detail


# Every place


SECRET = "0123456789abcdef0123456789abcdef"
SENT = "hunter2"
#: Thirty levels of schema for each level of the body.
LEVELS = {f"l{n}": {"allOf": [{"$ref": f"#/$defs/l{n + 1}"}]} for n in range(30)}
LEVELS["l30"] = {"properties": {"a": {"$ref": "#/$defs/l0"}}}
DEEP = {"$ref": "#/$defs/l0", "$defs": LEVELS}
NESTED = b'{"a": ' * 60 + b"1" + b"}" * 60
EVERYONE = {"allow": ["everyone"]}


def verify(environ):
    if environ["PATH_INFO"] == "/broken":
        raise RuntimeError(SENT)
    return Identity("ann", "session") if "HTTP_COOKIE" in environ else None


def never(identity, variables, environ):
    return False


def fail(error):
    raise error


DOES = {
    "/evil": lambda: fail(PermissionDenied(SENT)),
    "/falls": lambda: fail(ValueError(SENT)),
    "/bottle": lambda: fail(bottle.HTTPError(409, "Taken.")),
    "/odd": lambda: fail(falcon.HTTPError(409, headers={"X-A": "a\r\nb"})),
    "/listed": lambda: fail(KeyError(SENT)),
}


def own(environ, start_response):
    start_response("409 Conflict", [("Content-Type", "application/json")])
    return [b'{"detail": "Taken."}']


def bare(environ, start_response):
    """An app that reads its body, or fails as its path says."""
    path = environ["PATH_INFO"]
    DOES.get(path, lambda: None)()
    while path == "/sized" and environ["wsgi.input"].read(1000):
        pass
    status = "404 Not Found" if path == "/page" else "200 OK"
    start_response(status, [("Content-Type", "text/html")])
    return [SENT.encode()]


POLICY = {
    "envelope": {"types": "https://x/"},
    "body": {"max_bytes": 100, "inflate": True},
    "errors": {"KeyError": 409},
    "auth": {
        "bearer": {"secret": SECRET},
        "session": {"verify": verify, "challenge": "Session", "ambient": True},
    },
    "routes": [
        {"match": ["GET /page", "GET /evil", "GET /falls", "GET /listed", "GET /x"], **EVERYONE},
        {"match": ["GET /bottle", "GET /odd"], **EVERYONE},
        {"match": "GET /never", "allow": [f"everyone & {__name__}:never"]},
        {"match": ["GET,POST /mine", "GET /broken"]},
        {"match": "GET /admin", "allow": ["role:admin"]},
        {"match": "GET /scoped", "allow": ["scope:read"]},
        {"match": "GET /hidden", "allow": ["role:admin"], "hide": True},
        {"match": "POST /json", "body": {"required": ["name"]}, **EVERYONE},
        {"match": "POST /deep", "body": DEEP, "max_bytes": "1MiB", **EVERYONE},
        {"match": "POST /sized", "max_bytes": 100, **EVERYONE},
    ],
}


def audited():
    """Wrapped before its routes are made, one of which no rule lists."""
    app = flask.Flask("shop")
    policy = {"envelope": {"types": "https://x/"}, "api": {"audit": "refuse"}}
    routes = [{"match": "GET /a", **EVERYONE}]
    app.get("/a", endpoint="a")(lambda: "fine")
    wrapped = wrap(app, {**policy, "routes": routes})
    app.get("/b", endpoint="b")(lambda: "fine")
    return wrapped


def flask_app():
    app = flask.Flask("shop")
    app.get("/again", endpoint="again")(lambda: (Problem(409), 410))
    app.get("/given", endpoint="given")(lambda: flask.abort(404, "no soup"))

    @app.get("/handled")
    def handled():
        raise LookupError(SENT)

    Statusware(app, {"envelope": {"types": "https://x/"}, "errors": {"LookupError": 404}})
    return app


def pyramid_app():
    with pyramid.config.Configurator() as config:
        config.add_view(lambda request: pyramid.response.Response("root"))
    policy = {"envelope": {"types": "https://x/"}, "routes": [{"match": "GET /", **EVERYONE}]}
    return wrap(config.make_wsgi_app(), policy)


#: A body that is no JSON, as only a document can ask for one.
NOTES = {
    "openapi": "3.1.0",
    "info": {"title": "notes", "version": "1"},
    "paths": {
        "/notes": {
            "post": {
                "requestBody": {"required": True, "content": {"text/plain": {}}},
                "responses": {"201": {"description": "made"}},
            }
        }
    },
}


def make():
    """The apps, by the name that `WALK` gives them."""
    return {
        "merging": ErrorEnvelope(own, keep="merge", types="https://x/"),
        "alone": ErrorEnvelope(AccessControl(bare, {"GET /x": ["scope:read"]}), types="https://x/"),
        "cors": wrap(
            bare,
            {
                "envelope": {"types": "https://x/"},
                "cors": {"origins": ["https://app.example"]},
                "routes": [{"match": "GET /a", **EVERYONE}],
            },
        ),
        "policy": wrap(bare, POLICY),
        "paths": wrap(
            bare,
            {
                "envelope": {"types": "https://x/"},
                "api": {"allow_path": ["semicolon", "encoded"], "unlisted": "pass"},
                "routes": [{"match": "GET /a", **EVERYONE}],
            },
        ),
        "unclear": wrap(
            bare,
            {
                "routes": [
                    {"match": "GET /n/{id}", **EVERYONE},
                    {"match": "PUT /n/{id}", **EVERYONE, "hide": True},
                    {"match": "GET,PUT /n/7", **EVERYONE, "hide": True},
                ],
            },
        ),
        "pages": wrap(bare, {"envelope": {"types": "/problems"}}),
        "documented": wrap(bare, Policy.from_openapi(NOTES, api={"openapi_unsecured": "everyone"})),
        "flask": flask_app(),
        "pyramid": pyramid_app(),
        "audited": audited(),
    }


APPS = make()


def bearer(**claims):
    token = jwt.encode({"sub": "ann", "exp": time.time() + 86_400, **claims}, SECRET, "HS256")
    return {"Authorization": f"Bearer {token}"}


JSON = {"Content-Type": "application/json"}
GZIP = {**JSON, "Content-Encoding": "gzip"}
CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
COOKIE = {"Cookie": "session=1"}
PREFLIGHT = {"Origin": "https://app.example", "Access-Control-Request-Method": "GET"}
CROSS = {"Sec-Fetch-Site": "cross-site"}


def row(app, line, status, code=None, *, headers=None, body=b"", **environ):
    """One request, and what has to come of it."""
    return app, line, status, code or default_code(status), headers or {}, body, environ


WALK = [
    # the request line
    row("policy", "GET /", 400, "ambiguous-path", PATH_INFO="//x"),
    row("policy", "GET /", 400, "ambiguous-path", PATH_INFO="x"),
    row("policy", "GET /", 400, "ambiguous-path", PATH_INFO="/\xff"),
    row("policy", "GET /x", 400, "ambiguous-path", SCRIPT_NAME="/m"),
    row("policy", "GET /x?_method=PUT&_method=POST", 400, "ambiguous-path"),
    row("policy", "FOO /x", 501, "method-not-implemented"),
    row("paths", "GET /", 400, "ambiguous-path", PATH_INFO="/%" + "25" * MOST),
    row("paths", "GET /", 400, "ambiguous-path", PATH_INFO="/a;b"),
    row("unclear", "GET /n/07", 404),
    row("unclear", "PUT /n/07", 405),
    row("pyramid", "GET /", 400, "ambiguous-path", headers={"X-Vhm-Root": f"/{SENT}"}),
    # routing
    row("policy", "GET /nope", 404),
    row("policy", "PUT /x", 405),
    row("policy", "GET /x", 405, headers={"X-HTTP-Method-Override": "PUT"}),
    row("policy", "GET /x", 405, headers={"X-HTTP-Method-Override": "OPTIONS"}),
    row("cors", "OPTIONS /nope", 404, headers=PREFLIGHT),
    # credentials
    row("policy", "GET /mine", 401, "missing-credentials"),
    row("policy", "GET /mine", 401, "invalid-credentials", headers={"Authorization": "Bearer x"}),
    row("policy", "GET /mine", 401, "expired-credentials", headers=bearer(exp=1)),
    row("policy", "GET /mine", 400, "invalid-request", headers={"Authorization": "Bearer a b"}),
    row("policy", "GET /broken", 503, "authentication-unavailable"),
    row("policy", "POST /mine", 403, "cross-site-request", headers=COOKIE | CROSS),
    row("policy", "GET /hidden", 404),
    row("policy", "GET /hidden", 404, headers=bearer()),
    row("policy", "GET /admin", 403, headers=bearer()),
    row("policy", "GET /scoped", 403, "insufficient-scope", headers=bearer(scope="write")),
    row("policy", "GET /never", 401, "missing-credentials"),
    row("alone", "GET /x", 403),
    row("alone", "GET /y", 403),
    # bodies
    row("policy", "POST /json", 400, "missing-body"),
    row("policy", "POST /json", 400, "malformed-json", headers=JSON, body=b'{"a": hunter2}'),
    row("policy", "POST /json", 400, "invalid-body", headers=JSON, body=b"{}"),
    row("policy", "POST /json", 415, body=b"{}"),
    row("policy", "POST /json", 415, headers={**JSON, "Content-Encoding": "br"}, body=b"{}"),
    row("policy", "POST /json", 413, headers=JSON, body=bytes(101)),
    row("policy", "POST /json", 413, headers=JSON, body=bytes(101), **CHUNKED),
    row("policy", "POST /json", 411, headers=JSON, HTTP_TRANSFER_ENCODING="chunked"),
    row("policy", "POST /json", 400, headers=JSON, CONTENT_LENGTH="x"),
    row("policy", "POST /json", 400, "incomplete-body", headers=JSON, CONTENT_LENGTH="9"),
    row("policy", "POST /json", 400, "incomplete-body", headers=JSON, body=None, **CHUNKED),
    row("policy", "POST /json", 400, headers=GZIP, body=b"no gzip"),
    row(
        "policy", "POST /json", 400, "incomplete-body", headers=GZIP, body=gzip.compress(b"{}")[:9]
    ),
    row("policy", "POST /json", 413, headers=GZIP, body=gzip.compress(bytes(9999))),
    row("policy", "POST /deep", 400, "invalid-body", headers=JSON, body=NESTED),
    row("policy", "POST /sized", 413, body=bytes(101)),
    row("policy", "POST /sized", 413, body=bytes(101), **CHUNKED),
    row("documented", "POST /notes", 400, "missing-body", headers={"Content-Type": "text/plain"}),
    # the app's own errors
    row("policy", "GET /page", 404),
    row("policy", "GET /evil", 403),
    row("policy", "GET /falls", 500),
    row("policy", "GET /bottle", 409),
    row("policy", "GET /odd", 409),
    row("policy", "GET /listed", 409),
    row("merging", "GET /own", 409),
    row("flask", "GET /again", 410),
    row("flask", "GET /given", 404),
    row("flask", "GET /handled", 404),
    row("audited", "GET /a", 503),
    # the pages about codes
    row("pages", "GET /problems/nope", 404),
    row("pages", "PUT /problems/", 405),
    row("pages", "FOO /problems/", 501, "method-not-implemented"),
]


class Broken(io.BytesIO):
    def read(self, size=-1):
        raise RuntimeError(SENT)


def send(app, line, headers, body, environ):
    """The answer of an app to one row."""
    method, path = line.split()
    client = Client(app, use_cookies=False)
    overrides = {
        "wsgi.errors": io.StringIO(),
        "wsgi.input": Broken() if body is None else io.BytesIO(body),
    }
    overrides |= {"CONTENT_LENGTH": str(len(body or b""))} | environ
    return client.open(
        path, method=method, headers=headers, environ_overrides=overrides, buffered=True
    )


@pytest.mark.parametrize("each", WALK, ids=lambda each: f"{each[1]} {each[3]}")
def test_every_path_has_the_shape(each):
    app, line, status, code, headers, body, environ = each
    response = send(APPS[app], line, headers, body, environ)
    members = check(response)
    assert (response.status_code, members["code"]) == (status, code)
    assert SENT not in response.text


#: What makes a problem in the package.
MAKERS = ("Problem", "Refused", "ambiguous", "too_large")

#: Places that no request to an app can pass, and where they are tested.
ELSEWHERE = {
    ("integrations/gunicorn.py", "Problem(int(found[1]) if found else 500, code=_code(exc))"):
        "tests/integrations/test_gunicorn.py, with a real server",
    ("layers/record.py", "Problem(status)"): "for the log: the app has answered itself",
    ("layers/access.py", "Problem(403)"): "AccessControl says a plain 403 by the one it has made",
    ("layers/translate.py", "Problem(**columns)"): "tried at the start, never answered",
    ("layers/translate.py", "Problem(**row)"): "in the list for documents, never answered",
    ("openapi/components.py",
     "Problem(status, known.detail, code=code, title=known.title or None, **carried)"):
        "an example in a document, never answered",
}  # fmt: skip


def places():
    """Every place that makes a problem: the file, the call, and its lines."""
    for file in sorted(PACKAGE.rglob("*.py")):
        name = str(file.relative_to(PACKAGE))
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MAKERS:
                yield name, ast.unparse(node), range(node.lineno, node.end_lineno + 1)


@pytest.fixture(scope="module")
def passed():
    """The lines of the package that were on the way to a problem, as (file, line)."""
    lines = set()
    made = Problem.__init__

    def noting(self, *args, **options):
        frame = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename.startswith(str(PACKAGE)):
                file = Path(frame.f_code.co_filename).relative_to(PACKAGE)
                lines.add((str(file), frame.f_lineno))
            frame = frame.f_back
        made(self, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Problem, "__init__", noting)
        replacing.cache_clear()
        apps = make()  # some problems are made when a layer is
        for app, line, _, _, headers, body, environ in WALK:
            send(apps[app], line, headers, body, environ)
    return lines


def test_every_place_is_passed(passed):
    missing = [
        f"{file}:{lines[0]}: {call}"
        for file, call, lines in places()
        if (file, call) not in ELSEWHERE and not any((file, at) in passed for at in lines)
    ]
    assert not missing, "\n".join(missing)


def test_what_is_elsewhere_is_there():
    assert ELSEWHERE.keys() <= {(file, call) for file, call, _ in places()}


def test_no_answer_of_an_error_is_made_elsewhere():
    """Whoever calls `start_response` with a status of his own says no error with it."""
    handing_on = ("exception.py", "response.py", "envelope.py", "cors.py")
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "start_response":
                literal = isinstance(node.args[0], ast.Constant)
                assert literal or file.name in handing_on, f"{file}:{node.lineno}"
                assert not literal or str(node.args[0].value) < "400"
