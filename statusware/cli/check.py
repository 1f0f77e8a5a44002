"""`statusware check`: is the policy valid, what does it say, and does it fit the app?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

import click

from ..body import BodyChoice, BodyLimit
from ..errors import PolicyError
from ..integrations.routes import routes_of
from ..policy import Policy
from ..policy.coverage import Finding, findings
from ..policy.explain import place
from ..rules.routes import Route
from ..serve import load
from .options import in_format, with_policy
from .output import Line, columns, show
from .progress import busy

__all__ = ["check", "checked"]

_STYLES = {"error": "red", "warning": "yellow"}


@click.command(epilog="Example: statusware check shop:app --policy statusware.toml")
@click.argument("app", required=False)
@with_policy
@in_format
def check(app: str | None, policy: str, form: str) -> int:
    """Checks a policy, and whether it fits an app.

    Reads the policy as a server would at its start, and says what it found; a secret whose
    variable is not set is one finding, so that the others are told where no secret is. With APP
    ("module:name"), its own routes are compared with those of the policy. Exit status 0 if
    all is well, 1 if there are findings of the level "error", and 2, with one line that
    names file, key and reason, if no server would start with the policy.
    """
    return checked(policy, None if app is None else load(app), form)


def checked(policy: str, app: Any = None, form: str = "text") -> int:
    """Show what a policy says, and what is odd about it and about `app`; the exit status."""
    found = Policy.load(policy, inspect=True)
    with busy("Comparing the policy with the app"):
        routes = None if app is None else routes_of(app)
        # Without any routes a policy is no list of what may be used.
        odd = findings(found, routes if found.routes else None)
    if app is not None and routes is None:
        hint = "it needs a Flask, Pyramid, Django, Falcon or Bottle app; or leave APP out"
        raise PolicyError("its routes cannot be read", key="app", hint=hint)
    places = {route.where: place(found, route) for route in found.routes}
    told = [replace(each, where=places.get(each.where, "")) for each in odd]
    rules = [row for route in found.routes for row in _rows(route)]
    members = {
        "routes": [
            {"match": match, "rule": rule} | ({"origin": origin} if origin else {})
            for match, rule, origin in rules
        ],
        "schemes": list(found.schemes),
        "findings": [asdict(finding) for finding in told],
    }
    status = int(any(finding.level == "error" for finding in told))
    return show("check", form, status, members, _text(found, rules, told))


def _text(
    policy: Policy, rules: Sequence[tuple[str, ...]], told: Sequence[Finding]
) -> Iterable[str | Line]:
    """The rules in columns, the findings in columns, and the verdict."""
    yield from columns(rules)
    if policy.schemes:
        yield f"schemes: {', '.join(policy.schemes)}"
    if not told:
        yield "ok", "green"
        return
    yield ""
    rows = [(f.level, f.kind, f.route, _message(f)) for f in told]
    yield from columns(rows, [_STYLES[f.level] for f in told])
    counted = Counter(finding.level for finding in told)
    verdict = ", ".join(f"{n} {level}{'s' * (n > 1)}" for level, n in counted.items())
    yield verdict, "bold"


def _message(finding: Finding) -> str:
    return f"{finding.message} ({finding.where})" if finding.where else finding.message


def _rows(route: Route) -> Iterable[tuple[str, str, str]]:
    """Each match of a route, with who may do it and what its body has to be; and where it
    stands in an OpenAPI document, if it does."""
    rule = _rule(route)
    for match in [route.match] if isinstance(route.match, str) else route.match:
        yield match, rule, route.origin


def _rule(route: Route) -> str:
    words = [" or ".join(_list(route.allow)) or "authenticated"]
    if denied := _list(route.deny):
        words.append(f"never {' or '.join(denied)}")
    if route.body is not None:
        words.append(_body(route.body))
    if route.hide:
        words.append("hidden")
    return ", ".join(words)


def _body(rule: object) -> str:
    if isinstance(rule, BodyLimit):
        return "body limited"
    if isinstance(rule, BodyChoice) and not any(rule.rules.values()):
        return f"body of {' or '.join(rule.rules)}"
    return "body checked"


def _list(principals: str | Iterable[str] | None) -> list[str]:
    if principals is None:
        return []
    return [principals] if isinstance(principals, str) else list(principals)
