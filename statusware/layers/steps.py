"""What the layers decide about a request, step by step, for whoever measures it.

`watch` makes the layers of a stack tell; whoever stands around them puts a `Steps` into the
environ of each request. Nobody is told anything unless somebody watches.

environ keys read: `statusware.steps`, `statusware.json`.
"""

from __future__ import annotations

import logging
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ..problem import Problem, Renderer
from .envelope import ErrorEnvelope
from .guard import Guard

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

__all__ = ["STEPS", "Steps", "watch"]

#: The environ key of a `Steps`.
STEPS = "statusware.steps"

_trace = logging.getLogger("statusware.trace")


class Steps(list[tuple[Guard, bool, bool, float]]):
    """What the guards have decided about one request, in their order.

    Each with whether it answered, whether a body has been checked by then, and when that was.
    """

    #: What was rendered last. Flask renders with a copy of the environ, which shares us.
    problem: Problem | None = None


def watch(app: object) -> bool:
    """Have the layers of a stack tell what they decide and render; whether there are guards."""
    guarded = False
    while isinstance(app, Guard) or type(app).__module__.startswith("statusware."):
        if isinstance(app, Guard):
            app.watch = _Watch(app)
            guarded = True
        elif isinstance(app, ErrorEnvelope):
            vars(app)["renderer"] = _Noting(app.renderer)
        app = getattr(app, "app", None)
    return guarded


class _Noting:
    """A renderer that notes which problem it has rendered."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._renderer, name)

    def __call__(self, problem: Problem, environ: WSGIEnvironment) -> tuple[str, bytes]:
        steps: Steps = environ.get(STEPS, Steps())
        steps.problem = problem
        return self._renderer(problem, environ)


class _Watch:
    """Notes each step of a request; `head` is the guard whose row it stands for."""

    def __init__(self, head: Guard) -> None:
        self._head = head

    def __call__(
        self, guard: Guard, answer: WSGIApplication | None, environ: WSGIEnvironment
    ) -> None:
        steps: Steps = environ.get(STEPS, Steps())
        steps.append((guard, answer is not None, "statusware.json" in environ, perf_counter()))
        if isinstance(answer, Problem):
            steps.problem = answer
        if self._head.tell is not None and _trace.isEnabledFor(logging.DEBUG):
            self._head.tell(guard, answer, environ)
