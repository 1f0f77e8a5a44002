"""`Custom`: a scheme of the app's own, around one function.

Sessions, signed requests, client certificates, opaque tokens: `verify(environ)` returns
an `Identity`, or None where the request carries no credential of the kind, or raises
`Problem`. Whatever else it raises or returns is a fault, and nobody passes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import PolicyError
from ..logs.table import VERIFIER_ANSWER, VERIFIER_FAILED
from ..problem import Problem
from .callback import load_function
from .header import is_scheme, valid_challenge
from .identity import Identity
from .scheme import unavailable

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["Custom"]


class Custom:
    """A scheme that asks `verify`, a function of the app or its dotted name.

    - `verify`: `(environ) -> Identity | None`, or raises `Problem`; None where the request has
      no credential of the kind. Anything else that it returns or raises is logged, and is 503.
    - `challenge`: what WWW-Authenticate says (RFC 9110 section 11.6.1); by default
      `NAME realm="api"`.
    - `ambient`: whether browsers send the credential by themselves (cookies, certificates); the
      rule about other sites applies then.
    - `header`: the request header that holds the credential, if there is one; schemes that read
      the same header share the credential.
    - `name`: the `scheme` of the identities, whatever `verify` says.

    Raises `PolicyError` for a wrong option. environ keys read: those of `verify`.
    """

    #: It may be unable to say whether a credential is valid (503).
    fallible = True

    def __init__(
        self,
        verify: str | Callable[[WSGIEnvironment], Identity | None],
        *,
        challenge: str = "",
        ambient: bool = False,
        header: str = "",
        name: str = "custom",
    ) -> None:
        if not isinstance(ambient, bool):
            raise PolicyError("must be true or false", key="ambient")
        challenge = f'{name.title()} realm="api"' if challenge == "" else challenge
        if not valid_challenge(challenge):
            reason = f"{challenge!r} is not a challenge"
            raise PolicyError(reason, key="challenge", hint="""write 'Session realm="shop"'""")
        self.name, self.ambient = name, ambient
        #: The function that is asked; an integration may put one around it.
        self.verify = load_function(verify, "verify")
        self.header = header_key(header, "header") if header != "" else None
        self._challenges = (challenge,)

    def challenges(self, error: str = "") -> tuple[str, ...]:
        """The configured challenge; it knows no errors."""
        return self._challenges

    def authenticate(self, environ: WSGIEnvironment) -> Identity | None:
        """What `verify` says. Raises `Problem`: its own, or 503 where it fails."""
        try:
            found: Any = self.verify(environ)
        except Problem as problem:  # one that is made once must not gather frames
            problem.__traceback__ = None
            raise
        except Exception as error:  # the app's code: whatever it raises, nobody passes
            VERIFIER_FAILED.tell(self.name, environ=environ, error=error, layer="Authentication")
            raise unavailable("the verifier failed") from None
        if found is None:
            return None
        if not isinstance(found, Identity):
            VERIFIER_ANSWER.tell(self.name, environ=environ, layer="Authentication")
            raise unavailable("the verifier returned something that is not an Identity")
        return found if found.scheme == self.name else replace(found, scheme=self.name)


def header_key(name: Any, key: str) -> str:
    """The environ key of a request header. Raises `PolicyError` for what cannot be one."""
    if not is_scheme(name):  # the same grammar: a token
        raise PolicyError(f"{name!r} is not the name of a header", key=key)
    return "HTTP_" + str(name).upper().replace("-", "_")
