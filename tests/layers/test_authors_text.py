"""What the author of a Pyramid or WebOb app wrote into an HTTP exception, and nothing else."""

import functools

import pytest
import webob.exc
from pyramid import httpexceptions
from pyramid.config import Configurator
from pyramid.request import Request

from statusware import ErrorEnvelope
from statusware.catalog import CODES
from tests.layers.tools import ask, problem

SAID = "author's <own> text"
STATUSES = sorted(
    status for status in httpexceptions.status_map if 400 <= status < 500 and status != 404
)


def app_of(error):
    """An app that answers with an HTTP exception of Pyramid's or WebOb's."""
    return ErrorEnvelope(lambda environ, start_response: error()(environ, start_response))


def detail(error, accept):
    return problem(ask(app_of(error), Accept=accept, Content_Type="x/secret"))["detail"]


ACCEPTS = pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "text/plain", "text/html, application/json"]
)


@ACCEPTS
@pytest.mark.parametrize("status", [404, *STATUSES])
@pytest.mark.parametrize("comment", [None, "a secret comment"])
def test_pyramids_detail_is_carried_and_its_comment_is_not(status, accept, comment):
    def error():
        return httpexceptions.status_map[status](detail=SAID, comment=comment)

    assert detail(error, accept) == SAID


@ACCEPTS
@pytest.mark.parametrize("status", STATUSES)
def test_what_pyramid_says_itself_is_dropped(status, accept):
    said = detail(lambda: httpexceptions.status_map[status](comment="a secret"), accept)
    assert said in {entry.detail for entry in CODES.values()}


@ACCEPTS
@pytest.mark.parametrize("path", ["/static/no", "/static/nö thing"])
@pytest.mark.parametrize(
    "says",
    ["{request.url}", "{request.path_info}", "{request.path_url}", "Out of bounds: {request.url}"],
)
def test_what_was_asked_for_is_no_text_of_the_author(says, path, accept):
    """As Pyramid's static views have it, of a file that is not there."""

    def app(environ, start_response):
        request = Request(environ)
        return httpexceptions.HTTPNotFound(says.format(request=request))(environ, start_response)

    for method in ("GET", "HEAD"):
        answer = ask(ErrorEnvelope(app), f"{path}?token=secret", method=method, Accept=accept)
        assert answer.status_code == 404
        assert b"secret" not in answer.data
        assert b"static" not in answer.data


def test_an_address_that_the_author_wrote_stays():
    said = "https://example.com/docs/soup"
    assert detail(lambda: httpexceptions.HTTPConflict(said), "*/*") == said


@ACCEPTS
def test_a_file_that_is_not_there(accept):
    """Pyramid's own static view."""
    config = Configurator()
    config.add_static_view("static", "tests:layers")
    app = ErrorEnvelope(config.make_wsgi_app())
    for method in ("GET", "HEAD"):
        answer = ask(app, "/static/absent?token=secret", method=method, Accept=accept)
        assert (answer.status_code, b"absent" in answer.data) == (404, False)


@ACCEPTS
@pytest.mark.parametrize("status", sorted(s for s in webob.exc.status_map if 400 <= s < 500))
def test_webobs_comment_and_its_own_words_are_dropped(status, accept):
    for said in ("", "author's text"):
        error = functools.partial(webob.exc.status_map[status], said, comment="a secret")
        found = detail(error, accept)
        assert found == said or found in {entry.detail for entry in CODES.values()}
        assert found == said or not said or status in (406, 415)  # where a header is echoed
