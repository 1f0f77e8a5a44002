"""Whoever watches for exceptions still sees them: Sentry and OpenTelemetry, outside and inside."""

import pytest

from statusware import ErrorEnvelope
from tests.layers.frameworks import RecipeNotFound
from tests.layers.tools import ask_quietly, problem, raising


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
