"""What `statusware check` finds between a policy and an app, and `audit` refuses."""

import logging

import pytest
from flask import Flask
from werkzeug.test import Client

from statusware import Policy, PolicyError, Problem, wrap
from statusware.policy import coverage
from statusware.policy.coverage import AppRoute, Finding, audit, findings, uncovered
from tests.bypass.apps import App
from tests.names import told

SCHEMES = {"session": {"verify": f"{__name__}:nobody", "challenge": "Session"}}


def nobody(environ):
    """Knows nobody."""


def policy(*routes, **api):
    listed = [{"match": r} if isinstance(r, str) else r for r in routes]
    return Policy({"auth": SCHEMES, "routes": listed, "api": api})


def app_routes(*matches):
    made = []
    for match in matches:
        methods, _, pattern = match.partition(" ")
        named = None if methods == "*" else frozenset(methods.split(","))
        made.append(AppRoute(pattern, named, "view"))
    return made


def kinds(policy, *matches):
    routes = app_routes(*matches) if matches else None
    return {(f.kind, f.route) for f in findings(policy, routes)}


UNCOVERED = [
    # the policy's routes, the app's, what has no rule
    (["GET /a"], ["GET /a"], set()),
    (["GET /a"], ["GET /a/"], set()),
    (["GET /a"], ["GET,POST /a"], {"POST /a"}),
    (["GET /a"], ["GET,DELETE /a", "PUT /b"], {"DELETE /a", "PUT /b"}),
    (["* /a"], ["GET,POST /a"], set()),
    (["GET /{x}"], ["GET /{y:int}", "GET /{z}"], set()),
    (["GET /{x:int}"], ["GET /{y:int}"], set()),
    (["GET /{x:int}"], ["GET /{y}"], set()),  # all others are a 404
    (["GET /a/{x:int}/{y:uuid}"], ["GET,PUT /a/{z}/{w}"], {"PUT /a/{z}/{w}"}),
    (["GET /new"], ["GET /{y}"], {"GET /{y}"}),
    (["GET /{x:int}"], ["* /{y}", "* /{y}/a"], {"/{y}/a"}),
    (["GET /{x:int}"], ["GET /{y:uuid}"], {"GET /{y:uuid}"}),
    (["GET /{x:path}"], ["GET /{y}", "GET /a/b", "GET /{z:path}"], set()),
    (["GET /a/{x}"], ["GET /a/{y:path}"], {"GET /a/{y:path}"}),
    (["GET /a"], ["* /a", "* /b"], {"/b"}),
    (["GET /a"], ["LOCK /b"], set()),  # a method that is 501 anyway
]


def test_a_rule_may_take_less_than_the_route_where_the_rest_is_refused():
    narrow, routes = "GET /{x:int}", ["GET,POST /{y}"]
    assert kinds(policy(narrow), *routes) == {("narrowed", "GET /{y}"), ("uncovered", "POST /{y}")}
    [told] = [f for f in findings(policy(narrow), app_routes(*routes)) if f.kind == "narrowed"]
    assert (told.level, told.message) == (
        "warning",
        "the policy takes /{x:int} alone; what else the app takes there is a 404",
    )
    assert ("uncovered", "GET /{y}") in kinds(policy(narrow, unlisted="pass"), *routes)


