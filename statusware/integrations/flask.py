"""Flask: exceptions of the app become problems before Flask makes a 500 of them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from ..layers.translate import Translation
from ..problem import Problem

__all__ = ["translate_exceptions"]


def translate_exceptions(app: Flask, translation: Translation) -> None:
    """Register an error handler for every exception class that `translation` lists.

    A handler that the app has already, for the class or a base class of it, stays and wins.
    """
    for cls in translation.classes():
        if not _is_handled(app, cls):
            app.register_error_handler(cls, _handler(translation))


def _handler(translation: Translation) -> Callable[[Exception], Problem]:
    """A handler; Flask takes the problem that it returns for a WSGI app and answers with it."""

    def handle(error: Exception) -> Problem:
        return translation.problem(error) or Problem(500)

    return handle


def _is_handled(app: Flask, cls: type[Exception]) -> bool:
    """Whether a handler of the app's own would get an exception of this class."""
    handlers = app.error_handler_spec[None][None]
    return any(base in handlers for base in cls.__mro__)
