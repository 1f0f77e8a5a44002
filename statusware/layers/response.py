"""The one place that wraps `start_response`: an app's response, held until it is judged.

PEP 3333 to the letter. Nothing is sent before the first non-empty chunk is at hand, so
that an exception up to there can still become an answer; nothing of a success is
buffered; `close()` is called exactly once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..header import UNSAFE, has
from .record import log_midstream, log_unclosed

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["Body", "Outgoing", "Passing", "Rest", "Switching", "begin", "watched"]

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType]
_Headers = list[tuple[str, str]]


class Outgoing:
    """One response on its way out: what the app said, and whether it has been sent.

    `start` is the `start_response` that the app gets. A success waits for its first byte;
    an error (status 400 and above) waits for whoever judges it to call `send`.
    """

    # Defaults of the class, so that a request sets only what it needs.
    status: str | None = None
    headers: _Headers = []  # noqa: RUF012  # replaced, never changed
    exc_info: _ExcInfo | None = None
    error = False
    sent = False
    #: What the app wrote with `write()` while its error was held.
    held: bytes = b""
    #: The `write` of the server, once the response has been sent.
    writing: Callable[[bytes], object] | None = None
    #: The server's `start_response`. Set by whoever makes one: a constructor is a call more.
    server: StartResponse

    def start(
        self, status: str, headers: _Headers, exc_info: Any = None, /
    ) -> Callable[[bytes], object]:
        """`start_response` as the app sees it (PEP 3333)."""
        if exc_info or self.status is not None:
            self._start_again(exc_info)
        error = _SEEN.get(status)
        if error is None:
            if isinstance(status, bytes):  # against PEP 3333, but test clients take it
                status = status.decode("latin-1")
            error = _is_error(status)
        self.error = error
        self.status = status
        self.headers = headers
        return self.write

    def _start_again(self, exc_info: Any) -> None:
        """A second start replaces the first, if it says why and nothing has been sent."""
        if not exc_info:
            raise RuntimeError("start_response was called twice without exc_info")
        if self.sent:
            raise exc_info[1].with_traceback(exc_info[2])
        self.exc_info, self.error, self.held = exc_info, False, b""

    def write(self, data: bytes) -> None:
        """The `write` callable: sends at once, or holds what belongs to an error."""
        if not data:
            return  # no byte, no beginning: what fails now can still be answered
        if not isinstance(data, bytes):
            raise TypeError(f"the app wrote {type(data).__name__}, not bytes")
        if self.error and not self.sent:
            self.held += data
            return
        if not self.sent:
            self.send()
        if self.writing is not None:
            self.writing(data)

    def send(self) -> None:
        """Hand status and headers to the server."""
        if self.status is None:
            raise RuntimeError("start_response was never called")
        self.sent = True
        if self.exc_info is None:
            self.writing = self.server(self.status, self.headers)
        else:
            self.writing = self.server(self.status, self.headers, self.exc_info)
            self.exc_info = None  # it holds frames, and they hold us

    def replace(self, status: str, headers: _Headers) -> None:
        """Put another response in the place of the app's, and send it."""
        self.status, self.headers, self.exc_info = status, headers, None
        self.send()


class Switching(Outgoing):
    """A response that passes as it comes, as the connection may be the app's from then on.

    But for an error that it starts before it returns: then the connection stays in HTTP. One
    that says `Upgrade` itself (426) passes, too.
    """

    #: Whether the app has not returned yet.
    waits = True

    def start(
        self, status: str, headers: _Headers, exc_info: Any = None, /
    ) -> Callable[[bytes], object]:
        """`start_response` as the app sees it."""
        if self.sent:
            return self.server(status, headers, exc_info)
        super().start(status, headers, exc_info)
        if self.error and self.waits and not has(headers, "upgrade"):
            return self.write
        self.send()
        return self.writing or self.write


