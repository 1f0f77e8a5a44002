"""Principals: who a rule speaks of, and whether an identity is one.

    everyone   authenticated   user:ann   user:bearer/ann   user:{name}
    role:editor   scope:recipes:write   claim:tenant=acme   shop.rules:is_owner

A list is any-of, `&` is all-of, `deny` wins over `allow`. Path variables may stand in the
value of a principal and are compared exactly, after decoding. A predicate is called as
`predicate(identity | None, variables, environ)`, with an environ without its input; only
True is a yes, and one that raises anything but a `Problem` is a refusal.
"""

from __future__ import annotations

import importlib
import inspect
import logging
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import PolicyError, nearest
from ..problem import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["AccessRule", "Decision", "Principal", "Subject", "load_object", "parse"]

log = logging.getLogger("statusware.access")

KINDS = ("user", "role", "scope", "claim")
WORDS = ("everyone", "authenticated")

#: RFC 6749 section 3.3; a scope that is missing is named in a challenge.
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
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


@dataclass(frozen=True, slots=True)
class Principal:
    """One word of a rule, compiled: its text, the test, and the scope it asks for, if any."""

    text: str
    test: _Test
    scope: str | None = None


#: All of these together allow (or deny).
Clause = tuple[Principal, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a rule says: allowed or not, the clause that decided, and the scopes that alone lack."""

    allowed: bool
    by: str = ""
    missing_scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Who may and who may not, compiled from `allow` and `deny`."""

    allow: tuple[Clause, ...]
    deny: tuple[Clause, ...] = ()

    @classmethod
    def compile(
        cls,
        allow: str | Iterable[str] | None,
        deny: str | Iterable[str] = (),
        *,
        variables: Collection[str] = (),
        schemes: Collection[str] = (),
    ) -> AccessRule:
        """A rule; without `allow` it is for `authenticated`. Raises `PolicyError`.

        `variables` are the path variables that may stand in a principal, `schemes` the
        names by which `user:SCHEME/name` is qualified.
        """
        allowed = ("authenticated",) if allow is None else _words("allow", allow)
        if not allowed:
            raise PolicyError("is empty", key="allow", hint='as in ["authenticated"]')
        return cls(
            tuple(_clause("allow", text, variables, schemes) for text in allowed),
            tuple(_clause("deny", text, variables, schemes) for text in _words("deny", deny)),
        )

    @property
    def open(self) -> bool:
        """Whether `everyone` is named, alone or with `&`: credentials are not demanded."""
        return any(p.text == "everyone" for clause in self.allow for p in clause)

    @property
    def unconditional(self) -> bool:
        """Whether nobody can be refused."""
        return not self.deny and any(
            all(p.text == "everyone" for p in clause) for clause in self.allow
        )

    def decide(
        self, identity: Subject | None, variables: Mapping[str, str], environ: WSGIEnvironment
    ) -> Decision:
        """The decision for one request. A predicate may raise `Problem` instead."""
        for clause in self.deny:
            if all(p.test(identity, variables, environ) for p in clause):
                return Decision(False, _text(clause))
        lacking: list[str] = []
        for clause in self.allow:
            failed = [p for p in clause if not p.test(identity, variables, environ)]
            if not failed:
                return Decision(True, _text(clause))
            if identity is not None and all(p.scope for p in failed):
                lacking = lacking or [p.scope for p in failed if p.scope]
        return Decision(False, missing_scopes=tuple(lacking))


def parse(text: str, variables: Collection[str] = (), schemes: Collection[str] = ()) -> Principal:
    """One principal compiled, or a `PolicyError` that names the nearest right thing."""
    if text == "everyone":
        return Principal(text, lambda identity, variables, environ: True)
    if text == "authenticated":
        return Principal(text, lambda identity, variables, environ: identity is not None)
    kind, colon, value = text.partition(":")
    if not colon:
        hint = nearest(text, (*WORDS, *(f"{kind}:{text}" for kind in KINDS)))
        raise PolicyError(f"{text!r} is no principal", hint=hint)
    if kind not in KINDS:
        return _predicate(text, kind)
    if not value or value != value.strip():
        raise PolicyError(f"{text!r} names nobody", hint=f'as in "{kind}:…"')
    for name in _PLACE.findall(value):
        if name not in variables:
            hint = nearest(name, variables) or "the path of the route has no variables"
            raise PolicyError(f"{text!r} names an unknown path variable", hint=hint)
    return _COMPILE[kind](text, value, schemes)


def _user(text: str, value: str, schemes: Collection[str]) -> Principal:
    scheme, slash, rest = value.partition("/")
    if slash and scheme in schemes:
        name = _filled(rest)
        return Principal(
            text,
            lambda identity, variables, environ: (
                identity is not None
                and identity.scheme == scheme
                and identity.user == name(variables)
            ),
        )
    name = _filled(value)
    return Principal(
        text,
        lambda identity, variables, environ: (
            identity is not None and identity.user == name(variables)
        ),
    )


def _role(text: str, value: str, schemes: Collection[str]) -> Principal:
    role = _filled(value)
    return Principal(
        text,
        lambda identity, variables, environ: (
            identity is not None and role(variables) in identity.roles
        ),
    )


def _scope(text: str, value: str, schemes: Collection[str]) -> Principal:
    if not _SCOPE.fullmatch(value):
        raise PolicyError(f"{text!r} is no scope", hint="printable ASCII without quotes")
    scope = _filled(value)
    return Principal(
        text,
        lambda identity, variables, environ: (
            identity is not None and scope(variables) in identity.scopes
        ),
        None if _PLACE.search(value) else value,
    )


def _claim(text: str, value: str, schemes: Collection[str]) -> Principal:
    name, equals, wanted = value.rpartition("=") if value.count("=") == 1 else value.partition("=")
    if not equals or not name or not wanted:
        raise PolicyError(f"{text!r} is no claim", hint='as in "claim:tenant=acme"')
    filled = _filled(wanted)

    def test(
        identity: Subject | None, variables: Mapping[str, str], environ: WSGIEnvironment
    ) -> bool:
        return identity is not None and filled(variables) in claim_values(identity.claims, name)

    return Principal(text, test)


_COMPILE = {"user": _user, "role": _role, "scope": _scope, "claim": _claim}


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
        function = load_object(text)
    except PolicyError as error:
        close = nearest(kind, KINDS)
        error.hint = close if "did you mean" in close else error.hint
        raise
    if not callable(function) or inspect.iscoroutinefunction(function):
        raise PolicyError(f"{text!r} is no function", hint="(identity, variables, environ) -> bool")

    def test(
        identity: Subject | None, variables: Mapping[str, str], environ: WSGIEnvironment
    ) -> bool:
        seen = {key: value for key, value in environ.items() if key != "wsgi.input"}
        try:
            verdict = function(identity, variables, seen)
        except Problem:
            raise
        except Exception:  # whatever it is, it is no yes
            log.exception("the predicate %s failed; the request is refused", text)
            raise Problem(403) from None
        if verdict is not True and verdict is not False:
            log.error("the predicate %s answered no bool; that is a refusal", text)
            raise Problem(403)
        return verdict

    return Principal(text, test)


def load_object(text: str) -> Any:
    """`"package.module:name"` imported, or a `PolicyError` that says what was not found."""
    module, _, path = text.partition(":")
    try:
        found: Any = importlib.import_module(module)
    except Exception as error:  # the module is somebody else's: anything can go wrong in it
        raise PolicyError(f"{text!r} does not import: {error}") from error
    for name in path.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            hint = nearest(name, [known for known in dir(found) if not known.startswith("_")])
            raise PolicyError(f"{text!r} does not import: no {name!r}", hint=hint) from None
    return found


def _clause(key: str, text: str, variables: Collection[str], schemes: Collection[str]) -> Clause:
    try:
        return tuple(parse(word.strip(), variables, schemes) for word in text.split("&"))
    except PolicyError as error:
        raise error.at(key=key) from None


def _words(key: str, words: str | Iterable[str]) -> tuple[str, ...]:
    listed = (words,) if isinstance(words, str) else tuple(words)
    if not all(isinstance(word, str) for word in listed):
        raise PolicyError("is no list of principals", key=key, hint='as in ["role:editor"]')
    return listed


def _filled(template: str) -> Callable[[Mapping[str, str]], str]:
    """A function that puts the path variables into a value."""
    if not _PLACE.search(template):
        return lambda variables: template
    return lambda variables: _PLACE.sub(lambda found: variables[found[1]], template)


def _text(clause: Clause) -> str:
    return " & ".join(principal.text for principal in clause)
