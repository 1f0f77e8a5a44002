"""The parts of a document that operations refer to, made from the table of codes.

A response for each set of codes, with its header fields and an example for each code; the
schemas of the two formats. All of it is valid in 3.0 as in 3.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..catalog import CODES, Entry, entry
from ..phrases import phrase
from ..problem import Problem, document
from .contract import Contract
from .references import reference, references
from .shapes import EXTENSIONS, HEADERS, SCHEMAS, SIMPLE

__all__ = ["Components"]

#: What an example of a code carries beyond the members that all have.
_CARRIED: dict[str, dict[str, Any]] = {
    "invalid-body": {
        "errors": [
            {"pointer": "/items/0/amount", "code": "minimum", "detail": "must be at least 1"}
        ]
    },
    "body-too-large": {"max_bytes": 1048576},
}

_REQUEST_ID = "0f8fad5bd9cb469fa16570867728950e"

#: Header fields by code; every other answer has those of its status.
_FIELDS = {
    "invalid-request": ("WWW-Authenticate",),
    "insufficient-scope": ("WWW-Authenticate",),
    "unsupported-media-type": ("Accept", "Accept-Encoding"),
    "authentication-unavailable": ("Retry-After",),
}
_MANDATORY = {401: "WWW-Authenticate", 405: "Allow"}


class Components:
    """Collects what the operations of one document refer to.

    `theirs` are the components that the document has already: they stay, an equal one is
    used again, and one of ours that has the name of another gets a name of its own.
    `parts` is what has to be added, by section.
    """

    def __init__(self, contract: Contract, theirs: Mapping[str, Any] | None = None) -> None:
        self.contract = contract
        self.parts: dict[str, dict[str, Any]] = {}
        self._theirs = theirs or {}
        self._names: dict[tuple[str, object], str] = {}
        self._entries = _entries(contract)

    def response(self, status: int, codes: Sequence[str]) -> dict[str, Any]:
        """A reference to the response with this status, which any of `codes` explains."""
        key = ("responses", (status, tuple(codes)))
        if key not in self._names:
            several = len(codes) > 1
            wanted = _kebab(phrase(status)) if several else self._label(status, codes[0])
            self._names[key] = self.add("responses", wanted, self.described(status, codes))
        return reference("responses", self._names[key])

    def described(self, status: int, codes: Sequence[str]) -> dict[str, Any]:
        """The response itself, not a reference."""
        made: dict[str, Any] = {"description": self._told(status, codes)}
        made["headers"] = {
            name: self._part("headers", name, HEADERS[name]) for name in self._fields(status, codes)
        }
        if content := self._content(status, codes):
            made["content"] = content
        return made

    def every(self) -> list[dict[str, Any]]:
        """References to a response for each code of the table and of the app's own."""
        known = (*CODES.values(), *self.contract.problems.values())
        return [self.response(each.status, [each.code]) for each in known]

    def used(self, document: Any) -> dict[str, dict[str, Any]]:
        """What `document` refers to; security schemes, which are named otherwise, included."""
        made: dict[str, dict[str, Any]] = {}
        if "securitySchemes" in self.parts:
            made["securitySchemes"] = self.parts["securitySchemes"]
        todo = list(references(document))
        while todo:
            _, _, section, name = [*todo.pop().split("/", 3), "", "", ""][:4]
            found = self.parts.get(section, {})
            if name in found and name not in made.setdefault(section, {}):
                made[section][name] = found[name]
                todo += references(found[name])
        return made

    def add(self, section: str, wanted: str, value: Any) -> str:
        """Add a component; the name by which it is known."""
        theirs = self._theirs.get(section)
        theirs = theirs if isinstance(theirs, Mapping) else {}
        mine = self.parts.setdefault(section, {})
        for name in _candidates(re.sub(r"[^A-Za-z0-9._-]+", "-", wanted).strip("-") or "part"):
            if name in theirs:
                if theirs[name] == value:
                    return name
            elif mine.setdefault(name, value) == value:
                return name
        raise LookupError(wanted)  # never: the candidates do not end

    def known_scheme(self, made: Mapping[str, Any]) -> str:
        """The name of a security scheme of theirs that asks for the same; empty if none does."""
        theirs = self._theirs.get("securitySchemes")
        for name, value in theirs.items() if isinstance(theirs, Mapping) else ():
            if isinstance(value, Mapping) and _asks(value) == _asks(made):
                return str(name)
        return ""

    def reserve(self, section: str, wanted: str) -> str:
        """The name of a component that is still to be made, as it may refer to itself."""
        return self.add(section, wanted, _Pending())

    def _part(self, section: str, name: str, value: Any) -> dict[str, Any]:
        """A reference to a component of ours, which is added where it is missing."""
        key = (section, name)
        if key not in self._names:
            self._names[key] = self.add(section, name, value)
        return reference(section, self._names[key])

    def _schema(self, name: str) -> dict[str, Any]:
        """A reference to one of our schemas, and to those that it refers to."""
        known = self._names.get(("schemas", name))
        if known is None:
            table = SIMPLE if self.contract.format == "simple" else SCHEMAS
            return self._part("schemas", name, _resolved(table[name], self._schema))
        return reference("schemas", known)

    def _content(self, status: int, codes: Sequence[str]) -> dict[str, Any]:
        """The media types of an answer; none where the app renders them itself."""
        if not self.contract.format:
            return {}
        extensions = [self._schema(EXTENSIONS[code]) for code in codes if code in EXTENSIONS]
        plain = self._schema("Problem" if self.contract.format == "problem" else "Error")
        made = {
            "schema": {"anyOf": [*extensions, plain]} if extensions else plain,
            "examples": {code: self._example(status, code) for code in codes},
        }
        simple = self.contract.format == "simple"
        content: dict[str, Any] = {
            "application/json" if simple else "application/problem+json": made
        }
        if self.contract.html:
            content["text/html"] = {"schema": {"type": "string"}}
        return content

    def _example(self, status: int, code: str) -> dict[str, Any]:
        known = self._entry(status, code)
        carried = _CARRIED.get(code, {})
        problem = Problem(status, known.detail, code=code, title=known.title or None, **carried)
        members = document(problem, request_id=_REQUEST_ID, base=self.contract.base)
        if self.contract.format == "simple":
            members["message"] = members.pop("detail")
            kept = ("code", "message", "status", "request_id", *carried)
            members = {"error": {name: members[name] for name in kept}}
        example = {"summary": known.title or known.detail, "value": members}
        return self._part("examples", self._label(status, code), example)

    def _told(self, status: int, codes: Sequence[str]) -> str:
        told = [
            f"`{code}`: {' '.join(filter(None, (row.detail, row.fix)))}"
            for code in codes
            for row in [self._entry(status, code)]
        ]
        rest = [] if self.contract.format else ["The body is what the app's own renderer makes."]
        if len(told) == 1:
            return "\n\n".join([f"{phrase(status)}. {told[0]}", *rest])
        return "\n\n".join([f"{phrase(status)}.", "\n".join(f"- {line}" for line in told), *rest])

    def _fields(self, status: int, codes: Iterable[str]) -> list[str]:
        named = [name for code in codes for name in _FIELDS.get(code, ())]
        mandatory = [_MANDATORY[status]] if status in _MANDATORY else []
        return list(dict.fromkeys([*mandatory, *named, "X-Request-ID"]))

    def _entry(self, status: int, code: str) -> Entry:
        return self._entries.get(code) or entry(code, status)

    def _label(self, status: int, code: str) -> str:
        known = self._entries.get(code)
        return code if known is None or known.status == status else f"{code}-{status}"


