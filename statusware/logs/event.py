"""`Event`: one kind of record in the log, and the fields that its records carry.

Fields stand in `extra`, each under `PREFIX` and its name, so that they meet no attribute of
a `LogRecord` and no field of somebody else's. They say what was decided about which request,
and never hold a header, a query string, a body, a credential or the text of an exception.
Nothing in them can end a line or move a cursor.

environ keys read: `REQUEST_METHOD`, `PATH_INFO`, `statusware.route`, `statusware.identity`,
`statusware.request_id`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..correlation import request_id
from ..errors import visible

__all__ = ["FIELDS", "LONGEST", "PREFIX", "Event", "fields"]

#: What the name of every field begins with, as an attribute of the record.
PREFIX = "statusware_"

#: Characters of a field; the rest of a longer one is cut off.
LONGEST = 1024

#: The fields, in the order in which they are told, and what each holds.
FIELDS = {
    "event": "which row of the table the record is",
    "layer": "the layer that decided, as in `AccessControl`",
    "status": "the status, a number",
    "code": "the code of the problem",
    "reason": "why credentials were refused, in words of our own",
    "exception": "the class of the exception, as in `shop.models.NameTaken`",
    "method": "the method of the request",
    "path": "its path, without the query string",
    "route": "the pattern of the route it found, as in `/recipes/{id:int}`, as in the metrics",
    "user": "the verified user",
    "request_id": "the id of the request, as in the answer",
}


@dataclass(frozen=True, eq=False)
class Event:
    """One row of the table: a kind of record.

    `name` is the field `event`; `logger`, `level` (of `logging`) and `message` (with its %
    places) are those of the records; `fields` the names of those they carry beside `event`,
    with "?" behind those that may be missing; `when` says what has happened. With
    `traceback` the record carries the exception.
    """

    name: str
    logger: str
    level: int
    message: str
    fields: tuple[str, ...]
    when: str
    traceback: bool = False

    @cached_property
    def _log(self) -> logging.Logger:
        return logging.getLogger(self.logger)

    def tell(
        self,
        *args: object,
        environ: Mapping[str, Any] | None = None,
        problem: Any = None,
        error: BaseException | None = None,
        **known: object,
    ) -> None:
        """Log one record, where the logger is on for it. `args` fill the message.

        Fields come from the request (`environ`), the `Problem` and the exception that it is
        about, and from `known`.
        """
        logger = self._log
        if logger.isEnabledFor(self.level):
            logger.log(
                self.level,
                self.message,
                *args,
                exc_info=error if self.traceback else None,
                extra=fields(self.name, environ, problem=problem, error=error, **known),
                stacklevel=2,
            )


def fields(
    event: str,
    environ: Mapping[str, Any] | None = None,
    *,
    problem: Any = None,
    error: BaseException | None = None,
    **known: object,
) -> dict[str, object]:
    """The `extra` of a record; what there is nothing to say of is left out."""
    found: dict[str, object] = {"event": event, **known}
    if problem is not None:
        found |= {"status": problem.status, "code": problem.problem_code}
    if error is not None:
        found["exception"] = f"{type(error).__module__}.{type(error).__qualname__}"
    if environ is not None:
        found.update(_of_request(environ))
    found["path"] = _text(found.get("path"))
    return {
        f"{PREFIX}{name}": _plain(found[name]) for name in FIELDS if found.get(name) is not None
    }


def _of_request(environ: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    yield "method", environ.get("REQUEST_METHOD")
    yield "path", environ.get("PATH_INFO")
    yield "route", getattr(environ.get("statusware.route"), "pattern", None)
    yield "user", getattr(environ.get("statusware.identity"), "user", None)
    kept: Any = environ
    yield "request_id", request_id(kept)


def _text(path: object) -> str | None:
    """A path as people read it: PEP 3333 has its bytes as Latin-1."""
    if not isinstance(path, str):
        return None
    return path.encode("latin-1", "replace").decode("utf-8", "backslashreplace")


def _plain(value: object) -> object:
    """A number, or a text in which nothing moves a cursor, ends a line or hides."""
    if isinstance(value, int):
        return value
    text = str(value)
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}…"
    return visible(text)
