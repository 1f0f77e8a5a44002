"""Every way an error can leave an app of five frameworks ends in one envelope."""

import io
import logging
from wsgiref.validate import validator

import bottle
import falcon
import flask
import pytest
from flask import Flask
from pyramid.config import Configurator
from pyramid.config.tweens import Tweens
from pyramid.httpexceptions import HTTPConflict, HTTPNotFound
from pyramid.interfaces import ITweens
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.test import Client

from statusware import ErrorEnvelope, Problem, wrap
from statusware.integrations.flask import Statusware, translate_exceptions
from statusware.integrations.paste import filter_app_factory
from statusware.layers.translate import Translation
from tests.layers.frameworks import (
    FRAMEWORKS,
    SAID,
    SECRET,
    RecipeNotFound,
    flask_app,
    pyramid_app,
    stream,
)
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

METHODS = ("GET", "HEAD")

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
    check(name, put(FRAMEWORKS[name]()), line, status, code, detail)


def flask_behind(*policy):
    app = flask_app()
    Statusware(app, *policy)
    return app


#: The integrations: the framework, and its app with statusware in it or around it.
INTEGRATIONS = {
    "Flask's extension": ("flask", flask_behind),
    "Flask's extension with a policy": ("flask", lambda: flask_behind({"api": {}})),
    "Pyramid's include": ("pyramid", lambda: pyramid_app("statusware.integrations.pyramid")),
    "PasteDeploy": ("pyramid", lambda: filter_app_factory(pyramid_app(), {})),
}


@pytest.mark.parametrize(("line", "status", "code", "detail"), TABLE)
@pytest.mark.parametrize("integration", INTEGRATIONS)
def test_so_it_does_with_the_integrations(integration, line, status, code, detail):
    framework, make = INTEGRATIONS[integration]
    check(framework, make(), line, status, code, detail)


def check(name, app, line, status, code, detail):
    if line.startswith("POST") and name in ANY_METHOD:
        pytest.skip(f"{name} lets any method through")
    response = ask(app, line)
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


@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*"])
@pytest.mark.parametrize("keep", ["json", "none", "merge"])
@pytest.mark.parametrize("path", ["/nope", "/raise", "/abort", "/bad", "/forbidden"])
def test_a_head_has_the_headers_of_its_get(name, path, keep, accept):
    app = ErrorEnvelope(FRAMEWORKS[name](), keep=keep)
    get, head = (ask(app, f"{m} {path}", Accept=accept, X_Request_ID="a") for m in METHODS)
    assert (head.status, head.text) == (get.status, "")
    length = {"Content-Length": head.headers.get("Content-Length", get.headers["Content-Length"])}
    assert {**head.headers, **length} == dict(get.headers)


def own_page(app):
    @app.errorhandler(404)
    def handler(error):
        return "<h1>ours</h1>", 404


def traceback_page(app):
    @app.errorhandler(500)
    def handler(error):
        return f"<pre>Traceback (most recent call last): {SECRET}</pre>", 500


def rewritten(app):
    @app.after_request
    def rewrite(response):
        response.set_data("<h1>ours</h1>")
        return response


def handed_on(app):
    @app.errorhandler(HTTPException)
    def handler(error):
        return error


def returned(app):
    app.view_functions["abort"] = lambda: NotFound(SAID)


@pytest.mark.parametrize("path", ["/nope", "/abort", "/raise"])
@pytest.mark.parametrize("change", [own_page, traceback_page, rewritten, handed_on, returned])
def test_so_has_a_head_of_what_a_flask_app_makes_of_an_error_itself(change, path):
    app = flask_app()
    change(app)
    app = ErrorEnvelope(app)
    asked = (ask(app, f"{m} {path}", Accept="text/html", X_Request_ID="a") for m in METHODS)
    get, head = (dict(response.headers) for response in asked)
    assert head == {k: v for k, v in get.items() if k in head or k != "Content-Length"}


def test_a_page_that_is_made_while_it_is_sent_is_not_made_for_a_head():
    app = flask_app()
    app.register_error_handler(404, lambda error: (stream(), 404))
    response = ask(ErrorEnvelope(app), "HEAD /nope", Accept="text/html")
    assert (response.status_code, response.text) == (404, "")


