"""Pyramid: the include, through Pyramid's own ways of configuring an app."""

import json

import pytest
import webtest
from pyramid.authentication import BasicAuthAuthenticationPolicy
from pyramid.authorization import ACLAuthorizationPolicy, Allow, Authenticated, Deny, Everyone
from pyramid.config import Configurator
from pyramid.events import ApplicationCreated
from pyramid.httpexceptions import HTTPConflict, HTTPNotFound
from pyramid.request import Request
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from statusware import Identity, PolicyError, Problem, wrap
from statusware.integrations.gunicorn import _renderer
from statusware.integrations.pyramid import IdentityPolicy

WHO = {
    "ann": Identity("ann", roles={"editor"}, scopes={"recipes:write"}),
    "bob": Identity("bob"),
    "header/ann": Identity("header/ann"),
}


def of_header(environ):
    return WHO.get(environ.get("HTTP_X_USER"))


class RecipeNotFound(LookupError):
    pass


POLICY = {
    "auth": {"header": {"verify": f"{__name__}:of_header"}},
    "errors": {f"{__name__}.RecipeNotFound": 404},
    "routes": [
        {"match": ["GET /recipes/{name}", "GET /acl"], "allow": "everyone"},
        {"match": "POST /recipes", "allow": "everyone", "body": {}},
        {"match": "GET /me"},
    ],
}


class Root:
    __acl__ = (
        (Deny, "user:bob", "edit"),
        (Allow, "role:editor", "edit"),
        (Allow, "scope:recipes:write", "write"),
        (Allow, "user:header/ann", "qualified"),
        (Allow, "user:ann", "named"),
        (Allow, Authenticated, "see"),
        (Allow, Everyone, "look"),
    )

    def __init__(self, request):
        pass


PERMISSIONS = ("edit", "write", "qualified", "named", "see", "look", "other")


def recipe(request):
    name = request.matchdict["name"]
    raised = {
        "missing": RecipeNotFound,
        "conflict": lambda: HTTPConflict("taken"),
        "problem": lambda: Problem(402, code="pay-first"),
        "bug": RuntimeError,
    }
    if name in raised:
        raise raised[name]()
    return {"name": name}


def configure(policy=POLICY, more=None, *, include="statusware.integrations.pyramid", **settings):
    """The app of a small API, with `more` done to its configuration after the include."""
    if policy is not None:
        settings["statusware.policy"] = policy
    with Configurator(settings=settings, root_factory=Root) as config:
        config.include(include)
        config.add_route("recipe", "/recipes/{name}", request_method="GET")
        config.add_route("recipes", "/recipes")
        config.add_route("me", "/me")
        config.add_route("acl", "/acl")
        config.add_view(recipe, route_name="recipe", renderer="json")
        config.add_view(
            lambda request: {
                "userid": request.authenticated_userid,
                "user": request.identity and request.identity.user,
                "may": [p for p in PERMISSIONS if request.has_permission(p)],
            },
            route_name="me",
            renderer="json",
        )
        config.add_view(lambda request: {}, route_name="acl", permission="see", renderer="json")
        if more:
            more(config)
        return config.make_wsgi_app()


def get(app, path, **headers):
    return webtest.TestApp(app).get(path, headers=headers, expect_errors=True)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/recipes/missing", 404, "not-found"),
        ("/recipes/conflict", 409, "conflict"),
        ("/recipes/problem", 402, "pay-first"),
        ("/recipes/bug", 500, "internal-error"),
        ("/nowhere", 404, "not-found"),
        ("/me", 401, "missing-credentials"),
    ],
)
def test_every_error_in_one_envelope(path, status, code):
    answer = get(configure(), path)
    assert (answer.status_int, answer.json["code"]) == (status, code)
    assert answer.content_type == "application/problem+json"


def test_successes_pass():
    assert get(configure(), "/recipes/soup").json == {"name": "soup"}


def test_without_a_policy_there_is_the_envelope_alone():
    app = configure(None)
    assert get(app, "/nowhere").json["code"] == "not-found"
    assert get(app, "/me").json["userid"] is None


