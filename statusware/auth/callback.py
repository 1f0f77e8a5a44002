"""Functions of the app that an option names, `package.module:function`.

They run on every request, so that everything that can be wrong with them but their
result is found when they are configured.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..errors import PolicyError
from ..rules.principals import load_object

__all__ = ["load_function"]


def load_function(name: Any, key: str) -> Callable[..., Any]:
    """The function that `name` names, or `name` itself if it is one. Raises `PolicyError`."""
    found: Callable[..., Any] = _import(name, key) if isinstance(name, str) else name
    if not callable(found):
        raise PolicyError("is not a function", key=key, hint='write "package.module:function"')
    if inspect.iscoroutinefunction(found):
        # What it returns would be true whatever it says.
        raise PolicyError("is a coroutine function, which WSGI cannot await", key=key)
    return found


def _import(name: str, key: str) -> Any:
    module, _, attribute = name.partition(":")
    if not (module and attribute):
        raise PolicyError(f"{name!r} is not package.module:function", key=key)
    try:
        return load_object(name)
    except PolicyError as error:
        raise error.at(key=key) from error.__cause__
