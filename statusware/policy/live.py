"""The trace of live requests: what `statusware explain` says, in the log, at DEBUG.

Logger `statusware.trace`, one line a layer, with the id of the request; never in a response.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..correlation import request_id
from ..layers.envelope import ErrorEnvelope
from ..layers.guard import Guard
from ..logs.table import TRACED
from .model import Policy

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

__all__ = ["trace"]

#: What must not stand in a line of a log: a claim, say, may hold a line break.
_BREAKS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029), "?")


def trace(wrapped: WSGIApplication, policy: Policy) -> None:
    """Let the layers of `policy` around an app tell what they decide, where DEBUG is on."""
    if not isinstance(wrapped, ErrorEnvelope) or not isinstance(wrapped.app, Guard):
        return

    def tell(guard: Guard, made: WSGIApplication | None, environ: WSGIEnvironment) -> None:
        from .explain import step  # only where somebody wants to read it

        found = step(policy, guard, made, environ)
        told = "; ".join(text.strip() for text in found.told).translate(_BREAKS)
        TRACED.tell(
            request_id(environ),
            found.layer,
            found.verdict,
            told,
            environ=environ,
            layer=found.layer,
        )

    wrapped.app.tell = tell