def test_the_policy_as_a_path(tmp_path):
    path = tmp_path / "statusware.toml"
    path.write_text('[[routes]]\nmatch = "GET /recipes/{name}"\nallow = "everyone"\n')
    assert get(configure(str(path)), "/recipes/soup").json == {"name": "soup"}
    assert get(configure(str(path)), "/me").status_int == 404


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"statusware.policy": ""}, "statusware.policy: is empty"),
        ({"statusware.policy": "no/such.toml"}, "no/such.toml: cannot be read"),
        ({"statusware.polcy": "x"}, 'statusware.polcy: is unknown; did you mean "statusware.pol'),
        ({"statusware.policy": {"api": {"unlistd": "pass"}}}, "api.unlistd: is unknown"),
    ],
)
def test_a_wrong_setting_stops_the_start(settings, told):
    with pytest.raises(PolicyError) as caught:
        configure(None, **settings)
    assert told in str(caught.value)


def test_the_apps_own_routes_are_compared_with_the_policy(caplog):
    configure()
    assert "without a rule" not in caplog.text
    configure({**POLICY, "routes": POLICY["routes"][:2]})
    assert "without a rule: 1" in caplog.text


# Who it is


@pytest.mark.parametrize(
    ("user", "may"),
    [
        ("ann", ["edit", "write", "qualified", "named", "see", "look"]),
        ("bob", ["see", "look"]),
        # Not header's ann, whatever this user is called.
        ("header/ann", ["see", "look"]),
    ],
)
def test_identity_and_permissions(user, may):
    me = get(configure(), "/me", **{"X-User": user}).json
    assert me == {"userid": user, "user": user, "may": may}


def test_a_permission_of_a_view():
    assert get(configure(), "/acl", **{"X-User": "bob"}).status_int == 200
    refused = get(configure(), "/acl")
    assert (refused.status_int, refused.json["code"]) == (403, "forbidden")
    assert "failed permission check" not in refused.text


def test_the_include_may_come_last():
    app = configure(
        POLICY,
        lambda config: config.include("statusware.integrations.pyramid"),
        include=lambda config: None,
    )
    assert get(app, "/acl", **{"X-User": "bob"}).status_int == 200
    assert get(app, "/acl").status_int == 403


class Mine:
    """A security policy of the app's own, which may use our identity."""

    def identity(self, request):
        return request.environ.get("statusware.identity")

    def authenticated_userid(self, request):
        return f"mine:{request.environ['statusware.identity'].user}"

    def permits(self, request, context, permission):
        return permission == "other"


def before(config):
    config.set_security_policy(Mine())
    config.include("statusware.integrations.pyramid")


def beside(config):
    config.include("statusware.integrations.pyramid")
    config.include(lambda config: config.set_security_policy(Mine()))


def commits(config):
    config.include("statusware.integrations.pyramid")
    config.commit()


@pytest.mark.parametrize(
    ("include", "more"),
    [
        ("statusware.integrations.pyramid", lambda config: config.set_security_policy(Mine())),
        (before, None),
        (beside, None),
        (commits, lambda config: config.set_security_policy(Mine())),
    ],
)
def test_a_security_policy_of_the_apps_own_stays(include, more):
    me = get(configure(POLICY, more, include=include), "/me", **{"X-User": "ann"}).json
    assert (me["userid"], me["may"]) == ("mine:ann", ["other"])


def test_policies_of_pyramid_1_stay():
    def more(config):
        config.set_authorization_policy(ACLAuthorizationPolicy())
        config.set_authentication_policy(BasicAuthAuthenticationPolicy(lambda *args: []))

    with pytest.warns(DeprecationWarning, match="authorization policies have been deprecated"):
        app = configure(POLICY, more)
    me = get(app, "/me", **{"X-User": "ann"}).json
    assert (me["userid"], me["may"]) == (None, ["look"])


def test_where_nobody_is_verified_there_is_no_security_policy():
    """A view with a permission stays as open as it was."""
    app = configure({"errors": {"KeyError": 404}})
    assert get(app, "/acl").status_int == 200


def test_the_policy_on_offer_remembers_nothing():
    policy = IdentityPolicy()
    assert policy.remember(None, "ann") == policy.forget(None) == []


# What the app has of its own


def test_exception_views_of_the_app_win():
    def more(config):
        config.add_exception_view(
            lambda error, request: {"mine": type(error).__name__},
            context=RecipeNotFound,
            renderer="json",
        )
        config.add_notfound_view(lambda request: {"mine": "notfound"}, renderer="json")

    app = configure(POLICY, more)
    assert get(app, "/recipes/missing").json == {"mine": "RecipeNotFound"}
    assert get(configure(None, more), "/nowhere").json == {"mine": "notfound"}