OPEN = {"match": "GET,POST /help/{page}", "allow": "everyone"}
CROSSING = [
    # the policy's routes, the app's, of which routes another rule decides
    (["GET /{team}/settings", OPEN], ["GET /{t}/settings", "GET /help/{p}"],
     ["GET /{t}/settings"]),
    (["GET /{team}/settings", OPEN], ["GET /help/{p}", "GET /{t}/settings"],
     ["GET /{t}/settings"]),
    (["* /{team}/settings", OPEN], ["* /{t}/settings", "GET,POST /help/{p}"],
     ["GET /{t}/settings", "POST /{t}/settings"]),
    (["GET /{x}/a/{y}", {"match": "GET /b/{x:path}", "allow": "everyone"}],
     ["GET /{x}/a/{y}", "GET /b/{x:path}"], ["GET /{x}/a/{y}"]),
    (["GET /v1/{x}/edit", {"match": "GET /v1/{x:int}/{y}", "allow": "everyone"}],
     ["GET /v1/{x}/edit", "GET /v1/{x:int}/{y}"], ["GET /v1/{x}/edit"]),
    (["GET /a/b/{y}", {"match": "GET /a/{x}/c", "allow": "everyone"}],
     ["GET /a/b/{y}", "GET /a/{x}/c"], []),  # the rule that decides is the narrow one
    # A rule of its own, and one of the same words.
    (["GET /{team}/settings", "GET /help/settings", OPEN],
     ["GET /{t}/settings", "GET /help/{p}"], []),
    (["GET /{team}/settings", "GET /help/{page}"],
     ["GET /{t}/settings", "GET /help/{p}"], []),
    # No path of both, one within the other, other methods, no rule, not there.
    (["GET /{team}/settings", OPEN], ["GET /{t:int}/settings", "GET /help/{p}"], []),
    (["GET /{team}/settings", OPEN], ["GET /{t}/settings/x", "GET /help/{p}"], []),
    (["GET /{team}/{x}", OPEN], ["GET /{t}/{x}", "GET /help/{p}"], []),
    (["GET /{team}/settings", OPEN], ["GET /{t}/settings", "POST /help/{p}"], []),
    (["GET /a", OPEN], ["GET /{t}/settings", "GET /help/{p}"], []),
    (["GET /{team}/settings", OPEN], ["GET /{t}/settings"], []),
    # A rest that may be empty, as the app's reader tells it: the path alone, of the same view.
    ([{"match": "GET /f", "allow": "everyone"}, "GET /f/{p:path}"],
     ["GET /f", "GET /f/{p:path}", "GET /f/"], ["GET /f/{p:path}"]),
    ([{"match": "GET /f", "allow": "everyone"}, "GET /f/", "GET /f/{p:path}"],
     ["GET /f", "GET /f/{p:path}", "GET /f/"], []),
    (["GET /f", "GET /f/{p:path}"], ["GET /f", "GET /f/{p:path}", "GET /f/"], []),
    ([{"match": "GET /f", "allow": "everyone"}, "GET /f/{p:path}"],
     ["GET /f", "GET /f/{p:path}"], []),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "routes", "told"), CROSSING, ids=str)
def test_routes_that_cross(rules, routes, told):
    found = [f for f in findings(policy(*rules), app_routes(*routes)) if f.kind == "crossing"]
    assert [f.route for f in found] == told
    assert {f.level for f in found} <= {"warning"}


def test_what_is_told_of_routes_that_cross():
    routes = app_routes("GET /{t}/settings", "GET /help/{p}")
    [found] = [
        f for f in findings(policy("GET /{t}/settings", OPEN), routes) if f.kind == "crossing"
    ]
    assert found.where == "routes[1]"
    assert found.message == (
        '/help/settings is a path of it, too, where the rule "GET,POST /help/{page}" decides'
    )


@pytest.mark.parametrize(("rules", "routes", "missing"), UNCOVERED, ids=told)
def test_uncovered(rules, routes, missing):
    found = uncovered(policy(*rules), app_routes(*routes))
    assert {f.route for f in found} == missing
    assert {(f.level, f.kind) for f in found} <= {("error", "uncovered")}


TRAVERSED = [
    # the policy's routes, prefix and name of the view, whether one of them may lead to it
    (["GET /"], "/", "", True),
    (["GET /a/b"], "/", "", True),
    (["GET /a/b"], "/", "edit", False),
    (["GET /a/edit"], "/", "edit", True),
    (["GET /a/@@edit"], "/", "edit", True),
    (["GET /a/edit/x"], "/", "edit", True),
    (["GET /{a}"], "/", "edit", True),
    (["GET /a/{rest:path}"], "/", "edit", True),
    (["POST /a/edit"], "/", "edit", False),
    (["* /a/edit"], "/", "edit", True),
    (["GET /pages"], "/pages", "", True),
    (["GET /pages"], "/pages", "edit", False),
    (["GET /other/edit"], "/pages", "edit", False),
    (["GET /pages/de/edit"], "/pages/{lang}", "edit", True),
    (["GET /pages/{x:int}/edit"], "/pages/{lang:uuid}", "edit", False),
    (["GET /{rest:path}"], "/pages/{lang}", "edit", True),
    (["GET /page/{rest:path}"], "/pages", "edit", False),
    ([], "/", "", False),
]


