"""`BodyLimit`: a route that reads no JSON but bounds what the app may be sent.

The body streams through; it is counted while the app reads it.

environ keys read: `CONTENT_LENGTH`, `HTTP_TRANSFER_ENCODING`, `wsgi.input_terminated`.
environ keys set: `wsgi.input`, where only counting can tell the size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from .read import announced, too_large
from .sizes import parse_size

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, WSGIEnvironment

__all__ = ["BodyLimit", "CountedInput"]


class BodyLimit:
    """At most `max_bytes` of body, whatever it holds."""

    def __init__(self, max_bytes: int | str) -> None:
        """PolicyError if it is not a size."""
        self.max_bytes = parse_size(max_bytes)

    def check(self, environ: WSGIEnvironment) -> None:
        """Raise Problem 413 for a body announced as too large, 411 for one without end.

        Where the length is not announced, the 413 is raised out of the app's `read`.
        """
        length = announced(environ)
        if length is None:
            environ["wsgi.input"] = CountedInput(environ["wsgi.input"], self.max_bytes)
        elif length > self.max_bytes:
            raise too_large(self.max_bytes)


class ByLine:
    """What an input has beside `read` and `readline` (PEP 3333), made of `readline`."""

    def readline(self, size: int | None = -1, /) -> bytes:
        """As PEP 3333 has it."""
        raise NotImplementedError

    def readlines(self, hint: int | None = None, /) -> list[bytes]:
        """As PEP 3333 has it."""
        lines, size = [], 0
        while line := self.readline():
            lines.append(line)
            size += len(line)
            if hint is not None and 0 < hint <= size:
                break
        return lines

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")


class CountedInput(ByLine):
    """An input that raises Problem 413 instead of handing on a byte too many."""

    def __init__(self, source: InputStream, max_bytes: int) -> None:
        self._source, self._max_bytes, self._left = source, max_bytes, max_bytes

    @property
    def uncounted(self) -> Callable[[int], bytes]:
        """For `drain`, which throws away what the app was not given."""
        return self._source.read

    def _counted(self, block: bytes) -> bytes:
        self._left -= len(block)
        if self._left < 0:
            raise too_large(self._max_bytes)
        return block

    def _bounded(self, size: int | None) -> int:
        """Never ask for more than one byte beyond the limit."""
        most = self._left + 1
        return most if size is None or size < 0 else min(size, most)

    def read(self, size: int | None = -1, /) -> bytes:
        """As PEP 3333 has it."""
        if size is not None and size >= 0:
            return self._counted(self._source.read(self._bounded(size)))
        blocks = []
        while block := self._counted(self._source.read(self._bounded(size))):
            blocks.append(block)
        return b"".join(blocks)

    def readline(self, size: int | None = -1, /) -> bytes:
        """As PEP 3333 has it."""
        return self._counted(self._source.readline(self._bounded(size)))
