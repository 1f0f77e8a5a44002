"""One way to make each event of the table happen; by logger and name.

Each is a function of a folder and pytest's monkeypatch. Whatever a client sends holds
`MARKER`, which no record may show.
"""

import importlib
import importlib.util
import json
import logging
import socket
import sys
import threading
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from jwt.algorithms import ECAlgorithm
from werkzeug.test import Client

from statusware import ErrorEnvelope, PolicyError, Problem, Routing, wrap
from statusware.auth.basic import Basic
from statusware.auth.clock import watch_clock
from statusware.auth.fetch import FetchError
from statusware.auth.keyset import FileKeys, RemoteKeys
from statusware.auth.watched import Watched
from statusware.cli import main
from statusware.integrations.flask import Statusware
from statusware.layers.lint import StatusLint
from statusware.layers.translate import Translation
from statusware.policy import build
from tests.layers.tools import raising, responding

MARKER = "s3cr3t-nobody-may-see"
SECRET = "0123456789abcdef0123456789abcdef"
TRIGGERS = {}


def trigger(logger, *names):
    def keep(function):
        for name in names:
            TRIGGERS[f"statusware.{logger}" if logger != "gunicorn.error" else logger, name] = (
                function
            )
        return function

    return keep


def ask(app, path="/x", method="GET", **more):
    """A request that carries the marker wherever a client could put it."""
    headers = {"Cookie": f"session={MARKER}", "X-Other": MARKER, **more.pop("headers", {})}
    return Client(app).open(
        path, method=method, query_string=f"token={MARKER}", headers=headers, **more
    )


def token(role):
    claims = {"sub": "ann", "roles": [role], "exp": int(time.time()) + 86_400}
    return {"Authorization": f"Bearer {jwt.encode(claims, SECRET, 'HS256')}"}


def guarded(**more):
    return wrap(
        responding(),
        {
            "auth": {"bearer": {"secret": SECRET}},
            "routes": [
                {"match": "GET /x", "allow": ["everyone"]},
                {
                    "match": "POST /x/{id}",
                    "allow": ["role:cook"],
                    "body": {"properties": {"name": {"type": "integer"}}},
                },
            ],
            **more,
        },
    )


@trigger("routing", "refused")
def _(folder, patch):
    assert ask(guarded(), "/nope").status_code == 404


@trigger("authentication", "credentials-refused")
def _(folder, patch):
    bad = {"Authorization": f"Bearer a.{MARKER}.c"}
    assert ask(guarded(), "/x/5", "POST", headers=bad).status_code == 401
    assert ask(guarded(), "/x", headers=bad).status_code == 200
    assert ask(guarded(), "/x/5", "POST").status_code == 401


@trigger("access", "refused")
def _(folder, patch):
    assert ask(guarded(), "/x/5", "POST", headers=token("waiter")).status_code == 403


@trigger("body", "refused")
def _(folder, patch):
    sent = {"headers": token("cook"), "json": {"name": MARKER}}
    assert ask(guarded(), "/x/5", "POST", **sent).status_code == 400


def scheme(monkeypatch, verify):
    """A policy with a scheme of the app's own, importable."""
    monkeypatch.setattr("tests.logs.triggers.VERIFY", verify)
    auth = {"own": {"verify": "tests.logs.triggers:verify", "challenge": 'Own realm="x"'}}
    return wrap(responding(), {"auth": auth, "routes": [{"match": "GET /x"}]})


VERIFY = None


def verify(environ):
    return VERIFY(environ)


def fail(*args):
    raise KeyError("not for the log's fields")


@trigger("authentication", "verifier-failed", "credentials-unverified")
def _(folder, patch):
    assert ask(scheme(patch, fail)).status_code == 503


@trigger("authentication", "verifier-answer")
def _(folder, patch):
    assert ask(scheme(patch, lambda environ: "ann")).status_code == 503


@trigger("authentication", "check-failed")
def _(folder, patch):
    policy = {
        "auth": {"bearer": {"secret": SECRET, "check": "tests.logs.triggers:fail"}},
        "routes": [{"match": "GET /x"}],
    }
    assert ask(wrap(responding(), policy), headers=token("cook")).status_code == 503


PREDICATE = None


def predicate(*args):
    return PREDICATE(*args)


def asking(monkeypatch, function):
    monkeypatch.setattr("tests.logs.triggers.PREDICATE", function)
    policy = {
        "auth": {"bearer": {"secret": SECRET}},
        "routes": [{"match": "GET /x", "allow": "tests.logs.triggers:predicate"}],
    }
    return ask(wrap(responding(), policy), headers=token("cook"))


@trigger("access", "predicate-failed")
def _(folder, patch):
    assert asking(patch, fail).status_code == 403


@trigger("access", "predicate-answer")
def _(folder, patch):
    assert asking(patch, lambda *args: "yes").status_code == 403


@trigger("envelope", "failed")
def _(folder, patch):
    assert ask(ErrorEnvelope(raising(ValueError("x")))).status_code == 500
    translated = ErrorEnvelope(raising(ValueError("x")), exceptions={ValueError: 503})
    assert ask(translated).status_code == 503


