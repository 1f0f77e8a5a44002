"""Apps that break the rules or fail, one a path, behind all five layers.

Each body that an app returns writes down, in the folder STATUSWARE_PROOF, that it was made
and each time that it is closed; `/pid` tells the process.
"""

import io
import os
import time
from wsgiref.util import FileWrapper

from statusware import Problem, wrap

__all__ = ["APPS", "app"]

TEXT = ("Content-Type", "text/plain")
OK = ("200 OK", [TEXT])
LENGTH = ("Content-Length", "20")
PAGE = ("404 Not Found", [("Content-Type", "text/html"), LENGTH])
SECRET = "s3cret"
EVIL = ("X-A", f"{SECRET}\r\nX-Evil: 1")

APPS = {}
BODIES = os.path.join(os.environ.get("STATUSWARE_PROOF", os.devnull), "bodies")


def note(what, name):
    """One line, in one write, so that it is there whatever becomes of the process."""
    with open(BODIES, "a", encoding="ascii") as file:
        file.write(f"{what} {name}\n")


class Body:
    """An iterable that tells how often it is closed."""

    def __init__(self, name, chunks, failing=False):
        note("made", name)
        self.name, self.chunks, self.failing = name, iter(chunks), failing

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.chunks)

    def close(self):
        note("closed", self.name)
        if self.failing:
            raise ValueError(SECRET)


def odd(name):
    """Register an app: a function of (environ, start_response) that returns chunks."""

    def register(function):
        APPS[name] = function
        return function

    return register


def says(name, start, chunks=(b"x" * 20,), failing=False, whole=False):
    """Register an app that starts (with None: does not) and returns chunks."""

    def app(environ, start_response):
        if start is not None:
            start_response(*start)
        return chunks if whole else Body(name, chunks, failing)

    APPS[name] = app


def raises(name, error):
    """Register an app that raises."""

    def app(environ, start_response):
        raise error

    APPS[name] = app


def streams(name, *steps, start=OK):
    """Register an app whose body does these steps: chunks, exceptions, functions."""

    def app(environ, start_response):
        def body():
            for step in steps:
                if isinstance(step, BaseException):
                    raise step
                if callable(step):
                    step(environ, start_response)
                else:
                    yield step

        if start is not None:
            start_response(*start)
        return Body(name, body())

    APPS[name] = app


class Unprintable(Exception):
    """An exception that cannot be shown."""

    def __str__(self):
        raise ValueError(SECRET)

    __repr__ = __str__


class NoAnswer(Exception):
    """An exception that is a WSGI app, and fails as one."""

    def __call__(self, environ, start_response):
        raise ValueError(SECRET)


def starting(start, error=None):
    """A step that calls start_response."""

    def step(environ, start_response):
        if error is None:
            start_response(*start)
        else:
            start_response(*start, (type(error), error, None))

    return step


# Errors before a response has begun

for _error in (
    OSError(5, SECRET), StopIteration(SECRET), RecursionError(SECRET), MemoryError(SECRET),
    UnicodeDecodeError("utf-8", b"s3cret", 0, 1, SECRET), BrokenPipeError(32, SECRET),
    ConnectionResetError(104, SECRET), TimeoutError(SECRET), Unprintable(),
    ExceptionGroup(SECRET, [ValueError(SECRET)]), NoAnswer(SECRET), AssertionError(SECRET),
):  # fmt: skip
    raises(f"raises-{type(_error).__name__}", _error)
raises("raises-problem", Problem(409, SECRET[:0] or None))
streams("fails-at-first-chunk", ValueError(SECRET))
streams("fails-after-empty-chunk", b"", b"", ValueError(SECRET))
streams("stop-iteration-in-body", StopIteration(SECRET))


@odd("fails-at-iter")
def fails_at_iter(environ, start_response):
    class Failing(Body):
        def __iter__(self):
            raise ValueError(SECRET)

    start_response(*OK)
    return Failing("fails-at-iter", ())


# start_response, late, never, twice, wrong

says("never-starts", None)
says("never-starts-and-is-empty", None, [], whole=True)
streams("starts-late", b"", starting(OK), b"x" * 20, start=None)
streams("starts-late-with-an-error", b"", starting(PAGE), b"x" * 20, start=None)
streams("starts-after-the-first-chunk", b"x", starting(OK), start=None)
streams("starts-twice", starting(OK), b"x" * 20)
streams("starts-again-in-time", starting(("503 Busy", [TEXT]), ValueError(SECRET)), b"s3cret busy")
streams("starts-again-too-late", b"x" * 20, starting(PAGE, ValueError(SECRET)))
for _name, _status in (
    ("no-number", "OK"), ("a-number", 200), ("too-low", "99 Low"), ("bytes", b"200 OK"),
    ("empty", ""), ("line-break", f"200 OK\r\nX-Evil: {SECRET}"), ("none", None),
    ("error-line-break", f"404 No\r\nX-Evil: {SECRET}"), ("999", "999 Odd"),
):  # fmt: skip
    says(f"status-{_name}", (_status, [TEXT]))

# Headers

