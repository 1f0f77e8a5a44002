"""Functions of the app that an option names, `package.module:function`.

They run on every request, so that everything that can be wrong with them but their
result is found when they are configured.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from werkzeug.utils import import_string

from ..errors import PolicyError

__all__ = ["load_function"]


def load_function(name: Any, key: str) -> Callable[..., Any]:
    """The function that `name` names, or `name` itself if it is one. Raises `PolicyError`."""
    found = _import(name, key) if isinstance(name, str) else name
    if not callable(found):
        raise PolicyError("is not a function", key=key, hint='write "package.module:function"')
    if inspect.iscoroutinefunction(found):
        # What it returns would be true whatever it says.
        raise PolicyError("is a coroutine function, which WSGI cannot await", key=key)
    function: Callable[..., Any] = found
    return function


def _import(name: str, key: str) -> Any:
    module, colon, attribute = name.partition(":")
    if not (module and colon and attribute):
        raise PolicyError(f"{name!r} is not package.module:function", key=key)
    try:
        return import_string(name)
    except Exception as error:  # whatever the module does when it is imported
        reason = f"{name} cannot be imported: {type(error).__name__}: {error}"
        raise PolicyError(reason, key=key) from error
