"""`Authenticator`: several schemes asked as one.

Schemes that read the same header share one credential: it is enough if one of them
accepts it (two issuers, say). Credentials in different places must not contradict each
other: a bad one refuses the request, and two good ones are never chosen between.
Credentials that a browser sends by itself count only where there is no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from ..errors import PolicyError
from ..logs.table import CREDENTIALS, UNVERIFIED
from ..problem import Problem, request_id
from .origins import Origins
from .scheme import Refused, Scheme, malformed

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from .identity import Identity

__all__ = ["Authenticator", "log_refusal"]

#: Characters in a header that holds a credential. No server passes on much more.
MAX_HEADER = 8192

#: How many refusals are kept. Reasons are ours: there are a few dozen.
_ALIKE = 64


class Authenticator:
    """Finds out who sent a request.

    `max_header` bounds the headers that hold credentials (characters), `explain` tells
    clients the reason of a refusal (for development), `origins` are those from which
    credentials that browsers send by themselves may come. Raises `PolicyError` for
    options that are wrong.

    environ keys read: those of the schemes; for ambient credentials `REQUEST_METHOD`,
    `HTTP_SEC_FETCH_SITE`, `HTTP_ORIGIN`, `HTTP_HOST`, `HTTP_UPGRADE`.
    """

    def __init__(
        self,
        schemes: Sequence[Scheme],
        *,
        max_header: int = MAX_HEADER,
        explain: bool = False,
        origins: Origins | None = None,
    ) -> None:
        if type(max_header) is not int or max_header < 1:
            raise PolicyError("must be a number of characters", key="max_header")
        self.schemes = tuple(schemes)
        self.challenges = self._all_challenges({})
        self.max_header = max_header
        self._explain = explain
        self._origins = origins or Origins()
        self._headers = tuple({s.header for s in schemes if s.header is not None})
        #: Whether a credential may stand elsewhere than in these headers.
        self._elsewhere = any(s.header is None for s in schemes)
        self._explicit, self._ambient = _grouped(self.schemes)
        #: There is no credential where none of these environ keys is. (What is no header may
        #: stand anywhere, and a method is always there.)
        self.headers = ("REQUEST_METHOD",) if self._elsewhere else self._headers
        #: The only scheme, if it is one of a header, and no browser sends that by itself.
        first = self.schemes[0] if len(self.schemes) == 1 else None
        self._single = first if first and first.header and not first.ambient else None
        #: What has been refused before, by code and reason: answers that are all alike.
        self._refusals: dict[tuple[str, str], Problem] = {}

    @property
    def ask(self) -> Callable[[WSGIEnvironment], Identity | None]:
        """`authenticate`, for whoever calls it by each request and settles what it raises.

        With one scheme that is the scheme's own: a call less. Credentials longer than
        `max_header` are then for the caller to refuse (`too_long`).
        """
        return self.authenticate if self._single is None else self._single.authenticate

    def too_long(self) -> Problem:
        """The refusal of a credential that is longer than `max_header`."""
        problem = malformed("the header is longer than max_header")
        return self._completed(problem, dict.fromkeys(self.schemes, problem))

    def settled(self, problem: Problem) -> Problem:
        """What `ask` has raised, complete; the same one where nothing differs."""
        scheme = self._single
        if scheme is None:
            return problem
        if type(problem) is not Refused or problem.status >= 500:
            return self._completed(problem, {scheme: problem})
        key = problem.problem_code, problem.reason
        known = self._refusals.get(key)
        if known is None:
            known = self._completed(problem, {scheme: problem})
            known.__traceback__ = known.__context__ = None
            if len(self._refusals) < _ALIKE:
                self._refusals[key] = known.prepared()
        return known

    def authenticate(self, environ: WSGIEnvironment) -> Identity | None:
        """Who sent the request; None where it carries no credential. Raises `Problem`.

        400 for malformed or contradicting credentials, 401 for bad ones, 403 for ambient
        ones from another site, 503 where they cannot be verified.
        """
        sent = self._elsewhere
        for header in self._headers:
            credential = environ.get(header)
            if credential is not None:
                sent = True
                if len(credential) > self.max_header:
                    raise self.too_long()
        if not sent:
            return None
        found: tuple[Identity, Scheme] | None = None
        for group in self._explicit:
            one = self._ask(group, environ)
            if one is not None:
                found = one if found is None else self._only(found, one)
        if found is None and self._ambient:
            found = next(filter(None, (self._ask(group, environ) for group in self._ambient)), None)
        if found is None:
            return None
        if found[1].ambient:
            self._origins.check(environ)
        return found[0]

    def _only(
        self, one: tuple[Identity, Scheme], other: tuple[Identity, Scheme]
    ) -> tuple[Identity, Scheme]:
        if one[1].ambient != other[1].ambient:
            return other if one[1].ambient else one
        problem = malformed("credentials of two schemes at once")
        raise self._completed(problem, dict.fromkeys((one[1], other[1]), problem))

    def _ask(
        self, group: tuple[Scheme, ...], environ: WSGIEnvironment
    ) -> tuple[Identity, Scheme] | None:
        """The one credential of a group, judged by those it may belong to."""
        refusals: dict[Scheme, Problem] | None = None
        for scheme in group:
            try:
                identity = scheme.authenticate(environ)
            except Problem as problem:
                refusals = {**(refusals or {}), scheme: problem}
                if problem.status == 400:
                    break
            else:
                if identity is not None:
                    return identity, scheme
        if refusals is None:
            return None
        told = max(refusals.values(), key=_weight)
        if told.status == 400:
            refusals |= dict.fromkeys(group, told)
        raise self._completed(told, refusals)

    def _completed(self, problem: Problem, refusals: dict[Scheme, Problem]) -> Problem:
        """The problem with the challenges of all schemes, and with its reason if told to."""
        if isinstance(problem, Refused):
            if problem.status in (400, 401):
                errors = {s: p.error for s, p in refusals.items() if isinstance(p, Refused)}
                told = self._all_challenges(errors)
                problem.headers += [("WWW-Authenticate", each) for each in told]
            if self._explain:
                problem.detail = problem.description = f"{problem.detail} ({problem.reason})"
        return problem

    def _all_challenges(self, errors: dict[Scheme, str]) -> tuple[str, ...]:
        every = (text for s in self.schemes for text in s.challenges(errors.get(s, "")))
        return tuple(dict.fromkeys(every))


def log_refusal(problem: Problem, environ: WSGIEnvironment) -> None:
    """One line, without anything that was sent."""
    reason = problem.reason if isinstance(problem, Refused) else problem.detail
    event = UNVERIFIED if problem.status >= 500 else CREDENTIALS
    event.tell(
        problem.problem_code,
        reason,
        request_id(environ),
        environ=environ,
        problem=problem,
        layer="Authentication",
        reason=reason,
    )


def _grouped(
    schemes: Iterable[Scheme],
) -> tuple[tuple[tuple[Scheme, ...], ...], tuple[tuple[Scheme, ...], ...]]:
    """Schemes by the credential they read: those with one of their own, then ambient ones."""
    groups: dict[object, list[Scheme]] = {}
    for scheme in schemes:
        groups.setdefault(scheme.header or scheme, []).append(scheme)
    every = [tuple(group) for group in groups.values()]
    return (
        tuple(g for g in every if g[0].header or not g[0].ambient),
        tuple(g for g in every if not g[0].header and g[0].ambient),
    )


def _weight(problem: Problem) -> int:
    """Which refusal of the same credential is told: malformed, unavailable, expired, bad."""
    if problem.status == 400:
        return 3
    if problem.status >= 500:
        return 2
    return int(problem.problem_code == "expired-credentials")
