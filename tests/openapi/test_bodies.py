"""Request bodies by media type: what is read, what is let by, what is refused."""

import io

import pytest
from werkzeug.test import Client

from statusware import PolicyError, wrap
from statusware.problem import Problem

from .tools import app, body, document, policy

NAMED = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
COUNTED = {"type": "object", "required": ["count"]}

JSON, FORM = "application/json", "multipart/form-data"
GOOD, BAD, COUNT = b'{"name": "Ann"}', b'{"name": 5}', b'{"count": 1}'


def content(*names, schema=NAMED, **schemas):
    return {name: {"schema": schema} for name in names} | schemas


def policy_of(listed, match="POST /x", required=True, routes=(), **tables):
    told = {match: {"requestBody": {"content": listed, "required": required}}}
    return policy(document(told), routes=[{"match": match, **each} for each in routes], **tables)


def client(*args, **more):
    return Client(wrap(app, policy_of(*args, **more)))


def status(found, data, media, method="POST"):
    """The status, and the code of a problem."""
    headers = {} if media is None else {"Content-Type": media}
    answer = found.open("/x", method=method, data=data, headers=headers)
    answer.get_data()
    return answer.status_code, (answer.get_json(force=True) or {}).get("code")


OK, INVALID = (200, None), (400, "invalid-body")
UNSUPPORTED, MALFORMED = (415, "unsupported-media-type"), (400, "malformed-json")

#: What is documented; then bodies, with their type and what becomes of them.
CASES = {
    "JSON": (
        content(JSON),
        [
            (GOOD, JSON, OK),
            (GOOD, "application/json; charset=utf-8", OK),
            (GOOD, "APPLICATION/JSON", OK),
            (BAD, JSON, INVALID),
            (b"{", JSON, MALFORMED),
            (b'{"name": "a", "name": "b"}', JSON, MALFORMED),
            (GOOD, "application/json; charset=latin-1", UNSUPPORTED),
            (GOOD, "application/problem+json", UNSUPPORTED),
            (GOOD, "text/plain", UNSUPPORTED),
            (GOOD, "application/json, text/plain", UNSUPPORTED),
            (GOOD, None, UNSUPPORTED),
            (b"", JSON, (400, "missing-body")),
            (b"", None, (400, "missing-body")),
        ],
    ),
    "JSON and a form": (
        content(JSON, FORM),
        [
            (GOOD, JSON, OK),
            (BAD, JSON, INVALID),
            (b"{", "multipart/form-data; boundary=x", OK),
            (b"a=1", "application/x-www-form-urlencoded", UNSUPPORTED),
            (GOOD, "multipart/form-data;application/json", UNSUPPORTED),
            (b"", None, (400, "missing-body")),
        ],
    ),
    "no JSON at all": (
        content("text/plain", "application/octet-stream"),
        [
            (b"\xff\xfe", "text/plain", OK),
            (BAD, "application/octet-stream", OK),
            (GOOD, JSON, UNSUPPORTED),
            (b"x", None, UNSUPPORTED),
            (b"", "text/plain", (400, "missing-body")),
        ],
    ),
    "each its own schema": (
        content("application/merge-patch+json", **{JSON: {"schema": COUNTED}}),
        [
            (COUNT, JSON, OK),
            (GOOD, JSON, INVALID),
            (GOOD, "application/merge-patch+json", OK),
            (COUNT, "application/merge-patch+json", INVALID),
        ],
    ),
    "anything": (
        content("*/*"),
        [
            (BAD, JSON, INVALID),
            (BAD, "application/x+json", INVALID),
            (GOOD, JSON, OK),
            (b"x", "text/plain", OK),
            (b"x", "text/json", OK),
            (b"x", None, OK),
        ],
    ),
    "a kind": (
        content("application/*"),
        [(BAD, JSON, INVALID), (b"x", "application/xml", OK), (b"x", "text/xml", UNSUPPORTED)],
    ),
    "a suffix": (
        content("application/*+json"),
        [
            (BAD, "application/x+json", INVALID),
            (GOOD, "application/x+json", OK),
            (GOOD, JSON, UNSUPPORTED),
            (b"x", "application/x+xml", UNSUPPORTED),
        ],
    ),
    "the most specific decides": (
        content("*/*", "text/*", **{JSON: {"schema": COUNTED}}),
        [
            (COUNT, JSON, OK),
            (GOOD, JSON, INVALID),
            (COUNT, "application/json;charset=utf-8", OK),
            (GOOD, "application/json;charset=utf-8", INVALID),
            (GOOD, "application/x+json", OK),
            (BAD, "application/x+json", INVALID),
            (b"x", "text/plain", OK),
        ],
    ),
    "another name for JSON": (
        content("text/json"),
        [(GOOD, "text/json", OK), (BAD, "text/json", INVALID), (GOOD, JSON, UNSUPPORTED)],
    ),
    "with a parameter": (
        content("application/json; charset=utf-8"),
        [(GOOD, JSON, OK), (BAD, JSON, INVALID)],
    ),
    "twice, with parameters": (
        content("application/json; v=1", **{"application/json; v=2": {"schema": COUNTED}}),
        [(GOOD, JSON, OK), (COUNT, JSON, OK), (b"{}", JSON, INVALID)],
    ),
    "twice, and once without a schema": (
        {"application/json; v=1": {"schema": NAMED}, "application/json; v=2": {}},
        [(BAD, JSON, OK), (b"{", JSON, MALFORMED)],
    ),
    "JSON without a schema": (
        {JSON: {}},
        [(BAD, JSON, OK), (b"{", JSON, MALFORMED)],
    ),
    "nothing": ({}, [(b"x", "text/plain", OK), (b"", None, OK)]),
}