def test_an_execution_policy_of_the_apps_own_stays():
    """As pyramid_retry sets one: it makes several attempts of one request."""
    attempts = []

    def retrying(environ, router):
        for _ in range(3):
            with router.request_context(environ) as request:
                attempts.append(request.environ["statusware.route"].name)
                answer = router.invoke_request(request)
        return answer

    app = configure(POLICY, lambda config: config.set_execution_policy(retrying))
    assert get(app, "/recipes/soup").json == {"name": "soup"}
    assert attempts == ["GET /recipes/{name}, GET /acl"] * 3
    assert get(app, "/nowhere").status_int == 404
    assert len(attempts) == 3


def test_pyramid_retry_makes_its_attempts_behind_the_policy():
    """Each of them with the identity and the body; whoever is refused makes none."""
    retry = pytest.importorskip("pyramid_retry")
    attempts = []

    def view(request):
        attempts.append((request.authenticated_userid, request.json_body))
        if len(attempts) % 3:
            raise retry.RetryableException
        return {"attempts": len(attempts)}

    def more(config):
        config.include("pyramid_retry")
        config.add_view(view, route_name="recipes", renderer="json")

    policy = {**POLICY, "routes": [{"match": "POST /recipes", "body": {"type": "object"}}]}
    app = webtest.TestApp(configure(policy, more, **{"retry.attempts": 3}))
    made = app.post_json("/recipes", {"a": 1}, headers={"X-User": "ann"})
    assert made.json == {"attempts": 3}
    assert attempts == [("ann", {"a": 1})] * 3
    assert app.post_json("/recipes", {}, expect_errors=True).status_int == 401
    refused = app.post_json("/recipes", [], headers={"X-User": "ann"}, expect_errors=True)
    assert (refused.status_int, refused.json["code"]) == (400, "invalid-body")
    assert len(attempts) == 3


def test_two_apps_of_one_configuration():
    with Configurator(settings={"statusware.policy": POLICY}) as config:
        config.include("statusware.integrations.pyramid")
        config.add_route("me", "/me")
        config.add_view(lambda request: {}, route_name="me", renderer="json")
        apps = [config.make_wsgi_app(), config.make_wsgi_app()]
    for app in apps:
        assert get(app, "/me").status_int == 401
        assert get(app, "/me", **{"X-User": "bob"}).json == {}


def test_subrequests_are_the_apps_own_affair():
    def more(config):
        config.add_route("sub", "/recipes/sub/request")
        config.add_view(
            lambda request: request.invoke_subrequest(Request.blank("/me")), route_name="sub"
        )

    policy = {**POLICY, "routes": [{"match": "GET /recipes/sub/request", "allow": "everyone"}]}
    assert get(configure(policy, more), "/recipes/sub/request").json["userid"] is None


# Traversal


def by_name(config):
    config.add_view(lambda context, request: {}, name="edit", renderer="json")


def below_a_route(config):
    config.add_route("pages", "/pages/*traverse")
    config.add_view(lambda context, request: {}, route_name="pages", renderer="json")


def below_a_predicate(config):
    config.add_route("pages", "/pages/{name}", traverse="/{name}")
    config.add_view(lambda context, request: {}, route_name="pages", renderer="json")


def by_several_methods(config):
    for method in ("GET", "POST"):
        config.add_view(lambda request: {}, name="e", request_method=method, renderer="json")


NARROW = {**POLICY, "routes": [{"match": "GET /me", "allow": "everyone"}, {"match": "GET /a/edit"}]}
DENYING = {**POLICY, "routes": [{"match": "GET /a", "allow": "everyone", "deny": "role:x"}]}
WIDE = {"routes": [{"match": "GET /a/edit", "allow": "everyone"}]}


def passing(policy):
    return {**policy, "api": {"unlisted": "pass"}}


TRAVERSING = [by_name, below_a_route, below_a_predicate, by_several_methods]


@pytest.mark.parametrize("policy", [NARROW, DENYING])
@pytest.mark.parametrize("more", TRAVERSING)
def test_narrow_rules_over_traversal_are_refused(more, policy):
    with pytest.raises(PolicyError) as caught:
        configure(passing(policy), more)
    told = str(caught.value)
    assert "].allow: is narrower than everyone" in told
    assert 'unlisted = "reject"' in told


