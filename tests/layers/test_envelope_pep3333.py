"""`ErrorEnvelope` and PEP 3333: every way to start, write, yield, fail and close."""

import io
import json
import sys
from wsgiref.util import FileWrapper
from wsgiref.validate import validator

import pytest
from flask import Flask
from werkzeug.test import create_environ

from statusware import ErrorEnvelope, Problem
from tests.layers.tools import ask, problem, raising, responding, shape

OK = ("200 OK", [("Content-Type", "text/plain")])
BAD = ("404 Not Found", [("Content-Type", "text/html")])


class Server:
    """A server that follows PEP 3333 and notes what happens; it fails as servers do."""

    def __init__(self, **environ):
        self.environ = create_environ()
        self.environ.update(environ)
        self.events, self.body, self.status, self.error = [], b"", None, None

    def start_response(self, status, headers, exc_info=None):
        if exc_info and self.body:
            raise exc_info[1]
        assert exc_info or self.status is None, "started twice"
        self.status, self.headers = status, dict(headers)
        self.events.append(status[:3])
        return self.write

    def write(self, data):
        assert self.status is not None
        self.body += data
        self.events.append(data)

    def run(self, app):
        result = None
        try:
            result = self.result = app(self.environ, self.start_response)
            for chunk in result:
                self.write(chunk)
        except BaseException as error:  # a server survives whatever the app raises
            self.error = error
        finally:
            if hasattr(result, "close"):
                result.close()
        return self


class Body:
    """A body that counts how often it is closed; exceptions in `chunks` are raised."""

    def __init__(self, *chunks):
        self.chunks, self.closed, self.taken = iter(chunks), 0, 0

    def __iter__(self):
        return self

    def __next__(self):
        chunk = next(self.chunks)
        self.taken += 1
        if isinstance(chunk, BaseException):
            raise chunk
        return chunk

    def close(self):
        self.closed += 1


def app_of(body, start=OK):
    def app(environ, start_response):
        if start:
            start_response(*start)
        return body

    return app


def serve(app, **environ):
    return Server(**environ).run(ErrorEnvelope(app))


def refusing(change):
    """A layer's refusal, and a middleware around it that has `change` to make."""

    def app(environ, start_response):
        return change(Problem(403), environ, start_response)

    return app


def other_status(problem, environ, start_response):
    def start(status, headers, exc_info=None):
        return start_response("404 Not Found", headers)

    return problem(environ, start)


def written(problem, environ, start_response):
    writes = []

    def start(status, headers, exc_info=None):
        writes.append(start_response(status, headers))

    for chunk in problem(environ, start):
        writes[0](chunk)
    return []


def generated(problem, environ, start_response):
    yield from problem(environ, start_response)


def generated_later(problem, environ, start_response):
    chunks = problem(environ, start_response)

    def body():
        raise ValueError("late")
        yield from chunks

    return body()


@pytest.mark.parametrize(
    ("change", "status"),
    [(other_status, 404), (written, 403), (generated, 403), (generated_later, 500)],
)
def test_a_refusal_that_a_middleware_changes_is_looked_at(change, status):
    server = serve(refusing(change))
    members = json.loads(server.body)
    assert (server.error, server.status[:3], members["status"]) == (None, str(status), status)
    assert server.headers["Content-Length"] == str(len(server.body))


# --- success bodies


@pytest.mark.parametrize("body", [[b"a", b"b"], (b"a", b"b"), [], [b""]])
def test_a_list_or_tuple_is_passed_as_it_is(body):
    assert serve(app_of(body)).result is body


def test_a_file_wrapper_is_passed_as_it_is():
    body = FileWrapper(io.BytesIO(b"x" * 100))
    server = serve(app_of(body), **{"wsgi.file_wrapper": FileWrapper})
    assert server.result is body
    assert server.body == b"x" * 100


def test_a_file_wrapper_that_is_no_class():
    body = FileWrapper(io.BytesIO(b"x" * 100))
    assert serve(app_of(body), **{"wsgi.file_wrapper": lambda f: f}).body == b"x" * 100


def test_nothing_is_fetched_beyond_the_first_byte():
    body = Body(b"", b"", b"a", b"b")
    result = ErrorEnvelope(app_of(body))(create_environ(), Server().start_response)
    assert body.taken == 3
    assert next(iter(result)) == b"a"
    assert body.taken == 3
    result.close()
    assert body.closed == 1


def test_empty_chunks_in_the_middle_stay():
    assert serve(app_of(Body(b"", b"a", b"", b"b"))).events == ["200", b"a", b"", b"b"]


