"""The Flask extension, through Flask's own ways of making, configuring and testing an app."""

import json
import logging
import sys
import types

import pytest
from flask import Blueprint, Flask, abort, current_app, g, request
from flask.views import MethodView
from werkzeug.debug import DebuggedApplication
from werkzeug.exceptions import Gone, NotFound
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client

from statusware import Identity, Policy, PolicyError, Problem
from statusware.integrations.flask import Statusware, current_identity
from statusware.integrations.gunicorn import _renderer

TABLE = {
    "errors": {
        f"{__name__}.RecipeNotFound": 404,
        f"{__name__}.Withdrawn": 410,
        f"{__name__}.Taken": 409,
        "werkzeug.exceptions.Gone": 451,
    }
}


class RecipeNotFound(LookupError):
    pass


class Withdrawn(RecipeNotFound):
    pass


class Taken(ValueError):
    pass


RAISED = {
    "missing": RecipeNotFound,
    "withdrawn": Withdrawn,
    "taken": Taken,
    "bug": RuntimeError,
    "gone": Gone,
    "problem": lambda: Problem(402, code="pay-first"),
}

api = Blueprint("api", __name__, url_prefix="/api")


@api.get("/<name>")
def show(name):
    if name == "aborted":
        abort(404, "no such recipe")
    if name in RAISED:
        raise RAISED[name]()
    return {"name": name}


def create_app(**config):
    """A factory, as Flask's documentation has it."""
    app = Flask("shop")
    app.config.update(config)
    app.register_blueprint(api)
    return app


def behind(policy=None, *, override=None, **config):
    app = create_app(**config)
    Statusware(app, policy, override_handlers=override)
    return app


def code(app, path):
    answer = app.test_client().get(path)
    return answer.status_code, answer.json["code"]


CODES = {
    "/api/missing": (404, "not-found"),
    "/api/withdrawn": (410, "gone"),
    "/api/taken": (409, "conflict"),
    "/api/gone": (451, "unavailable-for-legal-reasons"),
    "/api/problem": (402, "pay-first"),
    "/api/aborted": (404, "not-found"),
    "/nowhere": (404, "not-found"),
    "/api/bug": (500, "internal-error"),
}


@pytest.mark.parametrize("path", CODES)
@pytest.mark.parametrize(
    "config", [{}, {"PROPAGATE_EXCEPTIONS": True}, {"TRAP_HTTP_EXCEPTIONS": 0}]
)
def test_every_error_in_one_envelope(path, config):
    assert code(behind(TABLE, **config), path) == CODES[path]


WATCHED = [{"TESTING": True}, {"DEBUG": True}, {"DEBUG": True, "PROPAGATE_EXCEPTIONS": True}]


@pytest.mark.parametrize("config", WATCHED, ids=str)
class TestWatched:
    """Debug mode and TESTING: what nobody has listed reaches the debugger, or the test."""

    @pytest.mark.parametrize("path", sorted(CODES.keys() - {"/api/bug"}))
    def test_what_is_an_answer_stays_one(self, config, path):
        assert code(behind(TABLE, **config), path) == CODES[path]

    def test_what_is_a_bug_reaches_whoever_watches(self, config, caplog):
        with pytest.raises(RuntimeError) as caught:
            behind(TABLE, **config).test_client().get("/api/bug")
        assert caught.traceback[-1].name == "show"
        assert caught.value.__cause__ is None
        assert not [each for each in caplog.records if each.name.startswith("statusware")]

    def test_a_problem_of_middleware_inside_is_an_answer(self, config):
        app = create_app(**config)

        def raising(environ, start_response):
            raise Problem(402, code="pay-first")

        app.wsgi_app = raising
        Statusware(app, TABLE)
        assert code(app, "/") == (402, "pay-first")

    def test_unless_flask_itself_answers_it(self, config):
        app = behind(TABLE, **{**config, "PROPAGATE_EXCEPTIONS": False})
        assert code(app, "/api/bug") == (500, "internal-error")


def test_the_interactive_debugger_is_left_alone():
    app = behind(TABLE, DEBUG=True)
    answer = Client(DebuggedApplication(app, evalex=True)).get("/api/bug")
    assert answer.status_code == 500
    assert "Werkzeug powered traceback interpreter" in answer.text
    assert "raise RAISED[name]()" in answer.text