@trigger("envelope", "environ-malformed")
def _(folder, patch):
    environ = {"HTTP_X_METHOD_OVERRIDE": 5}
    answer = ask(Routing(responding(), ["GET /x"]), environ_overrides=environ)
    assert answer.status_code == 500


@trigger("envelope", "translated")
def _(folder, patch):
    app = ErrorEnvelope(raising(KeyError(5)), not_found=[KeyError])
    assert ask(app).status_code == 404


@trigger("envelope", "app-5xx")
def _(folder, patch):
    assert ask(ErrorEnvelope(responding("502 Bad Gateway"))).status_code == 502


@trigger("envelope", "failed-midstream")
def _(folder, patch):
    def app(environ, start_response):
        start_response("200 OK", [])
        yield b"first"
        raise ValueError("x")

    try:
        ask(ErrorEnvelope(app)).get_data()
    except ValueError:
        return
    raise AssertionError("it is raised again")


@trigger("envelope", "close-failed")
def _(folder, patch):
    class Body(list):
        def close(self):
            raise ValueError("x")

    def app(environ, start_response):
        start_response("404 Not Found", [("Content-Type", "text/html")])
        return Body([b"<p>no"])

    assert ask(ErrorEnvelope(app)).status_code == 404


@trigger("envelope", "renderer-failed")
def _(folder, patch):
    app = ErrorEnvelope(raising(Problem(409)), format=fail)
    assert ask(app).status_code == 409


@trigger("envelope", "renderer-answer")
def _(folder, patch):
    app = ErrorEnvelope(
        raising(Problem(409)), format=lambda problem, environ: ("text/plain", "text")
    )
    assert ask(app).status_code == 409


@trigger("envelope", "code-undeclared")
def _(folder, patch):
    app = ErrorEnvelope(raising(Problem(409, code="mine")), types="/problems")
    assert ask(app).status_code == 409


@trigger("envelope", "extension-untold")
def _(folder, patch):
    class Shy:
        def __str__(self):
            raise ValueError("x")

    assert ask(ErrorEnvelope(raising(Problem(409, shy=Shy())))).status_code == 409


@trigger("envelope", "errors-unresolved")
def _(folder, patch):
    (folder / "shop_of_the_log").mkdir()
    (folder / "shop_of_the_log" / "__init__.py").write_text("")
    (folder / "shop_of_the_log" / "models.py").write_text("")
    patch.syspath_prepend(str(folder))
    translation = Translation({"shop_of_the_log.models.Nope": 410})
    importlib.import_module("shop_of_the_log.models")
    assert translation.problem(ValueError()) is None
    for name in [name for name in sys.modules if name.startswith("shop_of_the_log")]:
        del sys.modules[name]


@trigger("routing", "mount-unexpected")
def _(folder, patch):
    app = Routing(responding(), ["GET /x"])
    environ = {"SCRIPT_NAME": "/elsewhere"}
    assert ask(app, environ_overrides=environ).status_code == 400


@trigger("flask", "teardown-failed")
def _(folder, patch):
    patch.setattr("tests.logs.triggers.VERIFY", lambda environ: None)
    app = Flask("shop")
    app.teardown_appcontext(fail)
    auth = {"own": {"verify": "tests.logs.triggers:verify", "challenge": 'Own realm="x"'}}
    Statusware(app, {"auth": auth, "routes": [{"match": "GET /x"}]})
    assert ask(app).status_code == 401


class Clock:
    def __init__(self, monkeypatch, module):
        self.ahead = 0.0
        monkeypatch.setattr(module, lambda: time.perf_counter() + self.ahead)


def watched(folder, monkeypatch, second):
    clock = Clock(monkeypatch, "statusware.auth.watched.monotonic")
    path = folder / "users"
    path.write_bytes(b"a")

    def load(data):
        if data == b"broken":
            raise PolicyError("is broken", key="users")
        return data

    found = Watched(str(path), "users", load)
    path.write_bytes(second)
    clock.ahead += 5
    found.get()


@trigger("authentication", "clock-went-back")
def _(folder, patch):
    patch.setattr("statusware.auth.clock._ahead", time.time() - time.monotonic() + 3600)
    watch_clock(time.time())


@trigger("authentication", "file-read")
def _(folder, patch):
    watched(folder, patch, b"new one")


@trigger("authentication", "file-kept")
def _(folder, patch):
    watched(folder, patch, b"broken")


@trigger("authentication", "user-unusable")
def _(folder, patch):
    path = folder / "users.htpasswd"
    path.write_text("ann:$apr1$abcdefgh$abcdefghijklmnopqrstu1\n")
    Basic(users={"file": str(path)})


@trigger("authentication", "key-unused")
def _(folder, patch):
    made = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True)
    path = folder / "jwks.json"
    path.write_text(json.dumps({"keys": [{**made, "use": "enc"}, made]}))
    FileKeys(str(path), ["ES256"])


