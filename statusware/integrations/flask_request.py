"""Flask's request, with a `get_json()` that takes over the body that was checked.

A body that nobody has touched since it was checked is taken over as a whole: reading the
same bytes again costs Werkzeug more than parsing them. Otherwise only the parser is
replaced: which bytes are read, `silent`, `force`, `cache`, the media type and what happens
on failure stay Werkzeug's; every other text is parsed as ever.
"""

from __future__ import annotations

from contextlib import suppress
from io import SEEK_END, BytesIO
from typing import TYPE_CHECKING, Any

from flask import Request
from flask.json.provider import DefaultJSONProvider

from .reuse import take

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["reusing"]

#: What an app overrides when it parses JSON itself.
_PARSING = ("get_json", "json", "json_module", "on_json_loading_failed", "get_data")


def reusing(base: type[Request]) -> type[Request]:
    """A subclass of `base` that takes parsed bodies over; `base` itself if it parses its own."""
    if any(getattr(base, name) is not getattr(Request, name) for name in _PARSING):
        return base
    names = {"__module__": base.__module__, "__qualname__": base.__qualname__}
    return type(base.__name__, (_Reusing, base), names)


class _Reusing(Request):
    """Hands the parsed body to `get_json()` unless the app has a JSON provider of its own."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """The parsed body; of any other one than that, what Werkzeug says."""
        provider = self.json_module
        if "statusware.parsed" not in self.environ or not _is_default(provider):
            return super().get_json(force, silent, cache)
        if cache and self._untouched():
            with suppress(LookupError):
                return self._take()
        self.json_module = _Known(self.environ, provider)
        try:
            return super().get_json(force, silent, cache)
        finally:
            self.json_module = provider

    def _untouched(self) -> bool:
        """Whether Werkzeug would read all of a stream like that of `JSONBody`, and parse it."""
        state, environ = self.__dict__, self.environ
        source = environ["wsgi.input"]
        return (
            type(source) is BytesIO
            and source.tell() == 0
            and environ.get("CONTENT_LENGTH") == str(len(source.getvalue()))
            and environ.get("CONTENT_TYPE") == "application/json"
            and "stream" not in state
            and "_cached_data" not in state
            and not self.shallow
            and self.max_content_length is None
        )

    def _take(self) -> Any:
        """Take the value, and leave the request as Werkzeug does that has read and parsed."""
        source: BytesIO = self.environ["wsgi.input"]
        body = source.getvalue()
        value = take(self.environ, body)
        source.seek(0, SEEK_END)
        self.__dict__["stream"] = source
        self._cached_data, self._cached_json = body, (value, value)
        return value


class _Known:
    """A JSON provider for which one text has been parsed already."""

    __slots__ = ("_environ", "_provider")

    def __init__(self, environ: WSGIEnvironment, provider: Any) -> None:
        self._environ, self._provider = environ, provider

    def loads(self, data: bytes) -> Any:
        """The value of a JSON text."""
        try:
            return take(self._environ, data)
        except LookupError:
            return self._provider.loads(data)


def _is_default(provider: Any) -> bool:
    """Whether this parses as Flask does (whatever it serialises)."""
    return (
        isinstance(provider, DefaultJSONProvider)
        and type(provider).loads is DefaultJSONProvider.loads
        and "loads" not in vars(provider)
    )
