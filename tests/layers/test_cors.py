"""`[cors]`: preflights from the policy, and what a browser needs on every response."""

import pytest
from werkzeug.test import Client

from statusware import PolicyError, wrap
from statusware.layers.cors import Cors
from tests.apps import validated

APP = "https://app.example.com"
EVIL = "https://evil.example"
POLICY = {
    "auth": {"bearer": {"secret": "0123456789abcdef0123456789abcdef"}},
    "routes": [
        {"match": "GET /recipes", "allow": "everyone"},
        {"match": "POST,DELETE /recipes"},
        {"match": "GET /hidden", "hide": True},
        {"match": "* /any", "allow": "everyone"},
        {"match": "OPTIONS /options", "allow": "everyone"},
    ],
    "cors": {"origins": [APP, "http://localhost:5173"]},
}


def app(environ, start_response):
    """Sets CORS headers of its own, as an app might do."""
    start_response(
        "200 OK",
        [("Content-Type", "text/plain"), ("Access-Control-Allow-Origin", "*"), ("Vary", "Cookie"),
         ("access-control-allow-credentials", "true"), ("Access-Control-Anything", "x")],
    )  # fmt: skip
    return [environ["REQUEST_METHOD"].encode()]


def ask(method, path, origin=APP, *, policy=POLICY, wants=None, inner=app, **headers):
    sent = {"Origin": origin} if origin else {}
    if wants:
        sent["Access-Control-Request-Method"] = wants
    layer = validated(inner, lambda bare: wrap(bare, policy))
    return Client(layer).open(path, method=method, headers={**sent, **headers}, buffered=True)


def cors(answer):
    """The CORS fields of an answer, by their short names."""
    prefix = "access-control-"
    found = [(n.lower(), v) for n, v in answer.headers if n.lower().startswith(prefix)]
    assert len(dict(found)) == len(found), "a field stands there twice"
    return {name.removeprefix(prefix): value for name, value in found}


READ = {
    "allow-origin": APP,
    "expose-headers": "Location, Retry-After, WWW-Authenticate, X-Request-ID",
}

