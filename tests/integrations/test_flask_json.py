"""The parsed body in Flask's `request.get_json()`: as ever, but parsed once."""

import io
import json
from collections import OrderedDict

import pytest
from flask import Flask, Request, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.test import Client

from statusware.body import json_body
from statusware.integrations.flask import Statusware

POLICY = {
    "body": {"max_bytes": "64KiB"},
    "routes": [{"match": "POST /", "allow": "everyone", "body": {}}],
}

CALLS = {
    "json": lambda: request.json,
    "get_json": lambda: request.get_json(),
    "silent": lambda: request.get_json(silent=True),
    "force": lambda: request.get_json(force=True),
    "no cache": lambda: request.get_json(cache=False),
    "twice": lambda: [request.get_json(), request.get_json()],
    "the same object twice": lambda: request.get_json() is request.get_json(),
    "no cache, then the bytes": lambda: [request.get_json(cache=False), request.get_data(True)],
    "no cache, twice": lambda: [request.get_json(cache=False), request.get_json(cache=False)],
    "no cache, silent, twice": lambda: [
        request.get_json(cache=False),
        request.get_json(cache=False, silent=True),
    ],
    "the bytes first": lambda: [request.get_data().decode(), request.get_json()],
    "the bytes after": lambda: [request.get_json(), request.get_data().decode()],
    "the stream first": lambda: [request.stream.read(2).decode(), request.get_json(silent=True)],
    "the stream after": lambda: [request.get_json(), request.stream.read().decode()],
    "a part of the stream first": lambda: [request.stream.read(1).decode(), request.get_json()],
    "changed": lambda: [request.get_json().update(x=1), request.get_json()],
    "a request of its own": lambda: [
        request.get_json().update(x=1),
        Request(request.environ).get_json(silent=True),
    ],
    "is_json": lambda: [request.is_json, request.mimetype, request.content_length],
    "the provider of the request": lambda: request.json_module.dumps([1]),
}

BODIES = {
    "object": b'{"name": "S\xc3\xb6up", "n": [1, 2.5, -0.0, 1e3, null, true, {"a": {}}]}',
    "with spaces": b' \n{"a": 9007199254740993}\t ',
    "empty object": b"{}",
}

TYPES = ["application/json", "application/problem+json", "application/json; charset=utf-8"]


def app_of(view, **attributes):
    app = Flask("shop")
    vars(app).update(attributes)

    @app.post("/")
    def index():
        return {"answer": view()}

    return app


#: As gunicorn and waitress have it, and as a body is that was checked.
TERMINATED = {"wsgi.input_terminated": True}


def post(app, body, kind="application/json"):
    answer = Client(app).post("/", data=body, content_type=kind, environ_overrides=TERMINATED)
    return answer.status_code, answer.data if answer.status_code == 200 else b""


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_as_flask_alone(call, body, kind):
    app = app_of(call)
    Statusware(app, POLICY)
    assert post(app, body, kind) == post(app_of(call), body, kind)


@pytest.fixture
def parses(monkeypatch):
    """What the app parses itself."""
    seen = []

    def loads(self, text, **options):
        seen.append(text)
        return json.loads(text, **options)

    monkeypatch.setattr(DefaultJSONProvider, "loads", loads)
    return seen


@pytest.mark.parametrize("name", ["json", "get_json", "silent", "force", "no cache", "twice"])
def test_nothing_is_parsed_twice(parses, name):
    app = app_of(CALLS[name])
    Statusware(app, POLICY)
    assert post(app, b'{"a": 1}')[0] == 200
    assert parses == []


def test_where_no_body_is_checked_the_app_parses(parses):
    app = app_of(lambda: request.get_json())
    Statusware(app, {"routes": [{"match": "POST /", "allow": "everyone"}]})
    assert post(app, b'{"a": 1}') == (200, b'{"answer":{"a":1}}\n')
    assert parses == [b'{"a": 1}']


def test_a_view_that_changes_the_object_changes_nobody_elses():
    def view():
        mine = request.get_json()
        mine["list"].append(2)
        mine["new"] = True
        request.environ["wsgi.input"].seek(0)
        another = app.request_class(request.environ)
        return [mine, dict(request.environ["statusware.json"]), another.get_json()]

    app = app_of(view)
    Statusware(app, POLICY)
    status, data = post(app, b'{"list": [1]}')
    mine, environs, anothers = json.loads(data)["answer"]
    assert status == 200
    assert mine == {"list": [1, 2], "new": True}
    assert environs == anothers == {"list": [1]}


class Provider(DefaultJSONProvider):
    def loads(self, text, **options):
        return {"provider": super().loads(text, **options)}


class Dumping(DefaultJSONProvider):
    def dumps(self, value, **options):
        return super().dumps({"mine": value}, **options)


class Ordered(Request):
    def get_json(self, *args, **options):
        return OrderedDict(own=super().get_json(*args, **options))


class Failing(Request):
    def on_json_loading_failed(self, error):
        return {"failed": True}


class Parsing(Request):
    json_module = OrderedDict


class Decompressing(Request):
    def get_data(self, *args, **options):
        return b'{"inflated": true}'


class Shortening(Request):
    @property
    def stream(self):
        return io.BytesIO(b'{"stream": true}')


class Doubting(Request):
    is_json = False


class Plain(Request):
    mimetype = "text/plain"


