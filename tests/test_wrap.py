"""`wrap` and `stack`: what stands around an app, and what is left alone."""

import pytest
from werkzeug.test import Client, EnvironBuilder, run_wsgi_app

from statusware import Policy, Problem, stack, wrap


def app(environ, start_response):
    """Says what it sees; raises on /bug, answers a bare 404 on /none."""
    path = environ["PATH_INFO"]
    if path.endswith("/bug"):
        raise RuntimeError("oops")
    status = "404 Not Found" if path.endswith("/none") else "200 OK"
    start_response(status, [("Content-Type", "text/plain")])
    return [path.encode("latin-1")]


def test_without_a_policy_errors_get_the_envelope_and_nothing_else_changes():
    client = Client(wrap(app))
    assert client.get("/a/../b;c").text == "/a/../b;c"
    assert client.open("/x", method="BREW").status_code == 200
    assert client.get("/none").json["code"] == "not-found"
    assert client.get("/bug").json["code"] == "internal-error"


def test_an_empty_policy_reads_strictly_and_lists_nothing():
    client = Client(wrap(app, {}))
    assert client.get("/anything").status_code == 200
    assert client.get("/a/../b").json["code"] == "ambiguous-path"
    assert client.open("/x", method="BREW").json["code"] == "method-not-implemented"


OPEN = {"match": "GET /api/recipes", "allow": "everyone"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/recipes", 200),
        ("/api/recipes/", 200),
        ("/api", 404),
        ("/api/other", 404),
        ("/apiary", 200),
        ("/", 200),
        ("/none", 404),
        ("/other;x", 200),
        ("/other//x", 200),
        ("//api/recipes", 400),
        ("/x/../api/recipes", 400),
        ("/api/../x", 400),
        ("/%61pi/recipes", 400),
        ("/x/%2e%2e/api/other", 400),
        ("/api;x/other", 400),
        ("/ap\x00i/other", 400),
        ("/ap\xffi/other", 400),
        ("\\api/other", 400),
        ("/.%252fapi", 400),
    ],
)
def test_outside_the_paths_nothing_is_touched(path, status):
    wrapped = wrap(app, {"api": {"paths": ["/api"]}, "routes": [OPEN]})
    environ = EnvironBuilder("/").get_environ()
    environ["PATH_INFO"] = path
    _, line, headers = run_wsgi_app(wrapped, environ, buffered=True)
    assert line.startswith(str(status))
    inside = headers.get("Content-Type") == "application/problem+json"
    assert inside == (status == 400 or path in ("/api", "/api/other"))


def test_exceptions_outside_the_paths_are_the_servers():
    wrapped = wrap(app, {"api": {"paths": ["/api"]}, "routes": [OPEN]})
    with pytest.raises(RuntimeError, match="oops"):
        Client(wrapped).get("/bug")


def test_a_policy_is_taken_as_it_is():
    policy = Policy({"api": {"unlisted": "reject"}})
    assert Policy.of(policy) is policy
    assert Client(wrap(app, policy)).get("/x").status_code == 404


def test_the_first_layer_named_is_the_outermost():
    def layer(name):
        def factory(inner):
            def wrapped(environ, start_response):
                environ["order"] = environ.get("order", "") + name
                return inner(environ, start_response)

            return wrapped

        return factory

    def last(environ, start_response):
        start_response("200 OK", [])
        return [environ["order"].encode()]

    assert Client(stack(last, layer("a"), layer("b"), layer("c"))).get("/").text == "abc"
    assert stack(last) is last


def test_nested_wraps_each_decide_for_themselves():
    inner = wrap(app, {"routes": [{"match": "GET /a", "allow": "everyone"}]})
    outer = wrap(inner, {"routes": [{"match": ["GET /a", "GET /b"], "allow": "everyone"}]})
    client = Client(outer)
    assert client.get("/a").status_code == 200
    refused = client.get("/b")
    assert refused.status_code == 404
    assert len(refused.headers.getlist("X-Request-ID")) == 1
    assert client.get("/c").json["code"] == "not-found"


def test_a_problem_of_the_app_is_rendered_by_the_envelope_around_it():
    def taken(environ, start_response):
        raise Problem(409, "This name is taken.", code="name-taken", name="Soup")

    answer = Client(wrap(taken, {"envelope": {"format": "simple"}})).get("/")
    assert answer.status_code == 409
    assert answer.json["error"]["code"] == "name-taken"
    assert answer.json["error"]["name"] == "Soup"
