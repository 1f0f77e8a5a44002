"""A policy's answers merged into the app's own document, of which nothing is lost.

What the app has documented stays as it stands: a response keeps its description, a media
type its schema, an operation its security and its body. Only what is missing is added.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .answers import Answers, elsewhere, possible
from .contract import Contract, Listed
from .document import Document, Part
from .operations import METHODS, Operations
from .places import Places
from .responses import Responses
from .templates import path_parameters, prefixes

__all__ = ["merged"]


def merged(
    document: Document, contract: Contract, *, base: str | None = None
) -> tuple[dict[str, Any], list[str]]:
    """The document with what the policy adds, and in words what was left alone.

    `base` is the path under which the document's paths lie, where its servers do not say so.
    Raises `PolicyError` for a document that cannot be read.
    """
    return _Merge(document, contract, base).done()


class _Merge:
    """One merge. Parts are read from the document, changes made in a copy of it."""

    def __init__(self, document: Document, contract: Contract, base: str | None) -> None:
        self._document, self._contract, self._base = document, contract, base
        self._root = document.root
        # Through JSON, so that what YAML aliases share is shared no more.
        self._copy: dict[str, Any] = json.loads(json.dumps(self._root.value))
        self._paths = self._root.get("paths", dict)
        components = self._root.get("components", dict)
        theirs = components.value if components is not None else {}
        for name, part in components.members() if components is not None else ():
            if theirs[name] is not None:
                part.of(dict)
        self._operations = Operations(contract, document.version, theirs)
        self._responses = Responses(document, self._operations.components)
        templates = [text for text, _ in self._paths.members()] if self._paths else []
        self._places = Places(contract, templates)
        self.notes: list[str] = []

    def done(self) -> tuple[dict[str, Any], list[str]]:
        """Go through all operations; the document and the notes."""
        for text, item in self._paths.members() if self._paths else ():
            found = item.followed().of(dict)
            if found.uri != self._document.uri:
                self.notes.append(f"left alone, as it lies in another file: {text}")
                continue
            target = self._copy["paths"][text]
            if "$ref" in target:
                rest = {name: value for name, value in target.items() if name != "$ref"}
                target = json.loads(json.dumps(found.value)) | rest
                self._copy["paths"][text] = target
            self._path(text, found, target)
        for section, part in self._operations.finished(self._copy).items():
            theirs = self._copy.setdefault("components", {})
            theirs[section] = {**(theirs.get(section) or {}), **part}
        return self._copy, [*self.notes, *self._responses.notes]

    def _path(self, text: str, item: Part, target: dict[str, Any]) -> None:
        for name in METHODS:
            operation = item.get(name, dict)
            if operation is None:
                continue
            places = self._prefixes(item, operation)
            kinds = path_parameters(item.get("parameters", list), [operation])
            found = self._places.of(name.upper(), operation.where) or list(
                dict.fromkeys(
                    listed
                    for place in places
                    for listed in self._places.find(name.upper(), text, kinds, place)
                )
            )
            if found:
                answers = possible(self._contract, found)
            else:
                states = [self._places.state(text, kinds, place) for place in places]
                answers = self._elsewhere(name.upper(), text, states)
            target[name] = self._merged(operation, target[name], found, answers)

    def _elsewhere(self, method: str, text: str, states: list[str]) -> Answers:
        """What is answered where no route is; of several servers, the one that says most."""
        state = max(states, key=("outside", "", "hidden", "listed").index)
        if state == "outside":
            self.notes.append(f"outside of [api] paths, left alone: {method} {text}")
        elif self._contract.table.routes:
            self.notes.append(f"no route of the policy lists it: {method} {text}")
        return elsewhere(self._contract, method, state)

    def _prefixes(self, item: Part, operation: Part) -> list[str]:
        """The paths under which an operation lies, as the policy sees them."""
        if self._base is not None:
            return [self._base]
        lists = [part.get("servers", list) for part in (operation, item, self._root)]
        mounts = [mount for mount in self._contract.mounts if mount]
        # A variable without values leaves none.
        return [_below(prefix, mounts) for prefix in prefixes(*lists) or [""]]

    def _merged(
        self,
        operation: Part,
        target: dict[str, Any],
        found: list[Listed],
        answers: Answers,
    ) -> dict[str, Any]:
        theirs = operation.get("responses", dict)
        if answers or theirs is not None:
            target["responses"] = self._responses.merged(theirs, answers)
        if "security" not in target and "security" not in self._root.value and found:
            security = self._operations.security(found)
            if security is not None:
                target["security"] = security
        if "requestBody" not in target:
            body = self._operations.request_body(found, "Body")
            if body is not None:
                target["requestBody"] = body
        return target


def _below(prefix: str, mounts: Iterable[str]) -> str:
    """A prefix as the policy sees it, whose paths begin below the mount point."""
    for mount in mounts:
        if prefix == mount or prefix.startswith(f"{mount}/"):
            return prefix[len(mount) :]
    return prefix