@pytest.mark.parametrize("body", [Body(), Body(b""), iter([])])
def test_a_body_that_is_empty(body):
    server = serve(app_of(body))
    assert (server.events, server.error) == (["200"], None)


def test_start_response_may_come_late():
    def app(environ, start_response):
        yield b""
        start_response(*OK)
        yield b"a"

    assert serve(app).events == ["200", b"a"]


def test_an_error_started_late():
    def app(environ, start_response):
        yield b""
        start_response(*BAD)
        yield b"<h1>Oh</h1>"

    assert shape(ask(ErrorEnvelope(app))) == (404, "not-found")


def test_status_without_a_phrase():
    assert serve(app_of([b"a"], ("200", []))).events == ["200", b"a"]


# --- write()


def test_write_sends_at_once():
    server = Server()

    def app(environ, start_response):
        write = start_response(*OK)
        write(b"a")
        assert server.events == ["200", b"a"]
        write(b"b")
        return [b"c"]

    assert server.run(ErrorEnvelope(app)).events == ["200", b"a", b"b", b"c"]


def test_write_before_a_generator():
    def app(environ, start_response):
        start_response(*OK)(b"a")
        return iter([b"b", b"c"])

    assert serve(app).body == b"abc"


@pytest.mark.parametrize("keep", ["json", "all"])
def test_an_error_that_is_written_is_judged_too(keep):
    def app(environ, start_response):
        write = start_response(*BAD)
        write(b"no ")
        write(b"")
        write(b"recipe")
        return [b" 5"]

    server = Server().run(ErrorEnvelope(app, keep=keep))
    assert (server.body == b"no recipe 5") == (keep == "all")
    assert server.headers["Content-Type"].endswith("html") == (keep == "all")


def test_a_failure_after_write_is_the_servers():
    def app(environ, start_response):
        start_response(*OK)(b"a")
        raise ValueError

    server = serve(app)
    assert isinstance(server.error, ValueError)
    assert server.events == ["200", b"a"]


# --- starting twice, or never, or wrongly


def exc_info(error):
    try:
        raise error
    except type(error):
        return sys.exc_info()


def test_a_second_start_with_exc_info_replaces_the_first():
    def app(environ, start_response):
        start_response(*BAD)(b"dropped")
        start_response("201 Created", [("X-A", "b")], exc_info(ValueError()))
        return [b"a"]

    server = serve(app)
    assert server.events == ["201", b"a"]
    assert server.headers == {"X-A": "b"}


def test_what_was_written_before_a_second_start_is_gone():
    def app(environ, start_response):
        start_response(*BAD)(b"first")
        start_response("409 Conflict", [], exc_info(ValueError()))
        return [b"second"]

    assert Server().run(ErrorEnvelope(app, keep="all")).body == b"second"


def test_a_second_start_with_exc_info_after_the_first_byte_raises_it():
    def app(environ, start_response):
        start_response(*OK)(b"a")
        start_response("500 Oh", [], exc_info(KeyError("x")))
        return [b"b"]

    assert isinstance(serve(app).error, KeyError)


def test_a_generator_that_starts_again_in_mid_stream():
    def app(environ, start_response):
        start_response(*OK)
        yield b"a"
        start_response("500 Oh", [], exc_info(KeyError("x")))
        yield b"b"

    server = serve(app)
    assert (server.body, type(server.error)) == (b"a", KeyError)


def start_twice(environ, start_response):
    start_response(*OK)
    start_response(*OK)
    return [b"a"]


def start_nothing(environ, start_response):
    return [b"a"]


def generate_before_start(environ, start_response):
    yield b"a"
    start_response(*OK)


def write_before_start(environ, start_response):
    start_response.__self__.write(b"a")
    return []


def write_text(environ, start_response):
    start_response(*OK)("text")
    return []


@pytest.mark.parametrize(
    "app",
    [
        start_twice,
        start_nothing,
        generate_before_start,
        write_before_start,
        app_of([], start=None),
        app_of(None),
        app_of(5),
        app_of("text".encode),
        app_of(iter(["text"])),
        app_of(iter([None])),
        app_of([b"a"], ("OK 200", [])),
        app_of([b"a"], ("2000 OK", [])),
        app_of([b"a"], ("", [])),
        app_of([b"a"], ("٢٠٠ OK", [])),
        app_of([b"a"], ("099 OK", [])),
        app_of([b"a"], (200, [])),
        app_of([b"a"], (None, [])),
        app_of([b"a"], ()),
        app_of([b"a"], ("200 OK\r\nX-Evil: 1", [])),
        app_of([b"a"], ("404 No\nX-Evil: 1", [])),
        app_of([b"a"], ("200 \u2603", [])),
        write_text,
    ],
)
def test_what_breaks_the_rules_is_a_500(app, caplog):
    response = ask(ErrorEnvelope(app))
    assert shape(response) == (500, "internal-error")
    [record] = caplog.records
    assert record.exc_info
    assert problem(response)["request_id"] in record.getMessage()


