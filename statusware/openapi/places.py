"""Which routes of a policy a documented operation meets.

A template names its variables otherwise than the policy does, and says less of what they
take; several routes may meet in one operation. Servers add prefixes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import unquote

from ..rules.pattern import Variable
from .contract import Contract, Listed
from .templates import Parameter

__all__ = ["Places", "meet"]

Segments = tuple[str | Variable, ...]
Kinds = Mapping[str, Parameter]


class Places:
    """Finds the routes of `contract` that operations of one document meet.

    `templates` are all paths of the document: what one names exactly is not another's.
    """

    def __init__(self, contract: Contract, templates: Iterable[str]) -> None:
        self._scope = contract.scope
        self._listed: dict[str, list[Listed]] = {}
        self._origins: dict[tuple[str, str], list[Listed]] = {}
        for each in contract.listed(whole=True):
            self._listed.setdefault(each.method, []).append(each)
            self._origins.setdefault((each.method, each.route.origin), []).append(each)
        self._structures = {_structure(_split(text, {})) for text in templates}

    def of(self, method: str, origin: str) -> list[Listed]:
        """The routes that were made of the operation at `origin`, in this very document."""
        return self._origins.get((method, origin), [])

    def find(self, method: str, template: str, kinds: Kinds, prefix: str) -> list[Listed]:
        """What is listed there; `kinds` says what its variables take, by name."""
        segments = _split(template, kinds)
        mine = _structure(segments)
        whole = _split(prefix, {}) + segments
        depth = len(whole) - len(segments)
        listed = self._listed.get(method, ())
        met = [each for each in listed if meet(each.pattern.segments, whole)]
        return [
            each
            for each in met
            if (other := _structure(each.pattern.segments[depth:])) == mine
            or other not in self._structures
        ]

    def state(self, template: str, kinds: Kinds, prefix: str) -> str:
        """What such a path is, whatever the method: "outside" of the policy's paths, "listed",
        "hidden", or "" where no route lists it."""
        if self._scope is not None and not self._scope.covers(unquote(prefix + template)):
            return "outside"
        whole = _split(prefix, {}) + _split(template, kinds)
        every = (each for listed in self._listed.values() for each in listed)
        hidden = {each.route.hide for each in every if meet(each.pattern.segments, whole)}
        return "listed" if False in hidden else "hidden" if hidden else ""


def _split(text: str, kinds: Kinds) -> Segments:
    """A template as segments; a variable that is but a part of one stands for it all."""
    parts = text.strip("/").split("/") if text.strip("/") else []
    return tuple(_segment(part, kinds) for part in parts)


def _segment(part: str, kinds: Kinds) -> str | Variable:
    if "{" not in part:
        return unquote(part)
    name = part[1:-1]
    return Variable(name, kinds[name].converter if name in kinds else "")


def _structure(segments: Sequence[str | Variable]) -> tuple[str | None, ...]:
    return tuple(None if isinstance(s, Variable) else s for s in segments)


def meet(policy: Segments, theirs: Segments) -> bool:
    """Whether some path matches both."""
    for one, other in zip(policy, theirs, strict=False):
        if "path" in (getattr(one, "converter", ""), getattr(other, "converter", "")):
            return True
        if not (_takes(one, other) or _takes(other, one)):
            return False
    return len(policy) == len(theirs)


def _takes(one: str | Variable, other: str | Variable) -> bool:
    """Whether a segment takes (some of) what another one takes."""
    if isinstance(one, str):
        return one == other
    if isinstance(other, Variable):
        return not one.converter or one.converter == other.converter
    return not one.converter or (one.converter == "int") == other.isdecimal()