for _name, _headers in {
    "line-break": [TEXT, EVIL], "no-latin-1": [TEXT, ("X-A", "\u2603")], "int": [TEXT, ("X-A", 1)],
    "name-with-space": [TEXT, ("X A", "1")], "triple": [TEXT, ("X-A", "1", "2")],
    "tuple": (TEXT, LENGTH), "none": None, "connection": [TEXT, ("Connection", "close")],
    "keep-alive": [TEXT, ("Keep-Alive", "timeout=9")],
    "chunked": [TEXT, ("Transfer-Encoding", "chunked")], "upgrade": [TEXT, ("Upgrade", "h2c")],
    "length-wrong-type": [TEXT, ("Content-Length", 20)],
    "length-no-number": [TEXT, ("Content-Length", "abc")],
    "length-negative": [TEXT, ("Content-Length", "-1")],
    "length-too-small": [TEXT, ("Content-Length", "5")],
    "length-too-large": [TEXT, ("Content-Length", "25")],
    "length-twice": [TEXT, LENGTH, ("Content-Length", "21")],
}.items():  # fmt: skip
    says(f"header-{_name}", ("200 OK", _headers))
    says(f"error-header-{_name}", ("404 Not Found", _headers))

# Bodies

for _name, _body in {
    "none": None, "text": "s3cret", "bytes": b"s3cret", "int": 7, "dict": {"s3cret": 1},
}.items():  # fmt: skip
    says(f"returns-{_name}", OK, _body, whole=True)
for _name, _chunk in {
    "text": "s3cret", "none": None, "int": 7, "bytearray": bytearray(b"x" * 20),
    "memoryview": memoryview(b"x" * 20),
}.items():  # fmt: skip
    streams(f"chunk-{_name}", _chunk)
streams("chunk-text-later", b"x" * 20, "s3cret")
streams("fails-in-the-middle", b"x" * 20, ValueError(SECRET))
streams("problem-in-the-middle", b"x" * 20, Problem(409))
streams("fails-in-the-middle-of-a-length", b"x" * 7, ValueError(SECRET),
        start=("200 OK", [TEXT, LENGTH]))  # fmt: skip
streams("fails-after-its-length", b"x" * 20, ValueError(SECRET), start=("200 OK", [TEXT, LENGTH]))
streams("fails-in-an-error-page", b"x" * 7, ValueError(SECRET), start=PAGE)
says("close-fails", ("200 OK", [TEXT, LENGTH]), failing=True)
says("close-fails-behind-an-error", PAGE, failing=True)
says("many-empty-chunks", OK, [b""] * 50_000 + [b"x" * 20])
says("error-without-end", PAGE, iter(lambda: b"x" * 20, 0))
says("body-with-204", ("204 No Content", []))
says("body-with-304", ("304 Not Modified", []))
says("trace-as-text", ("500 Oh", [TEXT]), [b"Traceback (most recent call last): s3cret"])
says("trace-as-html", ("500 Oh", [("Content-Type", "text/html")]), [b"<h1>s3cret Traceback"])


@odd("close-is-no-function")
def close_is_no_function(environ, start_response):
    class Odd(list):
        close = None

    start_response(*OK)
    return Odd([b"x" * 20])


@odd("async")
async def asynchronous(environ, start_response):
    start_response(*OK)
    return [b"x" * 20]


# write()


@odd("writes")
def writes(environ, start_response):
    write = start_response(*OK)
    write(b"x" * 10)
    return Body("writes", [b"x" * 10])


@odd("writes-and-fails")
def writes_and_fails(environ, start_response):
    start_response(*OK)(b"x" * 10)
    raise ValueError(SECRET)


@odd("writes-text")
def writes_text(environ, start_response):
    start_response(*OK)("s3cret")
    return []


@odd("writes-an-error")
def writes_an_error(environ, start_response):
    start_response(*PAGE)(b"<h1>s3cret")
    return Body("writes-an-error", [b"x" * 10])


# The environ is the app's, too


@odd("empties-the-environ")
def empties_the_environ(environ, start_response):
    environ.clear()
    raise ValueError(SECRET)


@odd("empties-the-environ-and-answers")
def empties_and_answers(environ, start_response):
    environ.clear()
    start_response(*PAGE)
    return Body("empties-the-environ-and-answers", [b"x" * 20])


@odd("leaves-the-body")
def leaves_the_body(environ, start_response):
    raise ValueError(SECRET)


@odd("file")
def file(environ, start_response):
    start_response(*OK)
    return environ.get("wsgi.file_wrapper", FileWrapper)(io.BytesIO(b"x" * 20))


# What the server has to end


@odd("never-ends")
def never_ends(environ, start_response):
    start_response(*OK)
    return Body("never-ends", iter(lambda: b"x" * 4096, 0))


def deadly(name, error):
    """Register two apps that raise what no layer may catch: before and in the middle."""
    raises(name, error)
    streams(f"{name}-in-the-middle", b"x" * 20, error)
    streams(f"{name}-at-first-chunk", error)


deadly("exits", SystemExit(0))
deadly("interrupts", KeyboardInterrupt())
deadly("leaves", GeneratorExit())


@odd("sleeps")
def sleeps(environ, start_response):
    start_response(*OK)
    time.sleep(600)
    return []


def dispatch(environ, start_response):
    """The app of a path, or the process."""
    name = environ["PATH_INFO"][1:]
    if name != "pid":
        return APPS[name](environ, start_response)
    data = b"%d" % os.getpid()
    start_response("200 OK", [TEXT, ("Content-Length", str(len(data)))])
    return [data]


app = wrap(dispatch, {"routes": [{"match": "* /{name}", "allow": "everyone"}]})
