"""From the schemes of `[auth]` and the rules of routes to `securitySchemes` and `security`.

Which roles and users a rule names is nobody else's business, and scopes have a place in a
document for OAuth alone; a client is told of them in the challenge (RFC 6750 section 3.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..auth.scheme import AUTHORIZATION, Scheme
from ..layers.access import access_rule
from ..rules.decision import Clause
from .contract import Contract, Listed

__all__ = ["requirements", "security_schemes"]

_HEADER = re.compile(r'header="([^"]+)"')


def security_schemes(schemes: Mapping[str, Scheme]) -> dict[str, dict[str, dict[str, Any]]]:
    """The security scheme objects of each scheme, by the name of the scheme, then by theirs.

    A scheme that goes by several names in the Authorization header has one for each.
    """
    return {name: dict(_objects(name, scheme)) for name, scheme in schemes.items()}


def requirements(
    contract: Contract, found: Iterable[Listed], names: Mapping[str, Iterable[str]]
) -> list[dict[str, list[str]]] | None:
    """The `security` of an operation: any one of these will do; None where nothing is asked.

    `names` are those of the security schemes, by scheme.
    """
    inside = [listed for listed in found if not listed.outside]
    if not contract.schemes or not inside or "Authentication" not in contract.layers:
        return None
    made: list[dict[str, list[str]]] = []
    for listed in inside:
        rule = access_rule(listed.route, contract.schemes)
        if rule.open:
            made.append({})
        if rule.unconditional:
            continue
        for clause in rule.allow:
            made += [{name: []} for scheme in _asked(clause, contract) for name in names[scheme]]
    unique = [each for at, each in enumerate(made) if each not in made[:at]]
    return [] if unique == [{}] else unique


def _asked(clause: Clause, contract: Contract) -> Iterable[str]:
    """The schemes by which somebody can be known for whom a clause holds."""
    named = [p.text[7:] for p in clause.principals if p.text.startswith("scheme:")]
    return [scheme for scheme in contract.schemes if all(scheme == name for name in named)]


def _objects(name: str, scheme: Scheme) -> Iterable[tuple[str, dict[str, Any]]]:
    challenges = scheme.challenges()
    if scheme.header not in (None, AUTHORIZATION):
        yield name, _in_header(str(scheme.header), challenges)
        return
    for at, challenge in enumerate(challenges or (name,)):
        word = challenge.partition(" ")[0].lower()
        made = {"type": "http", "scheme": word}
        if word == "bearer" and hasattr(scheme, "check"):  # tokens that are JWTs
            made["bearerFormat"] = "JWT"
        if scheme.ambient and word != "basic":
            made["description"] = "Sent by the browser, or set by what stands in front."
        yield (name if at == 0 else f"{name}-{word}"), made


def _in_header(key: str, challenges: Iterable[str]) -> dict[str, Any]:
    """A header field of its own; a challenge may say how it is written."""
    name = key.removeprefix("HTTP_").replace("_", "-").title()
    for challenge in challenges:
        if (found := _HEADER.search(challenge)) and found[1].lower() == name.lower():
            name = found[1]
    return {"type": "apiKey", "in": "header", "name": name}