@pytest.mark.parametrize(
    ("listed", "data", "media", "expected"),
    [(listed, *case) for listed, cases in CASES.values() for case in cases],
    ids=[f"{name}: {d!r} as {m}" for name, (_, cases) in CASES.items() for d, m, _ in cases],
)
def test_by_media_type(listed, data, media, expected):
    assert status(client(listed), data, media) == expected


def test_what_is_refused_is_told_what_is_taken():
    answer = client(content(JSON, "text/csv")).post("/x", data=b"x", content_type="text/plain")
    assert answer.headers["Accept"] == answer.headers["Accept-Post"] == "application/json, text/csv"
    answer = client(content(JSON, "text/csv")).post(
        "/x", data=GOOD, content_type="application/json; charset=latin-1"
    )
    assert answer.headers["Accept"] == "application/json, text/csv"


@pytest.mark.parametrize("media", [JSON, FORM, "*/*"])
def test_a_body_that_is_not_required(media):
    found = client(content(media), required=False)
    assert status(found, b"", None) == OK
    assert status(found, b"", media if "*" not in media else JSON) == OK


#: The method, and what a bad body is there.
METHODS = {
    "POST": INVALID, "PUT": INVALID, "PATCH": INVALID, "DELETE": INVALID, "GET": OK, "OPTIONS": OK,
}  # fmt: skip


@pytest.mark.parametrize(("method", "expected"), METHODS.items())
def test_methods(method, expected):
    found = client(content(JSON), match=f"{method} /x")
    assert status(found, BAD, JSON, method) == expected


def test_a_body_that_is_not_looked_at_is_none():
    assert policy_of(content(JSON, schema={"type": "nope"}), match="GET /x").routes[0].body is None


def test_what_is_not_json_has_no_limit_but_that_of_the_route():
    large = b"x" * 5000
    limits = {"body": {"max_bytes": 1000}}
    assert status(client(content(FORM), **limits), large, FORM) == OK
    assert status(client(content(JSON), **limits), large, JSON)[0] == 413
    narrow = client(content(FORM), routes=[{"max_bytes": 1000}])
    assert status(narrow, large, FORM)[0] == 413
    assert status(narrow, large[:1000], FORM) == OK


def test_what_is_not_json_streams_through_unread():
    class Input(io.BytesIO):
        def read(self, *args):
            raise AssertionError("it was read")

    rule = policy_of(content(FORM)).routes[0].body
    environ = {
        "REQUEST_METHOD": "POST", "CONTENT_TYPE": FORM, "CONTENT_LENGTH": "5",
        "wsgi.input": Input(b"hello"),
    }  # fmt: skip
    rule.check(environ)
    assert "statusware.json" not in environ


def test_a_body_without_a_length_is_left_to_the_app():
    """Only reading it could tell whether it is empty."""
    rule = policy_of(content(FORM)).routes[0].body
    environ = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": FORM, "wsgi.input": io.BytesIO()}
    rule.check(environ | {"wsgi.input_terminated": True})
    with pytest.raises(Problem, match="missing"):
        rule.check(environ)