def test_the_cause_of_what_is_propagated_stays():
    app = create_app(TESTING=True)

    @app.get("/chained")
    def chained():
        try:
            {}["first"]
        except KeyError:
            raise RuntimeError("second")  # noqa: B904

    Statusware(app, TABLE)
    with pytest.raises(RuntimeError, match="second") as caught:
        app.test_client().get("/chained")
    assert isinstance(caught.value.__context__, KeyError)
    assert caught.value.__cause__ is None
    assert not caught.value.__suppress_context__


def theirs(error):
    return {"theirs": type(error).__name__}, 418


HANDLERS = [
    ("of the class", lambda app: app.register_error_handler(Withdrawn, theirs)),
    ("of a base class", lambda app: app.register_error_handler(LookupError, theirs)),
    ("of everything", lambda app: app.register_error_handler(Exception, theirs)),
    ("of the blueprint", lambda app: app.error_handler_spec["api"][None].update(
        {Withdrawn: theirs})),
    ("of the base in the blueprint", lambda app: app.error_handler_spec["api"][None].update(
        {Exception: theirs})),
]  # fmt: skip


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("register", [pytest.param(r, id=name) for name, r in HANDLERS])
class TestHandlersOfTheApp:
    def answer(self, register, when, **options):
        app = create_app()
        if when == "before":
            register(app)
        Statusware(app, TABLE, **options)
        if when == "after":
            register(app)
        return app.test_client().get("/api/withdrawn")

    def test_they_win(self, register, when):
        answer = self.answer(register, when)
        assert (answer.status_code, answer.json) == (418, {"theirs": "Withdrawn"})

    def test_unless_told_otherwise(self, register, when):
        answer = self.answer(register, when, override_handlers=True)
        assert (answer.status_code, answer.json["code"]) == (410, "gone")


def test_blueprints_that_are_registered_later_and_within_others():
    """Their views are behind the policy, and their own handlers win."""
    app = Flask("shop")
    Statusware(app, TABLE)
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    for blueprint in (outer, inner):
        blueprint.add_url_rule("/<name>", view_func=show)
    inner.register_error_handler(RecipeNotFound, theirs)
    outer.register_blueprint(inner, url_prefix="/inner")
    app.register_blueprint(outer, url_prefix="/outer")
    assert code(app, "/outer/withdrawn") == (410, "gone")
    assert app.test_client().get("/outer/inner/withdrawn").json == {"theirs": "Withdrawn"}
    assert code(app, "/outer/inner/taken") == (409, "conflict")


@pytest.mark.parametrize("what", [410, Gone])
@pytest.mark.parametrize("when", ["before", "after"])
def test_handlers_of_a_status_win(when, what):
    app = create_app()
    if when == "before":
        app.register_error_handler(what, theirs)
    Statusware(app, TABLE)
    if when == "after":
        app.register_error_handler(what, theirs)
    assert app.test_client().get("/api/gone").json == {"theirs": "Gone"}


def test_a_handler_of_the_apps_own_for_what_is_no_exception_of_the_table():
    app = behind(TABLE)
    app.register_error_handler(NotFound, theirs)
    app.register_error_handler(500, theirs)
    client = app.test_client()
    assert client.get("/nowhere").json == {"theirs": "NotFound"}
    assert client.get("/api/bug").json == {"theirs": "InternalServerError"}
    assert client.get("/api/missing").json["code"] == "not-found"


def test_exceptions_of_modules_imported_later_are_translated_quietly(monkeypatch, caplog):
    """As in a factory that imports its views last."""
    package = types.ModuleType("laterpackage")
    package.__path__ = []
    monkeypatch.setitem(sys.modules, "laterpackage", package)
    monkeypatch.setattr("statusware.layers.translate._exists", lambda name: True)
    app = behind({"errors": {"laterpackage.models.Lost": 404}})
    later = types.ModuleType("laterpackage.models")
    later.Lost = type("Lost", (Exception,), {"__module__": later.__name__})
    monkeypatch.setitem(sys.modules, later.__name__, later)
    package.models = later
    monkeypatch.setitem(RAISED, "later", later.Lost)
    with caplog.at_level(logging.INFO):
        assert code(app, "/api/later") == (404, "not-found")
    assert not [record for record in caplog.records if record.name == "shop"]


