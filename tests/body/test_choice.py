"""`BodyChoice`: what a Content-Type that is none finds, where a range takes everything."""

import io

import pytest

from statusware import Problem
from statusware.body import BodyChoice, BodyRule

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


def test_no_content_type_at_all():
    environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "1", "CONTENT_TYPE": None}
    with pytest.raises(Problem) as refused:
        BodyChoice(CHOICES["application"]).check(environ)
    assert refused.value.status == 415