#: What a route of the policy says, and what becomes of bodies.
OVERRIDES = {
    "another schema": (
        {"body": COUNTED},
        [(COUNT, JSON, OK), (GOOD, JSON, INVALID), (b"x", FORM, OK)],
    ),
    "any JSON": ({"body": {}}, [(b"5", JSON, OK), (b"{", JSON, MALFORMED)]),
    "fewer types": ({"accept": [JSON]}, [(GOOD, JSON, OK), (b"x", FORM, UNSUPPORTED)]),
    "another type": (
        {"accept": ["application/x+json"]},
        [(GOOD, "application/x+json", OK), (BAD, "application/x+json", INVALID)],
    ),
    "optional": ({"body_optional": True}, [(b"", None, OK), (BAD, JSON, INVALID)]),
    "smaller": ({"max_bytes": 5}, [(GOOD, JSON, (413, "body-too-large"))]),
}


@pytest.mark.parametrize(
    ("table", "data", "media", "expected"),
    [(table, *case) for table, cases in OVERRIDES.values() for case in cases],
    ids=[f"{name}: {d!r} as {m}" for name, (_, cases) in OVERRIDES.items() for d, m, _ in cases],
)
def test_a_route_of_the_policy_overrides(table, data, media, expected):
    assert status(client(content(JSON, FORM), routes=[table]), data, media) == expected


WRONG = {
    "no content": ({"requestBody": {}}, "get/requestBody: has no 'content'"),
    "content that is none": ({"requestBody": {"content": []}}, "/content: must be an object"),
    "an entry that is none": (
        {"requestBody": {"content": {JSON: 5}}},
        "/content/application~1json: must be an object",
    ),
    "a type that is none": (
        {"requestBody": {"content": {"json": {}}}},
        "/content/json: 'json' is no media type; as in application/json",
    ),
    "a line break": (
        {"requestBody": {"content": {"a/b\r\nx: y": {}}}},
        "is no media type",
    ),
    "required as a word": (
        {"requestBody": {"content": {JSON: {}}, "required": "yes"}},
        "/requestBody/required: must be true or false",
    ),
    "a reference to nothing": (
        {"requestBody": {"$ref": "#/components/requestBodies/A"}},
        "/requestBody/$ref: api.openapi#/components has no 'requestBodies'",
    ),
}


@pytest.mark.parametrize(("told", "expected"), list(WRONG.values()), ids=list(WRONG))
def test_a_wrong_body_is_a_policy_error(told, expected):
    with pytest.raises(PolicyError) as caught:
        policy(document({"POST /x": told}))
    assert expected.replace("get/", "post/") in str(caught.value)


WRONG_OVERRIDES = {
    "a schema that is none": ({"body": {"type": "strng"}}, "routes[0].body: #/type: not a schema"),
    "a size that is none": ({"max_bytes": "5 apples"}, "routes[0].max_bytes"),
    "a type that is none": ({"accept": ["json"]}, "routes[0].accept: not a media type"),
}


@pytest.mark.parametrize(("table", "told"), WRONG_OVERRIDES.values(), ids=WRONG_OVERRIDES)
def test_a_wrong_override_is_a_policy_error(table, told):
    with pytest.raises(PolicyError) as caught:
        policy_of(content(JSON), routes=[table])
    assert told in str(caught.value)


def test_a_schema_that_would_never_be_asked_is_a_policy_error():
    with pytest.raises(PolicyError, match=r"routes\[0\].body: is never looked at; none of its"):
        policy_of(content(FORM), routes=[{"body": COUNTED}])
    found = client(content(FORM), routes=[{"body": COUNTED, "accept": [FORM, JSON]}])
    assert status(found, GOOD, JSON) == INVALID
    assert status(found, GOOD, FORM) == OK


def test_a_body_by_reference():
    shared = {"requestBodies": {"A": body(NAMED)["requestBody"]}}
    told = {"POST /x": {"requestBody": {"$ref": "#/components/requestBodies/A"}}}
    found = Client(wrap(app, policy(document(told, components=shared))))
    assert status(found, GOOD, JSON) == OK
    assert status(found, BAD, JSON) == INVALID


def test_what_is_wrong_is_told_in_full():
    answer = client(content(JSON)).post("/x", data=BAD, content_type=JSON)
    assert answer.get_json(force=True)["errors"] == [
        {"pointer": "/name", "code": "type", "detail": "must be a string"}
    ]
