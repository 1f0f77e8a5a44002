"""Path templates of OpenAPI as the matches of a policy, and the paths of servers.

A template variable has to be one whole segment. What cannot be said so is refused by name,
unless the policy has a route of its own for the operation. Parameters are not checked; only
where a type rules nothing out that a client may send does it become a converter.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from ..errors import PolicyError
from ..rules.pattern import parse_match
from .document import Part

__all__ = ["Parameter", "Shape", "Template", "path_parameters", "prefixes", "shape"]

#: What a path looks like, whatever its variables are called and whatever they take: its
#: segments, None for a variable; and whether a slash stands at its end.
Shape = tuple[tuple[str | None, ...], bool]

_NAME = re.compile(r"\{([^{}/]+)\}")

#: What stands before the path of a URL.
_HOST = re.compile(r"(?:[^/{}]*:)?//[^/]*")

#: More paths than the servers of any API have.
_MOST_PREFIXES = 32


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path parameter: its converter ("" for none), and where it is declared."""

    converter: str
    part: Part
    problem: PolicyError | None = None


class Template:
    """A path template. `path` is how a policy writes it, `variables` maps their names to ours.

    `problem` says why it cannot be written so, where it cannot; `path` is then the nearest
    that can: each variable is one whole segment. `never` says that not even that matches.
    `part` is the path item.
    """

    def __init__(self, text: str, part: Part, parameters: Mapping[str, Parameter]) -> None:
        self.part = part
        self.problem: PolicyError | None = None
        self.never = False
        self.variables: dict[str, str] = {}
        if not text.startswith("/"):
            raise part.wrong("is no path", f'write it as "/{text}"')
        *others, last = text.split("/")
        segments = [self._segment(each, parameters, last=False) for each in others]
        self.path = "/".join((*segments, self._segment(last, parameters, last=True)))
        try:
            parse_match(f"GET {self.path}")
        except PolicyError as error:
            # The words of the policy, less the match that it does not have.
            reason = error.reason.partition(f"'GET {self.path}' ")[2] or error.reason
            self.problem, self.never = part.wrong(reason, error.hint), True

    def _segment(self, text: str, parameters: Mapping[str, Parameter], *, last: bool) -> str:
        if "{" not in text and "}" not in text:
            return self._literal(text)
        names = _NAME.findall(text)
        ours = self._named("_".join(names) or "x")
        if len(names) != 1 or text != f"{{{names[0]}}}":
            self._cannot(f"{text!r} cannot be expressed", ours)
            return f"{{{ours}}}"
        found = parameters.get(names[0], Parameter("", self.part))
        if found.converter == "path" and not last:
            self._cannot(f"{text!r} of several segments cannot be expressed before the end", ours)
            return f"{{{ours}}}"
        self.problem = self.problem or found.problem
        return f"{{{ours}:{found.converter}}}" if found.converter else f"{{{ours}}}"

    def _cannot(self, reason: str, ours: str) -> None:
        hint = (
            f"a variable is one whole segment: write [[routes]] with {{{ours}}} there, "
            'or [api] openapi_templates = "nearest"'
        )
        self.problem = self.problem or self.part.wrong(reason, hint)

    def _literal(self, segment: str) -> str:
        """A literal as the app sees it; templates are written percent-encoded (RFC 3986)."""
        text = unquote(segment)
        if "?" in segment or "#" in segment or "/" in text:
            hint = "a path has no query, no fragment and no encoded slash"
            self.problem = self.problem or self.part.wrong(f"{segment!r} can never match", hint)
            self.never = True
        return text

    def _named(self, name: str) -> str:
        """A name that may stand in a match and in a principal, each once."""
        plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
        plain = plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"
        taken = {ours for theirs, ours in self.variables.items() if theirs != name}
        ours = next(each for each in _numbered(plain) if each not in taken)
        self.variables[name] = ours
        return ours


def _numbered(name: str) -> Iterable[str]:
    yield name
    yield from (f"{name}_{number}" for number in itertools.count(2))


def shape(path: str) -> Shape:
    """The shape of a path as a policy writes it."""
    segments = path.strip("/").split("/") if path != "/" else []
    parts = (None if segment.startswith("{") else segment for segment in segments)
    return tuple(parts), path.endswith("/") and path != "/"


