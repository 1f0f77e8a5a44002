"""The responses of one documented operation, and what has to be added to them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .answers import Answers
from .components import Components
from .document import Document, Part
from .references import reference

__all__ = ["Responses"]


class Responses:
    """Adds to documented responses. `notes` says what was left alone."""

    def __init__(self, document: Document, components: Components) -> None:
        self._document, self._components = document, components
        self.notes: list[str] = []

    def merged(self, theirs: Part | None, answers: Answers) -> dict[str, Any]:
        """All responses: theirs, completed, and those that they do not document."""
        made: dict[str, Any] = {} if theirs is None else json.loads(json.dumps(theirs.value))
        for status, codes in answers.items():
            known = None if theirs is None else _documented(theirs, status)
            if known is None:
                made[str(status)] = self._components.response(status, codes)
            else:
                made[str(status)] = self._completed(known, status, codes)
        return made

    def _completed(self, known: Part, status: int, codes: list[str]) -> Any:
        """Their response with our media types and header fields beside its own.

        One of their components stays as it is, as others refer to it: what we add makes
        another one. So does what stood for a range of statuses.
        """
        found = known.followed()
        if found.uri != self._document.uri:
            self.notes.append(f"left alone, as it lies in another file: {known.where}")
            return known.value
        theirs = json.loads(json.dumps(found.of(dict).value))
        ours = self._components.described(status, codes)
        changed = _add(theirs, "content", ours, _covers) | _add(theirs, "headers", ours, _named)
        if not changed:
            return known.value
        if found is known:
            return theirs
        siblings = {name: value for name, value in known.value.items() if name != "$ref"}
        name = self._components.add("responses", found.token, theirs)
        return reference("responses", name) | siblings


def _documented(theirs: Part, status: int) -> Part | None:
    """What the document says of a status: itself, its range, or everything else."""
    for name in (str(status), f"{status // 100}XX", "default"):
        if (found := theirs.get(name, dict)) is not None:
            return found
    return None


def _add(theirs: dict[str, Any], section: str, ours: Mapping[str, Any], knows: Any) -> bool:
    """Add what a section of theirs lacks; whether anything was."""
    there = theirs.get(section) or {}
    missing = {
        name: value for name, value in ours.get(section, {}).items() if not knows(there, name)
    }
    if missing:
        theirs[section] = {**there, **missing}
    return bool(missing)


def _covers(content: Iterable[str], media_type: str) -> bool:
    """Whether one of the media types or ranges includes this one (RFC 9110 section 12.5.1)."""
    kind = media_type.partition("/")[0]
    known = {name.partition(";")[0].strip().lower() for name in content}
    return not known.isdisjoint((media_type, f"{kind}/*", "*/*"))


def _named(headers: Iterable[str], name: str) -> bool:
    return name.lower() in {known.lower() for known in headers}
