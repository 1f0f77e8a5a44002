"""One route's rule for bodies: options, what passes, what is refused, what the app then sees."""

import gzip
import json
import tracemalloc
import zlib

import bottle
import falcon
import pytest
import webob
from django.core.handlers.wsgi import WSGIRequest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.wrappers import Request as WerkzeugRequest

from statusware import PolicyError, Problem
from statusware.body import BodyOptions, BodyRule, drain, json_body
from tests.django_app import configure

from .requests import Wire, request

pytestmark = pytest.mark.usefixtures("engine")

SCHEMA = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
SOUP = b'{"name": "S\xc3\xbcppchen",\n "n": 1}'


def refusal(rule, environ):
    with pytest.raises(Problem) as raised:
        rule.check(environ)
    return raised.value


# Each row: the request, the rule's options, and the status and code.
REFUSED = {
    "no body": (request(b""), {}, (400, "missing-body")),
    "no body, no type": (request(b"", content_type=None), {}, (400, "missing-body")),
    "no body, chunked": (request(b"", chunked=True), {}, (400, "missing-body")),
    "no body, chunked, no type": (
        request(b"", chunked=True, content_type=None),
        {},
        (400, "missing-body"),
    ),
    "no body, another type": (request(b"", content_type="text/plain"), {}, (400, "missing-body")),
    "no type": (request(SOUP, content_type=None), {}, (415, "unsupported-media-type")),
    "no type, chunked": (
        request(SOUP, content_type=None, chunked=True),
        {},
        (415, "unsupported-media-type"),
    ),
    "JSON as text": (
        request(SOUP, content_type="text/plain"),
        {},
        (415, "unsupported-media-type"),
    ),
    "a type that is not listed": (
        request(SOUP),
        {"accept": ["application/merge-patch+json"]},
        (415, "unsupported-media-type"),
    ),
    "another charset": (
        request(SOUP, content_type="application/json; charset=latin-1"),
        {},
        (415, "unsupported-media-type"),
    ),
    "a coding": (
        request(SOUP, HTTP_CONTENT_ENCODING="br"),
        {},
        (415, "unsupported-media-type"),
    ),
    "too large": (request(SOUP), {"max_bytes": 10}, (413, "body-too-large")),
    "too large, chunked": (request(SOUP, chunked=True), {"max_bytes": 10}, (413, "body-too-large")),
    "too short": (request(SOUP, CONTENT_LENGTH="999"), {}, (400, "incomplete-body")),
    "no end": (
        request(SOUP, HTTP_TRANSFER_ENCODING="chunked"),
        {},
        (411, "length-required"),
    ),
    "no JSON": (request(b"{name}"), {}, (400, "malformed-json")),
    "white space": (request(b" "), {}, (400, "malformed-json")),
    "a byte order mark": (request(b"\xef\xbb\xbf" + SOUP), {}, (400, "malformed-json")),
    "against the schema": (request(b"{}"), {}, (400, "invalid-body")),
    "against the schema, 422": (
        request(b"{}"),
        {"options": BodyOptions(invalid=422)},
        (422, "invalid-body"),
    ),
    "too deep": (
        request(b"[[]]"),
        {"options": BodyOptions(max_depth=1)},
        (400, "malformed-json"),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    environ, options, expected = REFUSED[name]
    environ["wsgi.input"].seek(0)
    problem = refusal(BodyRule(SCHEMA, **options), dict(environ))
    assert (problem.status, problem.problem_code) == expected


def test_a_wrong_type_is_refused_unread():
    wire = Wire(SOUP, error=AssertionError("read"))
    assert refusal(BodyRule(SCHEMA), request(wire, content_type="text/plain")).status == 415
    assert wire.taken == 0


# Each row: a length that is not written as one, and the status.
LENGTHS = [("030", 200), ("+30", 400), ("３０", 400), (" 30", 400), ("3_0", 400), ("9" * 16, 413)]


@pytest.mark.parametrize(("length", "status"), LENGTHS)
def test_a_length_that_is_not_written_as_one(length, status):
    rule, environ = BodyRule(SCHEMA), request(SOUP, CONTENT_LENGTH=length)
    if status != 200:
        assert refusal(rule, environ).status == status
        return
    rule.check(environ)
    assert environ["CONTENT_LENGTH"] == "30" == str(len(SOUP))


@pytest.mark.parametrize("piece", [None, 5])
@pytest.mark.parametrize("body", [b"{}", b"[1", SOUP[:-1]])
def test_nobody_waits_for_more_of_a_body_that_is_refused(body, piece):
    wire = Wire(body, piece=piece, blocks=True)
    environ = request(wire)
    refusal(BodyRule(SCHEMA), environ)
    drain(environ)
    assert wire.taken == len(body)


def test_every_violation_is_told_up_to_the_limit():
    rule = BodyRule({"items": {"type": "null"}}, options=BodyOptions(max_errors=2))
    problem = refusal(rule, request(b"[1, null, 2, 3]"))
    assert problem.extensions["errors"] == [
        {"pointer": "/0", "code": "type", "detail": "must be null"},
        {"pointer": "/2", "code": "type", "detail": "must be null"},
    ]


@pytest.mark.parametrize("chunked", [False, True])
def test_what_passes_is_handed_on_byte_for_byte(chunked):
    environ = request(SOUP, chunked=chunked)
    BodyRule(SCHEMA).check(environ)
    assert environ["statusware.json"] == json.loads(SOUP)
    assert json_body(environ) is environ["statusware.json"]
    assert environ["CONTENT_LENGTH"] == str(len(SOUP))
    assert environ["wsgi.input_terminated"] is True
    assert "HTTP_TRANSFER_ENCODING" not in environ
    assert environ["wsgi.input"].read() == SOUP


def _django(environ):
    configure()
    return WSGIRequest(environ).body


READERS = {
    "read()": lambda environ: environ["wsgi.input"].read(),
    "read(n)": lambda environ: b"".join(iter(lambda: environ["wsgi.input"].read(3), b"")),
    "read(CONTENT_LENGTH)": lambda environ: environ["wsgi.input"].read(
        int(environ["CONTENT_LENGTH"])
    ),
    "readline": lambda environ: b"".join(iter(environ["wsgi.input"].readline, b"")),
    "readlines": lambda environ: b"".join(environ["wsgi.input"].readlines()),
    "iteration": lambda environ: b"".join(environ["wsgi.input"]),
    "Werkzeug": lambda environ: WerkzeugRequest(environ).get_data(),
    "WebOb": lambda environ: webob.Request(environ).body,
    "Django": lambda environ: _django(environ),
    "Bottle": lambda environ: bottle.BaseRequest(environ).body.read(),
    "Falcon": lambda environ: falcon.Request(environ).bounded_stream.read(),
}


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("reader", READERS)
def test_however_the_app_reads_it(reader, chunked):
    environ = request(SOUP, chunked=chunked)
    BodyRule(SCHEMA).check(environ)
    assert READERS[reader](environ) == SOUP


@pytest.mark.parametrize("environ", [request(b""), request(b"", chunked=True)])
def test_an_optional_body(environ):
    rule = BodyRule(SCHEMA, optional=True)
    environ = dict(environ)
    rule.check(environ)
    assert environ["wsgi.input"].read(10) == b""
    with pytest.raises(LookupError):
        json_body(environ)
    assert refusal(rule, request(b"{}")).problem_code == "invalid-body"


def test_any_strict_json():
    rule = BodyRule({})
    rule.check(request(b"[1]"))
    assert refusal(rule, request(b"[1, 1e999]")).problem_code == "malformed-json"


def test_the_body_is_in_memory_once():
    """What is new is the value; the bytes are those that the server gave."""
    body = json.dumps(["x" * 1_000_000]).encode()
    rule, environ = BodyRule({}), request(Wire(body))
    tracemalloc.start()
    rule.check(environ)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1_100_000


def test_what_only_the_engine_of_the_extra_refuses_passes(monkeypatch):
    rule = BodyRule(SCHEMA)
    monkeypatch.setattr(rule.schema, "accepts", lambda value: False)
    rule.check = rule._prepared()
    environ = request(SOUP)
    rule.check(environ)
    assert json_body(environ)["n"] == 1
    assert refusal(rule, request(b"{}")).extensions["errors"]


def test_a_schema_that_multiplies_the_levels():
    schema = {"$ref": "#/$defs/0", "$defs": {}}
    for n in range(40):
        schema["$defs"][str(n)] = {"allOf": [{"$ref": f"#/$defs/{n + 1}"}]}
    schema["$defs"]["40"] = {"items": {"$ref": "#/$defs/0"}}
    problem = refusal(BodyRule(schema), request(b"[" * 60 + b"]" * 60))
    assert (problem.status, problem.problem_code) == (400, "invalid-body")


DEFAULTS = {
    "max_bytes": "1MiB", "max_depth": 64, "max_errors": 20, "invalid": 400, "formats": False,
    "patterns": "linear", "inflate": False, "limit": 1 << 20,
}  # fmt: skip


def test_what_holds_without_options():
    assert vars(BodyOptions()) == DEFAULTS


# Each row: options, the key of the error, and a word of it.
WRONG = [
    ({"max_bytes": "1 apple"}, "max_bytes", "size"),
    ({"max_depth": 0}, "max_depth", "1"),
    ({"max_depth": 1000}, "max_depth", "256"),
    ({"max_depth": True}, "max_depth", "whole"),
    ({"max_errors": "20"}, "max_errors", "whole"),
    ({"invalid": 409}, "invalid", "422"),
    ({"patterns": "fast"}, "patterns", "trusted"),
    ({"formats": 1}, "formats", "true or false"),
    ({"inflate": "gzip"}, "inflate", "true or false"),
]


@pytest.mark.parametrize(("options", "key", "word"), WRONG)
def test_wrong_options(options, key, word):
    with pytest.raises(PolicyError) as raised:
        BodyOptions(**options)
    assert raised.value.key == key
    assert word in str(raised.value)


# Each row: the schema, options of the route, and the key of the error.
WRONG_RULES = [
    ({"type": "strng"}, {}, "routes[2].body"),
    ({}, {"max_bytes": "x"}, "routes[2].max_bytes"),
    ({}, {"accept": ["json"]}, "routes[2].accept"),
    ("nope.json", {}, "routes[2].body"),
]


@pytest.mark.parametrize(("schema", "options", "key"), WRONG_RULES)
def test_wrong_rules_name_the_route(schema, options, key, tmp_path):
    with pytest.raises(PolicyError) as raised:
        BodyRule(schema, folder=tmp_path, where="routes[2]", **options)
    assert raised.value.key == key


def refused_with(rule, environ):
    try:
        rule.check(environ)
    except Problem as problem:
        return problem.status
    return None


ANY_BYTES = st.one_of(
    st.binary(max_size=200),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ).map(lambda value: json.dumps(value).encode()),
    st.text().map(lambda text: text.encode("utf-8", "replace")),
)
ANY_HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "CONTENT_LENGTH": st.sampled_from(["", "0", "5", "x", "-1", "9" * 30]),
        "CONTENT_TYPE": st.sampled_from(["", "application/json", "text/plain", 'a/b+json;c="d']),
        "HTTP_CONTENT_ENCODING": st.sampled_from(["", "identity", "gzip", "x"]),
        "HTTP_TRANSFER_ENCODING": st.sampled_from(["", "chunked", "gzip, chunked"]),
        "wsgi.input_terminated": st.booleans(),
    },
)