def _entries(contract: Contract) -> dict[str, Entry]:
    """Every code by name; the app's exceptions may have codes that no table lists."""
    entries: dict[str, Entry] = {}
    for problem in contract.translated:
        without_title, _ = problem.defaulted
        entries.setdefault(
            problem.problem_code,
            Entry(
                problem.problem_code,
                problem.status,
                problem.detail,
                "",
                "" if without_title else problem.title,
            ),
        )
    return entries | CODES | dict(contract.problems)


def _asks(scheme: Mapping[str, Any]) -> tuple[str, ...]:
    """What a security scheme asks for, whatever it is called and however it is described."""
    members = (scheme.get(name) for name in ("type", "scheme", "in", "name"))
    return tuple(str(member).lower() for member in members)


def _candidates(wanted: str) -> Iterable[str]:
    yield wanted
    number = 2
    while True:
        yield f"{wanted}-{number}"
        number += 1


def _resolved(schema: Any, refer: Callable[[str], dict[str, Any]]) -> Any:
    """One of our schemas, its `$ref`s to the others made references."""
    if isinstance(schema, Mapping):
        if "$ref" in schema:
            return refer(schema["$ref"])
        return {name: _resolved(value, refer) for name, value in schema.items()}
    return [_resolved(each, refer) for each in schema] if isinstance(schema, list) else schema


def _kebab(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower().replace("'", ""))


class _Pending:
    """Stands for a component that is being made; equal to nothing."""
