"""`wrap` and `stack`: putting layers around an app."""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ..layers.envelope import ErrorEnvelope
from ..request import Scope
from .coverage import audit, uncovered
from .model import Layer, Policy
from .reload import Reloading

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["stack", "wrap"]

log = logging.getLogger("statusware.policy")


def wrap(
    app: WSGIApplication,
    policy: Policy | Mapping[str, Any] | str | os.PathLike[str] | None = None,
) -> WSGIApplication:
    """`app` behind a policy: the path of a TOML file, a dict of its shape, or a `Policy`.

    Without one, every error gets the envelope and nothing else changes. With one, all the
    layers stand in their order. Raises `PolicyError`; nothing starts half-configured.
    """
    if policy is None:
        return ErrorEnvelope(app)
    policy = Policy.of(policy)
    build = partial(_build, app)
    return Reloading(policy, build) if policy.reload else build(policy)


def _build(app: WSGIApplication, policy: Policy) -> WSGIApplication:
    _compare(app, policy)
    wrapped = stack(app, *policy.layers)
    return wrapped if policy.scope is None else _Scoped(app, wrapped, policy.scope)


def stack(app: WSGIApplication, *layers: Layer) -> WSGIApplication:
    """`app` inside `layers`, the first named outermost. A layer is a function of an app."""
    for layer in reversed(layers):
        app = layer(app)
    return app


def _compare(app: WSGIApplication, policy: Policy) -> None:
    """Say how many of the app's own routes have no rule; with `audit`, refuse to go on."""
    if not policy.routes:
        return
    reader = importlib.import_module("statusware.integrations.routes")
    try:
        routes = reader.routes_of(app)
    except Exception:  # the inside of a framework that is not as we know it: no reason to fail
        log.exception("the routes of the app cannot be read")
        routes = None
    if policy.audit:
        audit(policy, routes)
    elif routes and (missing := uncovered(policy, routes)):
        log.warning(
            "%d of the app's own routes have no rule; `statusware check` names them", len(missing)
        )


class _Scoped:
    """`[api] paths`: requests that nobody could read as inside go to the bare app."""

    def __init__(self, bare: WSGIApplication, wrapped: WSGIApplication, scope: Scope) -> None:
        self._bare, self._wrapped, self._scope = bare, wrapped, scope
        #: How its errors look; our gunicorn workers ask for it.
        self.renderer = getattr(wrapped, "renderer", None)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        inside = self._scope.reaches(environ)
        return (self._wrapped if inside else self._bare)(environ, start_response)
