"""gunicorn workers whose own errors come in the envelope, too.

gunicorn answers what never reaches an app (a bad request line, a target or header too long,
an expectation it does not know) and what escapes one (an exception, its own time limit) in
HTML. With these workers it still decides and logs as before; only the answer is a problem,
in the format of the `ErrorEnvelope` that the app is wrapped in.

A request that is refused is answered at once, and what its client still sends is read and
dropped then, for a while (RFC 9112 section 9.6), so that the client sees the answer.

    gunicorn -k statusware.integrations.gunicorn.Worker "statusware.serve:app('shop:app')"

`Worker` is `SyncWorker`, or with `--threads` `ThreadWorker`. (In the place of a class whose
name ends in SyncWorker gunicorn puts its own threaded worker, where there are threads.)

environ keys set: `statusware.lingers`. environ keys read: `statusware.request_id`.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from gunicorn import util
from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker as _ThreadWorker
from gunicorn.workers.sync import SyncWorker as _SyncWorker

from ..body.read import IDLE, LINGERS, LONGEST, drain, has_body
from ..logs.event import fields
from ..logs.table import WORKER
from ..problem import Problem, answer, request_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["SyncWorker", "ThreadWorker", "Worker"]

#: Errors in the framing of a body, which an app met while it read.
_CHUNKS = (errors.InvalidChunkSize, errors.ChunkMissingTerminator)


class _Captured:
    """Stands for the socket while gunicorn writes an answer that is only looked at."""

    def __init__(self) -> None:
        self.sent = b""

    def gettimeout(self) -> float:
        return 0.0

    def sendall(self, data: bytes) -> None:
        self.sent += data


class _Serving(threading.local):
    """The app as the worker calls it; knows the environ that this thread serves."""

    environ: WSGIEnvironment = {}  # noqa: RUF012  # replaced, never changed

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[LINGERS] = True
        self.environ = environ
        return self.app(environ, start_response)

    def __getattr__(self, name: str) -> Any:
        """For gunicorn's hooks, it is the app."""
        if name == "app":
            raise AttributeError(name)
        return getattr(self.app, name)


class _Enveloping:
    """A worker whose `handle_error` answers with a problem, and that closes with patience."""

    wsgi: Any = None
    log: Any
    #: Half of gunicorn's time limit, in seconds; 0 is none.
    timeout: float

    def load_wsgi(self) -> None:
        """Load the app, as gunicorn does."""
        super().load_wsgi()  # type: ignore[misc]  # the mixin's base
        self.wsgi = _Serving(self.wsgi)

    def handle(self, *args: Any) -> Any:
        """Serve a connection; nothing of the request outlives it."""
        try:
            return super().handle(*args)  # type: ignore[misc]  # likewise
        finally:
            self.wsgi.environ = {}

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Let gunicorn log and choose the status; answer with a problem of that status."""
        captured = _Captured()
        super().handle_error(req, captured, addr, exc)  # type: ignore[misc]  # likewise
        found = re.match(rb"HTTP/1\.1 ([45]\d\d) ", captured.sent)
        problem = Problem(int(found[1]) if found else 500, code=_code(exc))
        environ = _environ(req or getattr(exc, "req", None), self.wsgi)
        # By gunicorn's own logger, which may be of a class of the app's own.
        extra = fields(WORKER.name, environ, problem=problem)
        self.log.warning(WORKER.message, problem, request_id(environ), extra=extra)
        try:
            util.write_nonblock(client, _message(problem, environ))
        except OSError:  # the client has gone
            self.log.debug("Failed to send error message.")
        self._linger(client)

    def _linger(self, client: Any) -> None:
        """Wait for the client, and never so long that gunicorn takes the worker for dead."""
        _linger(client, min(LONGEST, self.timeout or LONGEST))


class SyncWorker(_Enveloping, _SyncWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's sync worker. It takes no `--threads`: see `Worker`."""

    def handle_request(self, listener: Any, req: Any, client: Any, addr: Any) -> None:
        """Serve a request, and be patient with a client that still sends its body."""
        super().handle_request(listener, req, client, addr)
        if has_body(self.wsgi.environ):
            try:
                self._linger(client)
            except SystemExit:  # gunicorn's time limit; the answer has been given
                raise StopIteration from None  # gunicorn's own way to close a connection

    def _linger(self, client: Any) -> None:
        self.notify()  # the request is done: from here on the time limit runs anew
        super()._linger(client)


class ThreadWorker(_Enveloping, _ThreadWorker):  # type: ignore[misc]  # likewise
    """gunicorn's gthread worker, with answers of its own in the envelope.

    gunicorn -k statusware.integrations.gunicorn.ThreadWorker --threads 8 ...
    """

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Serve a request; whether the connection can serve another one."""
        alive: bool = super().handle_request(req, conn)
        if not has_body(self.wsgi.environ):
            return alive
        if alive and drain(self.wsgi.environ, answered=True):
            return True
        self._linger(conn.sock)
        return False


class Worker:
    """`SyncWorker`, or `ThreadWorker` where gunicorn is started with `--threads`.

    `args` are gunicorn's own: its configuration, the last but one of them, says which.
    """

    def __new__(cls, *args: Any) -> Any:
        *_, config, _log = args
        return (ThreadWorker if config.threads > 1 else SyncWorker)(*args)


def _linger(client: Any, longest: float) -> None:
    """Read and drop what still comes, until the client closes, pauses, or takes too long.

    The answer has been sent: were the connection closed now, with bytes unread, the client
    would lose it.
    """
    end = time.monotonic() + longest
    try:
        client.shutdown(socket.SHUT_WR)
        while (left := end - time.monotonic()) > 0:
            client.settimeout(min(left, IDLE))
            if not client.recv(65536):
                break
    except OSError:  # gone, or silent
        pass
    finally:
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)  # gunicorn, which lingers too, need not wait


def _code(exc: BaseException) -> str | None:
    return "incomplete-body" if isinstance(exc, _CHUNKS) else None


def _environ(request: Any, serving: Any) -> dict[str, Any]:
    """As much of an environ as there is: the request may never have been read."""
    environ: dict[str, Any] = {"REQUEST_METHOD": getattr(request, "method", None) or "GET"}
    for name, value in getattr(request, "headers", None) or ():
        if name in ("ACCEPT", "X-REQUEST-ID", "TRACEPARENT"):
            environ.setdefault(f"HTTP_{name.replace('-', '_')}", value)
    served = getattr(serving, "environ", {})
    if request is not None and served.get("wsgi.input") is getattr(request, "body", None):
        environ["statusware.request_id"] = request_id(served)
    renderer = _renderer(getattr(serving, "app", None))
    return environ if renderer is None else {**environ, "statusware.renderer": renderer}


def _renderer(app: Any) -> Any:
    """The renderer of the envelope around an app; a Flask app has its layers in `wsgi_app`."""
    found = getattr(app, "renderer", None)
    if found is None:
        inner = getattr(app, "wsgi_app", None)
        found = getattr(getattr(inner, "__self__", inner), "renderer", None)
    return found


def _message(problem: Problem, environ: dict[str, Any]) -> bytes:
    """The whole response. Here we are the server: `Connection` and `Date` are ours."""
    status, headers, body = answer(problem, environ)
    fields = [("Date", formatdate(usegmt=True)), ("Connection", "close"), *headers]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body
