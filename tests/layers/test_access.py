"""`AccessControl`: 403 (401 where authentication is at hand), hidden routes, overrides."""

import io
import time
import traceback

import jwt
import pytest
from webtest import TestApp
from werkzeug.test import Client, create_environ, run_wsgi_app

from statusware import AccessControl, Identity, PolicyError, Problem, wrap
from statusware.readings import MOST
from statusware.rules import Route, RouteTable
from tests.apps import APPS, validated
from tests.layers.test_routing import echo
from tests.layers.tools import responding

ANN = Identity("ann", "bearer", roles={"editor"}, scopes={"read"})
BOB = Identity("bob", "bearer")

RULES = {
    "GET /open": "everyone",
    "GET,POST /recipes": ["role:editor", "role:admin"],
    "DELETE /recipes": "role:admin",
    "GET /users/{name}": "user:{name}",
    "GET /scoped": "scope:write & scope:more",
    "GET /secret": {"allow": ["role:editor"], "deny": "user:eve", "hide": True, "name": "secret"},
}


def ask(method, path, identity=None, *, rules=RULES, challenges=None, **more):
    environ = {"statusware.identity": identity} if identity else {}
    if challenges:
        environ["statusware.challenges"] = challenges
    options = {key: more.pop(key) for key in ("unlisted", "schemes") if key in more}
    layer = validated(echo, lambda app: AccessControl(app, rules, **options))
    return Client(layer).open(path, method=method, environ_overrides=environ, **more, buffered=True)


ANSWERS = [
    ("GET", "/open", None, 200),
    ("HEAD", "/open", None, 200),
    ("GET", "/open/", None, 200),
    ("GET", "/recipes", None, 403),
    ("GET", "/recipes", ANN, 200),
    ("HEAD", "/recipes", ANN, 200),
    ("GET", "/recipes", BOB, 403),
    ("HEAD", "/recipes", BOB, 403),
    ("DELETE", "/recipes", ANN, 403),
    ("PUT", "/recipes", ANN, 403),
    ("OPTIONS", "/recipes", ANN, 403),
    ("GET", "/users/ann", ANN, 200),
    ("GET", "/users/ann", BOB, 403),
    ("GET", "/users/%61nn", ANN, 200),
    ("GET", "/users/Ann", ANN, 403),
    ("GET", "/users/ann%0a", ANN, 400),
    ("GET", "/secret", ANN, 200),
    ("GET", "/secret", BOB, 404),
    ("GET", "/secret", None, 404),
    ("GET", "/secret", Identity("eve", roles={"editor"}), 404),
    ("GET", "/nowhere", ANN, 403),
    ("TRACE", "/open", ANN, 501),
]


@pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")
@pytest.mark.parametrize(("method", "path", "identity", "status"), ANSWERS, ids=str)
def test_alone(method, path, identity, status):
    assert ask(method, path, identity).status_code == status


def test_what_no_rule_covers_can_pass():
    rules = {"POST /recipes": ["role:editor"]}
    for method, path in (("GET", "/recipes"), ("GET", "/other"), ("DELETE", "/recipes")):
        assert ask(method, path, rules=rules, unlisted="pass").status_code == 200
    assert ask("POST", "/recipes", rules=rules, unlisted="pass").status_code == 403


@pytest.mark.parametrize("name", APPS)
def test_around_every_kind_of_app(name):
    rules = {"GET /recipes": "everyone", "POST /recipes": ["role:editor"]}
    client = TestApp(validated(APPS[name](), lambda app: AccessControl(app, rules)))
    assert client.get("/recipes").json == [{"id": 1, "name": "Soup"}]
    refused = client.post_json("/recipes", {"name": "Stew"}, status=403)
    assert refused.content_type == "application/problem+json"
    ann = {"statusware.identity": ANN}
    client.post_json("/recipes", {"name": "Stew"}, extra_environ=ann, status=201)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("sent", "left"), [(1000, 0), (3 << 20, 2 << 20)])
