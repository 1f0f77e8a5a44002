"""`Routing`: 404, 405, 501, OPTIONS, the ambiguous request line, alone and under a policy."""

from urllib.parse import unquote_to_bytes

import pytest
from webtest import TestApp
from werkzeug.test import Client

from statusware import PolicyError, Problem, Routing, stack, wrap
from statusware.rules import Route, RouteTable
from tests.apps import APPS, validated

ROUTES = ["GET,POST /recipes", "GET /recipes/{id:int}", "DELETE /recipes/{id:int}"]


def echo(environ, start_response):
    """Tells what it sees: nothing that is refused gets here."""
    match = environ.get("statusware.route")
    seen = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {match!r}".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(seen)))])
    return [seen]


def ask(layer, method, path, *, app=echo, **more):
    """The answer to a request, with wsgiref's validator on both sides."""
    return Client(validated(app, layer)).open(path, method=method, **more, buffered=True)


def routing(*routes, **options):
    return lambda app: Routing(app, routes or ROUTES, mount="", **options)


ANSWERS = [
    ("GET", "/recipes", 200, None),
    ("HEAD", "/recipes", 200, None),
    ("POST", "/recipes/", 200, None),
    ("PUT", "/recipes", 405, "GET, HEAD, POST, OPTIONS"),
    ("OPTIONS", "/recipes", 204, "GET, HEAD, POST, OPTIONS"),
    ("GET", "/recipes/5", 200, None),
    ("DELETE", "/recipes/5", 200, None),
    ("POST", "/recipes/5", 405, "GET, HEAD, DELETE, OPTIONS"),
    ("GET", "/recipes/x", 404, None),
    ("OPTIONS", "/recipes/x", 404, None),
    ("POST", "/nowhere", 404, None),
    ("TRACE", "/recipes", 501, None),
    ("TRACE", "/nowhere", 501, None),
    ("get", "/recipes", 501, None),
    ("GET", "//recipes", 400, None),
    ("GET", "/recipes%0a", 400, None),
    ("OPTIONS", "/x/../recipes", 400, None),
]


@pytest.mark.parametrize(("method", "path", "status", "allow"), ANSWERS)
def test_answers(method, path, status, allow):
    environ = {"REQUEST_METHOD": method} if method == "get" else {}
    # The validator does not know every method; the layer has to.
    layer = routing()(echo)
    answer = Client(layer).open(
        "/", method=method, environ_overrides={"PATH_INFO": decoded(path), **environ}
    )
    assert (answer.status_code, answer.headers.get("Allow")) == (status, allow)
    if status >= 400:
        assert answer.json["status"] == status
        assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    if status != 200:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def decoded(path):
    return unquote_to_bytes(path).decode("latin-1")


@pytest.mark.parametrize("name", APPS)
def test_around_every_kind_of_app(name):
    app = APPS[name]()
    client = TestApp(validated(app, lambda inner: Routing(inner, ["GET,POST /recipes"], mount="")))
    assert client.get("/recipes").json == [{"id": 1, "name": "Soup"}]
    assert client.post_json("/recipes", {"name": "Stew"}, status=201).json == {"name": "Stew"}
    assert client.get("/nope", status=404).json["code"] == "not-found"
    assert client.delete("/recipes", status=405).headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert client.options("/recipes", status=204).body == b""


def test_options_that_a_route_lists_reaches_the_app():
    layer = routing("GET /a", "OPTIONS /b", "* /c")
    assert ask(layer, "OPTIONS", "/a").status_code == 204
    for path in ("/b", "/c"):
        assert ask(layer, "OPTIONS", path).text.startswith("OPTIONS")


def test_an_answer_to_options_is_complete():
    answer = ask(routing(), "OPTIONS", "/recipes", headers={"X-Request-ID": "abc"})
    assert dict(answer.headers) == {
        "Allow": "GET, HEAD, POST, OPTIONS",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Request-ID": "abc",
    }


def test_unlisted_pass_leaves_unknown_paths_to_the_app():
    layer = routing(unlisted="pass")
    assert ask(layer, "GET", "/nowhere").text == "GET /nowhere <Match None {}>"
    assert ask(layer, "OPTIONS", "/nowhere").text.startswith("OPTIONS")
    assert ask(layer, "PUT", "/recipes").status_code == 405
    assert ask(layer, "OPTIONS", "/recipes").status_code == 204
    # Still strict: what others could take for a listed path is refused.
    bad = ask(layer, "GET", "/", environ_overrides={"PATH_INFO": "//recipes"})
    assert bad.status_code == 400


def test_a_hidden_route_with_another_method_is_unknown():
    table = RouteTable([Route("GET /secret", hide=True), "GET /open"], mount="")

    def layer(app):
        return Routing(app, table)

    for method in ("PUT", "OPTIONS"):
        answer = ask(layer, method, "/secret")
        assert (answer.status_code, answer.headers.get("Allow")) == (404, None)
    assert ask(layer, "OPTIONS", "/open").status_code == 204