@pytest.mark.parametrize("override", [False, True])
@pytest.mark.parametrize("config", [{}, {"TESTING": True}])
def test_outside_of_the_paths_nothing_is_touched(override, config):
    policy = {**TABLE, "api": {"paths": ["/api"]}}
    app = behind(policy, override=override, **config)

    @app.get("/page")
    def page():
        raise RecipeNotFound

    assert code(app, "/api/missing") == (404, "not-found")
    if config:
        with pytest.raises(RecipeNotFound):
            app.test_client().get("/page")
    else:
        answer = app.test_client().get("/page")
        assert (answer.status_code, answer.mimetype) == (500, "text/html")


@pytest.mark.parametrize("override", [False, True])
def test_outside_of_the_paths_an_exception_that_is_an_answer_stays_one(override):
    app = behind({**TABLE, "api": {"paths": ["/api"]}}, override=override)
    app.add_url_rule("/page", "page", lambda: abort(410))
    assert code(app, "/api/gone")[0] == 451
    assert app.test_client().get("/page").status_code == 410


# A policy that is reloaded


@pytest.fixture
def reloading(tmp_path, monkeypatch):
    """Writes the policy of an app, and lets the app see it."""
    path = tmp_path / "statusware.toml"
    now = [1000.0]
    monkeypatch.setattr("statusware.policy.reload.time.monotonic", lambda: now[0])

    def write(*lines, routes=""):
        table = "\n".join(f'"{name}" = {status}' for name, status in lines)
        path.write_text(f"[api]\nreload = true\n[errors]\n{table}\n{routes}")
        now[0] += 1
        return str(path)

    return write


MISSING, TAKEN, GONE = f"{__name__}.RecipeNotFound", f"{__name__}.Taken", "werkzeug.exceptions.Gone"


@pytest.mark.parametrize("override", [False, True])
def test_errors_follow_a_reloaded_policy(reloading, override, caplog):
    app = behind(reloading((MISSING, 404), (GONE, 451)), override=override)
    first = app.extensions["statusware"]
    assert code(app, "/api/missing") == (404, "not-found")
    assert code(app, "/api/gone")[0] == 451
    assert code(app, "/api/taken") == (500, "internal-error")
    reloading((MISSING, 410), (TAKEN, 409))
    caplog.clear()
    assert code(app, "/api/missing") == (410, "gone")
    assert code(app, "/api/taken") == (409, "conflict")
    assert not [record for record in caplog.records if record.name == "shop"]
    assert code(app, "/api/gone") == (410, "gone")
    assert app.extensions["statusware"] is not first
    reloading()
    assert code(app, "/api/missing") == (500, "internal-error")
    assert [record.name for record in caplog.records].count("shop") == 1


@pytest.mark.parametrize("config", WATCHED, ids=str)
def test_what_a_reloaded_policy_lists_no_more_reaches_whoever_watches(reloading, config):
    app = behind(reloading((MISSING, 404)), **config)
    assert code(app, "/api/missing") == (404, "not-found")
    reloading((TAKEN, 409))
    with pytest.raises(RecipeNotFound):
        app.test_client().get("/api/missing")
    assert code(app, "/api/taken") == (409, "conflict")


def test_handlers_of_the_app_win_over_a_reloaded_policy(reloading):
    app = behind(reloading())
    app.register_error_handler(LookupError, theirs)
    assert app.test_client().get("/api/missing").json == {"theirs": "RecipeNotFound"}
    reloading((MISSING, 404))
    assert app.test_client().get("/api/missing").json == {"theirs": "RecipeNotFound"}


def test_predicates_of_a_reloaded_policy_run_in_the_app_context(reloading):
    auth = f'[auth.header]\nverify = "{__name__}:of_header"\n'
    route = '[[routes]]\nmatch = "GET /api/{name}"\nallow = '
    app = behind(reloading(routes=f'{route}"everyone"'), SEEN=[])
    assert app.test_client().get("/api/ann").status_code == 200
    reloading(routes=f'{auth}{route}"{__name__}:is_owner"')
    client = app.test_client()
    assert client.get("/api/ann", headers={"X-User": "ann"}).status_code == 200
    assert client.get("/api/bob", headers={"X-User": "ann"}).status_code == 403
    assert app.config["SEEN"] == ["verifier", "predicate"] * 2