@given(ANY_BYTES, ANY_HEADERS, st.integers(1, 50), st.sampled_from([{}, SCHEMA]))
def test_whatever_is_sent(body, headers, piece, schema):
    """400, 411, 413, 415, or the app sees the very same bytes."""
    environ = request(Wire(body, piece=piece)) | headers
    status = refused_with(BodyRule(schema, max_bytes=150), environ)
    assert status in (None, 400, 411, 413, 415)
    if status is None:
        seen = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        assert body.startswith(seen)
        assert json.loads(seen) == environ["statusware.json"]


INFLATES = BodyOptions(inflate=True)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(SOUP, mtime=0)),
        ("X-GZip", gzip.compress(SOUP, mtime=0)),
        ("gzip", gzip.compress(SOUP[:9], mtime=0) + gzip.compress(SOUP[9:], mtime=0)),
        ("gzip", gzip.compress(SOUP, mtime=0) + gzip.compress(b"", mtime=0) * 9_000),
        ("deflate", zlib.compress(SOUP)),
        ("identity", SOUP),
    ],
    ids=["gzip", "in capitals", "two members", "many members", "deflate", "identity"],
)
def test_inflating(coding, body, chunked):
    environ = request(body, chunked=chunked, HTTP_CONTENT_ENCODING=coding)
    BodyRule(SCHEMA, options=INFLATES).check(environ)
    assert environ["wsgi.input"].read() == SOUP
    assert environ["CONTENT_LENGTH"] == str(len(SOUP))
    assert environ.get("HTTP_CONTENT_ENCODING") in (None, "identity")


