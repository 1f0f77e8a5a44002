"""Flask's request, with a `get_json()` that takes over the body that was checked.

A body that nobody has touched since it was checked is taken over as a whole: reading the
same bytes again costs Werkzeug more than parsing them. Otherwise only the parser is
replaced: which bytes are read, `silent`, `force`, `cache`, the media type and what happens
on failure stay Werkzeug's; every other text is parsed as ever.
"""

from __future__ import annotations

from contextlib import suppress
from io import SEEK_END
from typing import TYPE_CHECKING, Any

from flask import Flask, Request
from flask.json.provider import DefaultJSONProvider

from .reuse import take

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["reusing"]

#: What an app overrides when it parses JSON itself.
_PARSING = (
    "get_json", "json", "json_module", "on_json_loading_failed", "get_data", "max_content_length",
    "is_json", "mimetype", "stream",
)  # fmt: skip


def reusing(app: Flask) -> type[Request]:
    """A subclass of the app's request class that takes parsed bodies over.

    The class itself if it parses JSON its own way.
    """
    base = app.request_class
    if any(getattr(base, name) is not getattr(Request, name) for name in _PARSING):
        return base
    names = {"__module__": base.__module__, "__qualname__": base.__qualname__, "statusware": app}
    return type(base.__name__, (_Reusing, base), names)


class _Reusing(Request):
    """Hands the parsed body to `get_json()` unless the app has a JSON provider of its own."""

    #: The app that it belongs to.
    statusware: Flask

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """The parsed body; of any other one than that, what Werkzeug says."""
        environ, state, provider = self.environ, self.__dict__, self.json_module
        offered = environ.get("statusware.parsed")
        if (
            offered is None
            or type(provider).loads is not DefaultJSONProvider.loads
            or "loads" in vars(provider)
        ):
            return super().get_json(force, silent, cache)
        source, body = offered[:2]  # a name for the value would be one who holds it
        # Nobody has touched it, and Werkzeug would read all of it, and parse it.
        if (
            cache
            and environ["wsgi.input"] is source
            and source.tell() == 0
            and environ.get("CONTENT_TYPE") == "application/json"
            and environ.get("CONTENT_LENGTH") == str(len(body))
            and "stream" not in state
            and "_cached_data" not in state
            and "_max_content_length" not in state
            and not self.shallow
            and self.statusware.config["MAX_CONTENT_LENGTH"] is None
        ):
            with suppress(LookupError):
                value = take(environ, body)
                # What Werkzeug leaves that has read and parsed.
                source.seek(0, SEEK_END)
                state["stream"], state["_cached_data"] = source, body
                self._cached_json = (value, value)
                return value
        self.json_module = _Known(environ, provider)
        try:
            return super().get_json(force, silent, cache)
        finally:
            self.json_module = provider


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
