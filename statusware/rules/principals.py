"""Principals: the words of a rule, each a test of the identity.

    everyone   authenticated   user:ann   user:bearer/ann   user:{name}
    role:editor   scope:recipes:write   claim:tenant=acme   shop.rules:is_owner
    scheme:api_key

Path variables may stand in the value of a principal and are compared exactly, after
decoding. How the words of a list work together stands in `decision`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..errors import PolicyError, nearest
from .predicates import load_object, load_predicate

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = [
    "Principal",
    "Subject",
    "claim_values",
    "is_scope",
    "load_object",
    "parse",
    "reads_request",
    "words",
]

KINDS = ("user", "role", "scope", "claim", "scheme")
WORDS = ("everyone", "authenticated")

#: What others call everyone. As a role it would be one that nobody has.
_ANYBODY = ("*", "all", "any", "anybody", "anonymous", "anyone", "everybody", "guest", "public")

#: RFC 6749 section 3.3; a scope that is missing is named in a challenge.
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
#: The same for people.
SCOPES = "printable ASCII without blanks, quotes and backslashes"
#: Separators that are none here; taken for a part of a name they would make a `deny` nothing.
_SEVERAL = re.compile(
    r"(?:[,|;]\s*|\s(?:and|or)\s+)(?:user|role|scope|claim|scheme):", re.IGNORECASE
)
_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


class Subject(Protocol):
    """What a rule asks of an identity."""

    @property
    def user(self) -> str: ...
    @property
    def scheme(self) -> str: ...
    @property
    def roles(self) -> Collection[str]: ...
    @property
    def scopes(self) -> Collection[str]: ...
    @property
    def claims(self) -> Mapping[str, Any]: ...


_Test = Callable[[Subject | None, Mapping[str, str], "WSGIEnvironment"], bool]
_Fill = Callable[[Mapping[str, str]], str]


class Principal(NamedTuple):
    """One word of a rule, compiled: its text, the test, and the scope it asks for, if any."""

    text: str
    test: _Test
    scope: str | None = None


def parse(text: str, variables: Collection[str] = (), schemes: Collection[str] = ()) -> Principal:
    """One principal compiled, or a `PolicyError` that names the nearest right thing.

    `variables` are the path variables that may stand in it, `schemes` the names by which
    `user:SCHEME/name` is qualified.
    """
    if text == "everyone":
        return Principal(text, lambda identity, variables, environ: True)
    if text == "authenticated":
        return Principal(text, lambda identity, variables, environ: identity is not None)
    kind, colon, value = text.partition(":")
    if not colon:
        close = 'did you mean "everyone"?' if text.lower() in _ANYBODY else nearest(text, WORDS)
        hint = close if "did you mean" in close else f'as in "role:{text or "editor"}"'
        raise PolicyError(f"{text!r} is no principal", hint=hint)
    if kind not in KINDS:
        return _predicate(text, kind)
    if _SEVERAL.search(value):
        raise PolicyError(f"{text!r} names several", hint="a list is any-of, & is all-of")
    if not value or value != value.strip():
        raise PolicyError(f"{text!r} names nobody", hint=f'as in "{kind}:…"')
    return _COMPILE[kind](text, value, variables, schemes)


def words(key: str, listed: str | Iterable[str]) -> tuple[str, ...]:
    """The words of `allow` or `deny`, a string or a list of them."""
    if isinstance(listed, str):
        return (listed,)
    if isinstance(listed, Iterable):
        found = tuple(listed)
        if all(isinstance(word, str) for word in found):
            return found
    raise PolicyError("is no list of principals", key=key, hint='as in ["role:editor"]')


def reads_request(*lists: str | Iterable[str] | None) -> bool:
    """Whether a principal in these lists looks beyond the identity: variable or predicate."""
    texts = [word.strip() for each in lists if each for text in words("", each)
             for word in text.split("&")]  # fmt: skip
    return any(
        "{" in text or (text not in WORDS and text.partition(":")[0] not in KINDS) for text in texts
    )


def _user(text: str, value: str, variables: Collection[str], schemes: Collection[str]) -> Principal:
    scheme, slash, rest = value.partition("/")
    if not slash or scheme not in schemes:
        name = _filled(text, value, variables)
        return Principal(
            text, lambda identity, found, _: identity is not None and identity.user == name(found)
        )
    if not rest:
        raise PolicyError(f"{text!r} names nobody", hint=f'as in "user:{scheme}/…"')
    name = _filled(text, rest, variables)
    return Principal(
        text,
        lambda identity, found, _: (
            identity is not None and identity.scheme == scheme and identity.user == name(found)
        ),
    )


def _role(text: str, value: str, variables: Collection[str], schemes: Collection[str]) -> Principal:
    role = _filled(text, value, variables)
    if not _PLACE.search(value):
        return Principal(
            text, lambda identity, found, _: identity is not None and value in identity.roles
        )
    return Principal(
        text, lambda identity, found, _: identity is not None and role(found) in identity.roles
    )


def _scope(
    text: str, value: str, variables: Collection[str], schemes: Collection[str]
) -> Principal:
    if not is_scope(value):
        raise PolicyError(f"{text!r} is no scope", hint=SCOPES)
    scope = _filled(text, value, variables)
    return Principal(
        text,
        lambda identity, found, _: identity is not None and scope(found) in identity.scopes,
        None if _PLACE.search(value) else value,
    )


def _claim(
    text: str, value: str, variables: Collection[str], schemes: Collection[str]
) -> Principal:
    name, equals, wanted = value.partition("=")
    if not equals or not name or not wanted or "{" in name:
        raise PolicyError(f"{text!r} is no claim", hint='as in "claim:tenant=acme"')
    filled = _filled(text, wanted, variables)
    return Principal(
        text,
        lambda identity, found, _: (
            identity is not None and filled(found) in claim_values(identity.claims, name)
        ),
    )


def _scheme(
    text: str, value: str, variables: Collection[str], schemes: Collection[str]
) -> Principal:
    if value not in schemes:
        hint = nearest(value, schemes) or "[auth] has no scheme"
        raise PolicyError(f"{text!r} names no scheme of [auth]", hint=hint)
    return Principal(
        text, lambda identity, found, _: identity is not None and identity.scheme == value
    )


def is_scope(text: str) -> bool:
    """Whether a rule can name this scope."""
    return _SCOPE.fullmatch(text) is not None


_COMPILE = {"user": _user, "role": _role, "scope": _scope, "claim": _claim, "scheme": _scheme}


def claim_values(claims: Mapping[str, Any], path: str) -> list[str]:
    """The values of a claim as text: by its own name, else along the dots of `path`."""
    found: Any = claims
    for name in [path] if path in claims else path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    values = found if isinstance(found, list | tuple) else [found]
    return [text for value in values if (text := _as_text(value)) is not None]


def _as_text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None


def _predicate(text: str, kind: str) -> Principal:
    if not _DOTTED.fullmatch(text):
        raise PolicyError(f"{text!r} is no principal", hint=nearest(kind, (*KINDS, *WORDS)))
    try:
        return Principal(text, load_predicate(text))
    except PolicyError as error:
        close = "" if error.hint else nearest(kind, KINDS)
        error.hint = close if "did you mean" in close else error.hint
        raise


def _filled(text: str, value: str, variables: Collection[str]) -> _Fill:
    """A function that puts the path variables into the value of a principal.

    A brace that belongs to no variable is a slip that would turn a `deny` into nothing.
    """
    for name in _PLACE.findall(value):
        if name not in variables:
            hint = nearest(name, variables) or "the path of the route has no variables"
            raise PolicyError(f"{text!r} names an unknown path variable", hint=hint)
    pieces = _PLACE.split(value)
    if any(brace in literal for literal in pieces[::2] for brace in "{}"):
        raise PolicyError(f"{text!r} has a stray brace", hint="a path variable is {name}")
    if len(pieces) == 1:
        return lambda found: value
    if pieces[0] == pieces[2] == "" and len(pieces) == 3:
        return lambda found: found[pieces[1]]
    return lambda found: _PLACE.sub(lambda place: found[place[1]], value)
