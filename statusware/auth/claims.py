"""What the claims of a token must say, and whom they name (RFC 7519 section 4, RFC 8725).

All functions of this file are pure. `BadToken` says why claims are refused, `Expired`
that nothing is wrong with them but their age. Each comparison of times keeps the claim
alone on its side, since a claim may be an integer that is too large for a float.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from .identity import Identity, frozen
from .jose import BadToken

__all__ = ["ClaimRules", "Expired", "find_claim"]

_MISSING = object()

#: Header parameters that bring a key along or say where one lies: no key is ever taken
#: from a token (RFC 8725 section 3.10).
_KEYS_IN_HEADER = ("jwk", "jku", "x5u", "x5c")

#: What RFC 9068 section 2.2 demands of an access token.
_ACCESS_TOKEN = ("iss", "exp", "aud", "sub", "client_id", "iat", "jti")


class Expired(BadToken):
    """The token is too old."""


class ClaimRules(NamedTuple):
    """The rules for one issuer. Times in seconds; options as those of `Bearer`."""

    issuers: frozenset[str] = frozenset()
    audiences: frozenset[str] = frozenset()
    leeway: float = 30
    profile: str = ""
    required: Mapping[str, Any] = MappingProxyType({})
    user: str = "sub"
    roles: tuple[str, ...] = ("roles",)
    scopes: tuple[str, ...] = ("scope",)

    def check_header(self, header: Mapping[str, Any]) -> None:
        """The JOSE header, but for `alg`, which belongs to the key. Raises `BadToken`."""
        if "crit" in header or header.get("b64", True) is not True:
            raise BadToken("it has critical header parameters")
        for name in _KEYS_IN_HEADER:
            if name in header:
                raise BadToken(f"it brings its own key ({name})")
        if not isinstance(header.get("kid", ""), str):
            raise BadToken("kid is not text")
        kind = header.get("typ", "JWT")
        if not isinstance(kind, str):
            raise BadToken("typ is not text")
        self._check_type(kind.lower().removeprefix("application/"))

    def _check_type(self, kind: str) -> None:
        """RFC 8725 section 3.11: a token made for something else is not an access token."""
        if self.profile:
            if kind != self.profile:
                raise BadToken("typ is not that of the profile")
        elif kind.endswith("+jwt") and kind != "at+jwt":
            raise BadToken("typ is that of another kind of token")

    def check(self, claims: Mapping[str, Any], now: float) -> None:
        """Registered and required claims. Raises `BadToken`, `Expired` if it is age alone."""
        self._check_times(claims, now)
        self._check_parties(claims)
        if self.profile:
            for name in _ACCESS_TOKEN:
                if name not in claims:
                    raise BadToken(f"the profile demands {name}")
        for name, value in self.required.items():
            if not _same(find_claim(claims, name), value):
                raise BadToken(f"the claim {name} is not as required")
        # RFC 7519 section 4.1.4: not "on or after" exp.
        if claims["exp"] <= now - self.leeway:
            raise Expired("it has expired")

    def _check_times(self, claims: Mapping[str, Any], now: float) -> None:
        if "exp" not in claims:
            raise BadToken("it has no exp")
        for name in ("exp", "nbf", "iat"):
            if name in claims and type(claims[name]) is not int and not _is_number(claims[name]):
                raise BadToken(f"{name} is not a number")
        if "nbf" in claims and claims["nbf"] > now + self.leeway:
            raise BadToken("it is not valid yet (nbf)")
        if "iat" in claims and claims["iat"] > now + self.leeway:
            raise BadToken("it was issued in the future (iat)")

    def _check_parties(self, claims: Mapping[str, Any]) -> None:
        issuer = claims.get("iss")
        if issuer is not None and not isinstance(issuer, str):
            raise BadToken("iss is not text")
        if self.issuers and issuer not in self.issuers:
            raise BadToken("iss is not the configured issuer")
        audience = claims.get("aud", _MISSING)
        if audience is _MISSING:
            if self.audiences:
                raise BadToken("it has no aud")
            return
        named = [audience] if isinstance(audience, str) else audience
        if not _are_texts(named):
            raise BadToken("aud is neither text nor a list of texts")
        if self.audiences.isdisjoint(named):
            raise BadToken(
                "aud does not name us"
                if self.audiences
                else "it has aud, and no audience is configured"
            )

    def last_moment(self, claims: Mapping[str, Any]) -> float:
        """The time (seconds since 1970) from which checked claims are too old."""
        return float(max(0, min(claims["exp"], 1 << 53))) + self.leeway

    def identity(self, claims: Mapping[str, Any], scheme: str) -> Identity:
        """Whom the claims name. Raises `BadToken`."""
        user = find_claim(claims, self.user)
        if type(user) is int:
            user = str(user)
        roles = _names(claims, self.roles, split=False)
        scopes = _names(claims, self.scopes, split=True)
        try:
            return Identity(user, scheme, roles, scopes, frozen(claims))
        except ValueError:
            raise BadToken(f"{self.user} does not name a user") from None


def find_claim(claims: Any, path: str) -> Any:
    """The claim at a dotted path; None if there is not one.

    Names may contain dots themselves (`https://example.com/roles`): the longest name that
    is there goes first.
    """
    if not isinstance(claims, dict):
        return None
    if path in claims:
        return claims[path]
    if "." not in path:
        return None
    end = path.rfind(".")
    while end > 0:
        if path[:end] in claims:
            found = find_claim(claims[path[:end]], path[end + 1 :])
            if found is not None:
                return found
        end = path.rfind(".", 0, end)
    return None


def _names(claims: Mapping[str, Any], paths: Iterable[str], *, split: bool) -> frozenset[str]:
    """Roles or scopes. Text is one role, but a list of scopes (RFC 8693 section 4.2).

    Anything else is refused: a role that cannot be read may be one that a rule denies.
    """
    names: list[str] = []
    for path in paths:
        value = claims[path] if path in claims else find_claim(claims, path)
        if isinstance(value, str):
            value = value.split(" ") if split else [value]
        elif value is None:
            continue
        if not _are_texts(value):
            raise BadToken(f"{path} is neither text nor a list of texts")
        names += value
    return frozenset(filter(None, names))


def _are_texts(value: Any) -> bool:
    """Whether this is a list of nothing but strings (of JSON, hence of no other class)."""
    return isinstance(value, list) and _TEXT.issuperset(map(type, value))


_TEXT = frozenset({str})


def _is_number(value: Any) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


def _same(found: Any, wanted: Any) -> bool:
    """Equal as JSON: `true` is not 1, in nested values neither."""
    if isinstance(wanted, bool) or isinstance(found, bool):
        return found is wanted
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return wanted.keys() == found.keys() and all(_same(found[n], v) for n, v in wanted.items())
    if isinstance(wanted, list | tuple) and isinstance(found, list | tuple):
        return len(wanted) == len(found) and all(map(_same, found, wanted))
    return bool(found == wanted)
