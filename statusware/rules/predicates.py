"""Principals of the app's own: `package.module:predicate`, imported, checked and called safely.

A predicate is called as `predicate(identity | None, variables, environ)`, with an environ
without its input. Only True is a yes, and only False a no; whatever else it does is a
fault of its own, which is logged and never lets anybody through.
"""

from __future__ import annotations

import importlib
import inspect
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import PolicyError, nearest
from ..logs.table import PREDICATE_ANSWER, PREDICATE_FAILED
from ..problem import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["UndecidedError", "load_object", "load_predicate"]


class UndecidedError(Exception):
    """A predicate has failed: nobody knows whether the request is to be allowed."""


def load_predicate(text: str) -> Callable[[Any, Mapping[str, str], WSGIEnvironment], bool]:
    """The predicate that `text` names, guarded; raises `PolicyError` if there is none.

    The function returned answers True or False, passes on a `Problem` that the predicate
    raises, and raises `UndecidedError` for everything else.
    """
    function = load_object(text)
    _check(text, function)

    def test(identity: Any, variables: Mapping[str, str], environ: WSGIEnvironment) -> bool:
        seen = {key: value for key, value in environ.items() if key != "wsgi.input"}
        try:
            verdict = function(identity, variables, seen)
        except Problem as problem:  # one that is made once must not gather frames
            problem.__traceback__ = None
            raise
        except Exception as error:  # it is the app's own; whatever happens in it is no yes
            PREDICATE_FAILED.tell(text, environ=environ, error=error, layer="AccessControl")
            raise UndecidedError(text) from error
        if verdict is True or verdict is False:
            return verdict
        if inspect.iscoroutine(verdict):
            verdict.close()
        kind = type(verdict).__name__
        PREDICATE_ANSWER.tell(text, kind, environ=environ, layer="AccessControl")
        raise UndecidedError(text)

    return test


def load_object(text: str) -> Any:
    """`"package.module:name"` imported, or a `PolicyError` that says what was not found."""
    module, _, path = text.partition(":")
    try:
        found: Any = importlib.import_module(module)
    except Exception as error:  # the module is somebody else's: anything can go wrong in it
        raise PolicyError(f"{text!r} does not import: {_told(error)}") from error
    for name in path.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            hint = nearest(name, [known for known in dir(found) if not known.startswith("_")])
            raise PolicyError(f"{text!r} does not import: no {name!r}", hint=hint) from None
    return found


def _told(error: Exception) -> str:
    """What went wrong in a module, and where; the text of a KeyError, say, is the key alone."""
    if isinstance(error, ImportError | SyntaxError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    last = [frame for frame in frames if not frame.filename.startswith("<")][-1]
    return f"{type(error).__name__}: {error} ({Path(last.filename).name}, line {last.lineno})"


def _check(text: str, function: Any) -> None:
    hint = "(identity, variables, environ) -> bool"
    if not callable(function):
        raise PolicyError(f"{text!r} is no function", hint=hint)
    if any(map(inspect.iscoroutinefunction, (function, function.__call__))):
        raise PolicyError(f"{text!r} is asynchronous, and nobody would await it", hint=hint)
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some built-in functions have none
        return
    try:
        signature.bind(None, {}, {})
    except TypeError:
        raise PolicyError(f"{text!r} does not take three arguments", hint=hint) from None
