"""Whom a rule allows: a list is any-of, `&` is all-of, `deny` wins over `allow`.

A predicate that fails is a no where it would allow and a yes where it would deny. A
`Problem` that a predicate raises in `allow` is the answer unless another clause allows:
the order of a list means nothing. A predicate is asked only where whatever stands before
it in its clause holds (a missing scope aside).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ..errors import PolicyError
from ..problem import Problem
from .predicates import UndecidedError
from .principals import KINDS, Principal, Subject, parse, words

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["AccessRule", "Clause", "Decision"]


class Decision(NamedTuple):
    """What a rule says: allowed or not, the clause that decided, and the scopes that alone lack."""

    allowed: bool
    by: str = ""
    missing_scopes: tuple[str, ...] = ()


#: Most refusals: nothing in particular is missing.
_NO = Decision(False)


@dataclass(frozen=True, slots=True)
class Clause:
    """One entry of a list: all of its principals together."""

    text: str
    principals: tuple[Principal, ...]
    #: What the rule says where this clause allows: the same for every request.
    allowed: Decision = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "allowed", Decision(True, self.text))

    def holds(
        self, identity: Subject | None, variables: Mapping[str, str], environ: WSGIEnvironment
    ) -> bool:
        """Whether all principals say yes. Raises what a predicate raises."""
        return all(p.test(identity, variables, environ) for p in self.principals)

    def lacking(
        self, identity: Subject | None, variables: Mapping[str, str], environ: WSGIEnvironment
    ) -> list[str] | None:
        """The scopes without which the clause does not hold; None where more is missing."""
        scopes = []
        for principal in self.principals:
            if not principal.test(identity, variables, environ):
                if identity is None or principal.scope is None:
                    return None
                scopes.append(principal.scope)
        return scopes


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Who may and who may not, compiled from `allow` and `deny`."""

    allow: tuple[Clause, ...]
    deny: tuple[Clause, ...] = ()
    #: The roles and scopes of each clause that asks for nothing else: whoever has them is
    #: allowed, and no more has to be asked. Empty where there is a `deny`.
    needs: tuple[tuple[frozenset[str], frozenset[str]], ...] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        clauses = () if self.deny else self.allow
        needs = (_needs(clause) for clause in clauses)
        object.__setattr__(self, "needs", tuple(need for need in needs if need is not None))

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
        allowed = ("authenticated",) if allow is None else words("allow", allow)
        if not allowed:
            raise PolicyError("is empty", key="allow", hint='as in ["authenticated"]')
        return cls(
            tuple(_clause("allow", text, variables, schemes) for text in allowed),
            tuple(_clause("deny", text, variables, schemes) for text in words("deny", deny)),
        )

    @property
    def open(self) -> bool:
        """Whether `everyone` is named, alone or with `&`: credentials are not demanded."""
        return any(p.text == "everyone" for clause in self.allow for p in clause.principals)

    @property
    def anonymous(self) -> bool:
        """Whether the rule makes sense where nobody can have an identity."""
        every = (p for clause in (*self.allow, *self.deny) for p in clause.principals)
        asked = {p.text.partition(":")[0] for p in every}
        return self.open and asked.isdisjoint((*KINDS, "authenticated"))

    @property
    def unconditional(self) -> bool:
        """Whether nobody can be refused."""
        return not self.deny and any(
            all(p.text == "everyone" for p in clause.principals) for clause in self.allow
        )

    def decide(
        self, identity: Subject | None, variables: Mapping[str, str], environ: WSGIEnvironment
    ) -> Decision:
        """The decision for one request. Raises the `Problem` of a predicate."""
        for clause in self.deny:
            try:
                if clause.holds(identity, variables, environ):
                    return Decision(False, clause.text)
            except UndecidedError:
                return Decision(False, clause.text)
        return self._allowed(identity, variables, environ)

    def _allowed(
        self, identity: Subject | None, variables: Mapping[str, str], environ: WSGIEnvironment
    ) -> Decision:
        lacking: tuple[str, ...] = ()
        raised: Problem | None = None
        for clause in self.allow:
            try:
                missing = clause.lacking(identity, variables, environ)
            except UndecidedError:
                continue
            except Problem as problem:
                raised = raised or problem
                continue
            if missing:
                lacking = lacking or tuple(missing)
            elif missing is not None:
                return clause.allowed
        if raised is not None:
            raise raised
        return Decision(False, missing_scopes=lacking) if lacking else _NO


def _needs(clause: Clause) -> tuple[frozenset[str], frozenset[str]] | None:
    """The roles and scopes that a clause asks for; None if it asks for anything else."""
    asked: dict[str, set[str]] = {"role": set(), "scope": set()}
    for principal in clause.principals:
        kind, _, value = principal.text.partition(":")
        if kind not in asked or "{" in value:
            return None
        asked[kind].add(value)
    return frozenset(asked["role"]), frozenset(asked["scope"])


def _clause(key: str, text: str, variables: Collection[str], schemes: Collection[str]) -> Clause:
    try:
        principals = [parse(word.strip(), variables, schemes) for word in text.split("&")]
    except PolicyError as error:
        raise error.at(key=key) from None
    return Clause(" & ".join(p.text for p in principals), tuple(principals))
