"""An environ that is none: bytes, numbers or None where PEP 3333 demands text, or no input.

No client can bring that about, but a server, a test client or middleware can. Nothing that is not
text is ever taken for what it might have meant. Nobody looks for it on the way, either: a check
that trips over it fails, and only then is it asked whether the environ is to blame.

environ keys read: all of CGI and HTTP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..logs.table import MALFORMED
from ..problem import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["Malformed", "blamed", "fault"]

#: What has to be text where it is there (PEP 3333, section environ Variables); so has all of HTTP_.
_TEXT = frozenset({
    "REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH",
    "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "REMOTE_ADDR", "REMOTE_USER",
})  # fmt: skip


class Malformed(Problem):
    """The answer to it. The log has it already."""


def fault(environ: WSGIEnvironment) -> str:
    """What is wrong with an environ, in words for the log; empty where nothing is."""
    if "REQUEST_METHOD" not in environ:
        return "REQUEST_METHOD is missing"
    for key, value in environ.items():
        named = isinstance(key, str) and (key in _TEXT or key.startswith("HTTP_"))
        if named and not isinstance(value, str):
            return f"{key} is {'None' if value is None else type(value).__name__}"
    readable = hasattr(environ.get("wsgi.input"), "read")
    return "" if readable else "wsgi.input is none that can be read"


def blamed(error: Exception, environ: WSGIEnvironment, layer: str) -> Problem:
    """The 500 for a check of `layer` that failed over an environ that is none.

    Raises `error` again where the environ is not to blame.
    """
    if not (what := fault(environ)):
        raise error
    problem = Malformed(500)
    MALFORMED.tell(what, environ=environ, problem=problem, error=error, layer=layer)
    return problem