ANSWERS = [
    ("GET", "/recipes", 200),
    ("POST", "/recipes", 401),
    ("PUT", "/recipes", 405),
    ("GET", "/nowhere", 404),
    ("GET", "/x/../recipes", 400),
    ("OPTIONS", "/recipes", 204),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_answer_can_be_read_by_an_allowed_page(method, path, status):
    answer = ask(method, path)
    assert answer.status_code == status
    assert cors(answer) == READ
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
@pytest.mark.parametrize("origin", [EVIL, None, "null", APP.upper(), APP + ":443", APP + ".evil"])
def test_no_answer_can_be_read_by_others(method, path, status, origin):
    answer = ask(method, path, origin)
    assert answer.status_code == status
    assert cors(answer) == {}
    assert "Origin" in answer.headers["Vary"]


def test_an_exception_of_the_app_can_be_read():
    def failing(environ, start_response):
        raise RuntimeError

    layer = wrap(failing, POLICY)
    answer = Client(layer).get("/recipes", headers={"Origin": APP})
    assert answer.status_code == 500
    assert cors(answer) == READ


PREFLIGHTS = [
    # path, status, methods
    ("/recipes", 204, "GET, HEAD, POST, DELETE, OPTIONS"),
    ("/any", 204, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
    ("/options", 204, "OPTIONS"),
    ("/hidden", 404, None),
    ("/nowhere", 404, None),
    ("/x/../recipes", 400, None),
]


@pytest.mark.parametrize("inner", [app, None], ids=["app", "never reached"])
@pytest.mark.parametrize(("path", "status", "methods"), PREFLIGHTS)
def test_preflights(path, status, methods, inner):
    def never(environ, start_response):
        raise AssertionError("a preflight reached the app")

    answer = ask("OPTIONS", path, wants="POST", inner=inner or never)
    assert answer.status_code == status
    if methods is None:
        assert cors(answer) == READ
        return
    assert cors(answer) == {
        "allow-origin": APP,
        "allow-methods": methods,
        "allow-headers": "Authorization, Content-Type, X-Request-ID",
        "max-age": "600",
    }
    assert answer.headers["Allow"] == methods
    assert cors(ask("OPTIONS", path, EVIL, wants="POST")) == {}


def test_a_preflight_outside_the_policy_never_reaches_the_app():
    policy = {**POLICY, "routes": POLICY["routes"][:2], "api": {"unlisted": "pass"}}
    answer = ask("OPTIONS", "/nowhere", wants="PUT", policy=policy)
    assert answer.status_code == 204
    assert "PUT" in cors(answer)["allow-methods"]
    assert ask("OPTIONS", "/nowhere", policy=policy).text == "OPTIONS"


@pytest.mark.parametrize("report", [["Routing"], ["Routing", "AccessControl", "JSONBody"]])
def test_a_preflight_that_routing_only_reports_is_answered_by_the_app(report):
    theirs = {"allow-methods": "PUT", "allow-headers": "X-Own", "max-age": "5"}

    def inner(environ, start_response):
        told = [(f"Access-Control-{name}", value) for name, value in theirs.items()]
        start_response("204 No Content", [*told, ("Access-Control-Allow-Origin", "*")])
        return []

    policy = {**POLICY, "api": {"report": report}}
    answer = ask("OPTIONS", "/any", policy=policy, wants="PUT", inner=inner)
    assert (answer.status_code, cors(answer)) == (204, {**READ, **theirs})
    answer = ask("OPTIONS", "/any", EVIL, policy=policy, wants="PUT", inner=inner)
    assert "allow-origin" not in cors(answer)
    answer = ask("GET", "/any", policy=policy, inner=inner)
    assert cors(answer) == READ


def test_options_that_is_no_preflight_is_what_it_was():
    assert ask("OPTIONS", "/any").text == "OPTIONS"
    assert ask("OPTIONS", "/options", None, wants="GET").text == "OPTIONS"


def test_any_origin():
    policy = {**POLICY, "cors": {"origins": ["*"], "expose": [], "max_age": 0, "headers": ["X-A"]}}
    for origin in (APP, EVIL, None):
        answer = ask("GET", "/recipes", origin, policy=policy)
        assert cors(answer) == {"allow-origin": "*"}
        assert answer.headers["Vary"] == "Cookie"
    answer = ask("OPTIONS", "/recipes", EVIL, policy=policy, wants="GET")
    assert cors(answer)["allow-headers"] == "X-A"
    assert cors(answer)["max-age"] == "0"


def test_credentials():
    policy = {**POLICY, "cors": {"origins": [APP], "credentials": True}}
    assert cors(ask("GET", "/recipes", policy=policy))["allow-credentials"] == "true"
    preflight = ask("OPTIONS", "/recipes", policy=policy, wants="GET")
    assert cors(preflight)["allow-credentials"] == "true"
    assert "allow-credentials" not in cors(ask("GET", "/recipes", EVIL, policy=policy))


def test_without_cors_the_app_s_own_fields_stay():
    policy = {key: value for key, value in POLICY.items() if key != "cors"}
    assert cors(ask("GET", "/recipes", policy=policy))["allow-origin"] == "*"
    assert ask("OPTIONS", "/recipes", policy=policy, wants="GET").status_code == 204
    assert cors(ask("OPTIONS", "/recipes", policy=policy, wants="GET")) == {}


def test_outside_the_paths_nothing_is_touched():
    policy = {"cors": POLICY["cors"], "api": {"paths": ["/api"]}}
    assert cors(ask("GET", "/other", EVIL, policy=policy))["allow-origin"] == "*"
    assert cors(ask("GET", "/api", EVIL, policy=policy)) == {}


VARY = [
    ([], [("Vary", "Origin")]),
    ([("Vary", "Cookie")], [("Vary", "Cookie, Origin")]),
    ([("vary", "origin, Cookie")], [("vary", "origin, Cookie")]),
    ([("Vary", "*")], [("Vary", "*")]),
]


@pytest.mark.parametrize(("before", "after"), VARY)
def test_vary(before, after):
    sent = []
    start = Cors([APP]).start({"REQUEST_METHOD": "GET"}, lambda *args: sent.append(args))
    start("200 OK", before)
    assert sent == [("200 OK", after, None)]


WRONG = [
    ({}, "cors.origins: is missing"),
    ({"origins": []}, "cors.origins: is empty"),
    ({"origins": ["shop.test"]}, 'is no origin; did you mean "https://shop.test"?'),
    ({"origins": ["https://shop.test/"]}, 'is no origin; did you mean "https://shop.test"?'),
    ({"origins": ["https://shop.test:8443/a"]}, 'did you mean "https://shop.test:8443"?'),
    ({"origins": ["https://*.shop.test"]}, "is no origin; there are no patterns: name each origin"),
    ({"origins": ["null"]}, "is no origin"),
    ({"origins": ["https://a b"]}, 'is no origin; as in "https://app.example.com"'),
    ({"origins": ["HTTPS://Shop.test"]}, 'is no origin; did you mean "https://shop.test"?'),
    ({"origins": ["*", APP]}, "stands alone"),
    ({"origins": ["*"], "credentials": True}, "cannot be used with credentials"),
    ({"origins": [APP], "credentials": True, "headers": ["*"]}, "cannot be used with credentials"),
    ({"origins": [APP], "headers": ["X A"]}, "cors.headers: 'X A' is no header"),
    ({"origins": [APP], "expose": ["X\r\n"]}, "is no header"),
    ({"origins": [APP], "max_age": -1}, "cors.max_age: must be a whole number of seconds"),
    ({"origins": APP}, "cors.origins: must be a list"),
    ({"orgins": [APP]}, 'did you mean "origins"?'),
]


@pytest.mark.parametrize(("table", "told"), WRONG, ids=str)
def test_wrong_options_are_refused_at_start(table, told):
    with pytest.raises(PolicyError) as caught:
        wrap(app, {"cors": table})
    assert told in str(caught.value)
