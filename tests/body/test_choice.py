"""`BodyChoice`: what a Content-Type that is none finds, where a range takes everything."""

import io

import pytest

from statusware import Problem
from statusware.body import BodyChoice, BodyRule

from .requests import request

OBJECT = {"type": "object"}
CHOICES = {
    "any": {"*/*": BodyRule(OBJECT)},
    "unread": {"application/json": BodyRule(OBJECT), "*/*": None},
    "application": {"application/*": BodyRule(OBJECT)},
}


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize(
    "sent",
    [
        "application/json",
        "application/json;",
        "APPLICATION/JSON ;charset=utf-8",
        'application/json; charset="utf-8',
        "application/json ; x",
        "application/json, text/plain",
        "application /json",
        "json",
    ],
)
def test_what_a_framework_may_take_for_json_is_never_let_by_unread(choice, sent):
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": sent,
        "CONTENT_LENGTH": "1",
        "wsgi.input": io.BytesIO(b"1"),
    }
    with pytest.raises(Problem) as refused:
        BodyChoice(CHOICES[choice]).check(environ)
    assert refused.value.status in (400, 415)


TABLE = BodyChoice(
    {
        "application/json": BodyRule(OBJECT),
        "text/csv": None,
        "image/*": None,
        "*/*+json": None,
        "application/*": BodyRule({"type": "array"}),
    },
    max_bytes=3,
)


@pytest.mark.parametrize(
    ("sent", "body", "status"),
    [
        ("application/json", b"{}", 200),
        ("application/json", b"[]", 400),
        ("application/json; charset=utf-8", b"{}", 200),
        ("application/json; charset=utf-8", b"[]", 400),
        ("text/csv", b"[", 200),
        ("text/CSV; header=present", b"[", 200),
        ("text/csv", b"a,b", 200),
        ("text/csv", b"a,bc", 413),
        ("text/csv", b"", 400),
        ("text/plain", b"[", 415),
        ("text/plain", b"", 400),
        ("image/png", b"[", 200),
        ("application/x+json", b"[]", 200),
        ("application/x+json", b"{}", 400),
        ("application/octet-stream", b"[", 200),
        ("", b"{}", 415),
        ("", b"", 400),
    ],
)
def test_what_is_no_json_goes_on_unread_within_its_limit(sent, body, status):
    environ = request(body, content_type=sent)
    try:
        TABLE.check(environ)
    except Problem as refused:
        assert refused.status == status
    else:
        assert (status, environ["wsgi.input"].read()) == (200, body)
        assert ("statusware.json" in environ) == sent.partition(";")[0].endswith("json")


def test_a_chunked_body_that_is_no_json_may_be_empty():
    TABLE.check(request(b"", content_type="text/csv", chunked=True))


@pytest.mark.parametrize("sent", ["text/csv", "text/plain", "application/json", ""])
def test_where_a_body_is_optional_none_passes_whatever_its_type(sent):
    rules = {"application/json": BodyRule(OBJECT, optional=True), "text/csv": None}
    BodyChoice(rules, optional=True).check(request(b"", content_type=sent))


def test_no_content_type_at_all():
    environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "1", "CONTENT_TYPE": None}
    with pytest.raises(Problem) as refused:
        BodyChoice(CHOICES["application"]).check(environ)
    assert refused.value.status == 415
