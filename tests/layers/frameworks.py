"""One small app in five frameworks: the same paths, each ending in one kind of error.

/raise     an exception of the app's own     /stream   one before the first byte of a body
/missing   its own RecipeNotFound            /abort    the framework's 404 with a sentence
/bad       the framework's 400               /problem  a Problem
POST /get  the framework's 405 (or the view's, where the framework has none)
"""

import sys

import bottle
import falcon
import flask
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.urls import path
from pyramid import httpexceptions
from pyramid.config import Configurator
from pyramid.response import Response

from statusware import Problem
from tests.django_app import DjangoApp

SECRET = "SELECT * FROM users; /srv/shop/models.py"
SAID = "no <recipe> 5"


class RecipeNotFound(Exception):
    """The app's own; what it says is nobody's business."""


def fail():
    raise ValueError(SECRET)


def missing():
    raise RecipeNotFound(SECRET)


def taken():
    raise Problem(409, "This name is taken.", code="name-taken")


def stream():
    yield b""
    raise ValueError(SECRET)


def flask_app():
    app = flask.Flask("shop")
    app.get("/get")(lambda: "fine")
    app.get("/raise")(fail)
    app.get("/missing")(missing)
    app.get("/problem")(taken)
    app.get("/stream", endpoint="stream")(lambda: stream())
    app.get("/abort", endpoint="abort")(lambda: flask.abort(404, SAID))
    app.get("/bad", endpoint="bad")(lambda: flask.request.args["nope"])
    app.get("/forbidden", endpoint="forbidden")(lambda: flask.abort(403))
    return app


def bottle_app():
    app = bottle.Bottle()
    app.get("/get")(lambda: "fine")
    app.get("/raise")(fail)
    app.get("/missing")(missing)
    app.get("/problem")(taken)
    app.get("/stream")(stream)
    app.get("/abort")(lambda: bottle.abort(404, SAID))
    app.get("/bad")(lambda: bottle.abort(400, SAID))
    app.get("/forbidden")(lambda: bottle.abort(403, SAID))
    return app


def falcon_app():
    def resource(view):
        class Resource:
            def on_get(self, request, response):
                view(response)

            on_head = on_get

        return Resource()

    def raising(make):
        def view(response):
            raise make()

        return resource(view)

    def streaming(response):
        response.stream = stream()

    app = falcon.App()
    app.add_route("/get", resource(lambda response: setattr(response, "text", "fine")))
    app.add_route("/raise", resource(lambda response: fail()))
    app.add_route("/missing", resource(lambda response: missing()))
    app.add_route("/problem", resource(lambda response: taken()))
    app.add_route("/stream", resource(streaming))
    app.add_route("/abort", raising(lambda: falcon.HTTPNotFound(description=SAID)))
    app.add_route("/bad", raising(lambda: falcon.HTTPBadRequest()))
    app.add_route("/forbidden", raising(lambda: falcon.HTTPForbidden()))
    return app


def pyramid_app(*includes):
    def stream_view(request):
        return Response(app_iter=stream())

    def raising(make):
        def view(request):
            raise make()

        return view

    with Configurator() as config:
        for module in includes:
            config.include(module)
        for name, view in {
            "get": lambda request: Response("fine"),
            "raise": lambda request: fail(),
            "missing": lambda request: missing(),
            "problem": lambda request: taken(),
            "stream": stream_view,
            "abort": raising(lambda: httpexceptions.HTTPNotFound(SAID)),
            "bad": raising(lambda: httpexceptions.HTTPBadRequest()),
            "forbidden": raising(lambda: httpexceptions.HTTPForbidden()),
        }.items():
            config.add_route(name, f"/{name}")
            config.add_view(view, route_name=name)
        config.add_route("post", "/post", request_method="POST")
        return config.make_wsgi_app()


def _django_raising(make):
    def view(request):
        raise make()

    return view


def _django_get(request):
    return HttpResponse("fine") if request.method == "GET" else HttpResponseNotAllowed(["GET"])


urlpatterns = [
    path("get", _django_get),
    path("raise", lambda request: fail()),
    path("missing", lambda request: missing()),
    path("problem", lambda request: taken()),
    path("stream", lambda request: StreamingHttpResponse(stream())),
    path("abort", _django_raising(lambda: Http404(SAID))),
    path("bad", _django_raising(lambda: SuspiciousOperation(SECRET))),
    path("forbidden", _django_raising(lambda: PermissionDenied(SECRET))),
]


def django_app():
    return DjangoApp(urlpatterns)


FRAMEWORKS = {
    name: getattr(sys.modules[__name__], f"{name}_app")
    for name in ("flask", "pyramid", "django", "falcon", "bottle")
}