@pytest.mark.parametrize("methods", [frozenset({"GET"}), frozenset({"HEAD"})])
@pytest.mark.parametrize(("rules", "prefix", "view", "led"), TRAVERSED, ids=told)
def test_views_that_are_found_by_traversal(rules, prefix, view, led, methods):
    found = uncovered(policy(*(rules or ["PUT /x"])), [AppRoute(prefix, methods, view=view)])
    route = "/".join((prefix.rstrip("/"), "*traverse", view)).rstrip("/")
    assert [each.route for each in found] == ([] if led else [f"{min(methods)} {route}"])


def test_what_becomes_of_a_view_that_no_rule_leads_to():
    views = [AppRoute("/", None, "shown", view="edit")]
    [reject] = uncovered(policy("GET /a"), views)
    assert reject.route == "/*traverse/edit"
    assert reject.message == "no rule lists it (view shown); nobody can reach it"
    [passed] = uncovered(policy("GET /a", unlisted="pass"), views)
    assert passed.message == "no rule lists it (view shown); anybody may use it"
    assert uncovered(policy("GET /api/a", paths=["/api"]), views) == []


def test_a_rule_for_what_traversal_finds_has_its_route():
    views = [AppRoute("/", frozenset({"GET"}), view="edit"), AppRoute("/b", None, view="")]
    kinds = {f.route for f in findings(policy("GET /a/edit", "GET /a", "GET /b/c"), views)}
    assert kinds == {"GET /a"}


@pytest.mark.parametrize(("pattern", "why"), [
    ("/a;b", "the path must not hold semicolons"), ("//a", "the path must not hold empty segments"),
    ("/{x}/../b", "the path must not hold `.` and `..` segments"), ("/a%41", "the path must not hold percent-encoding"),
])  # fmt: skip
def test_routes_that_no_rule_can_open(pattern, why):
    [found] = findings(policy("GET /x", "GET /y"), app_routes(f"GET {pattern}", "GET /x", "GET /y"))
    assert (found.level, found.kind, found.route) == ("warning", "refused", pattern)
    assert found.message.startswith(f"nobody can reach it: {why}")
    assert found.message.endswith("([api] allow_path)")
    audit(policy("GET /x"), app_routes(f"GET {pattern}", "GET /x"))


def test_with_a_relaxation_they_want_a_rule():
    relaxed = policy("GET /x", allow_path=["semicolon"])
    assert [f.kind for f in findings(relaxed, app_routes("GET /a;b", "GET /x"))] == ["uncovered"]


def test_a_path_variable_before_the_end_is_met_by_what_takes_it_in():
    assert kinds(policy("GET /files/{p:path}"), "GET /files/{p:path}/edit") == set()


CLOSED = [
    ({"deny": "everyone"}, {"closed"}),
    ({"deny": ["role:x", "everyone"]}, {"closed"}),
    ({"deny": ["everyone"], "allow": "authenticated"}, {"never-allows", "no-body"}),
    ({"deny": ["everyone & role:x"]}, {"no-body"}),
]


@pytest.mark.parametrize(("columns", "found"), CLOSED, ids=told)
def test_a_rule_that_says_itself_that_it_is_for_nobody(columns, found):
    assert {kind for kind, _ in kinds(policy({"match": "POST /a", **columns}))} == found


def test_what_becomes_of_an_uncovered_route():
    [reject] = uncovered(policy("GET /a"), app_routes("GET /b"))
    assert reject.message == 'no rule lists it (view view); nobody can reach it; did you mean "/a"?'
    [passed] = uncovered(policy("GET /a", unlisted="pass"), app_routes("GET /long"))
    assert passed.message == "no rule lists it (view view); anybody may use it"
    [other] = uncovered(policy("GET /a", unlisted="pass"), app_routes("PUT /a"))
    assert "nobody can reach it" in other.message