def test_a_reloaded_policy_that_is_broken_leaves_all_as_it_was(reloading, caplog):
    app = behind(reloading((MISSING, 404)))
    reloading((MISSING, 200))
    assert code(app, "/api/missing") == (404, "not-found")
    assert "the policy from before goes on" in caplog.text


def test_workers_find_the_renderer_of_a_policy_that_is_reloaded(reloading):
    envelope = '[envelope]\nformat = "simple"\n'
    app = behind(reloading(routes=envelope))
    assert _renderer(app)(Problem(431), {})[0] == "application/json"


def test_middleware_put_around_later_stands_outside():
    app = behind({"api": {"mount": "/shop"}})
    app.wsgi_app = ProxyFix(app.wsgi_app, x_prefix=1)
    answer = app.test_client().get("/api/x", headers={"X-Forwarded-Prefix": "/shop"})
    assert answer.status_code == 200


# The policy

OPEN = {"routes": [{"match": "GET /api/{name}", "allow": "everyone"}]}


def test_the_policy_by_configuration(tmp_path):
    path = tmp_path / "statusware.toml"
    path.write_text('[[routes]]\nmatch = "GET /api/{name}"\nallow = "everyone"\n')
    extension = Statusware()
    app = create_app(STATUSWARE_POLICY=str(path))
    extension.init_app(app)
    assert app.test_client().get("/api/soup").json == {"name": "soup"}
    assert code(app, "/nowhere") == (404, "not-found")
    assert app.extensions["statusware"].file == str(path)


def test_one_extension_for_several_apps():
    extension = Statusware(policy=OPEN)
    first, second = create_app(), create_app(STATUSWARE_POLICY="not read")
    extension.init_app(first)
    extension.init_app(second, {"routes": [{"match": "GET /x", "allow": "everyone"}]})
    assert first.test_client().get("/api/soup").status_code == 200
    assert code(second, "/api/soup") == (404, "not-found")


def test_without_a_policy_there_is_the_envelope_alone():
    app = behind()
    assert app.test_client().post("/api/soup").json["code"] == "method-not-allowed"
    assert app.test_client().get("/api/soup").status_code == 200
    assert app.extensions["statusware"] is None


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"STATUSWARE_POLICY": None}, "STATUSWARE_POLICY: is None"),
        ({"STATUSWARE_POLICY": "no/such.toml"}, "no/such.toml: cannot be read"),
        ({"STATUSWARE_POLCY": "x.toml"}, 'STATUSWARE_POLCY: is unknown; did you mean "STATUSWARE_'),
        ({"STATUSWARE_POLICY": {"api": {"unlistd": "pass"}}}, "api.unlistd: is unknown"),
    ],
)
def test_a_wrong_configuration_stops_the_start(config, told):
    with pytest.raises(PolicyError) as caught:
        Statusware(create_app(**config))
    assert told in str(caught.value)


def test_twice_is_once_too_often():
    app = behind(OPEN)
    with pytest.raises(PolicyError, match="is set already"):
        Statusware(app, OPEN)


# Identity, predicates and verifiers


def of_header(environ):
    current_app.config["SEEN"].append("verifier")
    g.opened = True
    user = environ.get("HTTP_X_USER")
    return user and Identity(user)


def is_owner(identity, variables, environ):
    current_app.config["SEEN"].append("predicate")
    return bool(identity) and identity.user == variables["name"] and g.opened


def not_revoked(claims):
    return current_app.config["NOT_REVOKED"]


GUARDED = {
    "auth": {"header": {"verify": f"{__name__}:of_header"}},
    "routes": [
        {"match": "GET /api/{name}", "allow": [f"{__name__}:is_owner"]},
        {"match": "GET /me", "allow": "everyone"},
    ],
}


@pytest.fixture
def guarded():
    app = create_app(SEEN=[], TESTING=True)

    @app.get("/me")
    def me():
        app.config["SEEN"].append("opened" in g)
        return {"user": current_identity.user if current_identity else None}

    @app.teardown_appcontext
    def close(error):
        app.config["SEEN"].append("closed")

    Statusware(app, GUARDED)
    return app