OVERRIDES = [
    # method, path, override, status, Allow
    ("POST", "/recipes", "GET", 200, None),
    ("POST", "/recipes", "DELETE", 405, "GET, HEAD, POST, OPTIONS"),
    ("GET", "/recipes/5", "DELETE", 200, None),
    ("POST", "/recipes/5", "DELETE", 405, "GET, HEAD, DELETE, OPTIONS"),
    ("GET", "/recipes", "OPTIONS", 405, "GET, HEAD, POST, OPTIONS"),
    ("OPTIONS", "/recipes", "DELETE", 405, "GET, HEAD, POST, OPTIONS"),
    ("OPTIONS", "/recipes", "POST", 204, "GET, HEAD, POST, OPTIONS"),
    ("GET", "/recipes", "NUKE", 501, None),
    ("GET", "/recipes", "PUT,DELETE", 501, None),
    ("GET", "/nowhere", "DELETE", 404, None),
]


@pytest.mark.parametrize(("method", "path", "override", "status", "allow"), OVERRIDES)
@pytest.mark.parametrize("where", ["header", "query"])
def test_an_override_has_to_be_listed_as_well(where, method, path, override, status, allow):
    sent = {"headers": {"X-HTTP-Method-Override": override}}
    if where == "query":
        sent = {"query_string": {"_method": override}}
    answer = ask(routing(), method, path, **sent)
    assert (answer.status_code, answer.headers.get("Allow")) == (status, allow)


def test_several_overrides_are_ambiguous():
    headers = {"X-HTTP-Method-Override": "GET", "X-Method-Override": "PUT"}
    assert ask(routing(), "POST", "/recipes", headers=headers).status_code == 400


def test_an_override_outside_the_policy_passes():
    layer = routing(unlisted="pass")
    assert ask(layer, "POST", "/nowhere", query_string="_method=PUT").status_code == 200


def test_the_path_is_handed_on_untouched():
    raw = "/recipes/\u00c3\u00a9"
    layer = lambda app: Routing(app, ["GET /recipes/{name}"], mount="")  # noqa: E731
    answer = Client(layer(echo)).open("/", environ_overrides={"PATH_INFO": raw})
    assert (
        answer.get_data() == f"GET {raw} <Match 'GET /recipes/{{name}}' {{'name': 'é'}}>".encode()
    )


WRONG = [
    (["GET recipes"], {}, "match"),
    (["GET /a", "GET /a"], {}, "same match"),
    ("GET /a", {}, "must be a list"),
    (["GET /a"], {"unlisted": "drop"}, "unlisted"),
    (["GET /a"], {"methods": ["lock"]}, "methods"),
    (["GET /a"], {"mount": "x"}, "mount"),
    (["GET /a"], {"allow_path": ["all"]}, "allow_path"),
]


@pytest.mark.parametrize(("routes", "options", "told"), WRONG, ids=str)
def test_wrong_options_are_refused_at_construction(routes, options, told):
    with pytest.raises(PolicyError, match=told):
        Routing(echo, routes, **options)


def test_a_refusal_is_logged_on_one_line(caplog):
    caplog.set_level("INFO", "statusware.routing")
    Client(routing()(echo)).open("/", environ_overrides={"PATH_INFO": "/a\r\nb"})
    [record] = caplog.records
    assert "ambiguous-path" in record.getMessage()
    assert "\n" not in record.getMessage()


# Under a policy.

POLICY = {"routes": [{"match": "GET /api/users", "allow": "everyone"}]}


def served(policy, path, method="GET", **overrides):
    """Whether the app was reached, or the status of the refusal."""
    overrides = {"PATH_INFO": path, "REQUEST_METHOD": method, **overrides}
    answer = Client(wrap(echo, policy)).open("/", environ_overrides=overrides)
    return "app" if answer.status_code == 200 else answer.status_code


SCOPED = {
    "/api/users": "app",
    "/api/other": 404,
    "/api": 404,
    "/other": "app",
    "/": "app",
    "/apis": "app",
    "/other//x": "app",
    "/other/../x": "app",
    "/x;y": "app",
    "/caf\u00c3\u00a9": "app",
    "//api/users": 400,
    "/x/../api/users": 400,
    "/%61pi/users": 400,
    "/api;x/users": 400,
    "/api\n": 400,
    "/ap\xffi": 400,
    "\\api": 400,
    "api/users": 400,
}


@pytest.mark.parametrize(("path", "expected"), SCOPED.items(), ids=map(repr, SCOPED))
def test_paths_of_the_api(path, expected):
    assert served({**POLICY, "api": {"paths": ["/api"]}}, path) == expected


def test_outside_the_paths_nothing_is_touched():
    policy = {**POLICY, "api": {"paths": ["/api"]}}
    assert served(policy, "/other", "FOO") == "app"
    assert served(policy, "/api/users", "FOO") == 501
    assert served(policy, "/other", SCRIPT_NAME="/p") == "app"
    assert served(policy, "/api/users", SCRIPT_NAME="/p") == 400


def test_without_routes_everything_passes_that_can_be_read():
    assert served({"api": {}}, "/x") == "app"
    assert served({"api": {}}, "//x") == 400
    assert served({"api": {}}, "/x", "FOO") == 501


def test_layers_that_share_a_table_match_once(monkeypatch):
    table = RouteTable(["GET /recipes"], mount="")
    app = stack(echo, lambda a: Routing(a, table), lambda a: Routing(a, table))
    answer = Client(app).get("/recipes")
    assert answer.status_code == 200


def test_a_problem_of_the_app_passes_by():
    def failing(environ, start_response):
        raise Problem(409)

    with pytest.raises(Problem, match="conflict"):
        Client(Routing(failing, ["GET /"], mount="")).get("/")
