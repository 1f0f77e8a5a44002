"""The trace of live requests: what `statusware explain` says, in the log, at DEBUG.

Logger `statusware.trace`, one line a layer, with the id of the request; never in a response.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..correlation import request_id
from ..layers.envelope import ErrorEnvelope
from ..layers.guard import Guard
from ..logs.table import TRACED
from .explain import step
from .model import Policy

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

__all__ = ["trace"]

#: What must not stand in a line of a log: a claim, say, may hold a line break.
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def trace(wrapped: WSGIApplication, policy: Policy) -> None:
    """Let the layers of `policy` around an app tell what they decide, where DEBUG is on."""
    if not isinstance(wrapped, ErrorEnvelope) or not isinstance(wrapped.app, Guard):
        return

    def tell(guard: Guard, made: WSGIApplication | None, environ: WSGIEnvironment) -> None:
        found = step(policy, guard, made, environ)
        told = _BREAKS.sub("?", "; ".join(text.strip() for text in found.told))
        TRACED.tell(
            request_id(environ),
            found.layer,
            found.verdict,
            told,
            environ=environ,
            layer=found.layer,
        )

    wrapped.app.tell = tell
