"""The readers of what clients and authors write, each as a function that takes any bytes.

A reader answers, or refuses by the exceptions that are answers. Each is asked more than
not to crash: two ways to the same result have to agree, and no answer is a 500.
"""

import atexit
import io
import json
import tempfile
import types
from functools import cache, partial
from pathlib import Path
from unittest import mock

from statusware import Identity, Policy, PolicyError, Problem, wrap
from statusware.auth.basic import Basic
from statusware.auth.bearer import Bearer
from statusware.auth.header import read_authorization
from statusware.auth.scheme import Refused
from statusware.body import fast, strict_json
from statusware.body.rule import BodyOptions, BodyRule
from statusware.layers.rendering import Rendering
from statusware.readings import plain_values
from statusware.request import RequestLine, Scope, overridden
from statusware.rules import Route, RouteTable, predicates
from tests.auth.forge import SECRET, token
from tests.proof import reader_seeds as seeds

__all__ = ["READERS", "Reader"]

# ---- path: request line and rules

LINES = [
    RequestLine(mount=""),
    RequestLine(mount="", allow_path=("double-slash", "dot", "semicolon", "encoded", "backslash")),
]
ROUTES = [
    Route(match=["GET /", "GET,POST /a", "* /a/{x}", "PUT /a/{x:int}/b", "GET /a/b/c/"]),
    Route(match=["GET /u/{x:uuid}", "GET /f/{rest:path}", "DELETE /u/{x}"]),
]
RELAXED = {"allow_path": ["double-slash", "dot", "semicolon", "encoded", "backslash"]}
TABLES = [RouteTable(ROUTES, unlisted="reject", **more) for more in ({}, RELAXED)]
SCOPE = Scope(["/a", "/f/x"])


def path(data):
    """The path and the query as a server hands them on: Latin-1."""
    raw, _, query = data.decode("latin-1").partition("?")
    environ = {"PATH_INFO": raw, "QUERY_STRING": query, "REQUEST_METHOD": "GET", "SCRIPT_NAME": ""}
    SCOPE.reaches(environ)
    for line, table in zip(LINES, TABLES, strict=True):
        try:
            text = line.path(environ)
        except Problem as problem:
            assert problem.status == 400
            continue
        assert text.startswith("/")
        plain_values(text)
        try:
            overridden(environ)
            table.select(environ)
        except Problem as problem:
            assert problem.status in (400, 404, 405, 501)


# ---- credentials

BASIC = Basic(users="ann:$2b$04$" + "." * 53)
#: bcrypt takes a millisecond, and reads nothing but the password: left out.
BASIC._bcrypt = types.SimpleNamespace(checkpw=lambda password, stored: password == b"secret")
BEARERS = [
    Bearer(secret=SECRET),
    Bearer(secret=SECRET, audience="us", issuer="we", roles="realm.roles", claims={"type": "a"}),
    Bearer(secret=SECRET, audience="us", issuer="we", profile="at+jwt"),
]


def _identify(scheme, value):
    """The identity, None, or None for a refusal of the client."""
    try:
        identity = scheme.authenticate({"HTTP_AUTHORIZATION": value})
    except Refused as refused:
        assert refused.status in (400, 401)
        return None
    assert identity is None or (identity.user and isinstance(identity, Identity))
    return identity


def authorization(data):
    """Any header: read in one way, or refused."""
    value = data.decode("latin-1")
    try:
        found = read_authorization({"HTTP_AUTHORIZATION": value})
        assert found is None or found[0] == found[0].lower()
    except Refused as refused:
        assert refused.status == 400
    _identify(BASIC, value)


def jwt(data):
    """The token as it stands, or its parts, rightly signed: what the first byte says."""
    mode, data = data[:1], data[1:]
    if mode == b"r":
        value = data.decode("latin-1")
    else:
        header, _, payload = data.partition(b"\n")
        value = token(payload, header if mode == b"s" else None)
    for bearer in BEARERS:
        _identify(bearer, f"Bearer {value}")


# ---- bodies

#: The two ways of reading JSON: with the extra `fast` where it is installed, and without.
CAREFUL = strict_json._with_care
PARSERS = [parse for parse in (CAREFUL, fast.parser(CAREFUL)) if parse is not None]


def _parsed(parse, data):
    try:
        return repr(parse(data, strict_json.MAX_DEPTH))
    except Problem as problem:
        assert problem.status == 400
        return (problem.detail, problem.extensions)


def loaded(enabled, data):
    """As a request has it, with the extra or without."""
    with mock.patch.object(fast, "ENABLED", enabled):
        try:
            return type(strict_json.loads(data))
        except Problem as problem:
            return problem.detail


def strict(data):
    """All ways of reading agree; what is taken means what the standard library says."""
    found = [_parsed(parse, data) for parse in PARSERS]
    assert found.count(found[0]) == len(found), "two parsers, two answers"
    if isinstance(found[0], str):
        assert found[0] == repr(json.loads(data)), "another value than json's"


RULES = [
    BodyRule(schema, options=BodyOptions(formats=at % 2 == 1))
    for at, schema in enumerate(seeds.SCHEMAS)
]


def _answer(rule, data):
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(data)),
        "wsgi.input": io.BytesIO(data),
    }
    try:
        rule.check(environ)
    except Problem as problem:
        assert problem.status == 400
        return problem.problem_code
    return environ["wsgi.input"].read() == data