class Titled(Request):
    title = "mine"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "cls", [Ordered, Failing, Parsing, Decompressing, Shortening, Doubting, Plain]
)
def test_a_request_class_that_parses_itself_stays(cls, when):
    app = app_of(lambda: request.get_json(), **({"request_class": cls} if when == "before" else {}))
    Statusware(app, POLICY)
    app.request_class = cls
    alone = app_of(lambda: request.get_json(), request_class=cls)
    assert post(app, b'{"a": 1}') == post(alone, b'{"a": 1}')
    assert app.request_class is cls


@pytest.mark.parametrize("when", ["before", "after"])
def test_any_other_request_class_is_kept_and_added_to(parses, when):
    app = app_of(lambda: [request.title, request.get_json()])
    if when == "before":
        app.request_class = Titled
    Statusware(app, POLICY)
    app.request_class = Titled if when == "after" else app.request_class
    assert post(app, b'{"a": 1}') == (200, b'{"answer":["mine",{"a":1}]}\n')
    assert issubclass(app.request_class, Titled)
    assert app.request_class.__name__ == "Titled"
    assert parses == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_json_provider_that_parses_itself_stays(when):
    app = app_of(lambda: request.get_json())
    if when == "before":
        app.json = Provider(app)
    Statusware(app, POLICY)
    if when == "after":
        app.json = Provider(app)
    assert post(app, b'{"a": 1}') == (200, b'{"answer":{"provider":{"a":1}}}\n')


def test_a_provider_whose_loads_is_set_on_the_object_stays():
    app = app_of(lambda: request.get_json())
    Statusware(app, POLICY)
    app.json.loads = lambda text, **options: {"mine": json.loads(text)}
    assert post(app, b"[]") == (200, b'{"answer":{"mine":[]}}\n')


def test_a_provider_that_serialises_alone_takes_the_body_over(parses):
    app = app_of(lambda: request.get_json())
    app.json = Dumping(app)
    Statusware(app, POLICY)
    assert post(app, b"[]") == (200, b'{"mine":{"answer":[]}}\n')
    assert parses == []


def test_middleware_inside_that_replaces_the_body_is_believed():
    app = app_of(lambda: request.get_json())
    inner = app.wsgi_app

    def replacing(environ, start_response):
        environ["wsgi.input"].read()
        environ["wsgi.input"] = type(environ["wsgi.input"])(b'{"b": 2}')
        return inner(environ, start_response)

    app.wsgi_app = replacing
    Statusware(app, POLICY)
    assert post(app, b'{"a": 1}') == (200, b'{"answer":{"b":2}}\n')


def test_what_middleware_holds_is_not_handed_over(parses):
    """It keeps the value over the call, to log it afterwards, say."""
    app = app_of(lambda: request.get_json().clear())
    inner, seen = app.wsgi_app, []

    def audit(environ, start_response):
        value = environ["statusware.json"]
        result = inner(environ, start_response)
        seen.append(value)
        return result

    app.wsgi_app = audit
    Statusware(app, POLICY)
    assert post(app, b'{"a": 1}')[0] == 200
    assert seen == [{"a": 1}]
    assert parses == [b'{"a": 1}']


def test_what_middleware_looks_at_later_is_parsed_then():
    app = app_of(lambda: request.get_json().clear())
    inner, seen = app.wsgi_app, []

    def audit(environ, start_response):
        result = inner(environ, start_response)
        seen.append(environ["statusware.json"])
        return result

    app.wsgi_app = audit
    Statusware(app, POLICY)
    assert post(app, b'{"a": 1}')[0] == 200
    assert seen == [{"a": 1}]
    assert isinstance(seen[0], dict)
    assert json_body({"statusware.json": seen[0]})["a"] == 1


def test_a_value_that_was_replaced_stays():
    app = app_of(lambda: [request.get_json(), request.environ["statusware.json"]])
    inner = app.wsgi_app

    def replacing(environ, start_response):
        environ["statusware.json"] = {"other": True}
        return inner(environ, start_response)

    app.wsgi_app = replacing
    Statusware(app, POLICY)
    assert post(app, b'{"a": 1}') == (200, b'{"answer":[{"a":1},{"other":true}]}\n')


def test_a_body_that_nobody_has_touched_is_not_read_again(monkeypatch):
    app = app_of(lambda: [request.get_json(), request.get_data().decode(), request.data.decode()])
    Statusware(app, POLICY)
    monkeypatch.setattr("werkzeug.wrappers.request.get_input_stream", None)
    answer = b'{"answer":[{"a":1},"{\\"a\\": 1}","{\\"a\\": 1}"]}\n'
    assert post(app, b'{"a": 1}') == (200, answer)


@pytest.mark.parametrize(("limit", "status"), [(8, 200), (7, 413)])
def test_the_limit_of_the_app_holds(limit, status):
    app = app_of(lambda: request.get_json())
    app.config["MAX_CONTENT_LENGTH"] = limit
    Statusware(app, POLICY)
    assert post(app, b'{"a": 1}')[0] == status


def test_middleware_inside_that_shortens_the_body_is_believed_as_far_as_flask_does():
    def shortening(environ, start_response):
        environ["CONTENT_LENGTH"] = "1"
        return inner(environ, start_response)

    answers = []
    for guarded in (True, False):
        app = app_of(lambda: request.get_json())
        inner, app.wsgi_app = app.wsgi_app, shortening
        if guarded:
            Statusware(app, POLICY)
        answers.append(post(app, b"12"))
    assert answers[0] == answers[1] == (200, b'{"answer":12}\n')  # the input ends by itself
