"""The parsed body, handed over to the app's own request object: parsed once, not copied.

`Offer` stands right inside `JSONBody` and keeps the bytes that were checked beside their
value. A request class of an integration takes the value by the bytes that it would parse
itself: only for the very same bytes there is one, whatever has been done to `wsgi.input`
meanwhile.

The value is handed over once, as copying it costs as much as parsing it. Whoever comes
later parses the bytes, so that a view that changes its object changes nobody else's:
`statusware.json` then stands for an equal value that is parsed when it is looked at. And
nothing is handed over while anybody else holds the value already.

environ keys read: `statusware.json`, `wsgi.input`. environ keys set: `statusware.parsed`,
`statusware.json` (when the value has been handed over).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from io import BytesIO
from sys import getrefcount
from typing import TYPE_CHECKING, Any

from werkzeug.local import LocalProxy

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["Offer", "offer", "take"]

_OFFER = "statusware.parsed"


class Offer:
    """The innermost layer: offers what `JSONBody` has parsed to the request class."""

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if "statusware.json" in environ:
            offer(environ)
        return self.app(environ, start_response)


def offer(environ: WSGIEnvironment) -> None:
    """Keep the input of `JSONBody`, its bytes (shared, not copied) and their value together."""
    source = environ["wsgi.input"]
    if type(source) is BytesIO:
        environ[_OFFER] = (source, source.getvalue(), environ["statusware.json"])


def take(environ: WSGIEnvironment, data: object) -> Any:
    """The value of the JSON text `data` (bytes), which is the caller's own from now on.

    Raises LookupError where there is none to be had: the text is not the body that was
    checked, or the value has been handed over already, or somebody holds it.
    """
    _, body, value = environ[_OFFER]
    if data != body or environ["statusware.json"] is not value:
        raise LookupError("this text has not been parsed")
    if isinstance(value, dict | list):
        if getrefcount(value) > _ALONE:
            raise LookupError("the value is in use")
        del environ[_OFFER]
        environ["statusware.json"] = _Later(body)
    return value


class _Text:
    """A JSON text that is parsed once, when its value is asked for."""

    __slots__ = ("_body", "_value")

    _value: Any

    def __init__(self, body: bytes) -> None:
        self._body = body

    def value(self) -> Any:
        try:
            return self._value
        except AttributeError:
            self._value = json.loads(self._body)
            return self._value


class _Later(LocalProxy[Any]):
    """Stands for the value of a JSON text. (The constructor it inherits is six times slower.)"""

    __slots__ = ()

    def __init__(self, body: bytes) -> None:
        object.__setattr__(self, "_get_current_object", _Text(body).value)


def _alone() -> int:
    """The number of references to a value that only `take` and the environ hold."""
    environ: dict[str, Any] = {"statusware.json": []}
    environ[_OFFER] = (None, b"", environ["statusware.json"])
    _, _, value = environ[_OFFER]
    return getrefcount(value)


_ALONE = _alone()
