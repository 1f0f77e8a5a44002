"""`[metrics]`: what is counted, under which labels, who may read it, and that it costs nothing."""

import logging
import subprocess
import sys
import time

import jwt
import pytest
from flask import Flask
from werkzeug.test import Client

from statusware import ErrorEnvelope, PolicyError, Problem, Routing, wrap
from statusware.integrations.flask import Statusware
from tests.apps import validated
from tests.layers.tools import ask, raising, responding

prometheus_client = pytest.importorskip("prometheus_client")
prometheus = pytest.importorskip("statusware.integrations.prometheus")
Metrics = prometheus.Metrics

SECRET = "0123456789abcdef0123456789abcdef"
BODY = {"properties": {"name": {"type": "string"}}, "required": ["name"]}
POLICY = {
    "metrics": {},
    "envelope": {"types": "/problems"},
    "problems": {"sold-out": {"status": 409}},
    "auth": {"bearer": {"secret": SECRET}},
    "errors": {"KeyError": 404, "IndexError": {"status": 410, "code": "gone-for-good"}},
    "routes": [
        {"match": ["GET /x", "GET /x/{id:int}"], "allow": ["everyone"]},
        {"match": "POST /x", "allow": ["role:cook"], "body": BODY},
        {"match": "GET /hidden", "allow": ["role:chef"], "hide": True},
        {"match": "GET /do/{what}", "allow": ["everyone"]},
    ],
}


def token(role):
    claims = {"sub": "ann", "roles": [role], "exp": int(time.time()) + 86_400}
    return {"Authorization": f"Bearer {jwt.encode(claims, SECRET, 'HS256')}"}


COOK, WAITER = token("cook"), token("waiter")


def app(environ, start_response):
    what = environ["PATH_INFO"].rpartition("/")[2]
    if what in DO:
        return DO[what](environ, start_response)
    return responding()(environ, start_response)


def stream(environ, start_response):
    yield from responding()(environ, start_response)


def written(environ, start_response):
    start_response("202 Accepted", [("Content-Type", "text/plain")])(b"x")
    return []


DO = {
    "stream": stream,
    "written": written,
    "key": raising(KeyError(5)),
    "index": raising(IndexError(5)),
    "bug": raising(ValueError(5)),
    "declared": raising(Problem(409, code="sold-out")),
    "undeclared": raising(Problem(409, code="whatever-ann-wrote")),
    "page": responding("404 Not Found", [("Content-Type", "text/html")], [b"<p>"]),
    "json": responding("404 Not Found", [("Content-Type", "application/json")], [b'{"a": 1}']),
    "redirect": responding("302 Found", [("Location", "/")]),
    "odd": responding("799 Odd"),
}

