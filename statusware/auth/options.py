"""The options of `Bearer`, checked and brought into the shape that its parts take."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import PolicyError, nearest
from .claims import ClaimRules
from .header import is_scheme
from .keys import HMAC, PUBLIC, KeyRing, algorithm_names, secret_keys
from .keyset import key_set
from .public import public_keys

__all__ = ["claim_rules", "key_ring", "names", "scheme_names", "seconds", "token68"]

#: RFC 6750 section 2.1, or the JSON serialisation of a JWS; neither is two credentials.
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/=-]+|\{.*\}")

_PROFILES = ("at+jwt",)


def token68(text: str) -> bool:
    """Whether this is one credential, be it a bad one."""
    return _TOKEN68.fullmatch(text) is not None


def names(value: Any, key: str) -> tuple[str, ...]:
    """An option that is text or a list of texts. Raises `PolicyError`."""
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple | set | frozenset):
        raise PolicyError("must be text or a list of texts", key=key)
    if not all(isinstance(name, str) and name for name in listed):
        raise PolicyError("must be text or a list of texts, none of them empty", key=key)
    return tuple(listed)


def seconds(value: Any, key: str) -> float:
    """An option that is a time in seconds. Raises `PolicyError`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PolicyError("must be a number of seconds", key=key)
    if not 0 <= value < 1 << 31:  # NaN is neither
        raise PolicyError("must be a number of seconds, not negative", key=key)
    return value


def scheme_names(scheme: Any) -> tuple[str, ...]:
    """The `scheme` option. Raises `PolicyError`."""
    found = names(scheme, "scheme")
    if not found or not all(map(is_scheme, found)):
        raise PolicyError("must be the name of a scheme, such as Bearer", key="scheme")
    if "basic" in (name.lower() for name in found):
        raise PolicyError("Basic does not carry tokens", key="scheme", hint="use [auth.basic]")
    return found


def claim_rules(
    *,
    issuer: Any,
    audience: Any,
    leeway: Any,
    profile: Any,
    claims: Any,
    user: Any,
    roles: Any,
    scopes: Any,
) -> ClaimRules:
    """The rules that these options of `Bearer` make. Raises `PolicyError`."""
    if not isinstance(user, str) or not user:
        raise PolicyError("must be the name of a claim", key="user")
    return ClaimRules(
        issuers=frozenset(names(issuer, "issuer")),
        audiences=frozenset(names(audience, "audience")),
        leeway=seconds(leeway, "leeway"),
        profile=_profile(profile, issuer, audience),
        required=_required(claims),
        user=user,
        roles=names(roles, "roles"),
        scopes=names(scopes, "scopes"),
    )


def _profile(profile: Any, issuer: Any, audience: Any) -> str:
    if profile == "":
        return ""
    if profile not in _PROFILES:
        raise PolicyError(
            "is not a known profile", key="profile", hint=nearest(str(profile), _PROFILES)
        )
    if not issuer or not audience:
        raise PolicyError("at+jwt demands issuer and audience (RFC 9068 section 4)", key="profile")
    return str(profile)


def _required(claims: Any) -> Mapping[str, Any]:
    if claims is None:
        return {}
    if not isinstance(claims, Mapping) or not all(isinstance(n, str) and n for n in claims):
        raise PolicyError("must be a table of claims", key="claims")
    for name, value in claims.items():
        if not isinstance(value, str | int | float | list | tuple | Mapping):
            raise PolicyError("must be a value that JSON has", key=f"claims.{name}")
    return dict(claims)


def key_ring(
    secret: Any,
    public_key: Any,
    jwks: Any,
    algorithms: Sequence[str] | None,
    *,
    max_age: Any = None,
    allow_http: bool = False,
) -> KeyRing:
    """The keys that these options of `Bearer` give. Raises `PolicyError`."""
    given = [n for n, v in zip(_KEYS, (secret, public_key, jwks), strict=True) if v is not None]
    if len(given) != 1:
        reason = f"{' and '.join(given)} exclude each other" if given else "has no key"
        raise PolicyError(reason, hint="give one of secret, public_key and jwks")
    if given != ["jwks"] and (max_age is not None or allow_http):
        name = "max_age" if max_age is not None else "allow_http"
        raise PolicyError("is for jwks alone", key=name)
    known = HMAC if given == ["secret"] else PUBLIC
    allowed = None if algorithms is None else algorithm_names(algorithms, known)
    if secret is not None:
        return KeyRing(secret_keys(secret, allowed or ("HS256",)))
    if jwks is not None:
        age = MAX_AGE if max_age is None else seconds(max_age, "max_age")
        return key_set(jwks, allowed or JWKS_ALGORITHMS, max_age=age, allow_http=allow_http)
    ring = KeyRing(public_keys(public_key, allowed))
    if unfit := set(allowed or ()) - ring.algorithms:
        raise PolicyError(f"no key is for {', '.join(sorted(unfit))}", key="algorithms")
    return ring


_KEYS = ("secret", "public_key", "jwks")

#: What a key set may be used for unless `algorithms` says more.
JWKS_ALGORITHMS = ("RS256", "ES256", "EdDSA")

#: How long (seconds) the last key set is good when no newer one can be had: a day.
MAX_AGE = 86_400