def test_a_status_beyond_599_is_a_500():
    response = ask(ErrorEnvelope(responding("999 Odd")))
    assert response.status == "500 Internal Server Error"
    assert shape(response) == (500, "internal-error")


# --- exceptions

ANSWERED = [
    ValueError("secret"), StopIteration(), OSError(5, "secret"), BrokenPipeError(),
    RecursionError(), MemoryError(), AssertionError(), StopAsyncIteration(), EOFError(),
]  # fmt: skip
PASSING = [SystemExit(3), KeyboardInterrupt(), GeneratorExit()]


def in_generator(error):
    """A generator makes a RuntimeError of a StopIteration (PEP 479)."""

    def app(environ, start_response):
        start_response(*OK)
        yield b""
        raise error

    return app


@pytest.mark.parametrize("error", ANSWERED, ids=repr)
@pytest.mark.parametrize("make", [raising, in_generator])
def test_an_exception_before_the_first_byte_is_our_500(make, error, caplog):
    response = ask(ErrorEnvelope(make(error)))
    assert shape(response) == (500, "internal-error")
    assert b"secret" not in response.get_data()
    [record] = caplog.records
    assert record.exc_info


@pytest.mark.parametrize("error", PASSING, ids=repr)
@pytest.mark.parametrize("chunks", [(), (b"",), (b"a",)])
def test_what_ends_a_process_passes_through(error, chunks):
    body = Body(*chunks, error)
    server = serve(app_of(body))
    assert server.error is error
    assert body.closed == 1
    assert server.status == ("200 OK" if chunks == (b"a",) else None)


def test_what_ends_a_process_passes_through_the_call():
    assert isinstance(serve(raising(SystemExit(3))).error, SystemExit)


@pytest.mark.parametrize(
    ("chunks", "start"),
    [
        ((b"a", b"b"), OK),
        ((ValueError(),), OK),
        ((b"", ValueError()), OK),
        ((b"a", ValueError()), OK),
        ((b"a", OSError()), OK),
        ((), BAD),
        ((b"<h1>Oh</h1>",), BAD),
        ((b"x" * 100_000, b"y"), BAD),
        ((b"<h1>", ValueError()), BAD),
        ((ValueError(),), BAD),
        ((b"x",), None),
        ((), None),
        (("text",), OK),
        ((b'{"a": 1}',), ("404 Not Found", [("Content-Type", "application/json")])),
    ],
)
def test_close_is_called_exactly_once(chunks, start):
    body = Body(*chunks)
    serve(app_of(body, start))
    assert body.closed == 1


def test_close_is_called_where_the_client_goes_away():
    body = Body(b"a", b"b")
    result = ErrorEnvelope(app_of(body))(create_environ(), Server().start_response)
    iterator = iter(result)
    next(iterator)
    del iterator
    result.close()
    result.close()
    assert body.closed == 1


class BadClose(Body):
    def close(self):
        super().close()
        raise ValueError("secret")


@pytest.mark.parametrize("chunks", [(ValueError(),), (b"<h1>",)])
def test_a_close_that_fails_where_the_answer_is_another_one(chunks, caplog):
    body = BadClose(*chunks)
    server = serve(app_of(body, BAD))
    assert server.error is None
    assert body.closed == 1
    assert "close() of the app's response failed" in caplog.text


@pytest.mark.parametrize("chunks", [(b"a",), (), (b"", b"a", b"b")])
def test_a_body_is_closed_by_the_server_once_all_is_sent(chunks):
    """What an app does then keeps no client waiting, and what fails breaks nothing off."""
    body = BadClose(*chunks)
    server = Server()
    result = ErrorEnvelope(app_of(body))(create_environ(), server.start_response)
    assert b"".join(result) == b"".join(chunks)
    assert (server.status, body.closed) == ("200 OK", 0)
    with pytest.raises(ValueError, match="secret"):
        result.close()
    result.close()
    assert body.closed == 1


def test_a_close_that_fails_before_the_end_is_the_servers():
    body = BadClose(b"a", b"b")
    result = ErrorEnvelope(app_of(body))(create_environ(), Server().start_response)
    assert next(iter(result)) == b"a"
    with pytest.raises(ValueError, match="secret"):
        result.close()
    assert body.closed == 1


