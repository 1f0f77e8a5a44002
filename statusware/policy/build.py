"""`wrap` and `stack`: putting layers around an app."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import PolicyError
from ..layers.envelope import ErrorEnvelope
from ..logs.table import ROUTES_UNREAD, UNCOVERED, UNSERVED
from ..problem import Problem
from ..request import Scope
from .live import trace
from .model import Layer, Policy
from .reload import Reloading

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["in_force", "layered", "stack", "wrap"]


def wrap(
    app: WSGIApplication,
    policy: Policy | Mapping[str, Any] | str | os.PathLike[str] | None = None,
) -> WSGIApplication:
    """`app` behind a `policy`: the path of a TOML file, a dict of its shape, or a `Policy`.

    Without one, every error gets the envelope and nothing else changes. With one, all the layers
    stand in their order, around what `[api] paths` covers. Relative paths in a file start at its
    folder, those in a dict at the working directory. Raises `PolicyError` for whatever is wrong
    with the policy; nothing starts half-configured. Behind a proxy, `ProxyFix` belongs outside.

        app = wrap(app, {"routes": [{"match": "GET /recipes", "allow": ["everyone"]}]})
    """
    if policy is None:
        return ErrorEnvelope(app)
    return in_force(Policy.of(policy), partial(layered, app))


def in_force(policy: Policy, build: Callable[[Policy], WSGIApplication]) -> WSGIApplication:
    """What `build` makes of a policy; with `[api] reload`, of each that takes its place.

    A `PolicyError` of `build` stops the start, or leaves the policy from before in force.
    """
    return Reloading(policy, build) if policy.reload else build(policy)


def layered(app: WSGIApplication, policy: Policy) -> WSGIApplication:
    """`app` in all the layers of one policy. For integrations, which put more around it."""
    _compare(app, policy)
    if "pyramid.router" in sys.modules:
        traversal = importlib.import_module("statusware.integrations.pyramid_traversal")
        traversal.check_traversal(app, policy)
        traversal.watch(app)
    inside = app if not policy.metrics else _prometheus().Exposed(app, policy.metrics)
    wrapped = stack(inside, *policy.layers)
    trace(wrapped, policy)
    if policy.audit:
        wrapped = _Audited(app, wrapped, policy)
    if policy.metrics is not None:
        wrapped = _prometheus().Metrics(wrapped, codes=policy.translation.codes())
    return wrapped if policy.scope is None else _Scoped(app, wrapped, policy.scope)


def _prometheus() -> Any:
    """The module of the metrics, which imports an extra. The policy has looked for it."""
    return importlib.import_module("statusware.integrations.prometheus")


def stack(app: WSGIApplication, *layers: Layer) -> WSGIApplication:
    """`app` inside `layers`, the first named outermost. A layer is a function of an app.

    Raises whatever a layer raises where it is made, as a rule `PolicyError`.

        app = stack(app, ErrorEnvelope, lambda app: Routing(app, ["GET /recipes"]))
    """
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
    except Exception as error:  # the inside of a framework not as we know it: no reason to fail
        ROUTES_UNREAD.tell(error=error)
        routes = None
    if not routes and not policy.audit:
        return
    # Here, so that who has nothing to compare does without it.
    from .coverage import audit, uncovered

    if policy.audit:
        audit(policy, routes)
    elif routes and (missing := uncovered(policy, routes)):
        UNCOVERED.tell(len(missing))


class _Audited:
    """`[api] audit`: asked again at the first request, when an app has registered all it has.

    Flask apps are often wrapped before their routes are made. What is missing then can stop
    nothing but the requests: every one of them is a 503.
    """

    def __init__(self, bare: WSGIApplication, wrapped: WSGIApplication, policy: Policy) -> None:
        self._bare, self.app, self._policy = bare, wrapped, policy
        self._asked = False

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not self._asked:
            try:
                _compare(self._bare, self._policy)
            except PolicyError as error:
                UNSERVED.tell(error)
                self.app = self._policy.enforced["ErrorEnvelope"](Problem(503))
            self._asked = True
        return self.app(environ, start_response)

    @property
    def renderer(self) -> Any:
        """How its errors look; our gunicorn workers ask for it."""
        return getattr(self.app, "renderer", None)


class _Scoped:
    """`[api] paths`: requests that nobody could read as inside go to the bare app."""

    def __init__(self, bare: WSGIApplication, wrapped: WSGIApplication, scope: Scope) -> None:
        self._bare, self._wrapped, self._scope = bare, wrapped, scope
        #: How its errors look; our gunicorn workers ask for it.
        self.renderer = getattr(wrapped, "renderer", None)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        inside = self._scope.reaches(environ)
        return (self._wrapped if inside else self._bare)(environ, start_response)