BOMB = gzip.compress(b"[" + b" " * 50_000_000 + b"]", mtime=0)

# Each row: the coding, the body, and the status and code.
BROKEN = {
    "a bomb": ("gzip", BOMB, (413, "body-too-large")),
    "cut off": ("gzip", gzip.compress(SOUP, mtime=0)[:-9], (400, "incomplete-body")),
    "not coded": ("gzip", SOUP, (400, "bad-request")),
    "another wrapper": ("deflate", gzip.compress(SOUP, mtime=0), (400, "bad-request")),
    "raw": ("deflate", zlib.compress(SOUP, wbits=-15), (400, "bad-request")),
    "a wrong sum": ("gzip", gzip.compress(SOUP)[:-8] + bytes(8), (400, "bad-request")),
    "something after it": ("gzip", gzip.compress(SOUP) + b"x", (400, "bad-request")),
    "twice, cut off": (
        "gzip",
        gzip.compress(SOUP) + gzip.compress(b" ")[:-1],
        (400, "incomplete-body"),
    ),
    "deflated twice": ("deflate", zlib.compress(SOUP) * 2, (400, "bad-request")),
    "many bombs": ("gzip", gzip.compress(b" " * 1_000_000) * 20, (413, "body-too-large")),
    "nothing in it": ("gzip", gzip.compress(b""), (400, "missing-body")),
    "two codings": ("gzip, gzip", gzip.compress(SOUP), (415, "unsupported-media-type")),
    "another": ("br", SOUP, (415, "unsupported-media-type")),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_does_not_inflate(name):
    coding, body, expected = BROKEN[name]
    environ = request(body, HTTP_CONTENT_ENCODING=coding)
    tracemalloc.start()
    problem = refusal(BodyRule(SCHEMA, options=INFLATES, max_bytes=100_000), environ)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (problem.status, problem.problem_code) == expected
    assert peak < 1_000_000
    if expected[0] == 415:
        assert problem.headers == [("Accept-Encoding", "gzip, deflate")]


def test_gzip_is_refused_unless_asked_for():
    body = gzip.compress(SOUP)
    problem = refusal(BodyRule(SCHEMA), request(body, HTTP_CONTENT_ENCODING="gzip"))
    assert problem.status == 415
    assert problem.headers == [("Accept-Encoding", "identity")]