@pytest.mark.parametrize("start", [OK, BAD, ("404 Not Found", [("Content-Type", "image/png")])])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_body_is_closed_once_where_the_server_refuses_the_response(start, method):
    def refuse(status, headers, exc_info=None):
        raise ValueError("a header that cannot be sent")

    body = Body(b"a")
    with pytest.raises(ValueError, match="cannot be sent"):
        ErrorEnvelope(app_of(body, start))({**create_environ(), "REQUEST_METHOD": method}, refuse)
    assert body.closed == 1


def test_a_file_is_closed_where_the_server_refuses_the_headers():
    class Wrapper(Body):
        pass

    def refuse(status, headers, exc_info=None):
        raise ValueError("a header that cannot be sent")

    body = Wrapper(b"a")
    environ = {**create_environ(), "wsgi.file_wrapper": Wrapper}
    with pytest.raises(ValueError, match="cannot be sent"):
        ErrorEnvelope(app_of(body))(environ, refuse)
    assert body.closed == 1


def test_a_body_whose_iter_fails_is_closed():
    class Broken(Body):
        def __iter__(self):
            raise ValueError

    body = Broken()
    assert serve(app_of(body)).status == "500 Internal Server Error"
    assert body.closed == 1


def test_an_exception_in_mid_stream_is_logged_and_raised_again(caplog):
    body = Body(b"a", ValueError("late"))
    server = serve(app_of(body), HTTP_X_REQUEST_ID="abc")
    assert (server.body, str(server.error)) == (b"a", "late")
    [record] = caplog.records
    assert record.exc_info[1] is server.error
    assert "[abc]" in record.getMessage()
    assert body.closed == 1


def test_a_problem_in_mid_stream_is_too_late():
    server = serve(app_of(Body(b"a", Problem(404))))
    assert (server.body, type(server.error)) == (b"a", Problem)


def test_a_log_line_has_no_line_break_of_the_clients(caplog):
    serve(raising(ValueError("x")), PATH_INFO="/a\r\nb", REQUEST_METHOD="G\nET")
    assert "\n" not in caplog.records[0].getMessage()


def test_sys_exc_info_is_seen_inside_and_clean_outside():
    seen = []

    def watcher(environ, start_response):
        try:
            return raising(ValueError("x"))(environ, start_response)
        except ValueError:
            seen.append(sys.exc_info()[0])
            raise

    serve(watcher)
    assert seen == [ValueError]
    assert sys.exc_info() == (None, None, None)


# --- no body, and other protocols


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_without_a_body(status):
    def app(environ, start_response):
        start_response(status, [])
        return []

    response = ask(ErrorEnvelope(app))
    assert (response.status[:3], response.get_data()) == (status[:3], b"")
    assert "Content-Length" not in response.headers


@pytest.mark.parametrize("app", [raising(ValueError()), raising(Problem(404)), responding("404 N")])
def test_head_has_no_body(app):
    response = ask(ErrorEnvelope(app), "/", "HEAD")
    assert response.get_data() == b""
    assert response.headers["Content-Type"] == "application/problem+json"


def test_the_length_of_head_is_that_of_get():
    app = ErrorEnvelope(raising(Problem(404)))
    lengths = {
        ask(app, "/", m, x_request_id="a").headers["Content-Length"] for m in ("GET", "HEAD")
    }
    assert len(lengths) == 1


UPGRADE = {"HTTP_UPGRADE": "websocket", "HTTP_CONNECTION": "keep-alive, Upgrade"}


@pytest.mark.parametrize("error", [StopIteration(), ValueError(), OSError()], ids=repr)
def test_an_upgrade_is_the_apps(error):
    assert serve(raising(error), **UPGRADE).error is error


TRACE = b"Traceback (most recent call last): hunter2"


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oh"])
@pytest.mark.parametrize("media_type", ["text/html", "application/json"])
def test_an_upgrade_that_the_app_refuses_is_no_way_around_the_envelope(status, media_type):
    """Any client can ask for one, and an answer in HTTP is an ordinary answer (RFC 9110 7.8)."""
    server = serve(app_of([b"", TRACE], (status, [("Content-Type", media_type)])), **UPGRADE)
    kept = media_type == "application/json" and status.startswith("404")
    assert server.status == status
    assert (server.body == TRACE) is kept
    assert ("request_id" in server.body.decode()) is not kept


