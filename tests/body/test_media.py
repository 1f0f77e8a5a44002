"""Media types: which are taken, and what a 415 says."""

import pytest

from statusware import PolicyError, Problem
from statusware.body.media import MediaTypes

from .requests import request

TAKEN = [
    "application/json",
    "Application/JSON",
    "application/json;charset=utf-8",
    "application/json ; Charset=UTF-8",
    'application/json; charset="utf-8"',
    "application/json;",
    "application/json; v=1; q=x",
    "application/json; a=utf-16",
    "application/merge-patch+json",
    "application/vnd.api+json; ext=bulk",
    "text/x+json",
]
REFUSED = [
    None,
    "",
    "text/plain",
    "json",
    "application/json, text/plain",
    "application/json text/plain",
    "application/jsonx",
    "application/x-json+xml",
    "multipart/form-data; boundary=application/json",
    "text/plain; x=application/json",
    "application/json; charset=latin-1",
    "application/json; charset=utf-16",
    'application/json; charset="utf\\-16"',
    "application/json; charset=utf-8; charset=utf-7",
    "application/json; charset",
    "application/json; =utf-8",
    "application/json\n",
    "application/json; charset=utf-8\u00a0",
]


@pytest.mark.parametrize("content_type", TAKEN)
def test_taken(content_type):
    MediaTypes().check(request(content_type=content_type))


@pytest.mark.parametrize("content_type", REFUSED)
def test_refused(content_type):
    with pytest.raises(Problem) as raised:
        MediaTypes().check(request(content_type=content_type))
    assert raised.value.status == 415
    assert ("Accept", "application/json") in raised.value.headers
    assert "text/plain" not in raised.value.detail


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("POST", ["Accept", "Accept-Post"]),
        ("PATCH", ["Accept", "Accept-Patch"]),
        ("PUT", ["Accept"]),
    ],
)
def test_the_415_says_what_is_taken(method, told):
    media = MediaTypes(["application/merge-patch+json", "application/json-patch+json"])
    with pytest.raises(Problem) as raised:
        media.check(request(method=method))
    names = "application/merge-patch+json, application/json-patch+json"
    assert raised.value.headers == [(name, names) for name in told]


def test_a_list_takes_only_what_it_lists():
    media = MediaTypes(["application/merge-patch+json"])
    media.check(request(content_type="application/merge-patch+json; charset=utf-8"))
    with pytest.raises(Problem):
        media.check(request(content_type="application/x+json"))


@pytest.mark.parametrize("entry", ["json", "application/*", "a/b; c=d", "", 7])
def test_a_list_of_something_else(entry):
    with pytest.raises(PolicyError) as raised:
        MediaTypes([entry])
    assert raised.value.key == "accept"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, gzip", "x"])
def test_codings_are_refused(coding):
    with pytest.raises(Problem) as raised:
        MediaTypes().coding(request(HTTP_CONTENT_ENCODING=coding))
    assert raised.value.status == 415
    assert raised.value.headers == [("Accept-Encoding", "identity")]


@pytest.mark.parametrize("coding", [None, "", "identity", " Identity "])
def test_no_coding(coding):
    assert MediaTypes().coding(request(HTTP_CONTENT_ENCODING=coding)) == ""
