"""What a scheme is, and how it refuses.

A scheme reads its own credential out of the environ and says whose it is. It never
answers: it returns an `Identity`, or None where the request carries no credential of
its kind, or raises `Refused` (or any `Problem`). The reason in a `Refused` is for the
log; clients see the detail of the code alone, since reasons help those who forge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ..problem import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from .identity import Identity

__all__ = ["AUTHORIZATION", "Refused", "Scheme", "expired", "invalid", "malformed", "unavailable"]

#: The environ key of the Authorization header.
AUTHORIZATION = "HTTP_AUTHORIZATION"


class Scheme(Protocol):
    """One way to show who one is. Any object with these members is a scheme.

    - `name`: the configured name.
    - `ambient`: whether browsers send the credential by themselves, so that it does not
      authorise what another site makes them send.
    - `header`: the environ key that holds the credential; None where there is not one.
    """

    name: str
    ambient: bool
    header: str | None

    def challenges(self, error: str = "") -> tuple[str, ...]:
        """What WWW-Authenticate says (RFC 9110 section 11.6.1), with an `error` if there is one."""

    def authenticate(self, environ: WSGIEnvironment) -> Identity | None:
        """Whose credential this is; None if there is none. Raises `Problem` to refuse it."""


class Refused(Problem):
    """A credential that is not accepted, and the `reason` why, which only the log is told.

    `error` is the error code of RFC 6750 section 3.1 for the challenge.
    """

    def __init__(self, status: int, code: str, reason: str, *, error: str = "") -> None:
        super().__init__(status, code=code)
        self.reason, self.error = reason, error


def malformed(reason: str) -> Refused:
    """The header cannot be read as one credential: 400."""
    return Refused(400, "invalid-request", reason, error="invalid_request")


def invalid(reason: str) -> Refused:
    """The credential is not valid: 401."""
    return Refused(401, "invalid-credentials", reason, error="invalid_token")


def expired(reason: str = "it has expired") -> Refused:
    """The credential was valid once, or says so itself: 401."""
    return Refused(401, "expired-credentials", reason, error="invalid_token")


def unavailable(reason: str, retry_after: int = 30) -> Refused:
    """It cannot be said at the moment whether the credential is valid: 503."""
    problem = Refused(503, "authentication-unavailable", reason)
    problem.headers.append(("Retry-After", str(max(1, retry_after))))
    return problem
