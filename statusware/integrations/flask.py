"""Flask: exceptions of the app become problems before Flask makes a 500 of them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, request

from ..layers.record import log_failure, log_translated
from ..layers.translate import Translation
from ..problem import Problem

__all__ = ["translate_exceptions"]


def translate_exceptions(app: Flask, translation: Translation) -> None:
    """Register an error handler for every exception class that `translation` lists.

    A handler that the app has already, for the class or a base class of it, stays and wins.
    Classes whose modules are not imported yet get none: `ErrorEnvelope` translates them
    once Flask has made its 500 of them (and has logged them as one).
    """
    for cls in translation.classes():
        if not _is_handled(app, cls):
            app.register_error_handler(cls, _handler(translation))


def _handler(translation: Translation) -> Callable[[Exception], Problem]:
    """A handler; Flask takes the problem that it returns for a WSGI app and answers with it."""

    def handle(error: Exception) -> Problem:
        problem = translation.problem(error)
        if problem is None:
            log_failure(error, request.environ)
            return Problem(500)
        log_translated(problem, error, request.environ)
        return problem

    return handle


def _is_handled(app: Flask, cls: type[Exception]) -> bool:
    """Whether a handler of the app's own would get an exception of this class."""
    handlers = app.error_handler_spec[None][None]
    return any(base in handlers for base in cls.__mro__)
