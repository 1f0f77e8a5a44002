"""`statusware lint` over a Flask app, with and without a policy."""

import json

import bottle
import falcon
import pytest
from flask import Flask
from pyramid.config import Configurator
from pyramid.response import Response

from statusware.cli import main

asked = []

app = Flask("shop")


@app.before_request
def note():
    from flask import request

    asked.append((request.method, request.path))


@app.get("/recipes/<int:number>")
def recipe(number):
    return {"number": number}


@app.post("/recipes")
def create():
    return "made", 201


@app.get("/lost")
def lost():
    return "over there", 303


@app.get("/files/<path:name>")
def files(name):
    return name


HERE = f"{__name__}:app"


@pytest.fixture(autouse=True)
def fresh():
    asked.clear()


def test_its_routes_are_asked(capsys):
    assert main(["lint", HERE]) == 1
    out = capsys.readouterr().out
    assert "'GET /lost' 303: has no Location [error location, RFC 9110 15.4]" in out
    assert {("GET", "/recipes/1"), ("HEAD", "/recipes/1"), ("GET", "/files/a/b")} <= set(asked)
    assert ("POST", "/recipes") not in asked


def test_unsafe_methods_on_demand(capsys):
    assert main(["lint", HERE, "--unsafe", "--ignore", "location"]) == 1
    assert "has no Location: where is what was created?" in capsys.readouterr().out
    assert ("POST", "/recipes") in asked


pages = Flask("pages")


@pages.get("/pages/<name>")
def page(name):
    from flask import request

    best = request.accept_mimetypes.best_match(["application/json", "text/html"])
    return {"name": name} if best == "application/json" else f"<h1>{name}</h1>"


def test_what_differs_by_accept(capsys):
    assert main(["lint", f"{__name__}:pages", "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    (found,) = told["findings"]
    assert (found["rule"], found["request"]) == ("vary", "GET /pages/x")
    assert (
        told["requests"] == 15
    )  # of two paths HEAD, OPTIONS, TRACE; three GET each, and of nothing


def broken(environ, start_response):
    raise ValueError


def test_an_app_that_raises(capsys):
    assert main(["lint", f"{__name__}:broken", "--path", "GET /x"]) == 1
    assert "'GET /x' raised ValueError" in capsys.readouterr().out


def test_a_path_of_ones_own(capsys):
    assert main(["lint", HERE, "--path", "GET /recipes/7", "--ignore", "location"]) == 0
    assert ("GET", "/recipes/7") in asked
    assert main(["lint", HERE, "--path", "nonsense"]) == 2


def in_pyramid():
    with Configurator() as config:
        config.add_route("recipe", r"/recipes/{id:\d+}")
        config.add_view(lambda request: Response(status=302), route_name="recipe")
        return config.make_wsgi_app()


def in_falcon():
    class Recipe:
        def on_get(self, request, response, id):
            response.status = 302

    made = falcon.App()
    made.add_route("/recipes/{id:int}", Recipe())
    return made


def in_bottle():
    made = bottle.Bottle()
    made.get("/recipes/<id:int>", callback=lambda id: bottle.HTTPResponse(status=302))
    return made


@pytest.mark.parametrize("made", [in_pyramid, in_falcon, in_bottle])
def test_routes_of_other_frameworks(made, capsys):
    assert main(["lint", f"{__name__}:{made.__name__}()"]) == 1
    assert "'GET /recipes/1' 302: has no Location" in capsys.readouterr().out


def test_the_rules(capsys):
    assert main(["lint", HERE, "--rules"]) == 0
    assert "challenge          error    RFC 9110 15.5.2" in capsys.readouterr().out
    assert asked == []


def test_behind_a_policy(capsys, tmp_path):
    policy = tmp_path / "policy.toml"
    policy.write_text(
        '[[routes]]\nmatch = ["GET /recipes/{id:int}", "GET /files/{name:path}"]\n'
        'allow = ["everyone"]\n'
    )
    assert main(["lint", HERE, "--policy", str(policy)]) == 0
    assert set(asked) == {
        (method, path) for method in ("GET", "HEAD") for path in ("/recipes/1", "/files/a/b")
    }


def test_the_app_is_asked_where_its_policy_mounts_it(tmp_path):
    policy = tmp_path / "statusware.toml"
    policy.write_text(
        'api.mount = "/shop"\n[[routes]]\nmatch = "GET /recipes/{n:int}"\nallow = "everyone"\n'
    )
    main(["lint", HERE, "--policy", str(policy)])
    assert ("GET", "/recipes/1") in asked