def test_routes_outside_the_paths_are_no_matter():
    assert not uncovered(policy("GET /api/a", paths=["/api"]), app_routes("GET /b"))


NO_ROUTE = [
    (["GET /a"], ["GET /a"], set()),
    (["GET /a"], ["GET /a/"], set()),
    (["GET /recipes", "GET /a"], ["GET /Recipes", "GET /a"], {"GET /recipes"}),
    (["GET,DELETE /a"], ["GET /a"], {"DELETE /a"}),
    (["GET,OPTIONS,HEAD /a"], ["GET /a"], set()),
    (["GET,DELETE /a"], ["* /a"], set()),
    (["* /a"], ["GET /a"], set()),
    (["GET /a/{x:int}"], ["GET /a/{y}"], set()),
    (["GET /a/{x:int}"], ["GET /a/b"], {"GET /a/{x:int}"}),
    (["GET /a/{x:int}"], ["GET /a/5"], set()),
    (["GET /a/{x:int}"], ["GET /a/{y:uuid}"], {"GET /a/{x:int}"}),
    (["GET /a/new"], ["GET /a/{y}"], set()),
    (["GET /a/b/c"], ["GET /a/{y:path}"], set()),
    (["GET /a/b"], ["GET /a"], {"GET /a/b"}),
]


@pytest.mark.parametrize(("rules", "routes", "dead"), NO_ROUTE, ids=told)
def test_rules_without_a_route(rules, routes, dead):
    found = findings(policy(*rules), app_routes(*routes))
    assert {f.route for f in found if f.kind == "no-route"} == dead


NEAR = {
    "/Recipes": "differs by upper and lower case",
    "/recipe": 'did you mean "/recipe"?',
    "/recipess": 'did you mean "/recipess"?',
    "/recibes": 'did you mean "/recibes"?',
    "/reci": "the app has no such route",
}


def test_only_the_matches_that_it_is_about_are_named():
    made = policy({"match": ["GET /a", "GET,POST /b", "* /c", "DELETE /d"], "allow": "everyone"})
    told = {f.kind: f.route for f in findings(made)}
    assert told["open-write"] == "GET,POST /b, * /c, DELETE /d"
    assert told["no-body"] == "GET,POST /b, * /c"


