"""Apps that break the rules or fail, one a path, for a real server."""

import io
import logging
import signal
import sys
import time
from wsgiref.util import FileWrapper

from flask import Flask
from gunicorn.workers.base import Worker

from statusware import ErrorEnvelope, Problem, wrap

LOG = logging.getLogger("misbehaving")

OK = ("200 OK", [("Content-Type", "text/plain")])
PAGE = ("404 Not Found", [("Content-Type", "text/html"), ("Content-Length", "11")])


def raiser(error):
    def view(environ, start_response):
        raise error

    return view


def sleeping(environ, start_response):
    LOG.warning("sleeping [%s]", environ.get("statusware.request_id"))
    time.sleep(30)


def deaf(environ, start_response):
    """As if it were in code that is not Python's, where no signal is looked at."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGABRT})
    time.sleep(30)


def sleeping_stream(environ, start_response):
    start_response(*OK)
    yield b"first"
    time.sleep(30)


def waiting(environ, start_response):
    time.sleep(3)
    start_response(*OK)
    return [b"late"]


def returning(body, start=OK):
    def view(environ, start_response):
        if start:
            start_response(*start)
        return body() if callable(body) else body

    return view


def generator_error(environ, start_response):
    start_response(*OK)
    yield b""
    raise ValueError("secret")


def yields_before_start(environ, start_response):
    yield b"a"
    start_response(*OK)


def starts_twice(environ, start_response):
    start_response(*OK)
    start_response(*OK)
    return [b"a"]


class CloseFails(list):
    def close(self):
        raise ValueError("secret")


def exc_info(environ, start_response):
    start_response(*OK)
    try:
        int("secret")
    except ValueError:
        start_response("500 Oh", [("Content-Type", "text/plain")], sys.exc_info())
    return [b"secret"]


def written(environ, start_response):
    start_response(*PAGE)(b"<h1>secret")
    return [b"x"]


def late(environ, start_response):
    yield b""
    start_response(*OK)
    yield from (b"a", b"", b"b")


def write(environ, start_response):
    send = start_response(*OK)
    send(b"a")
    send(b"b")
    return [b"c"]


def file(environ, start_response):
    start_response(*OK)
    wrapper = environ.get("wsgi.file_wrapper", FileWrapper)
    return wrapper(io.BytesIO(b"x" * 200_000))


def worker(environ, start_response):
    """The name of the class of the worker that serves this."""
    frame = sys._getframe()
    while not isinstance(frame.f_locals.get("self"), Worker):
        frame = frame.f_back
    start_response(*OK)
    return [type(frame.f_locals["self"]).__name__.encode()]


def mid_stream(environ, start_response):
    start_response(*OK)
    yield b"first"
    raise ValueError("secret")


def events(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/event-stream")])
    yield b"data: 1\n\n"
    time.sleep(3)
    yield b"data: 2\n\n"


def reading(environ, start_response):
    """Reads the body to its end."""
    size = len(environ["wsgi.input"].read())
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % size]


VIEWS = {
    "/os-error": raiser(OSError(5, "secret")),
    "/stop-iteration": raiser(StopIteration("secret")),
    "/value-error": raiser(ValueError("secret")),
    "/generator-error": generator_error,
    "/never-starts": returning([b"secret"], start=None),
    "/yields-before-start": yields_before_start,
    "/starts-twice": starts_twice,
    "/no-status": returning([b"secret"], ("OK", [])),
    "/none": returning(None),
    "/text": returning(lambda: iter(["secret"])),
    "/close-fails": returning(lambda: CloseFails([b"<h1>secret"]), PAGE),
    "/problem": raiser(Problem(409)),
    "/page": returning([b"<h1>secret"], PAGE),
    "/exc-info": exc_info,
    "/written": written,
    "/list": returning([b"a", b"b"]),
    "/generator": returning(lambda: (chunk for chunk in (b"a", b"b"))),
    "/late": late,
    "/write": write,
    "/file": file,
    "/no-content": returning([], ("204 No Content", [])),
    "/mid-stream": mid_stream,
    "/events": events,
    "/evil-header": returning([b"a"], ("200 OK", [("X-A", "secret\r\nX-Evil: 1")])),
    "/sleep": sleeping,
    "/deaf": deaf,
    "/sleep-stream": sleeping_stream,
    "/wait": waiting,
    "/exit": raiser(SystemExit(0)),
    "/limited": reading,
}


def bare(environ, start_response):
    return VIEWS[environ["PATH_INFO"]](environ, start_response)


app = ErrorEnvelope(bare)
simple = ErrorEnvelope(bare, format="simple")
scoped = wrap(bare, {"api": {"paths": ["/api"]}, "envelope": {"format": "simple"}})
guarded = wrap(
    bare,
    {
        "auth": {"bearer": {"secret": "0123456789abcdef0123456789abcdef"}},
        "routes": [
            {"match": ["GET /list", "GET /events"], "allow": ["everyone"]},
            {"match": "POST /upload"},
            {"match": "POST /limited", "allow": ["everyone"], "max_bytes": 1000},
        ],
    },
)
in_flask = Flask("shop")
in_flask.wsgi_app = ErrorEnvelope(in_flask.wsgi_app, format="simple")
