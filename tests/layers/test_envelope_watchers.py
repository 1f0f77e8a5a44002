"""Whoever watches for exceptions still sees them: Sentry and OpenTelemetry, outside and inside."""

import pytest
from flask import Flask

from statusware import ErrorEnvelope, Problem, Routing, wrap
from statusware.integrations.flask import Statusware
from tests.layers.frameworks import RecipeNotFound
from tests.layers.tools import ask_quietly, problem, raising, responding


@pytest.fixture
def events():
    """What Sentry would send, in memory; its own settings undone afterwards."""
    sentry = pytest.importorskip("sentry_sdk")
    seen = []

    class Transport(sentry.transport.Transport):
        def capture_envelope(self, envelope):
            seen.extend(filter(None, (item.get_event() for item in envelope.items)))

    sentry.init(
        dsn="https://x@sentry.invalid/1", transport=Transport, auto_enabling_integrations=False
    )
    yield seen
    sentry.get_client().close()
    sentry.Scope.get_global_scope().set_client(None)


def middleware(app):
    return pytest.importorskip("sentry_sdk.integrations.wsgi").SentryWsgiMiddleware(app)


def types(events):
    return [event["exception"]["values"][-1]["type"] for event in events]


@pytest.mark.parametrize(
    "put",
    [
        lambda app: ErrorEnvelope(middleware(app)),
        lambda app: middleware(ErrorEnvelope(app)),
        lambda app: ErrorEnvelope(app),
    ],
    ids=["inside", "outside", "logging alone"],
)
def test_sentry_sees_a_failure_once(events, put):
    assert problem(ask_quietly(put(raising(ValueError("x")))))
    assert types(events) == ["ValueError"]


def test_sentry_is_not_told_of_what_the_table_knows(events):
    app = middleware(ErrorEnvelope(raising(RecipeNotFound()), not_found=[RecipeNotFound]))
    assert ask_quietly(app).status_code == 404
    assert events == []


@pytest.mark.parametrize(
    "put", [Statusware, lambda app: app, wrap], ids=["extension", "bare", "wrap"]
)
@pytest.mark.parametrize("integration", [True, False])
def test_sentry_sees_a_failure_in_flask_once(events, monkeypatch, put, integration):
    """By Flask's signal or its log; what we log of it is the same exception, and known again."""
    sentry = pytest.importorskip("sentry_sdk")
    if integration:
        flask = pytest.importorskip("sentry_sdk.integrations.flask")
        monkeypatch.setattr(Flask, "__call__", Flask.__call__)  # Sentry replaces it for good
        sentry.get_client().close()
        transport = sentry.get_client().options["transport"]
        sentry.init(
            dsn="https://x@sentry.invalid/1", transport=transport, auto_enabling_integrations=False,
            integrations=[flask.FlaskIntegration()],
        )  # fmt: skip
    app = Flask("shop")
    app.add_url_rule("/", "bug", lambda: {}["x"])
    wrapped = put(app)
    app = wrapped if callable(wrapped) else app
    assert ask_quietly(app).status_code == 500
    assert types(events) == ["KeyError"]


def test_sentry_gets_the_fields_of_a_record(events):
    ask_quietly(ErrorEnvelope(raising(ValueError("x"))), x_request_id="abc")
    [event] = events
    fields = {name: event["extra"][f"statusware_{name}"] for name in ("event", "status", "path")}
    assert fields == {"event": "failed", "status": 500, "path": "/"}
    assert event["extra"]["statusware_request_id"] == "abc"


@pytest.fixture
def spans():
    wsgi = pytest.importorskip("opentelemetry.instrumentation.wsgi")
    trace = pytest.importorskip("opentelemetry.sdk.trace")
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    export = pytest.importorskip("opentelemetry.sdk.trace.export")
    exporter = memory.InMemorySpanExporter()
    provider = trace.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(exporter))

    def put(app):
        return wsgi.OpenTelemetryMiddleware(app, tracer_provider=provider)

    return put, exporter


@pytest.mark.parametrize("outside", [True, False])
def test_opentelemetry_sees_a_failure(spans, outside):
    put, exporter = spans
    app = raising(ValueError("x"))
    wrapped = put(ErrorEnvelope(app)) if outside else ErrorEnvelope(put(app))
    assert problem(ask_quietly(wrapped))
    [span] = exporter.get_finished_spans()
    assert span.status.status_code.name == "ERROR"


def refusing(app):
    """Layers that refuse everything but `/`."""
    return ErrorEnvelope(Routing(app, ["GET /"]), not_found=[RecipeNotFound])


#: What happens, and what Sentry and OpenTelemetry see of it from outside and from inside:
#: the events (the class of the exception, or None), and the state of the span, if there is one.
SEEN = {
    "a bug": (raising(ValueError("x")), "/", ["ValueError"], "ERROR", ["ValueError"], "ERROR"),
    "translated": (raising(RecipeNotFound()), "/", [], "UNSET", ["RecipeNotFound"], "ERROR"),
    "refused": (responding(), "/nope", [], "UNSET", [], None),
    "a 5xx of its own": (responding("503 Later"), "/", [], "ERROR", [], "ERROR"),
    "a problem": (raising(Problem(409)), "/", [], "UNSET", ["Problem"], "ERROR"),
    "served": (responding(), "/", [], "UNSET", [], "UNSET"),
}


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("name", SEEN)
def test_what_sentry_sees(events, name, inside):
    app, path, outside_events, _, inside_events, _ = SEEN[name]
    wrapped = refusing(middleware(app)) if inside else middleware(refusing(app))
    ask_quietly(wrapped, path)
    found = [types([event])[0] if "exception" in event else None for event in events]
    assert found == (inside_events if inside else outside_events)


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("name", SEEN)
def test_what_opentelemetry_sees(spans, name, inside):
    put, exporter = spans
    app, path, _, outside, _, expected = SEEN[name]
    wrapped = refusing(put(app)) if inside else put(refusing(app))
    answer = ask_quietly(wrapped, path)
    answer.close()
    found = [span.status.status_code.name for span in exporter.get_finished_spans()]
    assert found == [each for each in [expected if inside else outside] if each is not None]
    if not inside:
        [span] = exporter.get_finished_spans()
        statuses = {
            span.attributes.get(f"http.{name}") for name in ("status_code", "response.status_code")
        }
        assert answer.status_code in statuses


def test_the_trace_is_the_id_of_the_request(spans):
    put, exporter = spans
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    header = f"00-{trace}-00f067aa0ba902b7-01"
    answer = ask_quietly(put(refusing(responding())), "/nope", traceparent=header)
    answer.close()
    [span] = exporter.get_finished_spans()
    assert f"{span.context.trace_id:032x}" == trace == answer.json["request_id"]
