"""Formats: problem+json, simple, renderers of the app's own, and the page."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from statusware import ErrorEnvelope, PolicyError, Problem
from tests.layers.tools import ask, problem, raising

FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CHROME = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
    "*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
)


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        (FIREFOX, True),
        (CHROME, True),
        ("text/html", True),
        ("TEXT/HTML", True),
        ("text/html;q=0.2", True),
        ("text/html, application/json;q=0.9", True),
        ("text/html;level=1, text/html;q=0.7, application/json;q=0.1", True),
        ("text/html;q=0.5, */*;q=0.1", True),
        ("text/html, application/json", False),
        ("text/html;q=0.5, application/json", False),
        ("text/html;q=0.5, */*", False),
        ("text/html;q=0.5, application/problem+json;q=0.6", False),
        ("text/html;q=0", False),
        ("text/html;q=2", False),
        ("text/html;q=x", False),
        ("text/html,,;", False),
        ("*/*", False),
        ("text/*", False),
        ("application/json", False),
        ("application/problem+json", False),
        ("application/xhtml+xml", False),
        ("image/png", False),
        ("", False),
        (None, False),
    ],
)
def test_who_gets_the_page(accept, page):
    headers = {} if accept is None else {"accept": accept}
    response = ask(ErrorEnvelope(raising(Problem(404))), **headers)
    assert response.headers["Content-Type"].startswith("text/html") == page
    assert response.headers["Vary"] == "Accept"
    if not page:
        problem(response)


def test_without_html_nothing_is_negotiated():
    response = ask(ErrorEnvelope(raising(Problem(404)), html=False), accept=FIREFOX)
    problem(response)
    assert "Vary" not in response.headers


def test_a_hostile_accept_takes_no_time():
    for accept in ("text/html;" * 800, "text/html," * 800, 'text/html;a="' + "\\" * 8000,
                   "text/html" + " " * 8000 + "x", "text/html;q=" + "0" * 8000):  # fmt: skip
        assert ask(ErrorEnvelope(raising(Problem(404))), accept=accept).status_code == 404


def test_a_huge_accept_is_not_looked_at():
    """A server may hand on 256 KiB, which would take the better part of a second."""
    app = ErrorEnvelope(raising(Problem(404)))
    assert ask(app, accept="text/html" + ",a/b" * 2000).mimetype == "text/html"
    problem(ask(app, accept="text/html" + ",a/b" * 2100))


def test_the_page_is_escaped_and_self_contained():
    evil = "<script>alert(1)</script>&\"'"
    errors = [{"pointer": evil, "detail": evil}, {"pointer": "", "detail": "x"}, 5]
    error = Problem(400, evil, title=evil, errors=errors)
    text = ask(ErrorEnvelope(raising(error)), accept=FIREFOX, x_request_id="abc").text

    class Parser(HTMLParser):
        tags, attributes = set(), set()

        def handle_starttag(self, tag, attrs):
            self.tags.add(tag)
            self.attributes.update(name for name, _ in attrs)

    parser = Parser()
    parser.feed(text)
    assert "script" not in parser.tags
    assert {"src", "href", "style", "onload"}.isdisjoint(parser.attributes)
    assert "abc" in text
    assert text.count("alert(1)") == 5


def test_the_policy_lets_the_style_through():
    response = ask(ErrorEnvelope(raising(Problem(404))), accept=FIREFOX)
    [style] = re.findall("<style>(.*?)</style>", response.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = response.headers["Content-Security-Policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert response.headers["Cache-Control"] == "no-store"


def test_the_page_of_an_error_that_utf_8_cannot_say():
    text = ask(ErrorEnvelope(raising(Problem(404, "a\ud800b"))), accept=FIREFOX).text
    assert "a\ufffdb" in text


def test_simple():
    response = ask(
        ErrorEnvelope(raising(Problem(409, "Taken.", name="Soup", message="x")), format="simple")
    )
    assert response.headers["Content-Type"] == "application/json"
    sent = json.loads(response.text)["error"]
    assert sent == {
        "code": "conflict",
        "message": "Taken.",
        "status": 409,
        "request_id": response.headers["X-Request-ID"],
        "name": "Soup",
    }


def renderer(error, environ):
    return "text/x-own; charset=utf-8", f"{error.status} {environ['PATH_INFO']}".encode()


@pytest.mark.parametrize("format", [renderer, f"{__name__}:renderer"])
def test_a_renderer_of_the_apps_own(format):
    response = ask(ErrorEnvelope(raising(Problem(404)), format=format), "/soup")
    assert response.headers["Content-Type"] == "text/x-own; charset=utf-8"
    assert response.text == "404 /soup"
    assert response.headers["X-Request-ID"]


def test_a_renderer_makes_the_page_itself_without_html():
    app = ErrorEnvelope(raising(Problem(404)), format=renderer, html=False)
    assert ask(app, accept=FIREFOX).text == "404 /"


def failing(error, environ):
    raise ValueError("secret")


def recursive(error, environ):
    return recursive(error, environ)


class Text(str):
    pass


@pytest.mark.parametrize(
    "format",
    [
        failing,
        recursive,
        lambda error, environ: None,
        lambda error, environ: ("text/plain", "text"),
        lambda error, environ: (None, b""),
        lambda error, environ: ("text/plain\r\nX-Evil: 1", b""),
        lambda error, environ: ("text/plain; x=é€", b""),
        lambda error, environ: ("", b""),
        lambda error: ("text/plain", b""),
        lambda error, environ: (_ for _ in ()).throw(Problem(404)),
    ],
)
def test_a_renderer_that_fails_gives_way(format, caplog):
    app = ErrorEnvelope(raising(Problem(404)), format=format, types="https://x/")
    assert problem(ask(app))["type"] == "https://x/not-found"
    assert len(caplog.records) == 1


def test_a_content_type_that_is_nearly_text():
    app = ErrorEnvelope(raising(Problem(404)), format=lambda e, v: (Text("text/plain"), b"x"))
    assert ask(app).headers["Content-Type"] == "text/plain"


@pytest.mark.parametrize(
    ("types", "code", "type"),
    [
        ("about:blank", "not-found", "about:blank"),
        (
            "https://api.example.com/problems/",
            "not-found",
            "https://api.example.com/problems/not-found",
        ),
        ("urn:shop:", "own", "urn:shop:own"),
    ],
)
def test_types(types, code, type):
    app = ErrorEnvelope(raising(Problem(404, code=code)), types=types)
    assert problem(ask(app))["type"] == type
    assert (
        problem(ask(ErrorEnvelope(raising(Problem(404, type="x:y")), types=types)))["type"] == "x:y"
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"format": "simpel"}, "format: 'simpel' is unknown; did you mean \"simple\"?"),
        ({"format": None}, "format: None is unknown"),
        ({"format": "nope:render"}, "format: 'nope:render' does not import"),
        ({"format": "json:nope"}, "format: 'json:nope' does not import"),
        ({"format": "json:__doc__"}, "format: 'json:__doc__' is no function"),
        ({"types": "problems"}, "types: 'problems' is no base URI"),
        ({"types": "https://x/ y"}, "types: "),
        ({"types": 5}, "types: 5 is no base URI"),
        ({"types": ""}, "types: "),
    ],
)
def test_wrong_options(options, words):
    with pytest.raises(PolicyError) as caught:
        ErrorEnvelope(raising(ValueError()), **options)
    assert str(caught.value).startswith(words)


def test_a_page_comes_out_whatever_the_errors_hold():
    errors = [{"pointer": "/a", "detail": 10**5000}]
    app = ErrorEnvelope(raising(Problem(422, errors=errors)))
    response = ask(app, accept="text/html")
    assert response.status_code == 422
    assert "<code>/a</code>" in response.text
