"""The same small app four times: a bare function, a generator, Flask and Pyramid."""

import json
from wsgiref.validate import validator

from flask import Flask, jsonify, request
from pyramid.config import Configurator

RECIPES = [{"id": 1, "name": "Soup"}]


def bare(environ, start_response):
    """GET and POST on /recipes; everything else is its own plain 404."""
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    if path != "/recipes" or method not in ("GET", "POST"):
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"not here"]
    if method == "GET":
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(RECIPES).encode()]
    sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response(
        "201 Created", [("Content-Type", "application/json"), ("Location", "/recipes/2")]
    )
    return [sent]


def generator(environ, start_response):
    """The bare app as a generator: `start_response` is called late, the body comes in pieces."""
    for chunk in bare(environ, start_response):
        yield b""
        yield chunk[:5]
        yield chunk[5:]


def flask():
    app = Flask("recipes")

    @app.get("/recipes")
    def index():
        return jsonify(RECIPES)

    @app.post("/recipes")
    def create():
        return (
            request.get_data(),
            201,
            {"Location": "/recipes/2", "Content-Type": "application/json"},
        )

    return app


def pyramid():
    with Configurator() as config:
        config.add_route("recipes", "/recipes")

        def index(request):
            return RECIPES

        def create(request):
            answer = request.response
            answer.status, answer.location = 201, "/recipes/2"
            answer.content_type, answer.body = "application/json", request.body
            return answer

        config.add_view(index, route_name="recipes", request_method="GET", renderer="json")
        config.add_view(create, route_name="recipes", request_method="POST")
        return config.make_wsgi_app()


#: Each app by name, made anew.
APPS = {"bare": lambda: bare, "generator": lambda: generator, "flask": flask, "pyramid": pyramid}


def validated(app, layer):
    """`layer` around `app`, with wsgiref's validator on both sides of it."""
    validated = validator(app)

    def inside(environ, start_response):
        # The validator wants a size with each read, which Werkzeug tells only of an input that
        # may not end by itself.
        environ.pop("wsgi.input_terminated", None)
        return validated(environ, start_response)

    return validator(layer(inside))
