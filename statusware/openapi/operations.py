"""The parts of one operation that a policy speaks of: parameters, body, security, errors."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ..body import BodyChoice, BodyRule
from ..layers.body import methods_of
from ..rules.pattern import Pattern, Variable
from .answers import Answers
from .bundle import Bundle
from .components import Components
from .contract import Contract, Listed
from .credentials import requirements, security_schemes
from .older import older

__all__ = ["METHODS", "Operations", "template"]

#: The methods that a path item has room for, as it writes them.
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

#: One segment that is read in one way only (`statusware.request.AMBIGUITIES`), as ECMA-262
#: writes it; and one where some of that is allowed.
_CLEAR = r"^(?!\.\.?$)(?!.*%[0-9A-Fa-f]{2})[^/;\\\u0000-\u001f\u007f-\u009f\ufffd]+$"
_RELAXED = r"^[^/\u0000-\u001f\u007f-\u009f\ufffd]+$"

#: What a variable takes, by its converter; a plain one, one segment.
_TAKES: dict[str, dict[str, Any]] = {
    "int": {"type": "integer", "minimum": 0},
    "uuid": {"type": "string", "format": "uuid"},
    "path": {"type": "string", "minLength": 1},
}


class Operations:
    """Makes the parts for one document in `version` "3.0" or "3.1", and what they refer to.

    `theirs` are the components that the document has already.
    """

    def __init__(
        self, contract: Contract, version: str, theirs: Mapping[str, Any] | None = None
    ) -> None:
        self.contract, self.version = contract, version
        self.components = Components(contract, theirs)
        self._bundle = Bundle(self.components)
        self._schemes: dict[str, list[str]] = {}

    def responses(self, answers: Answers) -> dict[str, Any]:
        """The error responses, by status."""
        return {
            str(status): self.components.response(status, codes)
            for status, codes in answers.items()
        }

    def security(self, found: Collection[Listed]) -> list[dict[str, list[str]]] | None:
        """Which credentials are asked for; None where the policy has no say in it."""
        names = self._schemes or self._add_schemes()
        return requirements(self.contract, found, names)

    def request_body(self, found: Iterable[Listed], name: str) -> dict[str, Any] | None:
        """The body that is checked; where several routes meet, any of theirs will do."""
        bodies = [body for listed in found if (body := self._body(listed)) is not None]
        if not bodies:
            return None
        schemas: dict[str, list[Any]] = {}
        for media, rule in (pair for body in bodies for pair in _media(body)):
            schema = {} if rule is None else self._bundle.schema(rule.schema, name)
            known = schemas.setdefault(media, [])
            if schema not in known:
                known.append(schema)
        made: dict[str, Any] = {
            "content": {media: {"schema": _any_of(each)} for media, each in schemas.items()},
            "required": not any(body.optional for body in bodies),
        }
        limits = {rule.max_bytes for body in bodies for _, rule in _media(body) if rule}
        return {"description": f"At most {max(limits)} bytes.", **made} if limits else made

    def parameters(self, names: Sequence[str], found: Iterable[Listed]) -> list[dict[str, Any]]:
        """The path variables; where several routes meet, they take what any of them takes."""
        columns = zip(*(_converters(listed.pattern) for listed in found), strict=True)
        plain = {
            "type": "string",
            "pattern": _RELAXED if self.contract.table.line.relaxed else _CLEAR,
        }
        return [
            _parameter(name, dict.fromkeys(converters), {**_TAKES, "": plain})
            for name, converters in zip(names, columns, strict=True)
        ]

    def finished(self, document: Any) -> dict[str, Any]:
        """The components that `document` refers to, and those that these refer to."""
        parts = self.components.used(document)
        made = {name: dict(sorted(parts[name].items())) for name in sorted(parts) if parts[name]}
        if self.version == "3.0" and "schemas" in made:
            made["schemas"] = older(made["schemas"])
        return made

    def _body(self, listed: Listed) -> BodyRule | BodyChoice | None:
        body = listed.route.body
        if not isinstance(body, BodyRule | BodyChoice) or "JSONBody" not in self.contract.layers:
            return None
        known = self.contract.table.known()
        return body if listed.method in methods_of(listed.route, body, known) else None

    def _add_schemes(self) -> dict[str, list[str]]:
        """The names of the security schemes of each scheme, which are added."""
        for scheme, objects in security_schemes(self.contract.schemes).items():
            self._schemes[scheme] = [
                self.components.known_scheme(made)
                or self.components.add("securitySchemes", name, made)
                for name, made in objects.items()
            ]
        return self._schemes


def template(pattern: Pattern) -> tuple[str, list[str]]:
    """A pattern as a path template of a document, and the names of its variables.

    The policy writes paths decoded, a document as they stand in a URL (RFC 3986 section 3.3).
    """
    parts = [
        f"{{{segment.name}}}"
        if isinstance(segment, Variable)
        else quote(segment, safe="!$&'()*+,;=:@")
        for segment in pattern.segments
    ]
    return f"/{'/'.join(parts)}{'/' if pattern.slash else ''}", list(pattern.variables)


def _media(body: BodyRule | BodyChoice) -> Iterable[tuple[str, BodyRule | None]]:
    """The media types that a body may have, and what is read of each."""
    if isinstance(body, BodyChoice):
        return body.rules.items()
    return [(name, body) for name in body.media.listed or ["application/json"]]


def _converters(pattern: Pattern) -> list[str]:
    return [s.converter for s in pattern.segments if isinstance(s, Variable)]


def _parameter(name: str, converters: Collection[str], takes: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "in": "path", "required": True}
    made["schema"] = _any_of([takes[converter] for converter in converters])
    if "path" in converters:
        made["x-multi-segment"] = True
        made["description"] = "The rest of the path, slashes included."
    return made


def _any_of(schemas: Sequence[Any]) -> Any:
    return schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}
