"""What the layers decide about a request, step by step, for whoever measures it.

`watch` makes the layers of a stack tell; whoever stands around them puts a `Steps` into the
environ of each request. Nobody is told anything unless somebody watches.

environ keys read: `statusware.steps`, `statusware.json`.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from .guard import Guard, tracing

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

__all__ = ["STEPS", "Steps", "watch"]

#: The environ key of a `Steps`.
STEPS = "statusware.steps"


#: What the guards have decided about one request, in their order: each with whether it
#: answered, whether a body has been checked by then, and when that was.
Steps = list[tuple[Guard, bool, bool, float]]


def watch(app: object) -> bool:
    """Have the layers of a stack tell what they decide; whether there are guards."""
    guarded = False
    while isinstance(app, Guard) or type(app).__module__.startswith("statusware."):
        if isinstance(app, Guard):
            app.watch = _Watch(app)
            guarded = True
        app = getattr(app, "app", None)
    return guarded


class _Watch:
    """Notes each step of a request; `head` is the guard whose row it stands for."""

    def __init__(self, head: Guard) -> None:
        self._head = head

    def __call__(
        self, guard: Guard, answer: WSGIApplication | None, environ: WSGIEnvironment
    ) -> None:
        steps: Steps = environ.get(STEPS, Steps())
        steps.append((guard, answer is not None, "statusware.json" in environ, perf_counter()))
        if self._head.tell is not None and tracing():
            self._head.tell(guard, answer, environ)