def test_a_refusal_reads_what_is_still_sent(chunked, sent, left):
    body = io.BytesIO(b"x" * sent)
    told = {"wsgi.input_terminated": True} if chunked else {"CONTENT_LENGTH": str(sent)}
    environ = {"wsgi.input": body, **told}
    app = AccessControl(echo, RULES)
    answer = Client(app).open("/recipes", method="POST", environ_overrides=environ)
    assert answer.status_code == 403
    assert sent - body.tell() == left


def test_the_unknown_are_asked_who_they_are():
    challenges = ('Bearer realm="x"', "Basic")
    answer = ask("GET", "/recipes", challenges=challenges)
    assert answer.status_code == 401
    assert answer.json["code"] == "missing-credentials"
    assert answer.headers.get_all("WWW-Authenticate") == list(challenges)
    assert ask("GET", "/recipes", BOB, challenges=challenges).status_code == 403


CHALLENGES = [
    # challenges, scheme of the identity, the challenge that names the scopes
    ((), "bearer", 'Bearer error="insufficient_scope", scope="write more"'),
    (("Bearer",), "bearer", 'Bearer error="insufficient_scope", scope="write more"'),
    (
        ('Bearer realm="x"',),
        "b",
        'Bearer realm="x", error="insufficient_scope", scope="write more"',
    ),
    (("Basic", "Bearer"), "bearer", 'Bearer error="insufficient_scope", scope="write more"'),
    (("Basic", "Token"), "token", 'Token error="insufficient_scope", scope="write more"'),
    (("Token",), "bearer", 'Token error="insufficient_scope", scope="write more"'),
]


@pytest.mark.parametrize(("challenges", "scheme", "told"), CHALLENGES)
def test_missing_scopes_are_named(challenges, scheme, told):
    answer = ask("GET", "/scoped", Identity("ann", scheme), challenges=challenges)
    assert (answer.status_code, answer.json["code"]) == (403, "insufficient-scope")
    assert answer.headers.get_all("WWW-Authenticate") == [told]


def test_a_plain_refusal_names_no_scope():
    answer = ask("GET", "/recipes", BOB)
    assert answer.json["code"] == "forbidden"
    assert "WWW-Authenticate" not in answer.headers


OVERRIDES = [
    ("POST", "/recipes", "GET", ANN, 200),
    ("POST", "/recipes", "DELETE", ANN, 403),
    ("POST", "/recipes", "PUT", ANN, 403),
    ("GET", "/open", "POST", ANN, 403),
    ("DELETE", "/recipes", "GET", ANN, 403),
]


@pytest.mark.parametrize(("method", "path", "override", "identity", "status"), OVERRIDES, ids=str)
def test_the_rules_of_both_methods_have_to_allow(method, path, override, identity, status):
    for sent in ({"headers": {"X-HTTP-Method": override}}, {"query_string": f"_method={override}"}):
        assert ask(method, path, identity, **sent).status_code == status


def test_qualified_users():
    rules = {"GET /a": "user:bearer/ann"}
    assert ask("GET", "/a", ANN, rules=rules, schemes=["bearer"]).status_code == 200
    other = Identity("bearer/ann", "basic")
    assert ask("GET", "/a", other, rules=rules, schemes=["bearer", "basic"]).status_code == 403


def raises(identity, variables, environ):
    raise Problem(451, "Not in your country.")


def breaks(identity, variables, environ):
    return 1 / 0


def test_predicates(caplog):
    rules = {
        "GET /own": f"{__name__}:raises",
        "GET /broken": ["role:x", f"everyone & {__name__}:breaks"],
        "GET /hidden": {"allow": f"{__name__}:raises", "hide": True},
    }
    own = ask("GET", "/own", ANN, rules=rules)
    assert (own.status_code, own.json["detail"]) == (451, "Not in your country.")
    assert ask("GET", "/hidden", ANN, rules=rules).status_code == 404
    assert not caplog.records
    assert ask("GET", "/broken", ANN, rules=rules).status_code == 403
    assert ask("GET", "/broken", rules=rules, challenges=("Bearer",)).status_code == 401
    assert "ZeroDivisionError" in caplog.text