def test_nor_may_they_be_left_by_a_path_outside_the_policy():
    scoped = {**POLICY, "api": {"paths": ["/edit"]}, "routes": [{"match": "GET /edit"}]}
    with pytest.raises(PolicyError, match="is narrower than everyone"):
        configure(scoped, by_name)


RELOADED = f"""
[api]
reload = true
unlisted = "%s"
[auth.%s]
verify = "{__name__}:of_header"
[[routes]]
match = ["GET /edit", "GET /me"]
allow = "%s"
"""


@pytest.fixture
def reloading(tmp_path, monkeypatch):
    path, now = tmp_path / "statusware.toml", [1000.0]
    monkeypatch.setattr("statusware.policy.reload.time.monotonic", lambda: now[0])

    def write(*words):
        path.write_text(RELOADED % words)
        now[0] += 1
        return str(path)

    return write


def test_nor_may_a_reloaded_policy_be_led_around(reloading, caplog):
    app = configure(reloading("reject", "header", "everyone"), by_name)
    assert (get(app, "/edit").status_int, get(app, "/@@edit").status_int) == (200, 404)
    reloading("pass", "header", "authenticated")
    assert (get(app, "/edit").status_int, get(app, "/@@edit").status_int) == (200, 404)
    assert "is narrower than everyone" in caplog.text
    assert "the policy from before goes on" in caplog.text
    reloading("reject", "header", "authenticated")
    assert (get(app, "/edit").status_int, get(app, "/@@edit").status_int) == (401, 404)


def test_principals_go_by_the_schemes_of_a_reloaded_policy(reloading):
    app = configure(reloading("reject", "other", "authenticated"))
    header = {"X-User": "header/ann"}
    assert "qualified" in get(app, "/me", **header).json["may"]
    reloading("reject", "header", "authenticated")
    assert "qualified" not in get(app, "/me", **header).json["may"]


def test_workers_find_the_renderer_of_a_policy_that_is_reloaded(tmp_path, reloading):
    app = configure(reloading("reject", "header", "everyone"))
    assert _renderer(app)(Problem(431), {})[0] == "application/problem+json"
    reloading("reject", "header", "everyone")
    with (tmp_path / "statusware.toml").open("a") as file:
        file.write('[envelope]\nformat = "simple"\n')
    get(app, "/edit")
    assert _renderer(app)(Problem(431), {})[0] == "application/json"


def test_plain_wrap_looks_too():
    with Configurator() as config:
        by_name(config)
    with pytest.raises(PolicyError, match="is narrower than everyone"):
        wrap(config.make_wsgi_app(), passing(NARROW))
    assert wrap(config.make_wsgi_app(), NARROW)


def not_by_traversal(config):
    config.add_notfound_view(lambda request: HTTPNotFound())
    config.add_forbidden_view(lambda request: HTTPNotFound())
    config.add_view(lambda error, request: {}, context=KeyError, renderer="json")
    config.add_static_view("static", "tests")


@pytest.mark.parametrize("policy", [NARROW, passing(WIDE), None])
@pytest.mark.parametrize("more", TRAVERSING)
def test_other_rules_over_traversal_are_not(more, policy):
    configure(policy, more)


def test_nor_are_narrow_rules_over_routes():
    configure(passing(NARROW), not_by_traversal)


def test_what_the_refusal_is_about():
    """Each of these paths reaches the view of the first, and no rule covers them."""
    app = configure(None, by_name)
    for path in ("/edit", "/@@edit", "/edit/x/y"):
        assert get(app, path).status_int == 200
    app = configure({**NARROW, "routes": [{"match": "GET /edit"}]}, by_name)
    assert get(app, "/edit").status_int == 401
    for path in ("/@@edit", "/edit/x/y"):
        assert get(app, path).status_int == 404


class Tree(dict):
    """A resource with children."""


def tree(config):
    """A view of any resource that has children, and one of the root; some of it below a route."""
    root = Tree(docs=Tree(soup=Tree()), admin=Tree())
    config.set_root_factory(lambda request: root)
    config.add_route("wiki", "/wiki/*traverse", use_global_views=True)
    config.add_route("page", "/pages/{name}", traverse="/docs/{name}", use_global_views=True)
    config.add_view(lambda request: {"view": ""}, context=Tree, renderer="json")
    for name in ("edit", "open"):
        config.add_view(
            lambda request, name=name: {"view": name}, context=Tree, name=name, renderer="json"
        )
    config.add_view(
        lambda request: request.invoke_subrequest(sub(request)), context=Tree, name="sub"
    )