def test_an_exception_that_the_framework_has_answered_means_what_it_always_means():
    flask = Flask("shop")
    flask.add_url_rule("/", view_func=raising_view)
    asking = {**UPGRADE, "HTTP_UPGRADE": "x"}  # a WebSocket Flask refuses itself
    server = Server(**asking).run(ErrorEnvelope(flask, exceptions={LookupError: 409}))
    assert server.status.startswith("409")


def raising_view():
    raise LookupError("hunter2")


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("101 Switching Protocols", [("Upgrade", "websocket")]),
        ("200 OK", [("Content-Type", "text/plain")]),
        ("426 Upgrade Required", [("Upgrade", "websocket"), ("Content-Type", "text/html")]),
    ],
)
def test_an_upgrade_is_started_at_once(status, headers):
    told = []

    def app(environ, start_response):
        start_response(status, headers)
        told.append("started")
        return [b"own"]

    def start(given, fields, exc_info=None):
        told.append((given, fields))
        return lambda data: None

    environ = create_environ(headers={"Connection": "upgrade", "Upgrade": "websocket"})
    assert list(ErrorEnvelope(app)(environ, start)) == [b"own"]
    assert told == [(status, headers), "started"]


def test_the_server_says_whether_an_upgrade_can_be_started_again():
    error = ValueError()

    def app(environ, start_response):
        start_response(*OK)
        try:
            raise error
        except ValueError:
            start_response("500 Oh", BAD[1], sys.exc_info())
        return [b"own"]

    server = serve(app, **UPGRADE)
    assert (server.status, server.body) == ("500 Oh", b"own")


def test_an_upgrade_that_fails_later_is_the_apps():
    def app(environ, start_response):
        start_response("404 Not Found", [("Content-Type", "text/html")])
        yield b"own"

    server = serve(app, **UPGRADE)
    assert (server.status, server.body) == ("404 Not Found", b"own")


def test_the_refusal_of_an_upgrade_that_breaks_is_closed():
    closed = []

    class Body:
        def __iter__(self):
            raise ValueError

        def close(self):
            closed.append(1)

    def app(environ, start_response):
        start_response("404 Not Found", [("Content-Type", "text/html")])
        return Body()

    server = serve(app, **UPGRADE)
    assert isinstance(server.error, ValueError)
    assert closed == [1]


def test_a_problem_before_an_upgrade_is_answered():
    assert serve(raising(Problem(403)), **UPGRADE).status == "403 Forbidden"


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_UPGRADE": "websocket"},
        {"HTTP_UPGRADE": "websocket", "HTTP_CONNECTION": "close"},
        {"HTTP_UPGRADE": "h2c", "HTTP_CONNECTION": "Upgrade, HTTP2-Settings"},
        {"HTTP_CONNECTION": "upgrade"},
    ],
)
def test_what_is_no_upgrade(headers):
    assert serve(raising(ValueError()), **headers).status == "500 Internal Server Error"


# --- one around another


def test_nested_envelopes_answer_once(caplog):
    server = serve(ErrorEnvelope(raising(ValueError())))
    assert server.events[0] == "500"
    assert len(server.events) == 2
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    "app", [raising(Problem(404)), raising(ValueError()), responding("404 N"), Problem(404)]
)
@pytest.mark.parametrize(("inner", "outer"), [("simple", "problem"), ("problem", "simple")])
def test_the_inner_of_two_envelopes_gives_the_format(app, inner, outer):
    nested = ErrorEnvelope(ErrorEnvelope(app, format=inner), format=outer)
    one = ErrorEnvelope(app, format=inner)
    assert ask(nested, x_request_id="a").get_data() == ask(one, x_request_id="a").get_data()


def test_the_outer_envelope_has_its_own_format():
    inner = ErrorEnvelope(responding(), format="simple")

    def app(environ, start_response):
        inner(environ, lambda *args: lambda data: None)
        raise ValueError

    assert problem(ask(ErrorEnvelope(app)))


def test_the_validator_on_both_sides():
    for app in (responding(), responding("404 Not Found"), raising(ValueError()), Problem(404)):
        ask(ErrorEnvelope(validator(app)))


def test_a_status_of_bytes_is_read_as_text():
    """Against PEP 3333; WebTest and Werkzeug take it, and apps tested with them have it."""
    ok = Server().run(ErrorEnvelope(responding(b"200 OK")))
    assert (ok.status, ok.body) == ("200 OK", b"fine")
    bad = Server().run(ErrorEnvelope(responding(b"404 Not Found")))
    assert (bad.status, bad.headers["Content-Type"]) == (
        "404 Not Found",
        "application/problem+json",
    )