class Passing:
    """A response that passes as it comes, for those who only want to know its status."""

    #: The status line; "" until the response has been started.
    status = ""

    def __init__(self, start_response: StartResponse) -> None:
        self._start = start_response

    def start(
        self, status: str, headers: _Headers, exc_info: Any = None, /
    ) -> Callable[[bytes], object]:
        """`start_response` as whoever is inside sees it."""
        self.status = status
        if exc_info is None:
            return self._start(status, headers)
        return self._start(status, headers, exc_info)


class Rest:
    """What the app returned: its first chunk, the rest, and its `close()`, called once.

    What the app raises once its response has begun cannot be answered any more: it is
    logged and raised again.
    """

    def __init__(
        self,
        result: Iterable[bytes],
        environ: WSGIEnvironment,
        first: bytes = b"",
        iterator: Iterator[bytes] = iter(()),  # noqa: B008  # empty, so that nobody uses it up
    ) -> None:
        #: What the app returned, to be looked at only.
        self.result = result
        self._environ = environ
        self._first, self._iterator = first, iterator
        self._close: Callable[[], None] | None = getattr(result, "close", None)

    def fetch(self) -> None:
        """Get hold of the first chunk that is not empty."""
        self._first, self._iterator = begin(self.result)

    def push(self, data: bytes) -> None:
        """Put `data` before what is still to come."""
        self._first = data + self._first

    def peek(self, limit: int) -> bytes | None:
        """All of the body, which is still to be sent; None where it is longer than `limit`."""
        read = bytearray(self._first)
        for chunk in self._iterator:
            read += chunk
            if len(read) > limit:
                break
        self._first = bytes(read)
        return self._first if len(read) <= limit else None

    def __iter__(self) -> Iterator[bytes]:
        first, self._first = self._first, b""
        return chain((first,) if first else (), watched(self._iterator, self._environ))

    def close(self) -> None:
        """Close the app's iterable, if that has not been done."""
        closing, self._close = self._close, None
        if closing is not None:
            closing()

    def close_quietly(self) -> None:
        """Close, where the answer is another one already."""
        try:
            self.close()
        except Exception as error:  # it is the app's; what it was about has been decided
            log_unclosed(error, self._environ)


def begin(result: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first chunk of a body that is not empty (b"" if there is none), and the rest."""
    iterator = iter(result)
    for chunk in iterator:
        if not isinstance(chunk, bytes):
            raise TypeError(f"the app's body holds {type(chunk).__name__}, not bytes")
        if chunk:
            return chunk, iterator
    return b"", iterator


class Body(chain[bytes]):
    """A body that has begun, on its way to the server: iterated in C, but for what may fail.

    Closing it closes the app's iterable, once. That is for the server to do when it has sent
    all: what an app does then keeps no client waiting, and what fails breaks no response off.
    """

    __slots__ = ("closing",)

    #: The `close` of the app's iterable, if it has one that has not been called.
    closing: Callable[[], None] | None

    def close(self) -> None:
        """Close the app's iterable."""
        closing, self.closing = self.closing, None
        if closing is not None:
            closing()


def watched(rest: Iterator[bytes], environ: WSGIEnvironment) -> Iterator[bytes]:
    """`rest`; what fails there is logged. Closing this closes nothing of the app's."""
    try:
        for chunk in rest:  # noqa: UP028  # `yield from` would call the app's close() as well
            yield chunk
    except Exception as error:
        log_midstream(error, environ)
        raise


#: Whether a status line is an error: those seen so far, so that each is read once.
_SEEN: dict[str, bool] = {}


def _is_error(status: str) -> bool:
    """Whether this status is an error; what is no status at all is a RuntimeError.

    So is one that would not stay in its line: not every server looks (PEP 3333: no control
    characters).
    """
    code = status[:3]
    if UNSAFE.search(status):
        raise RuntimeError("start_response was called with a status that cannot be sent")
    if not (code.isascii() and code.isdigit() and status[3:4] in ("", " ")) or code < "100":
        raise RuntimeError("start_response was called with a status that has no number")
    error = code >= "400"
    if len(_SEEN) < 256:  # an app may write anything behind the number
        _SEEN[status] = error
    return error
