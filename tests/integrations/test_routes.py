"""The routes of an app, read from each framework in one and the same shape."""

import re
from pathlib import Path

import bottle
import django.urls
import falcon
import pytest
from django.urls import include, path, re_path
from django.views import View
from flask import Flask
from pyramid.config import Configurator
from pyramid.response import Response
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from statusware import PolicyError, wrap
from statusware.integrations.routes import routes_of
from statusware.policy.coverage import AppRoute
from tests.bypass.apps import App
from tests.django_app import DjangoApp, Urls

ROUTES = [
    (("GET", "POST"), "/recipes"),
    (("GET",), "/recipes/{id:int}"),
    (("DELETE",), "/u/{id:uuid}/x"),
    (("GET",), "/files/{rest:path}"),
    (("PUT",), "/team/{name}"),
]


def seen(app):
    return {(r.pattern, r.methods) for r in routes_of(app)}


@pytest.mark.parametrize("framework", ["flask", "falcon", "pyramid", "bottle"])
def test_the_same_routes_are_read_from_each_framework(framework):
    found = {}
    for pattern, methods in seen(App(framework, ROUTES).wsgi):
        found[pattern] = found.get(pattern, frozenset()) | methods
    expected = {pattern: frozenset(methods) for methods, pattern in ROUTES}
    if framework in ("pyramid", "bottle"):  # a UUID is a regular expression there
        expected["/u/{id}/x"] = expected.pop("/u/{id:uuid}/x")
    if framework == "falcon":  # the rest of a path may be nothing there
        expected["/files/"] = expected["/files/{rest:path}"]
    assert found == expected


@pytest.mark.parametrize("framework", ["pyramid", "bottle"])
def test_any_method(framework):
    assert seen(App(framework, [(None, "/a")]).wsgi) == {("/a", None)}


def test_flask_in_all_its_forms(tmp_path):
    (tmp_path / "static").mkdir()
    app = Flask("x", root_path=str(tmp_path))

    @app.get("/a/<string(length=2):code>.json")
    def view(code):
        """Never called."""

    expected = {("/a/{part0}", frozenset({"GET"})), ("/static/{filename:path}", frozenset({"GET"}))}
    assert seen(app) == expected
    assert seen(app.wsgi_app) == expected
    assert seen(wrap(app, {"routes": [{"match": "GET /a", "allow": "everyone"}]})) == expected
    app.wsgi_app = wrap(app.wsgi_app)
    assert seen(app) == expected
    assert routes_of(app)[-1] == AppRoute("/a/{part0}", frozenset({"GET"}), "view")


def test_flask_without_a_folder_has_no_static_files(tmp_path):
    assert routes_of(Flask("x", root_path=str(tmp_path))) == []
    assert routes_of(Flask("x", root_path=str(tmp_path), static_folder=None)) == []


def test_pyramid_beyond_plain_routes():
    with Configurator() as config:
        config.add_route("rest", "/rest/*more")
        config.add_route("posted", "files/{name:[a-z]{2,3}}", request_method="POST")
        for name in ("rest", "posted"):
            config.add_view(lambda request: Response("x"), route_name=name)
        app = config.make_wsgi_app()
    assert seen(app) == {
        ("/rest/{more:path}", None),
        ("/rest/", None),  # the rest may be nothing
        ("/files/{name}", frozenset({"POST"})),
    }


def view(*args):
    return Response("x")


def test_views_of_pyramid_that_are_found_by_traversal():
    """Those of exceptions and of static files are not."""
    with Configurator() as config:
        config.add_route("pages", "/pages/{lang}/*traverse")
        config.add_route("below", "/below/{a}", traverse="/{a}")
        config.add_route("global", "/global", use_global_views=True)
        config.add_view(view, name="edit", request_method=("POST", "HEAD"))
        config.add_view(view, context=dict)
        config.add_view(view, route_name="pages", name="deep")
        config.add_view(view, route_name="below")
        config.add_view(view, context=KeyError)
        config.add_notfound_view(view)
        config.add_forbidden_view(view)
        config.add_exception_view(view, context=ValueError)
        config.add_static_view("static", "tests")
        app = config.make_wsgi_app()
    assert {(each.label, each.view, each.methods) for each in routes_of(app)} == {
        ("/*traverse/edit", "edit", frozenset({"POST"})),
        ("/*traverse", "", None),
        ("/pages/{lang}/*traverse/deep", "deep", None),
        ("/below/{a}", None, None),
        ("/global", None, None),
        ("/global", None, frozenset({"POST"})),
        ("/static/{subpath:path}", None, None),
        ("/static/", None, None),
    }


