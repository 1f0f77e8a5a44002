"""What a policy does with a request, step by step: `statusware explain` and `who`.

The very layers that would stand in front of the app are asked, in their order; nothing is
decided a second time here. Only the words for it are made here: which route was found and
why others were not, which entry of a rule decided.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..layers.access import AccessControl, access_rule
from ..layers.authentication import Authentication
from ..layers.body import JSONBody
from ..layers.guard import Guard
from ..problem import Problem
from ..rules import Match, Route
from ..rules.decision import Clause
from ..rules.predicates import UndecidedError
from ..rules.principals import Subject
from .model import Policy

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["Step", "Trace", "Who", "explain", "place", "step", "who"]


@dataclass(frozen=True, slots=True)
class Step:
    """What one layer decides: `verdict` is "pass", "refuse", "answer" or "skip"; `told` says
    why, the decisive line first."""

    layer: str
    verdict: str
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """All steps up to the one that answers, and the response; `status` is None where the
    app would answer."""

    steps: tuple[Step, ...]
    status: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Who:
    """Who may send a request: the entries of `allow` and of `deny`, with the values of path
    variables filled in. `route` is None where no rule lists it; then `note` says what happens."""

    route: str | None
    place: str
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    note: str = ""


def explain(policy: Policy, environ: WSGIEnvironment, *, identity: Subject | None = None) -> Trace:
    """The trace of a request. `identity` stands in for credentials that were verified.

    `environ` is that of the request; it is changed as the layers change it, and its body read.
    """
    if policy.scope is not None and not policy.scope.reaches(environ):
        return Trace((Step("[api] paths", "skip", ("outside of them: nothing is touched",)),))
    envelope, *factories = policy.enforced.values()
    steps: list[Step] = []
    for factory in factories:
        guard = factory(_app)
        answering = _ask(policy, guard, environ, identity, steps)
        if answering is not None:
            return Trace(tuple(steps), *_called(envelope(answering), environ))
    return Trace(tuple(steps))


def who(policy: Policy, environ: WSGIEnvironment) -> Who:
    """Who may send this request. Raises `Problem` where nobody may, as it cannot be read."""
    match = policy.table.read(environ)
    route = match.route
    if route is None:
        return Who(None, "", note=_unlisted(policy, match))
    rule = access_rule(route, policy.schemes)
    allow, deny = (
        tuple(_filled(clause.text, match.variables) for clause in clauses)
        for clauses in (rule.allow, rule.deny)
    )
    note = "for everyone else the route does not exist" if route.hide else ""
    return Who(route.name, place(policy, route), allow, deny, note)


def place(policy: Policy, route: Route) -> str:
    """Where a route stands: file and line, or its number where the line cannot be told; for an
    operation the place in its document, and with `over` for one that is overridden."""
    if route.where == route.origin != "":
        return route.origin
    over = f", over {route.origin}" if route.origin else ""
    number = re.fullmatch(r"routes\[([0-9]+)\]", route.where)
    if number is not None and int(number[1]) < len(policy.lines):
        return f"{policy.file}:{policy.lines[int(number[1])]}{over}"
    return ": ".join(filter(None, (policy.file, route.where))) + over


def _ask(
    policy: Policy,
    guard: WSGIApplication,
    environ: WSGIEnvironment,
    identity: Subject | None,
    steps: list[Step],
) -> WSGIApplication | None:
    """Ask one layer, and note what it says; what answers, if it does not let the request pass."""
    name = type(guard).__name__
    if isinstance(guard, Authentication) and identity is not None:
        environ["statusware.identity"] = identity
        environ["statusware.challenges"] = tuple(
            text for scheme in policy.schemes.values() for text in scheme.challenges()
        )
        steps.append(Step(name, "pass", (f"taken for {_named(identity)}",)))
        return None
    if not isinstance(guard, Guard):
        return None
    try:
        made = guard.check(environ)
    except Problem as problem:
        made = problem
    steps.append(step(policy, guard, made, environ))
    return made


def step(
    policy: Policy, guard: Guard, made: WSGIApplication | None, environ: WSGIEnvironment
) -> Step:
    """What a layer has decided: `made` is what answers, or None where the request passes."""
    name = type(guard).__name__
    if isinstance(made, Problem):
        why = (str(made), *filter(None, (getattr(made, "reason", ""),)))
        rest = () if isinstance(guard, JSONBody) else _reasons(policy, guard, environ)
        return Step(name, "refuse", (*why, *rest))
    return Step(name, "pass" if made is None else "answer", _reasons(policy, guard, environ))


def _called(
    app: WSGIApplication, environ: WSGIEnvironment
) -> tuple[str, tuple[tuple[str, str], ...], bytes]:
    """The answer of a WSGI app: status line, header fields, body."""
    sent: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
    ) -> Callable[[bytes], object]:
        sent.append((status, headers))
        return lambda data: None

    body = b"".join(app(environ, start_response))
    status, headers = sent[-1]
    return status, tuple(headers), body


def _reasons(policy: Policy, guard: Guard, environ: WSGIEnvironment) -> tuple[str, ...]:
    match: Match | None = environ.get("statusware.route")
    if match is None:
        return ()
    if isinstance(guard, AccessControl):
        return tuple(_about_access(policy, match, environ))
    if isinstance(guard, Authentication):
        found: Subject | None = environ.get("statusware.identity")
        return (f"known as {_named(found)}" if found else "nobody is known",)
    if isinstance(guard, JSONBody):
        if match.route is None or match.route.body is None:
            return ("the route has no rule for it",)
        return ("checked" if "statusware.json" in environ else "nothing to check",)
    return tuple(_about_routes(policy, match))


def _about_routes(policy: Policy, match: Match) -> Iterable[str]:
    """The route that was found, and why the others that come near were not."""
    if match.route is not None:
        yield f'route "{match.name}", {place(policy, match.route)}'
        yield from (f"  {name} = {value!r}" for name, value in match.variables.items())
        if match.route.hide:
            yield "  hidden: whoever may not gets what they would without this route"
    else:
        yield _unlisted(policy, match)
    seen = {match.route}
    for pattern, route, methods in policy.table.candidates(match.path):
        if route in seen:
            continue
        seen.add(route)
        why = "less specific" if match.method in methods else f"not for {match.method}"
        yield f'not "{route.name}" ({pattern}), {place(policy, route)}: {why}'
    if rest := len(policy.routes) - len(seen - {None}):
        yield f"not the other {rest}: their paths do not match"
    if match.override is not None:
        named = match.override.name or "no route"
        yield f"the override {match.override.method} finds {named}; it has to be allowed as well"


def _about_access(policy: Policy, match: Match, environ: WSGIEnvironment) -> Iterable[str]:
    """Every entry of the rule, and whether it holds."""
    identity: Subject | None = environ.get("statusware.identity")
    for each in filter(None, (match, match.override)):
        if each.route is None:
            continue
        rule = access_rule(each.route, policy.schemes)
        for key, clauses in (("deny", rule.deny), ("allow", rule.allow)):
            for clause in clauses:
                yield f'{key} "{clause.text}": {_judged(clause, identity, each, environ)}'


def _judged(
    clause: Clause, identity: Subject | None, match: Match, environ: WSGIEnvironment
) -> str:
    for principal in clause.principals:
        try:
            if not principal.test(identity, match.variables, environ):
                return f"no, not {_filled(principal.text, match.variables)}"
        except UndecidedError:
            return f"{principal.text} failed"
        except Problem as problem:
            return f"{principal.text} raises {problem}"
    return "yes"


def _unlisted(policy: Policy, match: Match) -> str:
    """What becomes of a request that no route lists."""
    if policy.table.lists(match.path):
        return f"no route lists {match.method} there; allowed: {match.allow or 'nothing'}"
    if policy.table.unlisted == "pass":
        return "no route lists this path: it is outside the policy"
    return "no route lists this path"


def _named(identity: Subject) -> str:
    parts = [f"user:{identity.user}"]
    parts += [f"role:{role}" for role in sorted(identity.roles)]
    parts += [f"scope:{scope}" for scope in sorted(identity.scopes)]
    return ", ".join(parts)


def _filled(text: str, variables: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: variables.get(found[1], found[0]), text)


def _app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The layers are asked, not called: this is never reached."""
    return []