@pytest.mark.parametrize(
    ("headers", "path", "status", "seen"),
    [
        ({"X-User": "ann"}, "/api/ann", 200, ["verifier", "predicate", "closed", "closed"]),
        ({"X-User": "ann"}, "/api/bob", 403, ["verifier", "predicate", "closed"]),
        ({}, "/api/ann", 401, ["verifier", "closed"]),
        ({"X-User": "ann"}, "/me", 200, ["verifier", "closed", False, "closed"]),
    ],
)
def test_predicates_and_verifiers_run_in_the_app_context(guarded, headers, path, status, seen):
    """Theirs ends before Flask makes its own, so that `g` and teardown are as ever."""
    answer = guarded.test_client().get(path, headers=headers)
    assert (answer.status_code, guarded.config["SEEN"]) == (status, seen)


def test_an_outer_app_context_stays(guarded):
    with guarded.app_context():
        g.outer = True
        guarded.test_client().get("/me", headers={"X-User": "ann"})
        assert g.outer
        assert "opened" not in g
    assert not current_app


def test_current_identity(guarded):
    client = guarded.test_client()
    assert client.get("/me", headers={"X-User": "ann"}).json == {"user": "ann"}
    assert client.get("/me").json == {"user": None}


def test_current_identity_outside_of_a_request():
    assert not current_identity
    with pytest.raises(RuntimeError, match="outside of request context"):
        current_identity.user  # noqa: B018


def test_a_teardown_function_that_fails_is_logged(guarded, caplog):
    @guarded.teardown_appcontext
    def failing(error):
        raise RuntimeError("teardown")

    assert guarded.test_client().get("/api/ann").status_code == 401
    assert "a teardown function failed" in caplog.text


def test_the_check_of_a_token_runs_in_the_app_context():
    jwt = pytest.importorskip("jwt")
    secret = "0" * 32
    policy = {
        "auth": {"bearer": {"secret": secret, "check": f"{__name__}:not_revoked"}},
        "routes": [{"match": "GET /api/{name}"}],
    }
    token = jwt.encode({"sub": "ann", "exp": 2**33}, secret)
    headers = {"Authorization": f"Bearer {token}"}
    for verdict, status in ((True, 200), (False, 401)):
        app = behind(policy, NOT_REVOKED=verdict)
        assert app.test_client().get("/api/soup", headers=headers).status_code == status


def test_no_context_is_made_where_nobody_needs_one(monkeypatch):
    contexts = []
    monkeypatch.setattr("flask.ctx.AppContext.push", lambda self: contexts.append(self))
    assert code(behind(OPEN), "/nowhere") == (404, "not-found")
    assert contexts == []


# Ways of writing views


def test_class_based_views_and_hooks():
    class Recipes(MethodView):
        def post(self):
            return {"sent": request.json, "first": g.first}

    app = create_app()
    app.add_url_rule("/recipes", view_func=Recipes.as_view("recipes"))
    app.before_request(lambda: setattr(g, "first", request.get_json()["a"]))
    Statusware(app, {"routes": [{"match": "POST /recipes", "allow": "everyone", "body": {}}]})
    client = app.test_client()
    assert client.post("/recipes", json={"a": 1}).json == {"sent": {"a": 1}, "first": 1}
    assert client.post("/recipes", data="{", content_type="application/json").status_code == 400


def test_streaming_views_and_sessions_with_the_test_client():
    app = create_app(SECRET_KEY="k")

    @app.get("/stream")
    def stream():
        return (f"{n}\n" for n in range(3))

    Statusware(app)
    with app.test_client() as client:
        assert client.get("/stream").text == "0\n1\n2\n"
        assert request.path == "/stream"


def test_a_policy_object_is_taken_as_it_is():
    policy = Policy(OPEN)
    assert behind(policy).extensions["statusware"] is policy


def test_our_gunicorn_workers_find_the_renderer():
    content_type, body = _renderer(behind({"envelope": {"format": "simple"}}))(Problem(431), {})
    assert (content_type, list(json.loads(body))) == ("application/json", ["error"])