#: A request, and the one series that counts it: route, status, code, layer.
COUNTED = {
    "served": ({"path": "/x"}, ("/x", "200", "", "app")),
    "head": ({"path": "/x", "method": "HEAD"}, ("/x", "200", "", "app")),
    "a variable": ({"path": "/x/5"}, ("/x/{id:int}", "200", "", "app")),
    "unlisted": ({"path": "/n"}, ("unlisted", "404", "not-found", "Routing")),
    "method": ({"path": "/x", "method": "PUT"}, ("unlisted", "405", "method-not-allowed", "Routing")),
    "unknown method": ({"path": "/x", "method": "FOO"}, ("unlisted", "501", "method-not-implemented", "Routing")),
    "ambiguous": ({"path": "/y/../x"}, ("unlisted", "400", "ambiguous-path", "Routing")),
    "options": ({"path": "/x", "method": "OPTIONS"}, ("unlisted", "204", "", "Routing")),
    "anonymous": ({"path": "/x", "method": "POST", "json": {}}, ("/x", "401", "missing-credentials", "Authentication")),
    "forged": ({"path": "/x", "method": "POST", "headers": {"Authorization": "Bearer a.b.c"}}, ("/x", "401", "invalid-credentials", "Authentication")),
    "forbidden": ({"path": "/x", "method": "POST", "json": {}, "headers": WAITER}, ("/x", "403", "forbidden", "AccessControl")),
    "a bad body": ({"path": "/x", "method": "POST", "json": {}, "headers": COOK}, ("/x", "400", "invalid-body", "JSONBody")),
    "no JSON": ({"path": "/x", "method": "POST", "data": b"a", "headers": COOK}, ("/x", "415", "unsupported-media-type", "JSONBody")),
    "a good body": ({"path": "/x", "method": "POST", "json": {"name": "a"}, "headers": COOK}, ("/x", "200", "", "app")),
    "hidden": ({"path": "/hidden"}, ("/hidden", "404", "not-found", "Authentication")),
    "stream": ({"path": "/do/stream"}, ("/do/{what}", "200", "", "app")),
    "written": ({"path": "/do/written"}, ("/do/{what}", "202", "", "app")),
    "translated": ({"path": "/do/key"}, ("/do/{what}", "404", "not-found", "ErrorEnvelope")),
    "translated, with a code": ({"path": "/do/index"}, ("/do/{what}", "410", "gone-for-good", "ErrorEnvelope")),
    "a bug": ({"path": "/do/bug"}, ("/do/{what}", "500", "internal-error", "ErrorEnvelope")),
    "a declared code": ({"path": "/do/declared"}, ("/do/{what}", "409", "sold-out", "ErrorEnvelope")),
    "an undeclared code": ({"path": "/do/undeclared"}, ("/do/{what}", "409", "other", "ErrorEnvelope")),
    "a page replaced": ({"path": "/do/page"}, ("/do/{what}", "404", "not-found", "ErrorEnvelope")),
    "JSON of the app's": ({"path": "/do/json"}, ("/do/{what}", "404", "", "app")),
    "a redirect": ({"path": "/do/redirect"}, ("/do/{what}", "302", "", "app")),
    "a status that is none": ({"path": "/do/odd"}, ("/do/{what}", "500", "internal-error", "ErrorEnvelope")),
    "a page about a code": ({"path": "/problems/not-found"}, ("unlisted", "200", "", "ErrorEnvelope")),
}  # fmt: skip


def counts(registry=prometheus_client.REGISTRY):
    """All series of the counter that are not 0."""
    return {
        tuple(sample.labels[name] for name in ("route", "status", "code", "layer")): sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "statusware_requests_total" and sample.value
    }


def timed(name, registry=prometheus_client.REGISTRY, **labels):
    """How often a time was taken."""
    return registry.get_sample_value(f"statusware_{name}_seconds_count", labels) or 0


def new(before, after):
    return {key: value - before.get(key, 0) for key, value in after.items() if value != before.get(key)}  # fmt: skip


@pytest.mark.parametrize("name", COUNTED)
def test_one_series_counts_the_request(name):
    sent, labels = COUNTED[name]
    client = Client(wrap(app, POLICY))
    before = counts()
    client.open(**sent, buffered=True)
    assert new(before, counts()) == {labels: 1}


def test_wsgi_is_kept_to():
    client = Client(validated(responding(), lambda app: wrap(app, POLICY)))
    assert client.get("/x", buffered=True).data == b"fine"
    assert client.get("/nope", buffered=True).status_code == 404


def test_labels_are_bounded():
    client = Client(wrap(app, POLICY))
    client.get("/nope/0")
    before = set(counts())
    for number in range(100):
        client.get(f"/nope/{number}", headers={"X-Request-ID": f"a{number}"})
        client.get(f"/x/{number}?a={number}")
        client.open(f"/x/{number}", method="M" * (number + 1))
        DO["undeclared"] = raising(Problem(409, code=f"code-{number}"))
        client.get("/do/undeclared")
        client.get(f"/x/{number}", headers={"Authorization": f"Bearer {number}"})
    assert len(set(counts()) - before) <= 3