@pytest.mark.parametrize("make", [bottle.HTTPError, lambda *a: bottle.HTTPResponse(a[1], a[0])])
@pytest.mark.parametrize("said", [SAID, "long" * 2000])
def test_so_has_a_head_of_what_a_bottle_app_makes_of_an_error_itself(make, said):
    app = bottle.Bottle()
    app.error(409)(lambda error: "<h1>ours</h1>")
    app.get("/x")(lambda: make(409, said))
    app.get("/y")(lambda: make(404, said))
    app = ErrorEnvelope(ErrorEnvelope(app))  # twice is no harm
    for path in ("/x", "/y"):
        asked = (ask(app, f"{m} {path}", Accept="text/html", X_Request_ID="a") for m in METHODS)
        get, head = (dict(response.headers) for response in asked)
        assert head == {k: v for k, v in get.items() if k != "Content-Length"}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (KeyError(SECRET), 404, "not-found"),
        (ValueError(SECRET), 500, "internal-error"),
        (Problem(409, code="name-taken"), 409, "name-taken"),
        (bottle.HTTPError(409, "no soup"), 409, "conflict"),
    ],
)
def test_a_bottle_generator_that_fails_before_its_first_chunk(error, status, code, method, caplog):
    """Bottle tells nobody of it, and writes it nowhere."""

    def failing():
        raise error
        yield b"a"

    app = bottle.Bottle()
    app.get("/x")(failing)
    response = ask(ErrorEnvelope(app, not_found=[KeyError]), f"{method} /x")
    assert response.status_code == status
    if method == "GET":
        assert problem(response)["code"] == code
        assert (SECRET in caplog.text) == (status == 500), "with its traceback"


def test_success_is_the_apps(name):
    assert ask(ErrorEnvelope(FRAMEWORKS[name]()), "GET /get").text == "fine"


@pytest.mark.parametrize("listed", [NAME, RecipeNotFound])
def test_not_found_exceptions_are_translated(name, listed):
    response = ask(ErrorEnvelope(FRAMEWORKS[name](), not_found=[listed]), "GET /missing")
    assert response.status_code == 404
    assert SECRET not in problem(response)["detail"]


def test_problems_are_answered(name):
    response = ask(ErrorEnvelope(FRAMEWORKS[name]()), "GET /problem")
    assert problem(response)["code"] == "name-taken"


# --- Falcon


def falcon_behind(**columns):
    """A Falcon app with one view that reads the body, behind a whole policy."""

    class Raw:
        def on_post(self, request, response):
            response.data = request.env["wsgi.input"].read()

    app = FRAMEWORKS["falcon"]()
    app.add_route("/raw", Raw())
    routes = [{"match": ["GET /missing", "POST /raw"], "allow": ["everyone"], **columns}]
    return wrap(app, {"errors": {NAME: 404}, "routes": routes})


def test_falcon_is_heard_through_the_layers():
    assert ask(falcon_behind(), "GET /missing").status_code == 404


def test_a_body_that_grows_too_large_in_falcon_is_a_413():
    response = Client(falcon_behind(max_bytes=1000)).post(
        "/raw",
        input_stream=io.BytesIO(bytes(1001)),
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True, "wsgi.errors": io.StringIO()},
    )
    assert response.status_code == 413
    assert problem(response)["code"] == "body-too-large"


def test_what_falcon_middleware_adds_stays():
    class Adding:
        def process_response(self, request, response, resource, succeeded):
            response.set_header("X-Added", "yes")

    app = FRAMEWORKS["falcon"]()
    app.add_middleware(Adding())
    wrapped = ErrorEnvelope(app, not_found=[RecipeNotFound])
    for line in ("GET /missing", "GET /problem", "GET /raise", "GET /abort"):
        response = ask(wrapped, line)
        assert problem(response)
        assert response.headers["X-Added"] == "yes"


def test_a_falcon_handler_of_the_apps_own_wins():
    def gone(request, response, error, params):
        raise falcon.HTTPGone()

    for before in (True, False):
        app = FRAMEWORKS["falcon"]()
        if before:
            app.add_error_handler(Exception, gone)
        wrapped = ErrorEnvelope(app, not_found=[RecipeNotFound])
        if not before:
            app.add_error_handler(Exception, gone)
        assert ask(wrapped, "GET /missing").status_code == 410


def test_a_problem_in_falcon_prints_no_traceback():
    errors = io.StringIO()
    app = ErrorEnvelope(ErrorEnvelope(FRAMEWORKS["falcon"]()))  # twice is no harm
    for path, printed in (("/problem", 0), ("/raise", 1)):
        Client(app).get(path, environ_overrides={"wsgi.errors": errors})
        assert errors.getvalue().count("Traceback") == printed


def test_falcon_without_an_envelope_is_not_touched():
    app = FRAMEWORKS["falcon"]()
    ErrorEnvelope(app, not_found=[RecipeNotFound])
    for line in ("GET /missing", "GET /problem"):
        assert ask(app, line).json == {"title": "500 Internal Server Error"}


def invalid():
    raise falcon.HTTPInvalidParam("The value must be an integer.", "q")


def titled():
    raise falcon.HTTPBadRequest(title="No soup", description="no soup today", code=7, href="/x")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/xml", "application/xml"])
@pytest.mark.parametrize(
    ("fail", "detail"),
    [
        (invalid, 'The "q" parameter is invalid. The value must be an integer.'),
        (titled, "no soup today"),
    ],
)
def test_what_falcon_makes_of_an_error_is_a_default_page(fail, detail, accept):
    response = ask(ErrorEnvelope(falcon_failing(fail)), "GET /x", Accept=accept)
    assert response.status_code == 400
    assert problem(response)["detail"] == detail