SLIPS = [
    ({"requierd": ["a"]}, ['#: "requierd" says nothing; did you mean "required"?']),
    ({"properties": {"maxLenght": {"maxLenght": 5}}},
     ['#/properties/maxLenght: "maxLenght" says nothing; did you mean "maxLength"?']),
    ({"allOf": [{"if": {"not": {"patern": "a"}}}]},
     ['#/allOf/0/if/not: "patern" says nothing; did you mean "pattern"?']),
    ({"$defs": {"a": {"items": {"additionalPropertys": False}}}},
     ['#/$defs/a/items: "additionalPropertys" says nothing; did you mean "additionalProperties"?']),
    ({"dependencies": {"a": ["b"]}},
     ['#: "dependencies" says nothing in https://json-schema.org/draft/2020-12/schema']),
    ({"$schema": "http://json-schema.org/draft-04/schema#", "const": 5},
     ['#: "const" says nothing in http://json-schema.org/draft-04/schema']),
    ({"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 5, "exclusiveMinimum": True}, []),
    ({"$schema": "http://json-schema.org/draft-07/schema#", "dependencies": {"a": ["b"]}}, []),
    ({"x-order": 5, "unit": "g", "title": "A", "examples": [{"requierd": 1}], "enum": [{"typ": 1}]}, []),
    ({"default": {"requierd": 5}, "const": {"patern": 1}, "$comment": "maxLenght"}, []),
    (True, []),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "told"), SLIPS, ids=told)
def test_keywords_that_say_nothing(schema, told):
    made = policy({"match": "POST /a", "body": schema})
    found = [f for f in findings(made) if f.kind == "slip"]
    assert [f.message for f in found] == [f"body {each}" for each in told]
    assert {(f.level, f.route, f.where) for f in found} <= {("warning", "POST /a", "routes[0]")}


@pytest.mark.parametrize(
    ("match", "told"),
    [
        ("GET /a/:id", ":id is taken letter by letter; a variable is {id}"),
        ("GET /:a_b/c", ":a_b is taken letter by letter; a variable is {a_b}"),
        ("POST /a:cancel", None),
        ("GET /:5", None),
        ("GET /a/{id}", None),
    ],
)
def test_variables_as_others_write_them(match, told):
    found = [f.message for f in findings(policy(match)) if f.kind == "slip"]
    assert found == ([told] if told else [])


@pytest.mark.parametrize(("served", "told"), NEAR.items())
def test_near_misses(served, told):
    found = findings(policy("GET /recipes"), app_routes(f"GET {served}"))
    [finding] = [f for f in found if f.kind == "no-route"]
    assert finding.message.endswith(told)
    assert finding.where == "routes[0]"


RULES = [
    # a rule, what is said of it
    ({"match": "GET /a"}, set()),
    ({"match": "POST /a"}, {"no-body"}),
    ({"match": "* /a"}, {"no-body"}),
    ({"match": "DELETE /a"}, set()),
    ({"match": "POST /a", "body": {}}, set()),
    ({"match": "POST /a", "body": {}, "allow": "everyone"}, {"open-write"}),
    ({"match": "DELETE /a", "allow": "everyone"}, {"open-write"}),
    ({"match": "DELETE /a", "allow": "everyone", "deny": "role:x"}, set()),
    ({"match": "GET /a", "allow": "everyone"}, set()),
    ({"match": "GET /a", "allow": "everyone", "deny": "everyone"}, {"never-allows"}),
    ({"match": "GET /a", "allow": "role:a", "deny": "role:a"}, {"never-allows"}),
    ({"match": "GET /a", "allow": "role:a", "deny": "authenticated"}, {"never-allows"}),
    ({"match": "GET /a", "allow": "everyone", "deny": "authenticated"}, set()),
    ({"match": "GET /a", "allow": ["role:a & role:b", "role:b"], "deny": "role:b"}, {"never-allows"}),
    ({"match": "GET /a", "allow": ["role:a", "role:b"], "deny": "role:b"}, set()),
    ({"match": "GET /a", "allow": "role:a", "deny": "role:a & role:b"}, set()),
    ({"match": "GET /a", "allow": "user:a & user:b"}, {"never-allows"}),
    ({"match": "GET /a", "allow": "user:a & user:session/a"}, set()),
    ({"match": "GET /{x}", "allow": "user:a & user:{x}"}, set()),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "said"), RULES, ids=told)
def test_odd_rules(rule, said):
    assert {f.kind for f in findings(policy(rule))} == said


