"""Which responses of the app are the answers of problems: made by us, and logged.

environ keys read: `statusware.answered`, `statusware.request_id`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..catalog import default_code
from ..correlation import request_id
from ..problem import Problem
from .response import Outgoing

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["answered", "has_our_id", "is_own"]

Headers = list[tuple[str, str]]


def is_own(out: Outgoing, result: object, environ: WSGIEnvironment) -> bool:
    """Whether a response is the answer of a problem, as that has made it: it goes out as it is.

    Whoever stands in between may have changed its status, or hand its body on in another way.
    """
    problem, fields = environ.get("statusware.answered") or (None, None)
    if fields is not out.headers or type(result) is not list or out.held:
        return False
    return problem is not None and out.status is not None and int(out.status[:3]) == problem.status


def answered(
    out: Outgoing, status: int, environ: WSGIEnvironment
) -> tuple[Problem | None, Headers]:
    """The problem that a framework made this response of, if one did, and its headers."""
    problem, fields = environ.get("statusware.answered") or (None, [])
    if problem is None or not has_our_id(out, environ):
        return None, []
    problem.__traceback__ = problem.__context__ = None  # they hold frames, and the request
    if problem.status == status:
        return problem, fields
    # A Flask view may return `Problem(409), 418`: it says 418, and the body has to.
    return (_restated(problem, status), []) if _is_body_of(out, fields) else (None, [])


def _is_body_of(out: Outgoing, fields: Headers) -> bool:
    """Whether a response has the body that came with `fields`, as far as its header tells."""
    ours = [field for field in fields if field[0] in ("Content-Type", "Content-Length")]
    return all(field in out.headers for field in ours)


def _restated(problem: Problem, status: int) -> Problem:
    """`problem` with another status; what was said of the old one only is said anew."""
    code = problem.problem_code
    given = None if code == default_code(problem.status) else code
    title, detail = problem.defaulted
    return Problem(
        status,
        None if detail else problem.detail,
        code=given,
        type=problem.type,
        title=None if title else problem.title,
        **problem.extensions,
    )


def has_our_id(out: Outgoing, environ: WSGIEnvironment) -> bool:
    """Whether a response tells the id of the request: it was made, and logged, by us."""
    wanted = ("x-request-id", request_id(environ))
    return any((field[0].lower(), *field[1:]) == wanted for field in out.headers)