WRONG = [
    ({"GET /a": "editor"}, "'GET /a'.allow: 'editor' is no principal"),
    ({"GET /a": []}, "is empty"),
    ({"GET /a": {"alow": "everyone"}}, "'GET /a'.alow: is unknown; did you mean \"allow\"?"),
    ({"GET /a": {"match": "GET /b"}}, "is unknown"),
    ({"GET a": "everyone"}, "is not of the form"),
    ({"GET /a": "user:{x}"}, "unknown path variable"),
    (["GET /a"], "must map matches to principals"),
    ("GET /a", "must map matches to principals"),
]


@pytest.mark.parametrize(("rules", "told"), WRONG, ids=str)
def test_wrong_rules_are_refused_at_construction(rules, told):
    with pytest.raises(PolicyError) as caught:
        AccessControl(echo, rules)
    assert told in str(caught.value)


def test_errors_of_a_table_name_the_route():
    table = RouteTable([Route("GET /a", allow="editor", where="routes[0]")], mount="")
    with pytest.raises(PolicyError, match=r"^routes\[0\]\.allow: "):
        AccessControl(echo, table)


# Under a policy: a hidden route cannot be told from a path that is not there.

SECRET = "0123456789abcdef0123456789abcdef"
POLICY = {
    "auth": {"bearer": {"secret": SECRET}},
    "routes": [
        {"match": "GET /open", "allow": "everyone"},
        {"match": "GET,POST /hidden/{name}", "allow": "user:{name}", "hide": True, "body": {}},
        {"match": "GET /denied", "allow": "everyone", "deny": "authenticated", "hide": True},
        {"match": "GET /checked", "allow": f"everyone & {__name__}:raises", "hide": True},
    ],
}


def bearer(user, **claims):
    claims = {"sub": user, "exp": int(time.time()) + 86_400, **claims}
    return {"Authorization": f"Bearer {jwt.encode(claims, SECRET, 'HS256')}"}


