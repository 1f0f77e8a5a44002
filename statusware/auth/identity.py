"""`Identity`: who sent the request, as a verified credential says.

It is shared between requests (verified tokens are cached), hence frozen all the
way down: what one request did to it, the next would see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import ImmutableDict, ImmutableList

__all__ = ["Identity", "frozen", "valid_user"]

#: C0 and C1 controls, line and paragraph separators, lone surrogates: none of them can
#: stand in REMOTE_USER or in a log line.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified user: what a scheme returns, and what the app finds.

    - `user`: the name. `scheme`: the name of the configured scheme that verified it.
    - `roles`, `scopes`: what it may claim; any iterable of texts, kept as a frozenset.
    - `claims`: whatever else the credential said: a mapping, read-only, nested values included;
      empty for most schemes.

    It cannot be changed, since one object may serve many requests. Raises `ValueError` for an
    empty user or one with control characters, `TypeError` for roles or scopes given as one
    string (which would be taken for its letters).

        identity = Identity("ann", roles=["editor"])
    """

    user: str
    scheme: str = ""
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    claims: Mapping[str, Any] = field(default_factory=ImmutableDict, repr=False, hash=False)

    def __post_init__(self) -> None:
        if not valid_user(self.user):
            raise ValueError(
                "the user of an Identity is text, not empty, without control characters"
            )
        for name, names in (("roles", self.roles), ("scopes", self.scopes)):
            if type(names) is not frozenset:
                object.__setattr__(self, name, _names(name, names))
        if type(self.claims) is not ImmutableDict:
            object.__setattr__(self, "claims", frozen(dict(self.claims)))

    @property
    def remote_user(self) -> str:
        """`user` as environ text: its UTF-8 bytes as Latin-1 (PEP 3333)."""
        user = self.user
        return user if user.isascii() else user.encode().decode("latin-1")


def valid_user(user: object) -> bool:
    """Whether this can name a user: text, not blank, no control characters."""
    return isinstance(user, str) and bool(user.strip()) and not _UNSAFE.search(user)


def frozen(value: Any) -> Any:
    """JSON data that cannot be changed: dicts and lists replaced by read-only ones, deeply."""
    if isinstance(value, dict):
        if not _FLAT.issuperset(map(type, value.values())):
            value = {n: v if type(v) in _FLAT else frozen(v) for n, v in value.items()}
        return ImmutableDict(value)
    if isinstance(value, list | tuple):
        return ImmutableList(value if _FLAT.issuperset(map(type, value)) else map(frozen, value))
    return value


_FLAT = frozenset({str, int, float, bool, type(None)})


def _names(what: str, names: Iterable[str]) -> frozenset[str]:
    if isinstance(names, str | bytes):
        raise TypeError(f"the {what} of an Identity are a list of names, not one string")
    return frozenset(names)
