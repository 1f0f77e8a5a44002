"""The parsed body, handed over to the app's own request object: parsed once, not copied.

`JSONBody` leaves the bytes that it has checked beside their value. A request class of an
integration takes the value by the bytes that it would parse itself: only for the very same
bytes there is one, whatever has been done to `wsgi.input` meanwhile.

The value is handed over once, as copying it costs as much as parsing it. Whoever comes
later parses the bytes, so that a view that changes its object changes nobody else's:
`statusware.json` then stands for an equal value that is parsed when it is looked at. And
nothing is handed over while anybody else holds the value already. (Who has kept a list or an
object out of the middle of it shares that with the view: nobody counts those.)

environ keys read: `statusware.json`, `statusware.parsed` (removed when the value has been
handed over). environ keys set: `statusware.json` (likewise).
"""

from __future__ import annotations

import json
from sys import getrefcount
from typing import TYPE_CHECKING, Any

from werkzeug.local import LocalProxy

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["take"]

_OFFER = "statusware.parsed"


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
