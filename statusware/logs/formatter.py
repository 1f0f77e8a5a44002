"""`JSONFormatter`: every record, of statusware and of everybody else, as one line of JSON.

    logging.config.dictConfig({
        "version": 1,
        "formatters": {"json": {"()": "statusware.logs.JSONFormatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": "INFO", "handlers": ["stderr"]},
    })

In a file for `logging.config.fileConfig`, or gunicorn's `--log-config`, it is the `class` of
a formatter.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Literal

from .event import PREFIX

__all__ = ["JSONFormatter"]

#: What every record has; the rest of its attributes came in by `extra`.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_ESCAPED = re.compile(r"[^ -~]")


class JSONFormatter(logging.Formatter):
    """One line of JSON (RFC 8259, ASCII) for a record, whatever it holds; it never raises.

    Members: `time` (RFC 3339, UTC), `level`, `logger`, `message`; the fields of statusware
    under their own names (`status`, `code`, …); whatever else came in by `extra`, under its
    name (with a `_` behind it where that is taken); of an exception its class (`exception`)
    and `traceback`; `stack`. `omit` names members to leave out, `user` for instance. What
    JSON cannot say is said as text.

    `fmt`, `datefmt`, `style`, `validate` and `more` are there because logging's configuration
    gives them; they have no meaning here.
    """

    def __init__(
        self,
        fmt: str | None = None,
        datefmt: str | None = None,
        style: Literal["%", "{", "$"] = "%",
        validate: bool = True,
        *,
        omit: Iterable[str] = (),
        **more: Any,
    ) -> None:
        super().__init__(fmt, datefmt, style, validate, **more)
        self._omit = frozenset([omit] if isinstance(omit, str) else omit)

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        members: dict[str, object] = {}
        for name, value in self._members(record):
            free = name if name.isascii() else _whole(name)
            while free in members:
                free += "_"
            if name not in self._omit:
                members[free] = value
        try:
            line = _encode(members)
        except Exception:  # one of them, see _json
            told = (f"{_encode(name)}: {_json(value)}" for name, value in members.items())
            line = f"{{{', '.join(told)}}}"
        return _ascii(line)

    def _members(self, record: logging.LogRecord) -> Iterator[tuple[str, object]]:
        """The members in reading order; a name may come twice."""
        yield "time", _time(record)
        yield "level", record.levelname
        yield "logger", record.name
        yield "message", _message(record)
        extra = [(str(name), value) for name, value in vars(record).items() if name not in _OWN]
        ours = {name.removeprefix(PREFIX): v for name, v in extra if name.startswith(PREFIX)}
        error = _error(record)
        if error is not None and "exception" not in ours:
            ours["exception"] = f"{type(error).__module__}.{type(error).__qualname__}"
        yield from ours.items()
        yield from ((name, value) for name, value in extra if not name.startswith(PREFIX))
        if error is not None or record.exc_text:
            yield "traceback", record.exc_text or self._traceback(record)
        if record.stack_info:
            yield "stack", record.stack_info

    def _traceback(self, record: logging.LogRecord) -> str:
        try:
            return self.formatException(record.exc_info)  # type: ignore[arg-type]  # _error looked
        except Exception:  # an exception may do anything when it is shown
            return _shown(record.exc_info)


def _error(record: logging.LogRecord) -> BaseException | None:
    found = record.exc_info
    error = found[1] if isinstance(found, tuple) and len(found) == 3 else None
    return error if isinstance(error, BaseException) else None


def _time(record: logging.LogRecord) -> str:
    """When the record was made, as RFC 3339 section 5.6 writes it."""
    try:
        made = datetime.fromtimestamp(record.created, UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        made = datetime.now(UTC)
    return made.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # what is logged may be wrong, and is wanted all the more
        return f"{_shown(record.msg)} {_shown(record.args)}"


def _shown(value: object) -> str:
    try:
        return str(value)
    except Exception:  # somebody else's object
        return f"<{type(value).__name__}>"


def _json(value: object) -> str:
    """A value as JSON; one that JSON cannot say as a text."""
    try:
        return _encode(value)
    except Exception:  # circular, too deep, NaN, keys of other types: somebody else's object
        return _encode(_shown(value))


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=_shown).encode


def _ascii(text: str) -> str:
    """JSON in printable ASCII: outside of it there are strings alone."""
    if text.isascii() and text.isprintable():
        return text
    return _ESCAPED.sub(_escape, _whole(text))


def _whole(text: str) -> str:
    """Text without lone surrogates, which make JSON that strict readers refuse (RFC 7493 2.1)."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _escape(found: re.Match[str]) -> str:
    """A character by its number."""
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
