"""The layer: which requests it checks, what it passes untouched, and its options."""

import pytest
from webtest import TestApp
from werkzeug.test import Client

from statusware import JSONBody, PolicyError
from statusware.layers.body import body_rules
from statusware.rules import Route, RouteTable

from .requests import Wire, request

pytestmark = pytest.mark.usefixtures("engine")

SCHEMA = {"type": "object", "required": ["name"]}
ROUTES = [
    Route("POST,GET,DELETE /both", body=SCHEMA),
    Route(["PUT /a/{id:int}", "PATCH /a/{id:int}"], body=SCHEMA, body_optional=True),
    Route("DELETE /alone", body=SCHEMA),
    Route("* /any", body=SCHEMA),
    Route("POST,GET /upload", max_bytes=10),
    Route("POST /none"),
]


def echo(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return [environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))]


# Each row: method, path, body, and the status.
ANSWERS = [
    ("POST", "/both", b"{}", 400),
    ("POST", "/both", b'{"name": 1}', 200),
    ("POST", "/both/", b"{}", 400),
    ("GET", "/both", b"{}", 200),
    ("DELETE", "/both", b"{}", 200),
    ("PUT", "/both", b"{}", 200),
    ("PUT", "/a/1", b"{}", 400),
    ("PUT", "/a/1", b"", 200),
    ("PATCH", "/a/1", b"[]", 400),
    ("PATCH", "/a/x", b"[]", 200),
    ("DELETE", "/alone", b"{}", 400),
    ("DELETE", "/alone", b"", 400),
    ("PUT", "/any", b"{}", 400),
    ("DELETE", "/any", b"{}", 200),
    ("POST", "/upload", b"x" * 10, 200),
    ("POST", "/upload", b"x" * 11, 413),
    ("GET", "/upload", b"x" * 11, 413),
    ("HEAD", "/upload", b"x" * 11, 413),
    ("POST", "/none", b"{", 200),
    ("POST", "/elsewhere", b"{", 200),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), ANSWERS)
def test_which_requests_are_checked(method, path, body, status):
    layer = JSONBody(echo, RouteTable(ROUTES, unlisted="pass"))
    answer = TestApp(layer).request(
        path, method=method, body=body, content_type="application/json", expect_errors=True
    )
    assert answer.status_int == status
    if status == 200 and method != "HEAD":
        assert answer.body == body


def test_what_it_has_no_schema_for_is_not_even_read():
    layer = JSONBody(lambda environ, start_response: [], {"POST /x": SCHEMA})
    wire = Wire(b"x", error=AssertionError("read"))
    environ = request(wire, PATH_INFO="/other", content_type="text/csv")
    assert layer(environ, None) == []
    assert environ["wsgi.input"] is wire
    assert environ["CONTENT_TYPE"] == "text/csv"


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method"])
def test_the_method_that_a_header_names_is_checked_too(header):
    app = TestApp(JSONBody(echo, {"PUT /x": SCHEMA}))
    app.post("/x", b"{}", {header: "PUT", "Content-Type": "application/json"}, status=400)


def test_an_ambiguous_path_is_not_waved_through():
    app = TestApp(JSONBody(echo, {"POST /x": SCHEMA}))
    app.post("//x", b"{}", {"Content-Type": "application/json"}, status=400)


def test_a_path_of_a_schema_starts_at_the_folder(tmp_path):
    (tmp_path / "a.json").write_text('{"type": "array"}')
    app = TestApp(JSONBody(echo, {"POST /x": "a.json"}, folder=tmp_path))
    app.post("/x", b"{}", {"Content-Type": "application/json"}, status=400)
    app.post("/x", b"[]", {"Content-Type": "application/json"}, status=200)


# Each row: schemas, options, and words of the error.
WRONG = [
    ({"POST /x": {"type": "strng"}}, {}, ["POST /x", "body", "#/type"]),
    ({"POST /x": "nope.json"}, {}, ["POST /x", "nope.json"]),
    ({"GET /x": {}}, {}, ["GET /x", "body", "POST, PUT, PATCH"]),
    ({"GET,DELETE /x": {}}, {}, ["body"]),
    ({"POST x": {}}, {}, ["POST x"]),
    ({}, {"max_byte": 1}, ["max_byte", 'did you mean "max_bytes"?']),
    ({}, {"max_bytes": "1 apple"}, ["max_bytes", "size"]),
]


