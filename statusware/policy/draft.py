"""The first policy of an app: its own routes, nothing open, ready to be edited.

What reads is for whom the caller says; what changes state is for nobody yet. A path that a
policy cannot express is widened to one that it can, never left out: no rule of a draft is
narrower than the app's route, and none lets more through than `reads` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..request import METHODS, RequestLine
from ..rules.pattern import Pattern, Variable, parse_match
from .overlap import AppRoute, refused, widened

__all__ = ["READS", "Draft", "Rule", "draft"]

#: Methods that change nothing (RFC 9110 section 9.2.1); TRACE is for nobody.
READS = ("GET", "HEAD", "OPTIONS")

#: What a view may take that names no methods. Not OPTIONS: it is answered from the policy.
ANY = ("GET", "POST", "PUT", "PATCH", "DELETE")

#: A method as a policy may name it.
_METHOD = re.compile(r"[A-Z][A-Z0-9-]*")


#: Reads paths as servers do that no policy has relaxed.
_LINE = RequestLine(mount="")


@dataclass
class Rule:
    """One entry of [[routes]]: `reads` says of which kind it is, `notes` what was lost.

    `refused` says why there can be no such rule: it is for a comment only.
    """

    path: str
    methods: list[str]
    reads: bool
    views: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refused: str = ""

    @property
    def match(self) -> str:
        return f"{','.join(self.methods)} {self.path}"


@dataclass
class Draft:
    """All rules, in the order of the app, and the methods that have to be made known."""

    rules: list[Rule] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)


#: What makes two patterns the same to a policy: segments without the names of variables.
_Shape = tuple[tuple[str, ...], bool]


def draft(app_routes: Iterable[AppRoute]) -> Draft:
    """The rules for these routes; each method of a path stands in one of them."""
    made = Draft()
    known: dict[tuple[_Shape, bool], Rule] = {}
    for app_route in app_routes:
        if why := refused(app_route.pattern, _LINE):
            path = app_route.written or app_route.pattern
            rule = Rule(path, _methods(app_route), False, [app_route.name], refused=why)
            made.rules.append(rule)
            continue
        for path, notes in _paths(app_route):
            for method in _methods(app_route):
                _add(made, known, app_route, method, path, notes)
    return made


def _add(
    made: Draft,
    known: dict[tuple[_Shape, bool], Rule],
    app_route: AppRoute,
    method: str,
    path: str,
    notes: list[str],
) -> None:
    shape, reads = _shape(parse_match(f"* {path}")), method in READS
    rule = known.get((shape, reads))
    if rule is None:
        rule = known[shape, reads] = Rule(path, [], reads)
        made.rules.append(rule)
    if method not in rule.methods:
        rule.methods.append(method)
    if method not in (*METHODS, *made.methods):
        made.methods.append(method)
    rule.views += [app_route.name] if app_route.name not in ("", *rule.views) else []
    rule.notes += [note for note in notes if note not in rule.notes]


def _methods(app_route: AppRoute) -> list[str]:
    """The methods of a route, as a policy lists them; HEAD follows GET."""
    if app_route.methods is None:
        return list(ANY)
    named = {method for method in app_route.methods if _METHOD.fullmatch(method)}
    order = {method: at for at, method in enumerate(METHODS)}
    methods = sorted(named, key=lambda method: (order.get(method, len(order)), method))
    return [m for m in methods if m != "HEAD" or "GET" not in named]


def _paths(app_route: AppRoute) -> list[tuple[str, list[str]]]:
    """The paths that a policy has to list for a route, and what is to be said of each."""
    notes = [f"the app has {app_route.written}"] if app_route.written else []
    if app_route.view is not None:
        start = widened(app_route.pattern)[0].rstrip("/")
        told = f"{app_route.label}: found by traversal; which paths there are, only resources know"
        below = start if ":path}" in start else f"{start}/{{traverse:path}}"
        return [(path, [told]) for path in dict.fromkeys((start or "/", below))]
    path, more = widened(app_route.pattern)
    return [(path, [*notes, *more])]


def _shape(pattern: Pattern) -> _Shape:
    kinds = (f"{{:{s.converter}}}" if isinstance(s, Variable) else s for s in pattern.segments)
    return tuple(kinds), pattern.slash
