"""Every way an error can leave an app of five frameworks ends in one envelope."""

import io
import logging
from wsgiref.validate import validator

import pytest
from flask import Flask
from werkzeug.test import Client

from statusware import ErrorEnvelope, wrap
from statusware.integrations.flask import translate_exceptions
from statusware.layers.translate import Translation
from tests.layers.frameworks import FRAMEWORKS, SAID, SECRET, RecipeNotFound, flask_app
from tests.layers.tools import problem, responding

NAME = f"{RecipeNotFound.__module__}.RecipeNotFound"
DJANGO_SAYS = "There is nothing here."

#: what is asked, the status and code, and the detail where it is not that of the code
TABLE = [
    ("GET /nope", 404, "not-found", None),
    ("GET /raise", 500, "internal-error", None),
    ("GET /stream", 500, "internal-error", None),
    ("GET /abort", 404, "not-found", SAID),
    ("GET /bad", 400, "bad-request", None),
    ("GET /forbidden", 403, "forbidden", None),
    ("POST /get", 405, "method-not-allowed", None),
    ("HEAD /raise", 500, None, None),
]

#: Frameworks that let any method through to the view.
ANY_METHOD = ("pyramid",)


def ask(app, line, **headers):
    method, path = line.split()
    errors = {"wsgi.errors": io.StringIO()}  # Bottle and Falcon print tracebacks there
    return Client(app).open(
        path, method=method, headers=headers, buffered=True, environ_overrides=errors
    )


@pytest.fixture(params=FRAMEWORKS)
def name(request):
    return request.param


@pytest.mark.parametrize(("line", "status", "code", "detail"), TABLE)
@pytest.mark.parametrize("put", [ErrorEnvelope, wrap, lambda app: validator(ErrorEnvelope(app))])
def test_every_error_ends_in_the_envelope(name, put, line, status, code, detail):
    if line.startswith("POST") and name in ANY_METHOD:
        pytest.skip(f"{name} lets any method through")
    response = ask(put(FRAMEWORKS[name]()), line)
    assert response.status_code == status
    assert SECRET not in response.text
    if line.startswith("HEAD"):
        assert response.text == ""
        return
    members = problem(response)
    assert members["code"] == code
    if name != "django" and name != "bottle" and detail:
        assert members["detail"] == detail
    elif name == "django":
        assert SAID not in members["detail"]  # its default page does not tell it


def test_bottles_sentence_is_carried(name):
    if name == "bottle":
        assert problem(ask(ErrorEnvelope(FRAMEWORKS[name]()), "GET /abort"))["detail"] == SAID


def test_a_browser_gets_our_page_for_every_default_page(name):
    app = ErrorEnvelope(FRAMEWORKS[name]())
    for line, status, *_ in TABLE[:6]:
        response = ask(app, line, Accept="text/html")
        assert response.status_code == status
        assert response.headers["X-Request-ID"] in response.text
        assert SECRET not in response.text


def test_success_is_the_apps(name):
    assert ask(ErrorEnvelope(FRAMEWORKS[name]()), "GET /get").text == "fine"


#: Falcon answers every exception itself and tells nobody of it.
DEAF = ("falcon",)


@pytest.mark.parametrize("listed", [NAME, RecipeNotFound])
def test_not_found_exceptions_are_translated(name, listed):
    response = ask(ErrorEnvelope(FRAMEWORKS[name](), not_found=[listed]), "GET /missing")
    assert response.status_code == (500 if name in DEAF else 404)
    assert SECRET not in problem(response)["detail"]


def test_problems_are_answered(name):
    response = ask(ErrorEnvelope(FRAMEWORKS[name]()), "GET /problem")
    assert problem(response)["code"] == ("internal-error" if name in DEAF else "name-taken")


def test_falcon_can_be_told():
    """The three lines that docs/errors.md names."""
    app = FRAMEWORKS["falcon"]()

    def reraise(request, response, error, params):
        raise error

    app.add_error_handler(Exception, reraise)
    wrapped = ErrorEnvelope(app, not_found=[RecipeNotFound])
    assert ask(wrapped, "GET /missing").status_code == 404
    assert problem(ask(wrapped, "GET /problem"))["code"] == "name-taken"
    assert ask(wrapped, "GET /raise").status_code == 500


# --- Flask


def plain(app):
    app.wsgi_app = ErrorEnvelope(app.wsgi_app, not_found=[RecipeNotFound])
    return app


def outside(app):
    return ErrorEnvelope(app, not_found=[RecipeNotFound])


def extended(app):
    translation = Translation({NAME: 404})
    translate_exceptions(app, translation)
    return ErrorEnvelope(app, exceptions=translation)


WAYS = [plain, outside, extended]


@pytest.mark.parametrize("put", WAYS)
@pytest.mark.parametrize(
    "config", [{}, {"PROPAGATE_EXCEPTIONS": True}, {"TESTING": True}, {"DEBUG": True}]
)
def test_flask_is_translated_however_it_is_wrapped(put, config):
    app = flask_app()
    app.config.update(config)
    response = ask(put(app), "GET /missing")
    assert response.status == "404 Not Found".upper() or response.status == "404 Not Found"
    assert problem(response)["code"] == "not-found"


@pytest.mark.parametrize("put", WAYS)
def test_what_flask_adds_after_a_request_stays(put):
    app = flask_app()

    @app.after_request
    def add(response):
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    for line in ("GET /missing", "GET /problem", "GET /raise", "GET /abort"):
        response = ask(put(app), line)
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        problem(response)


@pytest.mark.parametrize("put", WAYS)
def test_a_handler_of_the_apps_own_wins(put):
    app = flask_app()
    app.register_error_handler(RecipeNotFound, lambda error: ({"own": True}, 410))
    response = ask(put(app), "GET /missing")
    assert (response.status_code, response.json) == (410, {"own": True})


@pytest.mark.parametrize("put", WAYS)
def test_a_500_page_of_the_apps_own_does_not_hide_what_the_table_knows(put):
    app = flask_app()
    app.register_error_handler(500, lambda error: ({"own": True}, 500))
    assert ask(put(app), "GET /missing").status_code == 404
    response = ask(put(flask_app()), "GET /raise")
    assert response.status_code == 500


def test_a_500_page_of_the_apps_own_stays():
    app = flask_app()
    app.register_error_handler(500, lambda error: ({"own": True}, 500))
    assert ask(ErrorEnvelope(app), "GET /raise").json == {"own": True}


def test_an_exception_of_an_earlier_request_means_nothing():
    app = flask_app()
    app.get("/down", endpoint="down")(lambda: ({}, 503))
    wrapped = outside(app)
    assert ask(wrapped, "GET /missing").status_code == 404
    assert ask(wrapped, "GET /down").status_code == 503


def test_flask_without_an_envelope_is_not_touched():
    ErrorEnvelope(responding(), not_found=[RecipeNotFound])
    response = ask(flask_app(), "GET /missing")
    assert (response.status_code, response.mimetype) == (500, "text/html")


def test_a_status_of_5xx_in_the_table_is_logged_as_a_failure(caplog):
    app = Flask("shop")
    app.get("/missing")(lambda: (_ for _ in ()).throw(RecipeNotFound("x")))
    translation = Translation({NAME: 503})
    translate_exceptions(app, translation)
    assert ask(ErrorEnvelope(app), "GET /missing").status_code == 503
    [record] = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert record.name == "statusware.envelope"
    assert record.exc_info
