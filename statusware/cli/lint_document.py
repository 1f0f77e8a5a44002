"""What `statusware lint --openapi` asks: the operations of a document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from werkzeug.test import Client, TestResponse

from ..openapi.asking import Asked, asked
from ..openapi.document import Document

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["Documented"]


class Documented:
    """The requests of a document; none where `path` is None.

    `base` is the path under which its paths lie. Raises `PolicyError`.
    """

    def __init__(self, path: str | None, base: str | None) -> None:
        found: list[Asked] = []
        if path is not None:
            document = Document(Path(path).name, folder=Path(path).parent)
            found = list(asked(document, base=base))
        elif base is not None:
            raise click.UsageError("--base is for --openapi")
        self._found = {(each.method, each.target): each for each in found}
        #: Method and target of each.
        self.pairs = list(self._found)

    def client(self, app: WSGIApplication) -> Client:
        """A client that sends what the document says beside method and target."""
        return _Client(app, self._found)


class _Client(Client):
    def __init__(self, app: WSGIApplication, found: dict[tuple[str, str], Asked]) -> None:
        super().__init__(app)
        self._found = found

    def open(
        self, *args: Any, buffered: bool = False, follow_redirects: bool = False, **kwargs: Any
    ) -> TestResponse:
        """Send one request: `open(target, method=...)`."""
        known = self._found.get((kwargs.get("method", ""), args[0])) if args else None
        if known is not None:
            kwargs = {"headers": known.headers, "data": known.body, **kwargs}
        return super().open(*args, buffered=buffered, follow_redirects=follow_redirects, **kwargs)