def sub(request):
    """What an app asks itself is its own affair, also with what it was asked itself."""
    found = request.copy()
    found.path_info = "/docs/edit"
    return found


LISTED = {
    "auth": POLICY["auth"],
    "routes": [
        {"match": "GET /docs/edit", "allow": "role:editor"},
        {"match": "GET /wiki/docs/edit", "allow": "role:editor"},
        {"match": "GET /admin", "allow": "role:editor"},
        {"match": "GET /docs/open", "allow": "everyone"},
        {
            "match": [
                "GET /", "GET /sub", "GET /docs", "GET /docs/{name}", "GET /docs/{name}/{more:path}",
                "GET /admin/{more:path}", "GET /wiki/{more:path}", "GET /pages/{name}",
            ],
            "allow": "everyone",
        },
    ],
}  # fmt: skip

#: A path, what else is sent, and what it gets.
LED = [
    ("/docs/edit", {}, 401),
    ("/docs/edit", {"X-User": "ann"}, 200),
    ("/docs", {}, 200),
    ("/docs/soup", {}, 200),
    ("/docs/soup/edit", {}, 200),
    ("/docs/soup/edit/more", {}, 200),
    ("/docs/open/more", {}, 200),
    ("/docs/@@open", {}, 200),
    ("/sub", {}, 200),
    ("/wiki/docs/soup/edit", {}, 200),
    ("/pages/soup", {}, 200),
    # Other paths of the same views.
    ("/docs/@@edit", {}, 400),
    ("/docs/edit/", {}, 401),
    ("/docs/edit/more", {}, 400),
    ("/docs/edit/more/and/more", {}, 400),
    ("/docs/@@edit/more", {}, 400),
    ("/admin/@@", {}, 400),
    ("/wiki/docs/@@edit", {}, 400),
    ("/wiki/docs/edit/more", {}, 400),
    ("/docs/edit/more", {"X-User": "ann"}, 400),
    # Another path than the one that was asked for.
    ("/", {"X-Vhm-Root": "/docs/edit"}, 400),
    ("/docs/soup", {"X-Vhm-Root": "/"}, 400),
    ("/me", {"X-Vhm-Root": "/docs"}, 404),
]


@pytest.mark.parametrize("wrapping", [True, False], ids=["wrap", "include"])
@pytest.mark.parametrize(("path", "sent", "status"), LED)
def test_no_other_path_of_a_view_leads_around_its_rule(wrapping, path, sent, status):
    settings = {} if wrapping else {"statusware.policy": LISTED}
    with Configurator(settings=settings) as config:
        if not wrapping:
            config.include("statusware.integrations.pyramid")
        tree(config)
    app = config.make_wsgi_app()
    answer = get(wrap(app, LISTED) if wrapping else app, path, **sent)
    assert answer.status_int == status
    if status == 400:
        assert answer.json["code"] == "ambiguous-path"


def test_nor_does_one_of_an_app_that_is_mounted():
    with Configurator() as config:
        tree(config)
    app = DispatcherMiddleware(NotFound(), {"/site": config.make_wsgi_app()})
    routes = [
        {"match": "GET /site/docs/edit", "allow": "role:editor"},
        {"match": "GET /site/docs/{name}", "allow": "everyone"},
    ]
    app = wrap(app, {"auth": POLICY["auth"], "routes": routes})
    paths = ("/site/docs/edit", "/site/docs/@@edit", "/site/docs/soup")
    assert [get(app, path).status_int for path in paths] == [401, 400, 200]


# The parsed body