def path_parameters(shared: Part | None, operations: Iterable[Part]) -> dict[str, Parameter]:
    """The parameters in the path of a path item, by name; `shared` are those of all operations.

    They have a converter only where all its operations agree, so that these share a path.
    """
    common = _declared(shared)
    every = [common | _declared(each.get("parameters", list)) for each in operations]
    found: dict[str, Parameter] = {}
    for name in dict.fromkeys(name for each in every for name in each):
        kinds = {each[name].converter if name in each else "" for each in every}
        first = next(each[name] for each in every if name in each)
        kind = "path" if "path" in kinds else kinds.pop() if len(kinds) == 1 else ""
        found[name] = Parameter(kind, first.part, first.problem)
    return found


def prefixes(*levels: Part | None) -> list[str]:
    """The paths of the first list of servers that is not empty: operation, path item, root."""
    for listed in levels:
        if listed is not None and listed.value:
            found = dict.fromkeys(path for server in listed.items() for path in _paths(server))
            if len(found) > _MOST_PREFIXES:
                raise listed.wrong("has too many paths", "say which: [api] openapi_base")
            return list(found)
    return [""]


def _declared(listed: Part | None) -> dict[str, Parameter]:
    found: dict[str, Parameter] = {}
    for each in () if listed is None else listed.items():
        parameter = each.followed()
        if parameter.text("in") == "path":
            parameter.step("name")
            name = parameter.text("name")
            found[name] = Parameter(_converter(parameter), parameter, _unreadable(parameter))
    return found


def _unreadable(parameter: Part) -> PolicyError | None:
    """`;x=5` in a path is refused before any rule."""
    if parameter.text("style") != "matrix":
        return None
    reason = "'matrix' puts a semicolon into the path, which is refused"
    return parameter.step("style").wrong(reason, "write it as style: simple")


def _converter(parameter: Part) -> str:
    """`path` by our own word; `int` and `uuid` where no other text could be meant."""
    if parameter.flag("x-multi-segment"):
        return "path"
    schema = parameter.get("schema")
    if parameter.text("style", "simple") != "simple" or schema is None:
        return ""
    said: Any = schema.followed().value
    if not isinstance(said, dict) or said.get("nullable") or "$ref" in said:
        return ""
    kind = said.get("type")
    if isinstance(kind, list):  # of 3.1; one that also takes something else is no converter
        kind = kind[0] if len(kind) == 1 else None
    if kind == "string" and said.get("format") == "uuid":
        return "uuid"
    return "int" if kind == "integer" and _is_natural(said) else ""


def _is_natural(schema: Mapping[str, Any]) -> bool:
    """Whether no integer below 0 is allowed: one would have a sign, which `:int` has not."""
    least = schema.get("minimum")
    beyond = schema.get("exclusiveMinimum")
    numbers = [n for n in (least, beyond) if isinstance(n, int | float) and not isinstance(n, bool)]
    return any(number >= 0 for number in numbers)


def _paths(server: Part) -> Iterable[str]:
    """The paths of one server: one for each value that is listed for the variables in it."""
    server.step("url")
    text, place = server.text("url"), server.step("url")
    host = _HOST.match(text)
    names = dict.fromkeys(_NAME.findall(text[host.end() if host else 0 :]))
    values = [[(name, each) for each in _values(server, name)] for name in names]
    ways = list(itertools.islice(itertools.product(*values), _MOST_PREFIXES + 1))
    if len(ways) > _MOST_PREFIXES:
        raise place.wrong("has too many paths", "say which: [api] openapi_base")
    return dict.fromkeys(_path(text, dict(chosen), place) for chosen in ways)


def _path(text: str, values: Mapping[str, str], place: Part) -> str:
    url = _NAME.sub(lambda found: values.get(found[1], "any"), text)
    try:
        path = unquote(urlsplit(url).path).strip("/")
    except ValueError:
        path = ".."
    path = "" if path == "." else path
    if re.search(r"(?:^|/)\.\.?(?:/|$)|[{}?#]|//", path):
        raise place.wrong("has no path of its own", 'say it: [api] openapi_base = "/v1"')
    return f"/{path}" if path else ""


def _values(server: Part, name: str) -> list[str]:
    variables = server.get("variables", dict)
    if variables is None or name not in variables.value:
        raise server.step("url").wrong(f"the variable {name!r} is not described", "in `variables`")
    variable = variables.step(name)
    listed = variable.get("enum", list)
    if listed is not None:
        return [str(each.of(str).value) for each in listed.items()]
    variable.step("default")
    return [variable.text("default")]