def test_times():
    client = Client(wrap(app, POLICY))
    layers = ("Routing", "Authentication", "AccessControl")

    def taken():
        return [
            *(timed("decision", layer=layer) for layer in layers),
            timed("validation", route="/x"),
        ]

    def after(*args, **more):
        before = taken()
        client.open(*args, **more)
        return [now - then for now, then in zip(taken(), before, strict=True)]

    for _ in range(2):  # paths that are known take another way
        assert after("/nope") == [1, 0, 0, 0]
        assert after("/x") == [1, 1, 1, 0], "nothing is validated"
        assert after("/x", method="POST") == [1, 1, 0, 0]
        assert after("/x", method="POST", headers=WAITER) == [1, 1, 1, 0]
        assert after("/x", method="POST", headers=COOK, json={}) == [1, 1, 1, 1]
        assert after("/x", method="POST", headers=COOK, json={"name": "a"}) == [1, 1, 1, 1]


def test_times_are_those_of_the_checks():
    """What the app takes is not in them, nor what reading a refused body takes."""
    registry = prometheus_client.CollectorRegistry()

    def slow(environ, start_response):
        time.sleep(0.05)
        return responding()(environ, start_response)

    app = Metrics(ErrorEnvelope(Routing(slow, ["GET /x"])), registry=registry)
    ask(app, "/x")

    class Slow:
        def read(self, size=-1):
            time.sleep(0.05)
            return b""

    environ = {"wsgi.input": Slow(), "CONTENT_LENGTH": "5"}
    Client(app).post("/nope", environ_overrides=environ)
    took = registry.get_sample_value("statusware_decision_seconds_sum", {"layer": "Routing"})
    assert 0 < took < 0.05
    assert timed("decision", registry, layer="Routing") == 2


def test_layers_by_hand():
    registry = prometheus_client.CollectorRegistry()
    app = Metrics(ErrorEnvelope(Routing(raising(Problem(409, code="mine")), ["GET /x"])), codes=["mine"], registry=registry)  # fmt: skip
    assert ask(app, "/x").status_code == 409
    assert ask(app, "/nope").status_code == 404
    alone = Metrics(ErrorEnvelope(responding()), registry=registry)
    assert ask(alone, "/y").status_code == 200
    assert counts(registry) == {
        ("/x", "409", "mine", "ErrorEnvelope"): 1,
        ("unlisted", "404", "not-found", "Routing"): 1,
        ("unlisted", "200", "", "app"): 1,
    }


def test_a_response_that_is_started_twice():
    registry = prometheus_client.CollectorRegistry()
    failure, seen = (ValueError, ValueError(), None), []

    def twice(environ, start_response):
        start_response("200 OK", [])
        start_response("503 Later", [("Content-Type", "application/json")], failure)
        return [b"{}"]

    app = Metrics(ErrorEnvelope(twice), registry=registry)
    app({"REQUEST_METHOD": "GET"}, lambda *args: seen.append((args[0], args[2:])))
    assert seen == [("503 Later", (failure,))]
    assert counts(registry) == {("unlisted", "503", "", "app"): 1}


def test_a_status_that_is_none():
    registry = prometheus_client.CollectorRegistry()
    ask(Metrics(responding("799 Odd"), registry=registry))
    assert counts(registry) == {("unlisted", "other", "", "app"): 1}


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_what_passes_through_is_counted(error):
    registry = prometheus_client.CollectorRegistry()
    app = Metrics(ErrorEnvelope(raising(error())), registry=registry)
    with pytest.raises(error):
        Client(app).get("/x")
    assert counts(registry) == {("unlisted", "500", "", "app"): 1}


def test_who_changes_the_protocol_starts_no_response():
    registry = prometheus_client.CollectorRegistry()
    app = Metrics(ErrorEnvelope(lambda environ, start_response: []), registry=registry)
    environ = {"HTTP_UPGRADE": "websocket", "HTTP_CONNECTION": "Upgrade", "REQUEST_METHOD": "GET"}
    assert app(environ, None) == []
    assert counts(registry) == {("unlisted", "101", "", "app"): 1}