@pytest.mark.parametrize(("schemas", "options", "words"), WRONG)
def test_wrong_options(schemas, options, words, tmp_path):
    with pytest.raises(PolicyError) as raised:
        JSONBody(echo, schemas, folder=tmp_path, **options)
    for word in words:
        assert word in str(raised.value)


@pytest.mark.parametrize(
    ("match", "column"),
    [
        ("POST /x", {"body_optional": True}),
        ("POST /x", {"accept": ["application/json"]}),
        ("POST /x", {"accept": ["multipart/form-data", "application/x+json"]}),
        ("POST /x", {"accept": ["image/*"]}),
        ("POST /x", {"accept": ["form"]}),
        ("GET /x", {"accept": ["a/b"]}),
        ("GET,DELETE /x", {"accept": ["a/b"], "max_bytes": 5}),
    ],
)
def test_columns_that_say_nothing(match, column):
    with pytest.raises(PolicyError) as raised:
        JSONBody(echo, RouteTable([Route(match, where="routes[0]", **column)]))
    assert raised.value.key == f"routes[0].{next(iter(column))}"


FORM = "multipart/form-data; boundary=x"
PNG = {"accept": ["Multipart/Form-Data", "image/png"]}
UPLOADS = [
    # what the route says besides, the request, the answer
    (PNG, {"data": b"a", "content_type": FORM}, 200),
    (PNG, {"data": b"a", "content_type": "image/png"}, 200),
    (PNG, {"data": b"a", "content_type": "IMAGE/PNG"}, 200),
    (PNG, {"data": b"a", "content_type": "image/jpeg"}, 415),
    (PNG, {"data": b"{}", "content_type": "application/json"}, 415),
    (PNG, {"data": b"a"}, 415),
    (PNG, {"data": b"a", "content_type": "image/png, text/html"}, 415),
    (PNG, {"content_type": "image/png"}, 400),
    (PNG | {"body_optional": True}, {"content_type": "image/png"}, 200),
    (PNG | {"body_optional": True}, {}, 200),
    (PNG, {"data": b"a" * 3_000_000, "content_type": "image/png"}, 200),
    (PNG | {"max_bytes": 5}, {"data": b"a" * 5, "content_type": "image/png"}, 200),
    (PNG | {"max_bytes": 5}, {"data": b"a" * 6, "content_type": "image/png"}, 413),
    (PNG | {"max_bytes": 5}, {"data": b"a" * 6, "content_type": "text/html"}, 415),
]


@pytest.mark.parametrize(("columns", "request_", "status"), UPLOADS)
def test_types_without_a_schema(columns, request_, status):
    """Of the body nothing is read; the app gets it as it came."""

    def app(environ, start_response):
        assert "statusware.json" not in environ
        size = len(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"%d" % size]

    table = RouteTable([Route("POST /x", **columns)])
    answer = Client(JSONBody(app, table)).post("/x", **request_)
    assert answer.status_code == status
    if status == 200:
        assert answer.text == str(len(request_.get("data", b"")))
    if status == 415:
        told = "multipart/form-data, image/png"
        assert (answer.headers["Accept"], answer.headers["Accept-Post"]) == (told, told)


def test_routes_share_the_schemas_that_they_name(tmp_path):
    (tmp_path / "a.json").write_text('{"type": "null"}')
    table = {"type": "string"}
    bodies = ["a.json", "a.json", table, table, {"type": "string"}]
    routes = [Route(f"POST /{n}", body=body) for n, body in enumerate(bodies)]
    rules = list(body_rules(routes, folder=tmp_path).values())
    assert rules[0].schema is rules[1].schema
    assert rules[2].schema is rules[3].schema
    assert len({id(rule.schema) for rule in rules}) == 3
