"""From the app's exceptions to problems: the table of `[errors]`.

An exception is known by its class and base classes; the most derived one that the table
lists wins. Dotted names are resolved without importing anything: what the app has not
imported, it cannot raise. A name whose module is imported later is resolved then.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import PolicyError, nearest
from ..logs.table import UNRESOLVED
from ..problem import Problem

__all__ = ["Translation", "is_response", "resolve"]

#: Exceptions that are answers in themselves: WSGI apps, by the dotted name of a base class.
RESPONSES = frozenset({"werkzeug.exceptions.HTTPException", "webob.response.Response"})

_COLUMNS = ("status", "code", "title", "detail")


class Translation:
    """Which problem an exception of the app means.

    `table` maps exception classes, or their dotted names, to a status from 400 to 599, or
    to a table of `status`, `code`, `title` and `detail`. A wrong row is a `PolicyError`.
    """

    def __init__(self, table: Mapping[Any, Any], *, key: str = "exceptions") -> None:
        self._rows: dict[type[Exception], dict[str, Any]] = {}
        self._pending: dict[str, dict[str, Any]] = {}
        for name, row in table.items():
            try:
                self._add(name, _columns(row))
            except PolicyError as error:
                label = name if isinstance(name, str) else _dotted(name)
                raise error.at(key=f"{key}.{label!r}") from None

    def __bool__(self) -> bool:
        return bool(self._rows or self._pending)

    def problem(self, error: BaseException) -> Problem | None:
        """The problem that `error` means. Its text is the app's own and is never told."""
        if self._pending:
            self._catch_up()
        for cls in type(error).__mro__:
            if cls in self._rows:
                return Problem(**self._rows[cls])
        return None

    def problems(self) -> list[Problem]:
        """What all the rows mean, those included whose modules are not imported yet."""
        return [Problem(**row) for row in (*self._rows.values(), *self._pending.values())]

    def classes(self) -> list[type[Exception]]:
        """The listed classes that are imported by now."""
        self._catch_up()
        return list(self._rows)

    def codes(self) -> frozenset[str]:
        """The codes that rows name."""
        rows = (*self._rows.values(), *self._pending.values())
        return frozenset(row["code"] for row in rows if "code" in row)

    def _add(self, name: Any, row: dict[str, Any]) -> None:
        found = resolve(name) if isinstance(name, str) else _checked(name, {})
        if found is None:
            self._pending[name] = row
        else:
            self._rows[found] = row

    def _catch_up(self) -> None:
        """Resolve the names whose modules have been imported meanwhile."""
        for name, row in list(self._pending.items()):
            try:
                found = resolve(name)
            except PolicyError as error:  # too late to refuse to start
                UNRESOLVED.tell(name, error)
                self._pending.pop(name, None)
                continue
            if found is not None:
                self._rows[found] = row
                self._pending.pop(name, None)


def is_response(error: BaseException) -> bool:
    """Whether an exception is a response: Werkzeug's, WebOb's and Pyramid's HTTP exceptions."""
    return any(_dotted(cls) in RESPONSES for cls in type(error).__mro__)


def resolve(name: str) -> type[Exception] | None:
    """The exception class of a dotted name; None where its module is not imported yet.

    The name of a nested class ("shop.models.Recipe.DoesNotExist") and of a built-in one
    ("KeyError") will do. A module that does not exist, a name that is not in its module,
    or one that is no exception is a `PolicyError`.
    """
    names = name.split(".") if "." in name else ["builtins", name]
    for at in range(len(names) - 1, 0, -1):
        module = sys.modules.get(".".join(names[:at]))
        if module is not None:
            return _member(module, names[at:])
    if not _exists(names[0]):
        raise PolicyError(f"does not import: there is no module {names[0]!r}")
    return None


def _member(module: Any, names: list[str]) -> type[Exception] | None:
    """A class in an imported module; None where a part of a package is not imported yet."""
    found = module
    for at, name in enumerate(names):
        members = vars(found) if hasattr(found, "__dict__") else {}
        inner = getattr(found, name, None)
        if inner is None:
            whole = f"{module.__name__}.{name}"
            if at == 0 and len(names) > 1 and _exists(whole):
                return None
            hint = nearest(name, _exceptions(members))
            if module is builtins:
                hint = hint or 'write a dotted name, as in "shop.models.NotFound"'
                raise PolicyError("is no built-in exception", hint=hint)
            label = getattr(found, "__name__", name)
            raise PolicyError(f"does not import: {label!r} has no {name!r}", hint=hint)
        found = inner
    return _checked(found, vars(module))


def _checked(found: Any, members: Mapping[str, object]) -> type[Exception]:
    if not (isinstance(found, type) and issubclass(found, Exception)):
        raise PolicyError("is no exception class", hint=nearest("", _exceptions(members)))
    return found


def _exists(module: str) -> bool:
    """Whether a module could be imported, found without running any code of it."""
    path: Any = None
    names = module.split(".")
    for at in range(len(names)):
        whole = ".".join(names[: at + 1])
        if whole in sys.modules:
            path = getattr(sys.modules[whole], "__path__", [])
            continue
        finders = (finder for finder in sys.meta_path if hasattr(finder, "find_spec"))
        spec = next(filter(None, (finder.find_spec(whole, path) for finder in finders)), None)
        if spec is None:
            return False
        path = spec.submodule_search_locations or []
    return True


def _exceptions(members: Mapping[str, object]) -> Iterable[str]:
    return [n for n, v in members.items() if isinstance(v, type) and issubclass(v, Exception)]


def _columns(row: Any) -> dict[str, Any]:
    """The arguments of a problem, tried out."""
    columns: dict[str, Any] = dict(row) if isinstance(row, Mapping) else {"status": row}
    for column, value in columns.items():
        if column not in _COLUMNS:
            raise PolicyError("is unknown", key=str(column), hint=nearest(str(column), _COLUMNS))
        if column != "status" and not (isinstance(value, str) and value):
            raise PolicyError("must be a string, not empty", key=column)
    status = columns.get("status")
    if type(status) is not int or not 400 <= status <= 599:
        raise PolicyError(f"{status!r} is no error status", hint="400 to 599")
    try:
        Problem(**columns)
    except ValueError as error:
        raise PolicyError(str(error)) from None
    return columns


def _dotted(cls: Any) -> str:
    return f"{getattr(cls, '__module__', '?')}.{getattr(cls, '__qualname__', cls)}"