def test_an_app_in_flask():
    flask = Flask("shop")
    flask.add_url_rule("/x", "x", lambda: "fine")
    flask.add_url_rule("/do/<what>", "do", lambda what: {}[what])
    Statusware(flask, POLICY)
    before = counts()
    assert flask.test_client().get("/x").data == b"fine"
    assert flask.test_client().get("/do/it").status_code == 404
    assert new(before, counts()) == {
        ("/x", "200", "", "app"): 1,
        ("/do/{what}", "404", "not-found", "ErrorEnvelope"): 1,
    }


def test_layers_on_trial():
    """They refuse nobody: the app answers."""
    client = Client(wrap(app, {**POLICY, "api": {"report": True}}))
    before = counts()
    assert client.post("/x").status_code == 200
    assert client.get("/nope").status_code == 200
    assert set(new(before, counts())) == {("unlisted", "200", "", "app")}


def test_an_audit_that_fails_is_counted():
    late = Flask("late", static_folder=None)
    policy = {"routes": [{"match": "GET /x", "allow": "everyone"}], "metrics": {}, "api": {"audit": "refuse"}}  # fmt: skip
    late.wsgi_app = wrap(late.wsgi_app, policy)
    late.add_url_rule("/y", "y", lambda: "y")
    before = counts()
    assert late.test_client().get("/x").status_code == 503
    assert list(new(before, counts()).values()) == [1]


def test_traces_go_on(caplog):
    client = Client(wrap(app, POLICY))
    with caplog.at_level(logging.DEBUG, "statusware.trace"):
        client.get("/x")
    assert [r.statusware_layer for r in caplog.records if r.name == "statusware.trace"] == [
        "Routing", "Authentication", "AccessControl", "JSONBody"
    ]  # fmt: skip


def test_numbers_that_cannot_be_written_fail_no_request(caplog):
    app = Metrics(ErrorEnvelope(responding()))

    def fail(*labels):
        raise OSError("No space left on device")

    app._requests = fail
    for _ in range(3):
        assert ask(app).data == b"fine"
    assert [record.statusware_event for record in caplog.records] == ["metrics-failed"]


def test_a_policy_that_is_read_again(tmp_path, monkeypatch):
    ahead = [0.0]
    clock = time.monotonic
    monkeypatch.setattr("statusware.policy.reload.time.monotonic", lambda: clock() + ahead[0])
    file = tmp_path / "statusware.toml"
    text = '[metrics]\n[api]\nreload = true\n[[routes]]\nmatch = "GET /{}"\nallow = "everyone"\n'
    file.write_text(text.format("a"))
    client = Client(wrap(responding(), str(file)))
    before = counts()
    client.get("/a")
    file.write_text(text.format("bb"))
    ahead[0] += 5
    client.get("/bb")
    assert set(new(before, counts())) == {("/a", "200", "", "app"), ("/bb", "200", "", "app")}


# --- switched off


def test_nothing_is_imported_without_it():
    code = (
        "import sys, statusware\n"
        "app = statusware.wrap(lambda e, s: [], {'routes': [{'match': 'GET /x', 'allow': 'everyone'}]})\n"
        "assert app.app.watch is None\n"
        "print('prometheus_client' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_extra_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(PolicyError, match=r'metrics: needs .*pip install "statusware\[metrics\]"'):
        wrap(app, POLICY)


# --- who may read them

READ = {"match": "GET /metrics", "allow": ["role:scraper"]}


def exposing(*routes, **more):
    return {
        **POLICY,
        "metrics": {"path": "/metrics"},
        "routes": [*POLICY["routes"], *routes],
        **more,
    }


def test_no_path_is_exposed_by_default():
    assert Client(wrap(app, POLICY)).get("/metrics").status_code == 404
    passing = {**POLICY, "api": {"unlisted": "pass"}}
    passing["routes"] = POLICY["routes"][:2]
    assert Client(wrap(app, passing)).get("/metrics").data == b"fine", "it is the app's"


def test_a_rule_decides_who_may_read_them():
    client = Client(wrap(app, exposing(READ)))
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers=COOK).status_code == 403
    assert client.post("/metrics", headers=token("scraper")).status_code == 405
    for path in ("/metrics", "/metrics/"):
        answer = client.get(path, headers=token("scraper"))
        assert answer.content_type.startswith("text/plain; version=")
        assert "# TYPE statusware_requests_total counter" in answer.text
        assert 'statusware_requests_total{code="",layer="app",route="/metrics"' in client.get(
            path, headers=token("scraper")
        ).text.replace("\n", "")
    assert client.get("/x").data == b"fine"