LOSSY = {
    "flask": [
        ("/a/<int:x>/<y>", ""),
        ("/a/<float:x>", "/a/<float:x>"),
        ("/a/<x>.json", "/a/<x>.json"),
    ],
    "bottle": [("/a/<x:int>/<y>", ""), ("/a/<x:re:[ab]>", "/a/<x:re:[ab]>")],
    "falcon": [("/a/{x:int}/{y}", ""), ("/a/{x:int(min=2)}", "/a/{x:int(min=2)}")],
    "pyramid": [(r"/a/{x:\d+}/{y}", ""), ("a/{x:[ab]}", "/a/{x:[ab]}")],
}


@pytest.mark.parametrize(
    ("framework", "pattern", "written"),
    [(name, *row) for name, rows in LOSSY.items() for row in rows],
)
def test_what_is_lost_is_told_as_the_app_writes_it(framework, pattern, written):
    if framework == "flask":
        app = Flask("x", static_folder=None)
        app.add_url_rule(pattern, "view", view)
    elif framework == "bottle":
        app = bottle.Bottle()
        app.route(pattern, "GET", view)
    elif framework == "falcon":
        app = falcon.App()
        app.add_route(pattern, type("Thing", (), {"on_get": lambda *args, **values: None})())
    else:
        with Configurator() as config:
            config.add_route("r", pattern)
            config.add_view(view, route_name="r")
            app = config.make_wsgi_app()
    [found] = routes_of(app)
    assert found.written == written


def test_django():
    class Both(View):
        def get(self, request):
            """Never called."""

        post = get

    def plain(request):
        """Never called."""

    inner = [
        path("<int:id>/", Both.as_view(), name="both"),
        re_path(r"^x/(?P<y>\w+)$", plain),
        re_path(r"^z/(?P<rest>.*)\Z", plain),
    ]
    django.urls.set_urlconf(Urls([path("api/", include(inner)), path("plain", plain)]))
    try:
        assert seen(DjangoApp([])) == {
            ("/api/{id:int}/", frozenset({"GET", "POST"})),
            ("/api/x/{y}", None),
            ("/api/z/{rest:path}", None),
            ("/api/z/", None),
            ("/plain", None),
        }
    finally:
        django.urls.set_urlconf(None)


def test_bottle_and_falcon_names():
    app = bottle.Bottle()

    @app.route("/old/<name>", method=["GET"])
    def view(name):
        """Never called."""

    assert routes_of(app) == [AppRoute("/old/{name}", frozenset({"GET"}), "view")]

    class Thing:
        def on_get(self, request, response, **values):
            """Never called."""

    made = falcon.App()
    made.add_route("/a/{id:int(min=1)}", Thing())
    assert routes_of(made) == [AppRoute("/a/{id:int}", frozenset({"GET"}), "Thing")]


@pytest.mark.filterwarnings("ignore")  # of the older syntax
@pytest.mark.parametrize(
    ("rule", "path", "pattern", "written"),
    [
        ("/a/:x", "/a/soup", "/a/{x}", ""),
        ("/a/:x#[a-z]+#/b", "/a/soup/b", "/a/{x}/b", "/a/:x#[a-z]+#/b"),
        ("/a/:#[a-z]+#", "/a/soup", "/a/{any0}", "/a/:#[a-z]+#"),
        ("/a/<:re:[0-9]>/<:re:[a-z]>", "/a/1/b", "/a/{any0}/{any1}", "/a/<:re:[0-9]>/<:re:[a-z]>"),
        (r"/a/\:x", "/a/:x", "/a/:x", ""),
        (r"/a/<x:re:\>>", "/a/>", "/a/{x}", r"/a/<x:re:\>>"),
    ],
)
def test_bottle_in_all_its_forms(rule, path, pattern, written):
    app = bottle.Bottle()
    app.route(rule, "GET", lambda *args, **values: "served")
    assert Client(app).get(path).data == b"served"
    [found] = routes_of(app)
    assert (found.pattern, found.written) == (pattern, written)
    wrapped = wrap(app, {"api": {"audit": "refuse"}, "routes": [
        {"match": f"GET {pattern}", "allow": "everyone"}]})  # fmt: skip
    assert Client(wrapped).get(path).data == b"served"


