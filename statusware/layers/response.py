"""The one place that wraps `start_response`: an app's response, held until it is judged.

PEP 3333 to the letter. Nothing is sent before the first non-empty chunk is at hand, so
that an exception up to there can still become an answer; nothing of a success is
buffered; `close()` is called exactly once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

__all__ = ["Outgoing", "Rest", "close"]

log = logging.getLogger("statusware.envelope")

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType]
_Headers = list[tuple[str, str]]


class Outgoing:
    """One response on its way out: what the app said, and whether it has been sent.

    `start` is the `start_response` that the app gets. A success waits for its first byte;
    an error (status 400 and above) waits for whoever judges it to call `send`.
    """

    __slots__ = ("_start", "_write", "error", "exc_info", "headers", "held", "sent", "status")

    def __init__(self, start_response: StartResponse) -> None:
        self._start = start_response
        self._write: Callable[[bytes], object] | None = None
        self.status: str | None = None
        self.headers: _Headers = []
        self.exc_info: _ExcInfo | None = None
        self.error = False
        self.sent = False
        #: What the app wrote with `write()` while its error was held.
        self.held: list[bytes] | None = None

    def start(
        self, status: str, headers: _Headers, exc_info: Any = None, /
    ) -> Callable[[bytes], object]:
        """`start_response` as the app sees it (PEP 3333)."""
        if exc_info:
            if self.sent:
                raise exc_info[1].with_traceback(exc_info[2])
        elif self.status is not None:
            raise RuntimeError("start_response was called twice without exc_info")
        code = status[:3]
        if not (code.isascii() and code.isdigit() and len(code) == 3):
            raise RuntimeError("start_response was called with a status that has no number")
        self.status, self.headers, self.exc_info = status, headers, exc_info
        self.error = code >= "400"
        self.held = None
        return self.write

    def write(self, data: bytes) -> None:
        """The `write` callable: sends at once, or holds what belongs to an error."""
        if self._write is not None:
            self._write(data)
        elif not self.error:
            self.send()
            self.write(data)
        elif data:
            self.held = [*(self.held or ()), data]

    def send(self) -> None:
        """Hand status and headers to the server."""
        if self.status is None:
            raise RuntimeError("start_response was never called")
        self.sent = True
        if self.exc_info:
            self._write = self._start(self.status, self.headers, self.exc_info)
        else:
            self._write = self._start(self.status, self.headers)
        self.exc_info = None


class Rest:
    """The body from its first non-empty chunk on, which was fetched already.

    What the app raises from here on cannot be answered any more: it is logged and raised
    again. `close()` closes the app's iterable, once.
    """

    __slots__ = ("_close", "_first", "_next")

    def __init__(self, first: bytes, iterator: Iterator[bytes], result: Iterable[bytes]) -> None:
        self._first = first
        self._next = iterator.__next__
        self._close: Callable[[], None] | None = getattr(result, "close", None)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._first:
            first, self._first = self._first, b""
            return first
        try:
            return self._next()
        except StopIteration:
            raise
        except Exception:
            log.exception("the app failed in the middle of its response")
            raise

    def close(self) -> None:
        """Close the app's iterable, if that has not been done."""
        if self._close is not None:
            closing, self._close = self._close, None
            closing()


def close(result: object) -> None:
    """Close what an app returned, if it can be closed."""
    if (closing := getattr(result, "close", None)) is not None:
        cast("Callable[[], None]", closing)()
