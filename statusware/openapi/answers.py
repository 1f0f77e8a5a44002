"""Which errors a policy makes possible for one operation: status and codes.

What asks for another method by an override header is another operation, so that 405 and 501
are none of these. What a predicate, a verifier or a view raises by itself, no policy knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..body import BodyLimit, BodyRule
from ..catalog import CODES
from ..layers.access import access_rule
from ..layers.body import methods_of
from ..rules import AccessRule
from .contract import Contract, Listed
from .places import meet

__all__ = ["Answers", "elsewhere", "possible"]

#: Codes by status, in the order of the layers.
Answers = dict[int, list[str]]

#: Methods that change nothing (RFC 9110 section 9.2.1): the cross-site rule leaves them alone.
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

#: What reading a body can end in, whatever the rule; 411 where the server does not end it.
_READ = ((400, "incomplete-body"), (411, "length-required"), (413, "body-too-large"))


def possible(contract: Contract, found: Iterable[Listed]) -> Answers:
    """What the operations that `found` lists can answer, by status, in ascending order."""
    pairs = [pair for listed in found for pair in _listed(contract, listed)]
    return _sorted([*pairs, *_of_envelope(contract)])


def elsewhere(contract: Contract, method: str, state: str) -> Answers:
    """What an operation can answer that no route lists; `state` is that of its path.

    "listed" by other methods, "hidden", "outside" of the policy's paths, or "" for none.
    """
    if state == "outside":
        return {}
    if "Routing" not in contract.layers:
        return _sorted(_of_envelope(contract))
    read = (400, "ambiguous-path")
    if state == "listed":
        # OPTIONS is answered in the app's place (RFC 9110 section 9.3.7).
        return _sorted([read] if method == "OPTIONS" else [read, (405, "method-not-allowed")])
    if state == "hidden" or contract.table.unlisted == "reject":
        return _sorted([read, (404, "not-found")])
    return _sorted([read, *_of_envelope(contract)])


def _sorted(pairs: Iterable[tuple[int, str]]) -> Answers:
    answers: Answers = {}
    for status, code in dict.fromkeys(pairs):
        answers.setdefault(status, []).append(code)
    return dict(sorted(answers.items()))


def _listed(contract: Contract, listed: Listed) -> Iterator[tuple[int, str]]:
    """The layers in their order; on a hidden route what refuses is what nobody lists gets."""
    route = listed.route
    if "Routing" in contract.layers:
        yield 400, "ambiguous-path"
    if listed.pattern.variables:
        yield 404, "not-found"
    rule = access_rule(route, contract.schemes)
    refusals = [*_of_authentication(contract, rule, listed.method), *_of_access(contract, rule)]
    if route.hide and refusals:
        yield 404, "not-found"
        if listed.method != "OPTIONS" and _is_seen(contract, listed):
            yield 405, "method-not-allowed"
    else:
        yield from refusals
    if "JSONBody" in contract.layers:
        yield from _of_body(contract, listed)


def _is_seen(contract: Contract, listed: Listed) -> bool:
    """Whether paths of a hidden pattern are listed by routes that are not hidden, too."""
    seen = (p for route in contract.table.routes if not route.hide for p in route.patterns)
    return any(meet(pattern.segments, listed.pattern.segments) for pattern in seen)


def _of_authentication(
    contract: Contract, rule: AccessRule, method: str
) -> Iterator[tuple[int, str]]:
    """On a route that is open to everyone, no credential ever refuses."""
    schemes = contract.schemes.values()
    if "Authentication" not in contract.layers or not schemes or rule.open:
        return
    yield 400, "invalid-request"
    yield 401, "missing-credentials"
    yield 401, "invalid-credentials"
    yield 401, "expired-credentials"
    if method not in SAFE and any(scheme.ambient for scheme in schemes):
        yield 403, "cross-site-request"
    if any(getattr(scheme, "fallible", False) for scheme in schemes):
        yield 503, "authentication-unavailable"


def _of_access(contract: Contract, rule: AccessRule) -> Iterator[tuple[int, str]]:
    """The anonymous are asked who they are where there are schemes, the known are refused."""
    if "AccessControl" not in contract.layers or rule.unconditional:
        return
    if contract.schemes and rule.open:
        yield 401, "missing-credentials"
    if rule.deny or not _takes_everybody(rule, contract):
        yield 403, "forbidden"
    if any(principal.scope for clause in rule.allow for principal in clause.principals):
        yield 403, "insufficient-scope"


def _takes_everybody(rule: AccessRule, contract: Contract) -> bool:
    """Whether the rule allows everybody who is known, by whatever scheme."""
    taken: set[str] = set()
    for clause in rule.allow:
        words = {principal.text for principal in clause.principals}
        named = {word[7:] for word in words if word.startswith("scheme:")}
        rest = [word for word in words if not word.startswith("scheme:")]
        if len(named) < 2 and all(word in ("everyone", "authenticated") for word in rest):
            taken |= named or set(contract.schemes)
    return bool(contract.schemes) and taken >= set(contract.schemes)


def _of_body(contract: Contract, listed: Listed) -> Iterator[tuple[int, str]]:
    rule = listed.route.body
    known = contract.table.known()
    if rule is None or listed.method not in methods_of(listed.route, rule, known):
        return
    yield from _READ
    if isinstance(rule, BodyLimit):
        return
    if not rule.optional:
        yield 400, "missing-body"
    yield 415, "unsupported-media-type"
    rules = [rule] if isinstance(rule, BodyRule) else filter(None, rule.rules.values())
    for each in rules:
        if each.options.inflate:
            yield 400, "bad-request"
        yield 400, "malformed-json"
        yield each.options.invalid, "invalid-body"


def _of_envelope(contract: Contract) -> Iterator[tuple[int, str]]:
    """What the app raises, as far as the policy speaks of it; everything else is a 500."""
    if "ErrorEnvelope" not in contract.layers:
        return
    for problem in contract.translated:
        yield problem.status, problem.problem_code
    for entry in contract.problems.values():
        yield entry.status, entry.code
    yield 500, CODES["internal-error"].code