CALLS = {
    "json_body": lambda r: r.json_body,
    "json": lambda r: r.json,
    "twice": lambda r: [r.json_body, r.json_body],
    "another object each time": lambda r: [r.json_body is r.json_body, r.json_body],
    "changed": lambda r: [r.json_body.update(x=1), r.json_body],
    "the bytes first": lambda r: [r.body.decode(), r.json_body],
    "the bytes after": lambda r: [r.json_body, r.body.decode(), r.text],
    "the file first": lambda r: [r.body_file.read(2).decode(), r.json_body],
    "the file after": lambda r: [r.json_body, r.body_file.read().decode()],
    "set": lambda r: [setattr(r, "json_body", {"b": 2}), r.json_body, r.body.decode()],
    "body set": lambda r: [setattr(r, "body", b'{"b": 2}'), r.json_body],
    "deleted": lambda r: [delattr(r, "json_body"), r.body.decode()],
    "a copy": lambda r: [r.json_body.update(x=1), r.copy().json_body],
    "a copy first": lambda r: [r.copy().json_body.update(x=1), r.json_body],
    "length": lambda r: [r.content_length, r.is_body_readable],
}

BODIES = {
    "object": b'{"name": "S\xc3\xb6up", "n": [1, 2.5, -0.0, 1e3, null, true, {"a": {}}]}',
    "with spaces": b' \n{"a": 9007199254740993}\t ',
}


def posting(view, policy=POLICY, **options):
    def more(config):
        config.add_view(view, route_name="recipes", renderer="json")
        for name, value in options.items():
            getattr(config, name)(*value)

    return webtest.TestApp(configure(policy, more))


def post(app, body, kind="application/json"):
    answer = app.post("/recipes", body, headers={"Content-Type": kind}, expect_errors=True)
    return answer.status_int, answer.body if answer.status_int == 200 else b""


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=UTF-8"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_as_pyramid_alone(call, body, kind):
    alone = posting(call, None)
    assert post(posting(call), body, kind) == post(alone, body, kind)
    assert post(alone, body, kind)[0] == (500 if call is CALLS["the file first"] else 200)


@pytest.fixture
def parses(monkeypatch):
    seen = []
    loads = json.loads
    monkeypatch.setattr("webob.request.json.loads", lambda text: seen.append(text) or loads(text))
    return seen


@pytest.mark.parametrize(("call", "times"), [("json_body", 0), ("json", 0), ("twice", 1)])
def test_the_first_access_parses_nothing(parses, call, times):
    app = posting(CALLS[call])
    parses.clear()
    assert post(app, b'{"a": 1}')[0] == 200
    assert parses == ['{"a": 1}'] * times


def test_a_view_that_changes_the_object_changes_nobody_elses():
    def view(request):
        request.json_body["list"].append(2)
        return [request.json_body, dict(request.environ["statusware.json"])]

    assert post(posting(view), b'{"list": [1]}') == (200, b'[{"list": [1]}, {"list": [1]}]')


class Own(Request):
    json_body = {"own": True}  # noqa: RUF012


class Titled(Request):
    title = "mine"


def test_a_request_class_that_parses_itself_stays():
    app = posting(lambda r: [type(r) is Own, r.json_body], set_request_factory=[Own])
    assert post(app, b"[]") == (200, b'[true, {"own": true}]')


class Latin(Request):
    charset = "latin-1"


def test_a_request_class_with_a_charset_of_its_own_stays():
    app = posting(lambda r: r.json_body, set_request_factory=[Latin])
    assert post(app, '"ö"'.encode()) == (200, b'"\\u00c3\\u00b6"')


def test_any_other_request_class_is_added_to(parses):
    app = posting(lambda r: [r.title, r.json_body], set_request_factory=[Titled])
    parses.clear()
    assert post(app, b"[]") == (200, b'["mine", []]')
    assert parses == []


def test_a_request_factory_that_is_no_class_stays():
    app = posting(lambda r: r.json_body, set_request_factory=[lambda environ: Titled(environ)])
    assert post(app, b"[]") == (200, b"[]")


def test_a_request_method_of_the_apps_own_stays():
    app = posting(
        lambda r: r.json_body,
        add_request_method=[lambda r: {"own": True}, "json_body", False, True],
    )
    assert post(app, b"[]") == (200, b'{"own": true}')


def test_it_wraps_when_the_app_is_created():
    """A subscriber that comes first sees the bare router, one that comes later the wrapped."""
    seen = []

    def more(config):
        config.add_subscriber(
            lambda event: seen.append(event.app.execution_policy), ApplicationCreated
        )

    app = configure(POLICY, more)
    assert seen == [app.execution_policy]


def test_our_gunicorn_workers_find_the_renderer():
    content_type, body = _renderer(configure({"envelope": {"format": "simple"}}))(Problem(431), {})
    assert (content_type, list(json.loads(body))) == ("application/json", ["error"])
