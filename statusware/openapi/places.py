"""Which routes of a policy a documented operation meets.

A template names its variables otherwise than the policy does, and says less of what they
take; several routes may meet in one operation. Servers add prefixes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import unquote, urlsplit

from ..rules.pattern import Variable
from .contract import Contract, Listed
from .document import Part

__all__ = ["Places", "kinds", "meet", "prefixes"]

Segments = tuple[str | Variable, ...]

#: What a variable takes that is declared so.
_CONVERTERS = {("integer", ""): "int", ("string", "uuid"): "uuid"}


class Places:
    """Finds the routes of `contract` that operations of one document meet.

    `templates` are all paths of the document: what one names exactly is not another's.
    """

    def __init__(self, contract: Contract, templates: Iterable[str]) -> None:
        self._listed = list(contract.listed())
        self._structures = {_structure(_split(text, {})) for text in templates}

    def find(self, method: str, template: str, kinds: dict[str, str], prefix: str) -> list[Listed]:
        """What is listed there; `kinds` are the converters of its variables, by name."""
        segments = _split(template, kinds)
        mine = _structure(segments)
        whole = _split(prefix, {}) + segments
        depth = len(whole) - len(segments)
        met = [
            each
            for each in self._listed
            if each.method == method and meet(each.pattern.segments, whole)
        ]
        return [
            each
            for each in met
            if (other := _structure(each.pattern.segments[depth:])) == mine
            or other not in self._structures
        ]

    def lists(self, template: str, kinds: dict[str, str], prefix: str) -> bool:
        """Whether any route lists such a path, whatever the method."""
        whole = _split(prefix, {}) + _split(template, kinds)
        return any(meet(each.pattern.segments, whole) for each in self._listed)


def kinds(*lists: Part | None) -> dict[str, str]:
    """The converters of the path variables that these lists of parameters declare."""
    found: dict[str, str] = {}
    for parameters in filter(None, lists):
        for parameter in (each.followed() for each in parameters.items()):
            if parameter.text("in") == "path":
                found[parameter.text("name")] = _kind(parameter)
    return found


def prefixes(*lists: Part | None) -> list[str]:
    """The paths of the servers that the nearest of these lists names; one, empty, if none does."""
    nearest = next((servers for servers in lists if servers is not None and servers.value), None)
    if nearest is None:
        return [""]
    return list(dict.fromkeys(_path(server.followed()) for server in nearest.items()))


def _path(server: Part) -> str:
    """The path of a server's URL, each variable in it at its default."""
    url = server.text("url")
    variables = server.get("variables", dict)
    for name, variable in variables.members() if variables is not None else ():
        url = url.replace(f"{{{name}}}", variable.text("default"))
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        raise server.wrong(f"{url!r} is no URL") from None


def _kind(parameter: Part) -> str:
    if parameter.flag("x-multi-segment"):
        return "path"
    schema = parameter.get("schema")
    found = schema.followed().value if schema is not None else {}
    told = found if isinstance(found, dict) else {}
    return _CONVERTERS.get((str(told.get("type")), str(told.get("format", ""))), "") or (
        "int" if told.get("type") == "integer" else ""
    )


def _split(text: str, converters: dict[str, str]) -> Segments:
    """A template as segments; a variable that is but a part of one stands for it all."""
    parts = text.strip("/").split("/") if text.strip("/") else []
    return tuple(_segment(part, converters) for part in parts)


def _segment(part: str, converters: dict[str, str]) -> str | Variable:
    if "{" not in part:
        return unquote(part)
    name = part[1:-1]
    return Variable(name, converters.get(name, ""))


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
