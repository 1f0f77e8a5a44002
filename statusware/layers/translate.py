"""From the app's exceptions to problems: the table of `[errors]`.

An exception is known by the dotted names of its class and base classes; the most derived
one that the table lists wins. Names are resolved without importing anything: what the app
has not imported, it cannot raise.
"""

from __future__ import annotations

import importlib.machinery
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import PolicyError, nearest
from ..problem import Problem

__all__ = ["Translation", "resolve"]

#: Exceptions that are answers in themselves: WSGI apps, by the dotted name of a base class.
RESPONSES = frozenset({"werkzeug.exceptions.HTTPException", "webob.response.Response"})


class Translation:
    """Which status an exception of the app means.

    `statuses` maps exception classes, or their dotted names, to a status from 400 to 599.
    A name that is not there is a `PolicyError`.
    """

    def __init__(self, statuses: Mapping[Any, int], *, key: str = "exceptions") -> None:
        self._statuses: dict[str, int] = {}
        for name, status in statuses.items():
            label = name if isinstance(name, str) else _dotted(name)
            try:
                found = resolve(name) if isinstance(name, str) else name
                self._statuses[label if found is None else _dotted(found)] = _error_status(status)
            except PolicyError as error:
                raise error.at(key=f"{key}.{label!r}") from None

    def status(self, error: BaseException) -> int | None:
        """The status of the most derived class of `error` that is listed."""
        if not self._statuses:
            return None
        named = (self._statuses.get(_dotted(cls)) for cls in type(error).__mro__)
        return next((status for status in named if status is not None), None)

    def problem(self, error: BaseException) -> Problem | None:
        """The problem that `error` means. Its text is the app's own and is never told."""
        status = self.status(error)
        return None if status is None else Problem(status)

    def classes(self) -> list[type[Exception]]:
        """The listed classes that are imported by now."""
        found = (resolve(name) for name in self._statuses)
        return [cls for cls in found if cls is not None]


def is_response(error: BaseException) -> bool:
    """Whether an exception is a response: Werkzeug's, WebOb's and Pyramid's HTTP exceptions."""
    return any(_dotted(cls) in RESPONSES for cls in type(error).__mro__)


def resolve(name: str) -> type[Exception] | None:
    """The exception class of a dotted name; None where its module is not imported yet.

    A module that does not exist, a name that is not in its module, or one that is no
    exception is a `PolicyError`.
    """
    module, dot, attribute = name.rpartition(".")
    if not dot:
        raise PolicyError("is no dotted name", hint='as in "shop.models.NotFound"')
    loaded = sys.modules.get(module)
    if loaded is None:
        if not _exists(module):
            raise PolicyError(f"does not import: there is no module {module!r}")
        return None
    found = getattr(loaded, attribute, None)
    if found is None:
        hint = nearest(attribute, _exceptions(vars(loaded)))
        raise PolicyError(f"does not import: {module!r} has no {attribute!r}", hint=hint)
    if not (isinstance(found, type) and issubclass(found, Exception)):
        raise PolicyError("is no exception class", hint=nearest("", _exceptions(vars(loaded))))
    return found


def _exists(module: str) -> bool:
    """Whether a module could be imported, found without running any code."""
    path: Any = None
    names = module.split(".")
    for at in range(len(names)):
        whole = ".".join(names[: at + 1])
        if whole in sys.modules:
            path = getattr(sys.modules[whole], "__path__", [])
            continue
        if whole in sys.builtin_module_names:
            return at == len(names) - 1
        spec = importlib.machinery.PathFinder.find_spec(whole, path)
        if spec is None:
            return False
        path = spec.submodule_search_locations or []
    return True


def _exceptions(members: Mapping[str, object]) -> Iterable[str]:
    return [n for n, v in members.items() if isinstance(v, type) and issubclass(v, Exception)]


def _error_status(status: object) -> int:
    if not isinstance(status, int) or not 400 <= status <= 599:
        raise PolicyError(f"{status!r} is no error status", hint="400 to 599")
    return status


def _dotted(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
