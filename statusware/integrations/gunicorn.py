"""gunicorn workers whose own errors come in the envelope, too.

gunicorn answers what never reaches an app (a bad request line, a target or header too long,
an expectation it does not know) and what escapes one in HTML of its own. With these workers
it still decides and logs as before; only the answer is a problem, in the format of the
`ErrorEnvelope` that the app is wrapped in.

    gunicorn -k statusware.integrations.gunicorn.SyncWorker "statusware.serve:app('shop:app')"
"""

from __future__ import annotations

import re
from email.utils import formatdate
from typing import Any

from gunicorn import util
from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker as _ThreadWorker
from gunicorn.workers.sync import SyncWorker as _SyncWorker

from ..problem import Problem, answer, request_id

__all__ = ["SyncWorker", "ThreadWorker"]

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


class _Enveloping:
    """A worker whose `handle_error` answers with a problem."""

    wsgi: Any = None
    log: Any

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Let gunicorn log and choose the status; answer with a problem of that status."""
        captured = _Captured()
        super().handle_error(req, captured, addr, exc)  # type: ignore[misc]  # the mixin's base
        found = re.match(rb"HTTP/1\.1 ([45]\d\d) ", captured.sent)
        problem = Problem(int(found[1]) if found else 500, code=_code(exc))
        environ = _environ(req or getattr(exc, "req", None))
        if (renderer := _renderer(self.wsgi)) is not None:
            environ["statusware.renderer"] = renderer
        self.log.warning("Answered %s [%s]", problem, request_id(environ))
        try:
            util.write_nonblock(client, _message(problem, environ))
        except OSError:  # the client has gone
            self.log.debug("Failed to send error message.")


class SyncWorker(_Enveloping, _SyncWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's sync worker."""


class ThreadWorker(_Enveloping, _ThreadWorker):  # type: ignore[misc]  # likewise
    """gunicorn's gthread worker."""


def _code(exc: BaseException) -> str | None:
    return "incomplete-body" if isinstance(exc, _CHUNKS) else None


def _environ(request: Any) -> dict[str, Any]:
    """As much of an environ as there is: the request may never have been read."""
    environ: dict[str, Any] = {"REQUEST_METHOD": getattr(request, "method", None) or "GET"}
    for name, value in getattr(request, "headers", None) or ():
        if name in ("ACCEPT", "X-REQUEST-ID", "TRACEPARENT"):
            environ.setdefault(f"HTTP_{name.replace('-', '_')}", value)
    return environ


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
