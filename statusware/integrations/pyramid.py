"""Pyramid: `config.include("statusware.integrations.pyramid")`, with the setting
`statusware.policy` (a path, relative to the working directory, a dict or a `Policy`).

The app is wrapped when it is created, around whatever execution policy it has by then
(pyramid_retry's, say); its exception views, its security policy and its request class
stay. Where the policy has `[auth]` and the app no security policy, the app gets
`IdentityPolicy`: `request.identity`, `request.authenticated_userid`,
`request.has_permission` and `__acl__` then go by the verified identity.

environ keys read: `statusware.identity`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from pyramid.authorization import ACLHelper, Authenticated, Everyone
from pyramid.events import ApplicationCreated
from pyramid.interfaces import PHASE2_CONFIG, ISecurityPolicy

from ..errors import PolicyError, nearest
from ..policy import Policy, wrap
from ..policy.build import in_force, layered
from .pyramid_request import reusing

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from ..auth.identity import Identity

__all__ = ["IdentityPolicy", "includeme"]

_KEYS = ("statusware.policy",)


def includeme(config: Any) -> None:
    """Put the app that `config` makes behind its policy, when it is created.

    Settings read: `statusware.policy`, a path, a dict or a `Policy`; without it, every error gets
    the envelope and nothing else changes. Where the policy has `[auth]` and the app no security
    policy, the app gets `IdentityPolicy`. Raises `PolicyError` for a wrong policy, a setting
    `statusware.…` that is a slip, and narrow rules that traversal would lead around.
    """
    settings = config.get_settings() or {}
    for key in settings:
        if str(key).startswith("statusware.") and key not in _KEYS:
            raise PolicyError("is unknown", key=key, hint=nearest(key, _KEYS))
    policy = _policy(settings)
    schemes = () if policy is None else tuple(policy.schemes)

    def security() -> None:
        """After the app has set its own, before the views ask for it."""
        registry = config.registry
        if registry.queryUtility(ISecurityPolicy) is None:
            registry.registerUtility(IdentityPolicy(schemes), ISecurityPolicy)

    def created(event: Any) -> None:
        _install(event.app, policy, config.registry)

    if schemes:
        # Without a discriminator it never conflicts with another one.
        config.action(None, security, order=PHASE2_CONFIG + 1)
    config.add_subscriber(created, ApplicationCreated)


class IdentityPolicy:
    """A security policy of Pyramid's that goes by the verified identity.

    Principals for `__acl__` are `Everyone`, `Authenticated`, and as in a policy
    `user:NAME`, `user:SCHEME/NAME`, `role:…` and `scope:…`; `schemes` are the names of the
    configured schemes.
    """

    def __init__(self, schemes: Collection[str] = ()) -> None:
        self.schemes = frozenset(schemes)
        self._helper = ACLHelper()

    def identity(self, request: Any) -> Identity | None:
        """The verified `Identity`; None for anonymous requests."""
        found: Identity | None = request.environ.get("statusware.identity")
        return found

    def authenticated_userid(self, request: Any) -> str | None:
        """The user of the identity."""
        identity = self.identity(request)
        return identity.user if identity is not None else None

    def permits(self, request: Any, context: Any, permission: str) -> Any:
        """What the ACLs along the lineage of `context` say."""
        return self._helper.permits(context, self.principals(request), permission)

    def principals(self, request: Any) -> list[str]:
        """Whom the ACLs may name."""
        identity = self.identity(request)
        if identity is None:
            return [Everyone]
        users = [f"user:{identity.scheme}/{identity.user}"]
        # `user:SCHEME/NAME` is that scheme's alone: no other one's user of such a name.
        if identity.user.partition("/")[0] not in self.schemes or "/" not in identity.user:
            users.append(f"user:{identity.user}")
        roles = [f"role:{role}" for role in sorted(identity.roles)]
        scopes = [f"scope:{scope}" for scope in sorted(identity.scopes)]
        return [Everyone, Authenticated, *users, *roles, *scopes]

    def remember(self, request: Any, userid: str, **options: Any) -> list[tuple[str, str]]:
        """Nothing: credentials are issued elsewhere."""
        return []

    def forget(self, request: Any, **options: Any) -> list[tuple[str, str]]:
        """Nothing: credentials are revoked elsewhere."""
        return []


def _policy(settings: Any) -> Policy | None:
    if "statusware.policy" not in settings:
        return None
    given = settings["statusware.policy"]
    if given is None or given == "":
        raise PolicyError("is empty", key="statusware.policy", hint="a path, or leave it out")
    return Policy.of(given)


def _install(router: Any, policy: Policy | None, registry: Any) -> None:
    """Let the router answer through the policy, and through those that a reload takes over."""
    router.request_factory = reusing(router.request_factory)
    inner = _Unwrapped(router)

    def build(policy: Policy) -> WSGIApplication:
        wrapped = layered(inner, policy)
        router.renderer = getattr(wrapped, "renderer", None)  # our gunicorn workers ask for it
        security = registry.queryUtility(ISecurityPolicy)
        if isinstance(security, IdentityPolicy):
            security.schemes = frozenset(policy.schemes)
        return wrapped

    wrapped: Any = wrap(inner) if policy is None else in_force(policy, build)
    if policy is None:
        router.renderer = wrapped.renderer
    # What it returns the router calls as the response: a WSGI app, like any response.
    router.execution_policy = lambda environ, router: wrapped


class _Unwrapped:
    """The router as it was: with the execution policy that the app has set, or Pyramid's."""

    def __init__(self, router: Any) -> None:
        self.app = router
        self._execute = router.execution_policy

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        response: WSGIApplication = self._execute(environ, self.app)
        return response(environ, start_response)