UNPROTECTED = {
    "no rule": (exposing(), "metrics.path: no rule lists it by its name"),
    "a rule that happens to match": (
        exposing({"match": "GET /{page}", "allow": "everyone"}),
        "metrics.path: no rule lists it by its name",
    ),
    "another method": (exposing({"match": "POST /metrics"}), 'match = "GET /metrics"'),
    "a rule that only reports": (
        exposing(READ, api={"report": ["AccessControl"]}),
        "metrics.path: is not protected",
    ),
    "all on trial": (exposing(READ, api={"report": True}), "metrics.path: is not protected"),
    "no path": ({"metrics": {"path": "metrics"}}, 'metrics.path: must be a path, as in "/metrics"'),
    "a variable": ({"metrics": {"path": "/{x}"}}, "metrics.path: must be a path"),
    "a slash": ({"metrics": {"path": "/"}}, "metrics.path: must be a path"),
    "an unknown key": ({"metrics": {"paht": "/metrics"}}, "metrics.paht: is unknown"),
    "no table": ({"metrics": True}, "metrics: must be a table"),
}


@pytest.mark.parametrize(("policy", "told"), UNPROTECTED.values(), ids=UNPROTECTED)
def test_what_nobody_protects_is_refused(policy, told):
    with pytest.raises(PolicyError) as caught:
        wrap(app, policy)
    assert told in str(caught.value)


def test_the_path_is_a_route_of_the_app():
    """As far as `statusware check` is concerned."""
    coverage = pytest.importorskip("statusware.policy.coverage")
    policy = __import__("statusware").Policy(exposing(READ))
    kinds = {(f.kind, f.route) for f in coverage.findings(policy, [])}
    assert ("no-route", "GET /x") in kinds
    assert ("no-route", "GET /metrics") not in kinds


@pytest.mark.parametrize("policy", [POLICY, exposing(READ)], ids=["no path", "a path"])
@pytest.mark.parametrize("kind", ["none", "a file"])
def test_a_folder_that_is_none(tmp_path, monkeypatch, kind, policy):
    folder = tmp_path / "numbers"
    if kind == "a file":
        folder.write_text("")
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
    with pytest.raises(PolicyError, match="PROMETHEUS_MULTIPROC_DIR: is no folder"):
        wrap(app, policy)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"app": 5}, "app: int is no WSGI app"),
        ({"codes": "mine"}, 'codes: must be a list; as in ["mine"]'),
    ],
)
def test_wrong_options(options, told):
    with pytest.raises(PolicyError) as caught:
        Metrics(**{"app": app, **options})
    assert str(caught.value) == told


def test_names_and_labels_are_a_contract():
    """Dashboards and alerts are made of them."""
    registry = prometheus_client.CollectorRegistry()
    app = Metrics(ErrorEnvelope(Routing(responding(), ["GET /x"])), registry=registry)
    ask(app, "/x")
    text = prometheus_client.generate_latest(registry).decode()
    assert 'statusware_requests_total{code="",layer="app",route="/x",status="200"} 1.0\n' in text
    assert 'statusware_decision_seconds_bucket{layer="Routing",le="+Inf"} 1.0\n' in text
    assert "# TYPE statusware_validation_seconds histogram\n" in text