def fetching(error):
    def fetch():
        raise error

    keys = RemoteKeys(fetch, ["RS256"], max_age=60)
    try:
        keys.find("RS256", None)
    except Problem as problem:
        return problem
    raise AssertionError("there are no keys")


@trigger("authentication", "keys-unfetched")
def _(folder, patch):
    assert fetching(FetchError("no answer")).status == 503


@trigger("authentication", "keys-failed")
def _(folder, patch):
    assert fetching(KeyError("x")).status == 503


@trigger("authentication", "keys-no-thread")
def _(folder, patch):
    def start(self):
        raise RuntimeError("can't start new thread")

    patch.setattr(threading.Thread, "start", start)
    assert fetching(KeyError("x")).status == 503


@trigger("authentication", "explaining")
def _(folder, patch):
    guarded(auth={"bearer": {"secret": SECRET}, "explain": True})


def reloaded(folder, patch, text):
    clock = Clock(patch, "statusware.policy.reload.time.monotonic")
    file = folder / "statusware.toml"
    file.write_text('[api]\nreload = true\n[[routes]]\nmatch = "GET /x"\nallow = "everyone"\n')
    app = wrap(responding(), str(file))
    file.write_text(text)
    clock.ahead += 5
    ask(app)


@trigger("policy", "policy-read")
def _(folder, patch):
    route = '[[routes]]\nmatch = "GET /y"\nallow = ["everyone"]\n'
    reloaded(folder, patch, f"[api]\nreload = true\n{route}")


@trigger("policy", "policy-kept")
def _(folder, patch):
    reloaded(folder, patch, "[api\n")


@trigger("policy", "routes-unread")
def _(folder, patch):
    patch.setattr("statusware.integrations.routes.routes_of", fail)
    guarded()


@trigger("policy", "routes-uncovered")
def _(folder, patch):
    app = Flask("shop")
    app.add_url_rule("/y", "y", lambda: "y")
    wrap(app, {"routes": [{"match": "GET /x", "allow": "everyone"}]})


@trigger("policy", "nothing-served")
def _(folder, patch):
    app = Flask("shop", static_folder=None)
    policy = {"routes": [{"match": "GET /x", "allow": "everyone"}], "api": {"audit": "refuse"}}
    app.wsgi_app = build.wrap(app.wsgi_app, policy)
    app.add_url_rule("/y", "y", lambda: "y")
    assert ask(app).status_code == 503


@trigger("metrics", "metrics-failed")
def _(folder, patch):
    metrics = pytest.importorskip("statusware.integrations.prometheus")
    app = metrics.Metrics(ErrorEnvelope(responding()))
    patch.setattr(app, "_requests", fail)
    assert ask(app).status_code == 200
    assert ask(app).status_code == 200


@trigger("policy", "development-server")
def _(folder, patch):
    (folder / "soup_serve.py").write_text("def app(environ, start_response): ...", "utf-8")
    (folder / "statusware.toml").write_text("[api]\n", "utf-8")
    patch.chdir(folder)
    find = importlib.util.find_spec
    there = ("click", "rich")  # and no server that would take the place of this process
    patch.setattr("importlib.util.find_spec", lambda name: find(name) if name in there else None)
    patch.setattr("statusware.cli.serve.run_simple", lambda *args, **more: None)
    patch.setattr(sys, "path", list(sys.path))
    assert main(["serve", "soup_serve:app"]) == 0


@trigger("report", "would-refuse")
def _(folder, patch):
    assert ask(guarded(api={"report": True}), "/nope").status_code == 200


@trigger("report", "trial-failed")
def _(folder, patch):
    patch.setattr("statusware.layers.access.AccessControl.check", fail)
    app = guarded(api={"report": True})
    assert ask(app, "/x/5", "POST", headers=token("cook")).status_code == 200


@trigger("trace", "trace")
def _(folder, patch):
    patch.setattr(logging.getLogger("statusware.trace"), "level", logging.DEBUG)
    assert ask(guarded()).status_code == 200


@trigger("lint", "lint-error", "lint-warning", "lint-advice")
def _(folder, patch):
    for status, headers in (
        ("401 Unauthorized", []),
        ("405 Method Not Allowed", []),
        ("200 OK", [("Content-Type", "application/json")]),
        ("500 Internal Server Error", [("Content-Type", "text/html")]),
        ("429 Too Many Requests", [("Content-Type", "application/json")]),
        ("201 Created", []),
    ):
        ask(StatusLint(responding(status, headers, [b"<p>Traceback"])), "/x", "POST", buffered=True)


@trigger("gunicorn.error", "server-answered")
def _(folder, patch):
    gunicorn = importlib.import_module("statusware.integrations.gunicorn")

    class Base:
        timeout = 0.1

        def handle_error(self, request, client, address, error):
            client.sendall(b"HTTP/1.1 414 URI Too Long\r\n\r\n")

    class Worker(gunicorn._Enveloping, Base):
        log = logging.getLogger("gunicorn.error")

    left, right = socket.socketpair()
    with left, right:
        Worker().handle_error(None, left, "", ValueError(MARKER))
        assert b"414" in right.recv(65536)