WHO = {
    "anonymous": {},
    "known": bearer("bob"),
    "expired": bearer("ann", exp=1),
    "bad": {"Authorization": "Bearer a.b.c"},
    "malformed": {"Authorization": "Bearer a, Bearer b"},
    "other scheme": {"Authorization": "Basic YTpi"},
    "overridden": {"X-HTTP-Method-Override": "DELETE"},
    "overridden to get": {"X-HTTP-Method-Override": "GET"},
    "html": {"Accept": "text/html"},
    "cross-site": {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    "preflight": {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"},
}
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]


def answered(path, method, headers, policy=POLICY):
    headers = {"X-Request-ID": "same", **headers}
    answer = Client(wrap(echo, policy)).open(path, method=method, headers=headers, data=b"{")
    return answer.status, list(answer.headers), answer.data


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/hidden/ann", "/hidden/ann/", "/checked"])
def test_a_hidden_route_does_not_exist_for_who_may_not(path, method, who):
    hidden = answered(path, method, WHO[who])
    unknown = answered("/nowhere", method, WHO[who])
    assert hidden == unknown
    assert hidden[0].startswith("404")


#: Hidden routes beside others of the same path.
MIXED = {
    "auth": POLICY["auth"],
    "cors": {"origins": ["https://a.example"]},
    "routes": [
        {"match": "GET /a/{name}", "allow": "everyone"},
        {"match": "POST /a/{name}", "allow": "role:none"},
        {"match": "PUT,PATCH /a/{name}", "allow": "role:none", "hide": True},
        {"match": "DELETE /a/{name}", "allow": f"everyone & {__name__}:raises", "hide": True},
        {"match": "POST /b", "allow": "everyone"},
        {"match": "* /b", "allow": "role:none", "hide": True},
        {"match": "* /b/{path:path}", "allow": "role:none", "hide": True},
        {"match": "GET /b/c", "allow": "authenticated"},
    ],
}
VISIBLE = {**MIXED, "routes": [route for route in MIXED["routes"] if "hide" not in route]}
PATHS = ["/a/b", "/a/b/", "/b", "/b/", "/b/c", "/b/x", "/b/c/d", "/c"]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("method", [*METHODS, "PATCH"])
@pytest.mark.parametrize("path", PATHS)
def test_a_policy_answers_who_may_not_as_without_its_hidden_routes(path, method, who):
    answers = [answered(path, method, WHO[who], policy) for policy in (MIXED, VISIBLE)]
    assert answers[0] == answers[1]


#: Paths that can be read in several ways, of which one may lead to a hidden route.
UNCLEAR = {
    "api": {"allow_path": ["double-slash", "dot", "semicolon", "backslash", "encoded"]},
    "routes": [
        {"match": "GET /n/{id}", "allow": "everyone"},
        {"match": "PUT /n/{id}", "allow": "role:none", "hide": True},
        {"match": "* /n/7", "allow": "role:none", "hide": True},
        {"match": "* /hidden/{name}", "allow": "user:{name}", "hide": True},
        {"match": "GET /dir/{rest:path}", "allow": "everyone"},
    ],
}
AS_IF = {**UNCLEAR, "routes": [route for route in UNCLEAR["routes"] if "hide" not in route]}
READ_AS_HIDDEN = ["/hidden//a", "/hidden/./a", "/hidden;x/a", "/hidden/a/../b", "/x/../hidden/a",
                  "//hidden/a", "/hidden\\a", "/n//7", "/n/x/../7", f"/hidden/%{'25' * MOST}"]  # fmt: skip


@pytest.mark.parametrize("method", [*METHODS, "PATCH"])
@pytest.mark.parametrize("path", READ_AS_HIDDEN)
def test_no_reading_of_a_path_tells_of_a_hidden_route(path, method):
    answers = []
    for policy in (UNCLEAR, AS_IF):
        policy = {**policy, "auth": POLICY["auth"]}
        environ = create_environ(method=method, headers={"X-Request-ID": "same"})
        environ["PATH_INFO"] = path
        answers.append(run_wsgi_app(wrap(echo, policy), environ))
    found, without = ((list(body), status, list(headers)) for body, status, headers in answers)
    assert found == without


@pytest.mark.parametrize(
    ("line", "status"),
    [("GET /n/7", 404), ("GET /n/007", 404), ("GET /n/8", 200), ("GET /n/008", 200),
     ("PUT /n/7", 405), ("PUT /n/007", 405), ("PUT /n/8", 405),
     ("GET /dir/../hidden/a", 404), ("GET /dir/../dir/a", 200)],
)  # fmt: skip
def test_a_path_that_may_mean_a_hidden_route_is_as_one_that_is_not_there(line, status):
    method, path = line.split()
    environ = create_environ(method=method)
    environ["PATH_INFO"] = path
    app = wrap(echo, {**UNCLEAR, "auth": POLICY["auth"]})
    assert run_wsgi_app(app, environ)[1].startswith(str(status))


def test_a_hidden_route_in_a_wider_one_is_unknown_never_answered_by_the_wider_one():
    rules = {"GET,DELETE /a/{name}": "everyone", "GET,DELETE /a/me": {"allow": "role:x", "hide": 1}}
    for method in ("GET", "HEAD", "DELETE"):
        assert ask(method, "/a/me", rules=rules).status_code == 404
        assert ask(method, "/a/you", rules=rules).status_code == 200
    assert ask("PUT", "/a/me", rules=rules).status_code == 403  # as what no rule covers


def test_a_hidden_route_is_there_for_who_may():
    client = Client(wrap(echo, POLICY))
    assert client.get("/hidden/ann", headers=bearer("ann")).status_code == 200
    assert client.post("/hidden/ann", headers=bearer("ann"), data=b"{").status_code == 415
    assert client.get("/denied").status_code == 200
    assert client.get("/denied", headers=bearer("ann")).status_code == 404
    assert client.put("/hidden/ann", headers=bearer("ann")).status_code == 404


def test_on_a_route_for_everyone_a_bad_token_is_no_identity():
    client = Client(wrap(echo, POLICY))
    for who in ("bad", "malformed", "expired", "other scheme"):
        assert client.get("/open", headers=WHO[who]).status_code == 200
        assert client.get("/denied", headers=WHO[who]).status_code == 200


def test_what_a_client_sends_breaks_no_line_of_the_log(caplog):
    caplog.set_level("INFO", "statusware")
    environ = {"REQUEST_METHOD": "GET\n200 ok", "PATH_INFO": "/x\ny", "wsgi.input": io.BytesIO()}
    list(AccessControl(lambda environ, start: [], {})(environ, lambda *args: None))
    assert caplog.messages
    assert "\n" not in "".join(caplog.messages)


def test_a_route_that_another_table_has_too_keeps_its_rule():
    routes = [Route("GET /a", allow=["everyone"]), Route("GET /b", allow=["role:admin"])]
    client = Client(AccessControl(responding(), RouteTable(routes)))
    assert client.get("/b").status_code == 403
    RouteTable(routes[1:])
    assert client.get("/b").status_code == 403
    assert client.get("/a").status_code == 200


SUBSETS = [frozenset(c for c in "ab" if c in pick) for pick in ("", "a", "b", "ab")]


@pytest.mark.parametrize("more", [(), ("user:eve",), ("user:eve", "claim:t=1")])
@pytest.mark.parametrize("deny", [(), ("role:b",)])
@pytest.mark.parametrize("scopes", SUBSETS)
@pytest.mark.parametrize("roles", SUBSETS)
def test_a_check_that_is_made_ready_decides_like_the_rule(roles, scopes, deny, more):
    """The layers of a whole policy ask it, not the layer itself."""
    rule = {"allow": ["role:a & scope:a & scope:b", "role:b & scope:b", *more], "deny": list(deny)}
    layer = AccessControl(echo, {"GET /x": rule})
    match = layer.table.find("GET", "/x")
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/x", "statusware.route": match}
    environ["statusware.identity"] = Identity("ann", "s", roles=roles, scopes=scopes)
    refused = layer.prepare(match.route, "GET")(environ)
    allowed = ("a" in roles and scopes == {"a", "b"}) or ("b" in roles and "b" in scopes)
    assert (refused is None) is (allowed and not (deny and "b" in roles))
    assert refused is None or refused.status == 403


ALWAYS_THE_SAME = Problem(410)


def raises_the_same(*args):
    raise ALWAYS_THE_SAME


def refuses_the_same(environ):
    raise ALWAYS_THE_SAME


@pytest.mark.parametrize("hide", [True, False])
@pytest.mark.parametrize("api", [{}, {"report": True}])
@pytest.mark.parametrize("auth", ["bearer", "own"])
def test_a_problem_that_is_made_once_gathers_no_frames(api, auth, hide):
    schemes = {
        "bearer": POLICY["auth"]["bearer"],
        "own": {"verify": f"{__name__}:refuses_the_same"},
    }
    allow = {"bearer": f"everyone & {__name__}:raises_the_same", "own": "authenticated"}
    routes = [{"match": "GET /a", "allow": allow[auth], "hide": hide}]
    client = Client(wrap(echo, {"api": api, "auth": {auth: schemes[auth]}, "routes": routes}))
    for _ in range(20):
        client.get("/a")
    assert len(list(traceback.walk_tb(ALWAYS_THE_SAME.__traceback__))) < 10