def falcon_failing(fail, *middleware):
    class Failing:
        def on_get(self, request, response):
            fail()

        on_head = on_get

    app = falcon.App(middleware=middleware)
    app.add_route("/x", Failing())
    return app


def test_a_head_of_falcons_page_has_the_headers_of_its_get():
    app = ErrorEnvelope(falcon_failing(invalid))
    get, head = ask(app, "GET /x").headers, ask(app, "HEAD /x").headers
    for name in ("Content-Type", "Cache-Control", "X-Content-Type-Options"):
        assert head[name] == get[name]


def test_a_falcon_serializer_of_the_apps_own_stays():
    def serialize(request, response, error):
        response.media = {"title": error.title, "own": True}

    app = falcon_failing(invalid)
    app.set_error_serializer(serialize)
    assert ask(ErrorEnvelope(app), "GET /x").json == {"title": "Invalid parameter", "own": True}


def test_json_that_middleware_puts_in_place_of_falcons_stays():
    class Replacing:
        def process_response(self, request, response, resource, succeeded):
            response.data = None
            response.media = {"error": "own"}

    app = ErrorEnvelope(falcon_failing(invalid, Replacing()))
    assert ask(app, "GET /x").json == {"error": "own"}


def test_json_with_a_title_is_no_page_of_falcons_elsewhere():
    app = Flask("shop")
    app.get("/x")(lambda: ({"title": "No soup", "description": "today"}, 400))
    assert ask(ErrorEnvelope(app), "GET /x").json["title"] == "No soup"


# --- Pyramid


def pyramid_failing(error):
    def fail(request):
        raise error

    with Configurator() as config:
        config.add_route("x", "/x")
        config.add_view(fail, route_name="x")
        return config.make_wsgi_app()


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html", "text/plain"])
@pytest.mark.parametrize("make", [HTTPNotFound, lambda: HTTPConflict("no soup")])
def test_a_head_of_pyramids_page_has_the_headers_of_its_get(make, accept):
    app = ErrorEnvelope(ErrorEnvelope(pyramid_failing(make())))  # twice is no harm
    get, head = (ask(app, f"{m} /x", Accept=accept, X_Request_ID="a") for m in METHODS)
    assert head.text == ""
    assert dict(head.headers) == {k: v for k, v in get.headers.items() if k != "Content-Length"}


def test_a_tween_of_pyramids_shows_what_it_has():
    def factory(handler, registry):
        def tween(request):
            return handler(request)

        tween.name = "own"
        return tween

    with Configurator() as config:
        config.registry.registerUtility(tweens := Tweens(), ITweens)
        tweens.add_implicit("own", factory)
        app = config.make_wsgi_app()
    ErrorEnvelope(app)
    assert app.handle_request.name == "own"


@pytest.mark.parametrize(
    "make",
    [
        lambda: HTTPConflict(json_body={"own": True}),
        lambda: HTTPConflict(json_formatter=lambda **members: {"own": True}),
    ],
)
def test_json_of_the_apps_own_stays_in_pyramid(make):
    app = ErrorEnvelope(pyramid_failing(make()))
    get, head = (ask(app, f"{m} /x", Accept="application/json") for m in METHODS)
    assert get.json == {"own": True}
    assert head.headers["Content-Type"] == get.headers["Content-Type"] == "application/json"


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


@pytest.mark.parametrize("put", WAYS)
@pytest.mark.parametrize(
    ("raised", "status", "told"),
    [
        (Problem(409), 418, ("I'm a Teapot", "The request cannot be served.", "im-a-teapot")),
        (Problem(409, "Taken.", code="name-taken", title="T"), 404, ("T", "Taken.", "name-taken")),
        (
            Problem(405, headers=[("Allow", "GET")]),
            410,
            ("Gone", "This resource is gone for good.", "gone"),
        ),
    ],
)
def test_a_problem_that_flask_gets_with_another_status(put, raised, status, told):
    app = Flask("shop")
    app.get("/x")(lambda: (raised, status))
    response = ask(put(app), "GET /x")
    members = problem(response)
    assert response.status_code == status
    assert (members["title"], members["detail"], members["code"]) == told


@pytest.mark.parametrize("keep", ["json", "none", "merge", "all"])
@pytest.mark.parametrize("make", [lambda p: p, lambda p: (p, 409)])
def test_a_problem_that_a_flask_view_returns_is_one_whatever_is_kept(keep, make):
    app = Flask("shop")
    app.get("/x")(lambda: make(Problem(409, "Taken.", code="name-taken", name="Soup")))
    members = problem(ask(ErrorEnvelope(app, keep=keep), "GET /x"))
    assert (members["code"], members["detail"], members["name"]) == ("name-taken", "Taken.", "Soup")


def test_a_page_of_the_apps_own_after_a_problem_stays():
    app = Flask("shop")

    @app.get("/x")
    def view():
        Problem(409).get_response()
        id = {"X-Request-ID": flask.request.environ["statusware.request_id"]}
        return {"own": True}, 404, id

    assert ask(ErrorEnvelope(app), "GET /x").json == {"own": True}


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
