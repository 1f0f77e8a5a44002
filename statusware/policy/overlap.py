"""Patterns of an app and of a policy, side by side: does some path match both?

`AppRoute` is a route as an app has it. The routes of an app are read elsewhere: they belong to
frameworks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product, starmap

from ..errors import PolicyError
from ..problem import Problem
from ..request import RequestLine
from ..rules.pattern import Pattern, Variable, parse_match

__all__ = ["AppRoute", "leads", "meet", "meets", "near", "refused", "sample", "samples", "widened"]

#: Values that no literal of anybody's is equal to.
_SAMPLES = {"": "-any-", "int": "90210", "uuid": "5b1e0bb6-53a2-4c1b-9c0e-3f5a0c1d2e3f",
            "path": "-any-/-any-"}  # fmt: skip

_VARIABLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(:(?:int|uuid|path))?\}")


@dataclass(frozen=True, slots=True)
class AppRoute:
    """One route of an app: its pattern as a policy would write it, the methods (None: any
    or unknown), and the name of the view.

    `written` is how the app writes it where a policy cannot say the same. A view that is
    found by traversal has its own name in `view` ("" for the default one): it is reached
    by paths that begin with `pattern`, which of them only the app's resources know.
    """

    pattern: str
    methods: frozenset[str] | None = None
    name: str = ""
    written: str = field(default="", compare=False)
    view: str | None = None

    @property
    def label(self) -> str:
        """What it is called in a finding."""
        if self.view is None:
            return self.pattern
        return "/".join((self.pattern.rstrip("/"), "*traverse", self.view)).rstrip("/")


def leads(pattern: Pattern, app_route: AppRoute) -> bool:
    """Whether a path that `pattern` matches may lead traversal to the view of `app_route`.

    The name of a view follows the path of a resource, also as `@@name`, and more segments may
    follow it.
    """
    start = parse_match(f"* {widened(app_route.pattern)[0]}").segments
    segments = pattern.segments
    through = getattr(segments[-1], "converter", "") == "path" if segments else False
    fixed = segments[:-1] if through else segments
    if len(fixed) < len(start) and not through:
        return False
    if not all(starmap(meets, zip(fixed, start, strict=False))):
        return False
    names = (app_route.view, f"@@{app_route.view}")
    after = fixed[len(start) :]
    named = any(isinstance(segment, Variable) or segment in names for segment in after)
    return through or named or not app_route.view


def sample(pattern: str) -> str:
    """A path that a pattern matches, and as few others as can be."""
    parts = []
    for part in pattern.split("/"):
        name, _, converter = part[1:-1].partition(":")
        parts.append(_SAMPLES.get(converter, "-any-") if part[:1] == "{" and name else part)
    return "/".join(parts)


def samples(pattern: str) -> Iterable[str]:
    """Paths that a pattern matches, with values of each type for (the first three) variables."""
    parts = sample(pattern).split("/")
    plain = [at for at, part in enumerate(parts) if part == _SAMPLES[""]][:3]
    for values in product(("", "int", "uuid"), repeat=len(plain)):
        for at, converter in zip(plain, values, strict=True):
            parts[at] = _SAMPLES[converter]
        yield "/".join(parts)


def refused(pattern: str, line: RequestLine) -> str:
    """Why no path that a pattern matches is served, whatever the rules; "" if they are."""
    path = sample(pattern).encode("utf-8", "replace").decode("latin-1")
    try:
        line.path({"SCRIPT_NAME": line.mount, "PATH_INFO": path})
    except Problem as problem:
        return problem.detail or str(problem)
    return ""


def meet(policy: Pattern, app: Pattern) -> bool:
    """Whether some path matches both; a slash at the end makes no difference."""
    for one, other in zip(policy.segments, app.segments, strict=False):
        if "path" in (getattr(one, "converter", ""), getattr(other, "converter", "")):
            return True
        if not meets(one, other):
            return False
    return len(policy.segments) == len(app.segments)


def meets(one: str | Variable, other: str | Variable) -> bool:
    """Whether some segment is matched by both."""
    return _takes(one, other) or _takes(other, one)


def _takes(pattern: str | Variable, other: str | Variable) -> bool:
    """Whether a segment of a pattern takes (some of) what another one takes."""
    if isinstance(pattern, str):
        return pattern == other
    if isinstance(other, Variable):
        return not pattern.converter or pattern.converter == other.converter
    return not pattern.converter or (pattern.converter == "int") == other.isdecimal()


def near(pattern: str, others: Iterable[str]) -> str:
    """A near miss among `others`: another case, a slash at the end, one letter."""
    for other in others:
        if other == pattern:
            continue
        if other.rstrip("/") == pattern.rstrip("/"):
            return f'; "{other}" differs by the slash at its end'
        if other.lower() == pattern.lower():
            return f'; "{other}" differs by upper and lower case'
        if _one_edit(other, pattern):
            return f'; did you mean "{other}"?'
    return ""


def _one_edit(one: str, other: str) -> bool:
    """Whether one letter added, dropped or replaced makes one text of the other."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:]


def widened(pattern: str) -> tuple[str, list[str]]:
    """A path that a policy can express and that takes in `pattern`, and what was widened."""
    parts: list[str] = []
    notes: list[str] = []
    names: set[str] = set()
    body = pattern.removeprefix("/")
    slash = "/" if body.endswith("/") else ""
    segments = body.removesuffix("/").split("/") if body else []
    for at, segment in enumerate(segments, 1):
        last = at == len(segments) and not slash
        part, why = _segment(segment, names) if segment else (_fresh(names, ":path"), "")
        parts.append(part)
        if not segment or (part.endswith(":path}") and not last):
            told = f"{segment} before the end" if segment else "an empty segment"
            notes.append(f"a policy cannot have {told}; this takes in all below")
            return "/" + "/".join(parts), notes
        notes += [why] if why else []
    return "/" + "/".join(parts) + slash, notes


def _segment(segment: str, names: set[str]) -> tuple[str, str]:
    """A segment as a policy may have it, and why it is another one."""
    found = _VARIABLE.fullmatch(segment)
    if found is not None:
        if found[1] in names:
            return _fresh(names, found[2] or ""), ""
        names.add(found[1])
        return segment, ""
    if "{" in segment:  # a name that is none here
        return _fresh(names), ""
    try:
        read = parse_match(f"* /{segment}").segments
    except PolicyError:
        read = ()
    if read != (segment,):
        return _fresh(names), f"a policy cannot have {segment!r}; this takes any segment"
    return segment, ""


def _fresh(names: set[str], converter: str = "") -> str:
    """A variable with a name that is not taken."""
    name = next(name for at in range(len(names) + 1) if (name := f"part{at}") not in names)
    names.add(name)
    return f"{{{name}{converter}}}"