class Served:
    """A resource of Falcon's."""

    def on_get(self, request, response, **values):
        response.text = "served"


def falcon_rest():
    app = falcon.App()
    app.add_route("/files/{name:path}", Served())
    return app


def falcon_sink(prefix):
    app = falcon.App()
    app.add_sink(Served().on_get, prefix)
    return app


def falcon_static():
    app = falcon.App()
    app.add_static_route("/static", Path(__file__).parent)
    return app


def bottle_rest():
    app = bottle.Bottle()
    app.get("/files/<name:re:.*>", callback=lambda name: "served")
    return app


def pyramid_rest():
    with Configurator() as config:
        config.add_route("rest", "/files/{name:.*}")
        config.add_view(lambda request: Response("served"), route_name="rest")
        return config.make_wsgi_app()


def small(path):
    app = Flask("small", static_folder=None)
    app.get(path)(lambda: "served")
    return app


def served(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"served"]


def mounted(app, default=None):
    return DispatcherMiddleware(default or small("/"), {"/mine": app})


#: An app, a path that it serves, and the routes of it that a rule has to list.
ASIDE = [
    (falcon_rest, "/files/", ["/files/", "/files/{name:path}"]),
    (falcon_rest, "/files/a/b", ["/files/", "/files/{name:path}"]),
    (lambda: falcon_sink("/mine"), "/mine/a", ["/mine", "/mine/{rest:path}"]),
    (lambda: falcon_sink("/mine"), "/mine", ["/mine", "/mine/{rest:path}"]),
    (lambda: falcon_sink(r"/a\.b/\d"), "/a.b/1", ["/a.b", "/a.b/{rest:path}"]),
    (lambda: falcon_sink(re.compile("/v[12]/")), "/v1/a", ["/", "/{rest:path}"]),
    (falcon_static, "/static/__init__.py", ["/static", "/static/{rest:path}"]),
    (bottle_rest, "/files/", ["/files/", "/files/{name:path}"]),
    (bottle_rest, "/files/a/b", ["/files/", "/files/{name:path}"]),
    (pyramid_rest, "/files/", ["/files/", "/files/{name:path}"]),
    (lambda: mounted(small("/a")), "/mine/a", ["/", "/mine/a"]),
    (lambda: mounted(small("/")), "/mine/", ["/", "/mine/"]),
    (lambda: mounted(served, NotFound()), "/mine/a", ["/mine", "/mine/{rest:path}"]),
    (lambda: mounted(mounted(small("/a"))), "/mine/mine/a", ["/", "/mine/", "/mine/mine/a"]),
]


@pytest.mark.parametrize(("make", "path", "listed"), ASIDE)
def test_what_is_served_beside_the_plain_routes(make, path, listed):
    assert get(make(), path) == 200, "so it is without a policy"
    assert sorted({each.pattern for each in routes_of(make())}) == listed
    for left_out in listed:
        policy = auditing(each for each in listed if each != left_out)
        with pytest.raises(PolicyError, match="no rule lists"):
            wrap(make(), policy)
    assert get(wrap(make(), auditing(listed)), path) == 200


def get(app, path):
    with Client(app).get(path) as answer:
        return answer.status_code


def auditing(patterns):
    match = [f"GET {each}" for each in patterns] or ["GET /other"]
    api = {"audit": "refuse", "unlisted": "pass"}
    return {"api": api, "routes": [{"match": match, "allow": "everyone"}]}


def test_a_mount_over_an_app_that_is_not_known_cannot_be_read():
    assert routes_of(mounted(small("/a"), served)) is None


@pytest.mark.parametrize("app", [lambda environ, start_response: [], object(), None])
def test_what_is_no_framework_has_no_routes(app):
    assert routes_of(app) is None


def test_middleware_that_contains_itself_ends():
    class Loop:
        @property
        def app(self):
            return self

    assert routes_of(Loop()) is None
