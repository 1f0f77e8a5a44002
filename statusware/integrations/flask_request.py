"""Flask's request, with a `get_json()` that takes over the body that was checked.

Only the parser is replaced. Which bytes are read, `silent`, `force`, `cache`, the media
type and what happens on failure stay Werkzeug's; every other text is parsed as ever.
"""

from __future__ import annotations

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
    if issubclass(base, _Reusing) or any(
        getattr(base, name) is not getattr(Request, name) for name in _PARSING
    ):
        return base
    names = {"__module__": base.__module__, "__qualname__": base.__qualname__}
    return type(base.__name__, (_Reusing, base), names)


class _Reusing(Request):
    """Hands the parsed body to `get_json()` unless the app has a JSON provider of its own."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """As Werkzeug's, which does all but the parsing."""
        provider = self.json_module
        if "statusware.parsed" not in self.environ or not _is_default(provider):
            return super().get_json(force, silent, cache)
        self.json_module = _Known(self.environ, provider)
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


def _is_default(provider: Any) -> bool:
    """Whether this parses as Flask does (whatever it serialises)."""
    return (
        isinstance(provider, DefaultJSONProvider)
        and type(provider).loads is DefaultJSONProvider.loads
        and "loads" not in vars(provider)
    )