def test_a_rule_that_never_wins():
    methods = ",".join(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    assert ("never-wins", "* /a") in kinds(policy("* /a", f"{methods} /a"))
    assert ("never-wins", "* /a") not in kinds(policy("* /a", "GET /a"))
    assert not kinds(policy("GET /{x}", "GET /a", "GET /{x:int}", "GET /{x:path}"))


def test_errors_come_first():
    found = findings(policy("POST /b"), app_routes("GET /c"))
    assert [f.level for f in found] == ["error", "warning", "warning"]
    assert found[0] == Finding(
        "error", "uncovered", "GET /c",
        'no rule lists it (view view); nobody can reach it; did you mean "/b"?',
    )  # fmt: skip


def test_audit():
    rules = policy("GET /a")
    audit(rules, app_routes("GET /a"))
    with pytest.raises(PolicyError, match=r"^api\.audit: no rule lists GET /b"):
        audit(rules, app_routes("GET /b"))
    with pytest.raises(PolicyError, match="and 2 more"):
        audit(rules, app_routes(*(f"GET /long{at}" for at in range(7))))
    with pytest.raises(PolicyError, match="cannot be read"):
        audit(rules, None)


def test_wrap_refuses_with_audit():
    app = App("bottle", [(("GET",), "/a"), (("POST",), "/a")]).wsgi
    document = {"routes": [{"match": "GET /a", "allow": "everyone"}], "api": {"audit": "refuse"}}
    with pytest.raises(PolicyError, match=r"api\.audit: no rule lists POST /a"):
        wrap(app, document)
    document["routes"][0]["match"] = "GET,POST /a"
    assert wrap(app, document)
    with pytest.raises(PolicyError, match="cannot be read"):
        wrap(lambda environ, start_response: [], document)


def test_routes_that_come_after_wrap_are_audited_too(caplog):
    app = Flask("late", static_folder=None)
    document = {"routes": [{"match": "GET /a", "allow": "everyone"}], "api": {"audit": "refuse"}}
    app.wsgi_app = wrap(app.wsgi_app, document)
    app.add_url_rule("/a", "a", lambda: "served")
    app.add_url_rule("/b", "b", lambda: "served")
    client = app.test_client()
    for path in ("/a", "/b", "/a"):
        assert client.get(path).status_code == 503
    [record] = [r for r in caplog.records if r.levelno == logging.CRITICAL]
    assert "no rule lists GET /b" in record.getMessage()


def test_what_audit_refuses_is_in_the_envelope_of_the_policy():
    app = Flask("late", static_folder=None)
    document = {
        "envelope": {"format": "simple"},
        "routes": [{"match": "GET /a", "allow": "everyone"}],
        "api": {"audit": "refuse"},
    }
    app.add_url_rule("/a", "a", lambda: "served")
    wrapped = wrap(app, document)
    problem = Problem(400)
    assert wrapped.renderer(problem, {})[0] == "application/json"
    app.add_url_rule("/b", "b", lambda: "served")
    answer = Client(wrapped).get("/a")
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "service-unavailable")
    assert wrapped.renderer(problem, {})[0] == "application/json"


def test_wrap_says_how_many_routes_have_no_rule(caplog):
    app = App("bottle", [(("GET", "POST"), "/a"), (("GET",), "/b")]).wsgi
    caplog.set_level(logging.WARNING, "statusware.policy")
    wrap(app, {"routes": [{"match": "GET /a", "allow": "everyone"}]})
    [record] = caplog.records
    assert record.getMessage().startswith("routes of the app without a rule: 2")


def test_an_app_that_cannot_be_read_is_served_all_the_same(caplog):
    app = App("bottle", [(("GET",), "/a")]).wsgi
    app.routes[:] = [object()]
    assert wrap(app, {"routes": [{"match": "GET /a", "allow": "everyone"}]})
    assert "cannot be read" in caplog.text


def test_a_thousand_rules_are_compared_in_no_time(monkeypatch):
    """By their first segment: a few comparisons for each rule, not one for each route."""
    asked = []
    real = coverage.meet
    monkeypatch.setattr(coverage, "meet", lambda *pair: asked.append(pair) or real(*pair))
    matches = [f"GET /r{at}/{{id}}" for at in range(1000)]
    assert findings(policy(*matches), app_routes(*matches, "PURGE /{x}/y")) == []
    assert len(asked) == 2000


@pytest.mark.parametrize("mount", ["/shop", ["/shop", "/store"], ["", "/shop"]])
def test_an_app_that_is_mounted_elsewhere(mount, caplog):
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/a", view_func=lambda: "a")
    app.add_url_rule("/b", endpoint="b", view_func=lambda: "b")
    client = Client(wrap(app, policy({"match": "GET /a", "allow": "everyone"}, mount=mount)))
    assert client.get("/a", environ_overrides={"SCRIPT_NAME": "/shop"}).status_code == 200
    assert "without a rule: 1;" in caplog.text
    assert kinds(policy("GET /a", mount=mount), "GET /a", "GET /b") == {("uncovered", "GET /b")}


def test_an_app_that_its_server_mounts(monkeypatch):
    monkeypatch.setenv("SCRIPT_NAME", "/shop")
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/a", view_func=lambda: "a")
    client = Client(wrap(app, policy({"match": "GET /a", "allow": "everyone"})))
    assert client.get("/a", environ_overrides={"SCRIPT_NAME": "/shop"}).status_code == 200