def instance(data):
    """A body against the schema that the first byte chooses: both engines agree."""
    rule, data = RULES[data[0] % len(RULES) if data else 0], data[1:]
    answer = _answer(rule, data)
    if answer in (True, "invalid-body"):
        value = strict_json.loads(data)
        assert rule.schema.ok(value) is rule.schema.accepts(value) is (answer is True)


@cache
def folder():
    """For what is read from files; removed when the process ends."""
    made = tempfile.TemporaryDirectory(prefix="readers-")
    atexit.register(made.cleanup)
    return Path(made.name)


def schema(data):
    """A file with a schema: refused by a PolicyError, or it judges every body."""
    (folder() / "schema.json").write_bytes(data)
    try:
        rule = BodyRule("schema.json", folder=folder())
    except PolicyError:
        return
    for body in seeds.BODIES:
        assert _answer(rule, body) in (True, "invalid-body")


# ---- Accept

RENDERINGS = [
    Rendering(format=each, types="/problems", html=True) for each in ("problem", "simple")
]
REFUSAL = Problem(403, "No.", code="forbidden")


def accept(data):
    """Any Accept: a page or a document."""
    for rendering in RENDERINGS:
        kind, body = rendering(REFUSAL, {"HTTP_ACCEPT": data.decode("latin-1")})
        assert body.startswith(b"<!doctype html>" if "html" in kind else b"{")


# ---- the policy file


def _module(name):
    """What a policy may import while it is fuzzed."""
    if name == "json":
        return json
    raise ModuleNotFoundError(f"No module named {name!r}")


def policy(data):
    """A policy: refused by a PolicyError, or one that an app can be wrapped in."""
    file = folder() / "policy.toml"
    file.write_bytes(data)
    imports = types.SimpleNamespace(import_module=_module)
    with mock.patch.object(predicates, "importlib", imports):
        try:
            wrap(hello, Policy.load(file))
        except PolicyError as error:
            assert str(file) in str(error)


# ---- all of it


def hello(environ, start_response):
    """Reads the body, as apps do."""
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]


def session(environ):
    """A credential that browsers send by themselves."""
    return Identity("bob", "session") if "HTTP_COOKIE" in environ else None


WHOLE = wrap(hello, seeds.whole(SECRET, f"{__name__}:session"))
FIELDS = (
    *("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "HTTP_AUTHORIZATION", "HTTP_ACCEPT"),
    *("CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_ORIGIN", "HTTP_COOKIE", "HTTP_TRANSFER_ENCODING"),
    *("HTTP_CONTENT_ENCODING", "HTTP_SEC_FETCH_SITE", "HTTP_X_HTTP_METHOD_OVERRIDE"),
    *("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "HTTP_X_REQUEST_ID", "HTTP_HOST"),
)


def request(data):
    """A line for each field, then the body, through all five layers."""
    *lines, body = data.split(b"\n", len(FIELDS))
    environ = {
        name: line.decode("latin-1") for name, line in zip(FIELDS, lines, strict=False) if line
    }
    environ.setdefault("REQUEST_METHOD", "GET")
    environ |= {"SCRIPT_NAME": "", "wsgi.input": io.BytesIO(body), "wsgi.url_scheme": "http"}
    environ |= {"SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1"}
    environ |= {"wsgi.errors": io.StringIO(), "wsgi.input_terminated": True}
    told = []
    result = WHOLE(environ, lambda status, headers, exc=None: told.append(status))
    b"".join(result)
    assert told[0][:3] not in ("500", "503"), told


class Reader:
    """One row of the table.

    `share` and `time`: which part of all runs, and at most which part of all the time;
    `grown`: bytes that a server would hand on; `most`: bytes of one run; `alone`: what is
    timed with grown inputs, where `read` reads them in more ways than a request would.
    """

    def __init__(self, name, read, starts, words, share, time, *, grown, most=512, alone=()):
        self.name, self.read, self.starts, self.words = name, read, starts, words
        self.alone = alone or (read,)
        self.share, self.time, self.grown, self.most = share, time, grown, most


HEADER, BODY = 1 << 16, 1 << 20
READERS = {
    each.name: each
    for each in (
        Reader("path", path, seeds.PATHS, seeds.IN_PATHS, 5, 0.15, grown=HEADER),
        Reader("authorization", authorization, seeds.CREDENTIALS, seeds.IN_CREDENTIALS, 30, 0.1,
               grown=HEADER),
        Reader("token", jwt, seeds.TOKENS, seeds.IN_TOKENS, 12, 0.1, grown=HEADER, most=1024),
        Reader("json", strict, seeds.JSONS, seeds.IN_JSON, 18, 0.15, grown=BODY,
               alone=[partial(loaded, enabled) for enabled in (False, True)]),
        Reader("body", instance, seeds.INSTANCES, seeds.IN_JSON, 22, 0.15, grown=BODY),
        Reader("schema", schema, seeds.SCHEMA_TEXTS, seeds.IN_SCHEMAS, 1, 0.1, grown=0, most=1024),
        Reader("accept", accept, seeds.ACCEPTS, seeds.IN_ACCEPT, 6, 0.1, grown=HEADER),
        Reader("policy", policy, seeds.POLICIES, seeds.IN_POLICIES, 1, 0.1, grown=0, most=2048),
        Reader("request", request, seeds.REQUESTS, seeds.IN_REQUESTS, 5, 0.1, grown=HEADER,
               most=1024),
    )
}  # fmt: skip
